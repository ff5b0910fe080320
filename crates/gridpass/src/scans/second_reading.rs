//! A second reading after a fever: with another thermometer, after some minutes in the shade.
//!
//! A thermometer in the sun, or a forehead in the cold, must not make a pass red for three days.
//! So a fever at a gate that stands alone is withdrawn when the same gate measures again within
//! a quarter of an hour and reads less. Both readings stay on record. Two fevers agree, and then
//! no third reading takes them back: a doctor does.

use std::collections::BTreeMap;

use gridpass_rules::FactBody;
use gridpass_types::ids::{FactId, PersonId};
use jiff::{SignedDuration, Timestamp};

use super::decide::FollowUp;
use super::model::{Scan, ScanKey};
use super::readings;
use crate::db::Client;
use crate::facts::{self, Retract};
use crate::http::error::ApiResult;

/// Within which a second reading speaks of the first.
pub const AGAIN_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// Outbox topic of a fever that a second reading did not confirm.
pub const TOPIC_CALMED: &str = "alert.calmed";

/// What one person's temperature was at one gate, by instant: whether it was a fever.
pub type Readings = BTreeMap<Timestamp, bool>;

/// The fever that this reading takes back: the only one that this gate has measured within a
/// quarter of an hour. The readings themselves count, not what became of them as evidence.
///
/// # Errors
/// When the database does not answer.
pub async fn find_first(db: &Client, scan: &Scan) -> ApiResult<Option<FactId>> {
    if scan.decicelsius.is_none() || scan.is_fever() {
        return Ok(None);
    }
    let ScanKey {
        person_id,
        at,
        gate_id,
    } = scan.key;
    let between = (at - AGAIN_WITHIN, at);
    let known = readings::list(db, gate_id, &[person_id.get()], between).await?;
    let first = known
        .get(&person_id)
        .and_then(|known| taken_back_by(known, at));
    match first {
        Some(first) => find_fact(db, person_id, first).await,
        None => Ok(None),
    }
}

/// The evidence that still stands on a reading of that instant.
///
/// # Errors
/// When the database does not answer.
pub async fn find_fact(
    db: &Client,
    person_id: PersonId,
    at: Timestamp,
) -> ApiResult<Option<FactId>> {
    let known = facts::load_facts(db, &[person_id.get()]).await?;
    let mut facts = known.get(&person_id.get()).into_iter().flatten();
    let found = facts.find(|fact| fact.retracted_at.is_none() && is_reading_at(&fact.body, at));
    Ok(found.map(|fact| fact.id))
}

fn is_reading_at(body: &FactBody, instant: Timestamp) -> bool {
    matches!(body, FactBody::Health { at, temperature: Some(_), .. } if *at == instant)
}

/// Whether a second reading at `again` speaks of one at `first`.
pub fn is_recent(first: Timestamp, again: Timestamp) -> bool {
    first < again && again.duration_since(first) <= AGAIN_WITHIN
}

/// The fever that a normal reading at `again` takes back, which is the only one lately.
pub fn taken_back_by(readings: &Readings, again: Timestamp) -> Option<Timestamp> {
    let mut fevers = readings
        .range(again - AGAIN_WITHIN..again)
        .filter(|(_, is_fever)| **is_fever);
    let first = fevers.next().map(|(at, _)| *at);
    first.filter(|_| fevers.next().is_none())
}

/// The instant of the reading that takes the fever at `fever` back: the very next one, if it is
/// soon enough, normal, and speaks of no other fever.
pub fn taking_back(readings: &Readings, fever: Timestamp) -> Option<Timestamp> {
    let (again, is_fever) = readings.range(fever..).find(|(at, _)| **at > fever)?;
    let takes = !is_fever && is_recent(fever, *again);
    (takes && taken_back_by(readings, *again) == Some(fever)).then_some(*again)
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
        let taking_back = |readings: &[(i64, bool)], fever: i64| {
            let readings = readings.iter().map(|(m, is)| (at(*m), *is)).collect();
            taking_back(&readings, at(fever))
        };
        assert_eq!(taking_back(&[(0, true), (5, false)], 0), Some(at(5)));
        assert_eq!(
            taking_back(&[(-9, false), (0, true), (5, false), (9, true)], 0),
            Some(at(5))
        );
        assert_eq!(taking_back(&[(0, true)], 0), None);
        assert_eq!(taking_back(&[(0, true), (15, false)], 0), Some(at(15)));
        assert_eq!(taking_back(&[(0, true), (20, false)], 0), None);
        let two = [(0, true), (5, true), (9, false)];
        assert_eq!(taking_back(&two, 0), None);
        assert_eq!(taking_back(&two, 5), None);
    }
}
