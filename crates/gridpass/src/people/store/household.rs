//! SQL of households.

use gridpass_types::ids::{EnclosureId, HouseholdId};
use tokio_postgres::Error;

use crate::db::Client;

/// Places in which one household is looked for.
const PLACES_MAX: i64 = 50;

/// Where the people of a household count, of those in an enclosure if one is named.
pub async fn list_household_places(
    db: &Client,
    household: HouseholdId,
    enclosure: Option<EnclosureId>,
) -> Result<Vec<String>, Error> {
    let sql = "-- people.list_household_places
        SELECT DISTINCT s.place_code FROM person p JOIN person_state s ON s.person_id = p.person_id
        WHERE p.household_id = $1 AND ($2::bigint IS NULL OR s.enclosure_id = $2) LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&household, &enclosure, &PLACES_MAX])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
