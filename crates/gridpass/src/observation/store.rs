//! SQL of daily checks.

pub mod checks;
pub mod doors;
pub mod needs;

use gridpass_rules::words::QuarantinePlace;
use gridpass_types::ids::{HouseholdId, PersonId, QuarantineOrderId};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::model::{CheckSymptom, DayPart, Slot};
use crate::db::Client;

/// Which people to list.
pub struct Which<'a> {
    /// Prefix of divisions.
    pub prefix: &'a str,
    /// Today.
    pub day: Date,
    /// The day whose checks are shown: until 04:00 yesterday.
    pub checked: Date,
    /// The check asked for now.
    pub asked: Option<Slot>,
    /// Only those whose check asked for now is not there.
    pub missing: bool,
    /// Now.
    pub now: Timestamp,
}

impl Which<'_> {
    /// The part of the check asked for, and its due time.
    fn asked(&self) -> (Option<&'static str>, Option<Timestamp>) {
        (
            self.asked.map(|slot| slot.part.as_str()),
            self.asked.map(Slot::due_at),
        )
    }
}

/// Somebody under observation, with the day's checks.
pub struct ObservedRow {
    /// The person.
    pub person_id: PersonId,
    /// The order.
    pub order_id: QuarantineOrderId,
    /// Where the team watches.
    pub place_code: String,
    /// Where it is served.
    pub place: QuarantinePlace,
    /// First day.
    pub start: Date,
    /// First day free.
    pub end: Date,
    /// When the order was entered.
    pub created_at: Timestamp,
    /// Household.
    pub household_id: Option<HouseholdId>,
    /// Name.
    pub name_sealed: Option<Vec<u8>>,
    /// Building and room.
    pub address_sealed: Option<Vec<u8>>,
    /// Enclosure of the residence.
    pub enclosure_name: Option<String>,
    /// This morning's check.
    pub morning: SlotRow,
    /// This evening's.
    pub evening: SlotRow,
    /// Open requests.
    pub needs_open: i64,
    /// Until when an announced opening lasts.
    pub door_open_until: Option<Timestamp>,
}

/// What was measured last in a window; nothing when nobody measured.
#[derive(Default)]
pub struct SlotRow {
    /// Degrees.
    pub temperature: Option<f64>,
    /// What the person felt.
    pub symptoms: Vec<CheckSymptom>,
}

/// People under observation, in order of their orders.
pub async fn list_observed(
    db: &Client,
    which: &Which<'_>,
    (after, limit): (i64, i64),
) -> Result<Vec<ObservedRow>, Error> {
    let sql = "-- observation.list_observed
        SELECT o.person_id, o.order_id, o.place_code, o.place, o.start_date, o.end_date, o.created_at,
               p.household_id, p.name_sealed, p.address_sealed, e.name AS enclosure_name,
               m.decicelsius AS morning_decicelsius, m.symptoms AS morning_symptoms,
               v.decicelsius AS evening_decicelsius, v.symptoms AS evening_symptoms,
               (SELECT count(*) FROM need n
                WHERE n.person_id = o.person_id AND n.status IN ('asked','accepted')) AS needs_open,
               (SELECT max(d.until_at) FROM door_opening d
                WHERE d.person_id = o.person_id AND d.withdrawn_at IS NULL
                  AND d.from_at <= $5 AND d.until_at > $5) AS door_open_until
        FROM quarantine_order o LEFT JOIN person p USING (person_id)
             LEFT JOIN person_state s USING (person_id) LEFT JOIN enclosure e USING (enclosure_id)
             LEFT JOIN LATERAL (SELECT c.decicelsius, c.symptoms FROM daily_check c
                 WHERE c.person_id = o.person_id AND c.day = $9 AND c.day_part = 'morning'
                 ORDER BY c.at DESC LIMIT 1) m ON true
             LEFT JOIN LATERAL (SELECT c.decicelsius, c.symptoms FROM daily_check c
                 WHERE c.person_id = o.person_id AND c.day = $9 AND c.day_part = 'evening'
                 ORDER BY c.at DESC LIMIT 1) v ON true
        WHERE o.status = 'live' AND o.place <> 'hospital' AND o.start_date <= $2 AND o.end_date > $2
          AND starts_with(o.place_code, $1) AND o.order_id > $7
          AND (NOT $6 OR ($3::text IS NOT NULL AND o.created_at < $4::timestamptz
               AND CASE $3 WHEN 'morning' THEN m.decicelsius ELSE v.decicelsius END IS NULL))
        ORDER BY o.order_id LIMIT $8";
    let (part, due_at) = which.asked();
    let key: [&(dyn ToSql + Sync); 9] = [
        &which.prefix,
        &which.day,
        &part,
        &due_at,
        &which.now,
        &which.missing,
        &after,
        &limit,
        &which.checked,
    ];
    let rows = db.query(&db.prepare_cached(sql).await?, &key).await?;
    Ok(rows.iter().filter_map(observed).collect())
}

