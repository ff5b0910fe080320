//! A second reading after a fever: with another thermometer, after some minutes in the shade.
//!
//! A thermometer in the sun, or a forehead in the cold, must not make a pass red for three days.
//! So a fever at a gate that stands alone is withdrawn when the same gate measures again within
//! a quarter of an hour and reads less. Both readings stay on record. Two fevers agree, and then
//! no third reading takes them back: a doctor does.

use gridpass_rules::FactBody;
use gridpass_types::ids::FactId;
use jiff::{SignedDuration, Timestamp};

use super::decide::FollowUp;
use super::model::{FEVER_DECICELSIUS, Scan, ScanKey};
use super::store;
use crate::db::Client;
use crate::facts::{self, Retract};
use crate::http::error::ApiResult;

/// Within which a second reading speaks of the first.
pub const AGAIN_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// Outbox topic of a fever that a second reading did not confirm.
pub const TOPIC_CALMED: &str = "alert.calmed";

/// The fever that this reading takes back: the only one that this gate has measured within a
/// quarter of an hour.
///
/// # Errors
/// When the database does not answer.
pub async fn find_first(db: &Client, scan: &Scan) -> ApiResult<Option<FactId>> {
    if scan.decicelsius.is_none() || scan.is_fever() {
        return Ok(None);
    }
    let person_id = scan.key.person_id;
    let known = facts::load_facts(db, &[person_id.get()]).await?;
    let recent: Vec<(FactId, ScanKey)> = known
        .get(&person_id.get())
        .into_iter()
        .flatten()
        .filter(|fact| fact.retracted_at.is_none())
        .filter_map(|fact| Some((fact.id, fever_at(&fact.body)?)))
        .filter(|(_, at)| is_recent(*at, scan.key.at))
        .map(|(id, at)| (id, ScanKey { at, ..scan.key }))
        .collect();
    let keys: Vec<ScanKey> = recent.iter().map(|(_, key)| *key).collect();
    // Measured here: a scan of that instant stands at this gate.
    let here = store::list_stored(db, &keys).await?;
    let mut fevers = recent
        .iter()
        .filter(|(_, key)| here.iter().any(|stored| stored.key == *key));
    let first = fevers.next().map(|(id, _)| *id);
    Ok(first.filter(|_| fevers.next().is_none()))
}

/// The instant of a reading that is a fever.
fn fever_at(body: &FactBody) -> Option<Timestamp> {
    match body {
        FactBody::Health {
            at,
            temperature: Some(celsius),
            ..
        } if celsius * 10.0 >= f64::from(FEVER_DECICELSIUS) - 0.01 => Some(*at),
        _ => None,
    }
}

/// Whether a second reading at `again` speaks of one at `first`.
pub fn is_recent(first: Timestamp, again: Timestamp) -> bool {
    first < again && again.duration_since(first) <= AGAIN_WITHIN
}

/// Whether the fever at `fever` is taken back by the next of a person's readings at a gate, each
/// with its instant and whether it is a fever, oldest first.
pub fn is_taken_back(readings: &[(Timestamp, bool)], fever: Timestamp) -> bool {
    let next = readings.iter().find(|(at, _)| is_recent(fever, *at));
    let Some((again, false)) = next else {
        return false;
    };
    let fevers = readings
        .iter()
        .filter(|(at, is_fever)| *is_fever && is_recent(*at, *again));
    fevers.count() == 1
}

/// The withdrawal of the first reading.
pub fn withdrawal(first: FactId) -> Retract {
    Retract {
        fact_id: first,
        by: None,
        reason: "a second reading at the same gate was no fever".to_owned(),
    }
}

/// Ends the alert of the first reading.
pub fn calm(key: &ScanKey) -> FollowUp {
    FollowUp {
        topic: TOPIC_CALMED,
        dedupe_key: format!("calmed|{}|{}", key.gate_id, key.at.as_millisecond()),
        payload: format!(r#"{{"gate_id":{},"at":"{}"}}"#, key.gate_id, key.at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_quarter_of_an_hour_counts_and_only_forwards() {
        let first: Timestamp = "2020-03-06T08:00:00Z".parse().unwrap();
        for (minutes, counts) in [(1, true), (15, true), (16, false), (0, false), (-1, false)] {
            let again = first + SignedDuration::from_mins(minutes);
            assert_eq!(is_recent(first, again), counts, "{minutes}");
        }
    }

    #[test]
    fn one_fever_is_taken_back_by_the_next_reading_and_two_are_not() {
        let at = |minute: i64| {
            "2020-03-06T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
        };
        let taken_back = |readings: &[(i64, bool)], fever: i64| {
            let readings: Vec<_> = readings.iter().map(|(m, is)| (at(*m), *is)).collect();
            is_taken_back(&readings, at(fever))
        };
        assert!(taken_back(&[(0, true), (5, false)], 0));
        assert!(taken_back(
            &[(-9, false), (0, true), (5, false), (9, true)],
            0
        ));
        assert!(!taken_back(&[(0, true)], 0));
        assert!(!taken_back(&[(0, true), (20, false)], 0));
        assert!(!taken_back(&[(0, true), (5, true), (9, false)], 0));
        assert!(!taken_back(&[(0, true), (5, true), (9, false)], 5));
    }

    #[test]
    fn a_reading_of_37_3_is_a_fever_and_symptoms_are_none() {
        let at: Timestamp = "2020-03-06T08:00:00Z".parse().unwrap();
        let health = |temperature| FactBody::Health {
            at,
            temperature,
            symptoms: Vec::new(),
        };
        assert_eq!(fever_at(&health(Some(37.3))), Some(at));
        assert_eq!(fever_at(&health(Some(37.2))), None);
        assert_eq!(fever_at(&health(None)), None);
    }
}
