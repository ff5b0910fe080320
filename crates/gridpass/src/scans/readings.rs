//! Temperatures as gates have measured them, read again: what was measured stays on record, whatever
//! became of it as evidence.

use std::collections::HashMap;

use gridpass_types::ids::PersonId;
use jiff::Timestamp;

use super::model::FEVER_DECICELSIUS;
use super::second_reading::Readings;
use super::store;
use crate::db::Client;
use crate::http::error::ApiResult;

/// The readings of people at every gate from one instant to another, both included.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    db: &Client,
    people: &[i64],
    between: (Timestamp, Timestamp),
) -> ApiResult<HashMap<PersonId, Readings>> {
    let mut known: HashMap<PersonId, Readings> = HashMap::new();
    for (key, decicelsius) in store::list_readings(db, people, between).await? {
        let is_fever = decicelsius >= FEVER_DECICELSIUS;
        let known = known.entry(key.person_id).or_default();
        known.insert((key.at, key.gate_id), is_fever);
    }
    Ok(known)
}