fn observed(row: &Row) -> Option<ObservedRow> {
    let slot = |decicelsius: &str, symptoms: &str| SlotRow {
        temperature: row.get::<_, Option<i16>>(decicelsius).map(degrees),
        symptoms: read_symptoms(row.get::<_, Option<Vec<String>>>(symptoms)),
    };
    Some(ObservedRow {
        person_id: row.get("person_id"),
        order_id: row.get("order_id"),
        place_code: row.get("place_code"),
        place: QuarantinePlace::from_word(row.get("place"))?,
        start: row.get("start_date"),
        end: row.get("end_date"),
        created_at: row.get("created_at"),
        household_id: row.get("household_id"),
        name_sealed: row.get("name_sealed"),
        address_sealed: row.get("address_sealed"),
        enclosure_name: row.get("enclosure_name"),
        morning: slot("morning_decicelsius", "morning_symptoms"),
        evening: slot("evening_decicelsius", "evening_symptoms"),
        needs_open: row.get("needs_open"),
        door_open_until: row.get("door_open_until"),
    })
}

/// Degrees of tenths.
fn degrees(decicelsius: i16) -> f64 {
    f64::from(decicelsius) / 10.0
}

fn read_symptoms(words: Option<Vec<String>>) -> Vec<CheckSymptom> {
    let words = words.unwrap_or_default();
    words
        .iter()
        .filter_map(|word| CheckSymptom::parse(word))
        .collect()
}

/// How many people are under observation.
#[derive(Default)]
pub struct Counts {
    /// People.
    pub persons: i64,
    /// Households.
    pub households: i64,
    /// People whose check asked for now is not there.
    pub missing: i64,
}

/// Counts of the whole list, in one statement.
pub async fn count_observed(db: &Client, which: &Which<'_>) -> Result<Counts, Error> {
    let sql = "-- observation.count_observed
        SELECT count(*) AS persons, count(DISTINCT COALESCE(p.household_id, -o.person_id)) AS households,
               count(*) FILTER (WHERE $3::text IS NOT NULL AND o.created_at < $4::timestamptz
                   AND NOT EXISTS (SELECT FROM daily_check c WHERE c.person_id = o.person_id
                                   AND c.day = $5 AND c.day_part = $3)) AS missing
        FROM quarantine_order o LEFT JOIN person p USING (person_id)
        WHERE o.status = 'live' AND o.place <> 'hospital' AND o.start_date <= $2 AND o.end_date > $2
          AND starts_with(o.place_code, $1)";
    let (part, due_at) = which.asked();
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(
            &statement,
            &[&which.prefix, &which.day, &part, &due_at, &which.checked],
        )
        .await?;
    Ok(Counts {
        persons: row.get("persons"),
        households: row.get("households"),
        missing: row.get("missing"),
    })
}

/// An order that puts somebody under observation.
pub struct Observing {
    /// Which.
    pub order_id: QuarantineOrderId,
    /// Where it is served.
    pub place: QuarantinePlace,
    /// First day.
    pub start: Date,
    /// First day free.
    pub end: Date,
    /// When it was entered.
    pub created_at: Timestamp,
    /// Household.
    pub household_id: Option<HouseholdId>,
    /// Where the person counts.
    pub place_code: String,
}

/// The order by which a person was under observation on a day, if there was one: also one that
/// is over by now, since a reading may arrive late.
pub async fn find_observing(
    db: &Client,
    person_id: PersonId,
    day: Date,
) -> Result<Option<Observing>, Error> {
    let sql = "-- observation.find_observing
        SELECT o.order_id, o.place, o.start_date, o.end_date, o.created_at, p.household_id, s.place_code
        FROM quarantine_order o JOIN person_state s USING (person_id) LEFT JOIN person p USING (person_id)
        WHERE o.person_id = $1 AND o.place <> 'hospital' AND o.start_date <= $2 AND o.end_date > $2
          AND (o.status = 'live' OR (o.released_at AT TIME ZONE 'Asia/Shanghai')::date >= $2)
        ORDER BY o.order_id DESC LIMIT 1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &day])
        .await?;
    Ok(row.as_ref().and_then(observing))
}

fn observing(row: &Row) -> Option<Observing> {
    Some(Observing {
        order_id: row.get("order_id"),
        place: QuarantinePlace::from_word(row.get("place"))?,
        start: row.get("start_date"),
        end: row.get("end_date"),
        created_at: row.get("created_at"),
        household_id: row.get("household_id"),
        place_code: row.get("place_code"),
    })
}

/// Reads a stored part of a day.
fn day_part(row: &Row) -> Option<DayPart> {
    DayPart::parse(row.get("day_part"))
}
