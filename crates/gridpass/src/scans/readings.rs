//! Temperatures as gates have measured them, read again: what was measured stays on record, whatever
//! became of it as evidence.

use std::collections::HashMap;

use gridpass_types::ids::{GateId, PersonId};
use jiff::Timestamp;

use super::model::FEVER_DECICELSIUS;
use super::second_reading::Readings;
use super::store;
use crate::db::Client;
use crate::http::error::ApiResult;

/// The readings of people at a gate from one instant to another, both included.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    db: &Client,
    gate_id: GateId,
    people: &[i64],
    between: (Timestamp, Timestamp),
) -> ApiResult<HashMap<PersonId, Readings>> {
    let mut known: HashMap<PersonId, Readings> = HashMap::new();
    for (person_id, at, decicelsius) in store::list_readings(db, gate_id, people, between).await? {
        let is_fever = decicelsius >= FEVER_DECICELSIUS;
        known.entry(person_id).or_default().insert(at, is_fever);
    }
    Ok(known)
}
