//! A second reading after a fever: with another thermometer, after some minutes in the shade.
//!
//! A thermometer in the sun, or a forehead in the cold, must not make a pass red for three days.
//! So a fever at a gate that stands alone is withdrawn when the same gate measures again within
//! a quarter of an hour and reads less. Both readings stay on record. Two fevers within a quarter of
//! an hour agree, at whichever gates they were measured, and then no third reading takes them back:
//! a doctor does.

use std::collections::BTreeMap;

use gridpass_rules::FactBody;
use gridpass_types::ids::{FactId, GateId, PersonId};
use jiff::{SignedDuration, Timestamp};

use super::decide::FollowUp;
use super::model::{Scan, ScanKey};
use super::readings;
use crate::db::Client;
use crate::facts::{self, Retract};
use crate::http::error::ApiResult;

/// Within which a second reading speaks of the first.
pub const AGAIN_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// From how far back readings bear on a second one: on the first, and on what agrees with that.
pub const SPEAKS_OF: SignedDuration = SignedDuration::from_mins(30);
/// Outbox topic of a fever that a second reading did not confirm.
pub const TOPIC_CALMED: &str = "alert.calmed";

/// When and where somebody was measured.
pub type Place = (Timestamp, GateId);
/// What one person's temperature was, by instant and gate: whether it was a fever.
pub type Readings = BTreeMap<Place, bool>;

/// The fever that this reading takes back: one that this gate has measured within a quarter of an
/// hour, if no gate has measured another. The readings themselves count, not what became of them
/// as evidence.
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
    let between = (at - SPEAKS_OF, at);
    let known = readings::list(db, &[person_id.get()], between).await?;
    let first = known
        .get(&person_id)
        .and_then(|known| taken_back_by(known, (at, gate_id)));
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

/// The fever that a normal reading takes back: the last one before it at its gate, if it is recent
/// and stands alone among all gates' readings.
pub fn taken_back_by(readings: &Readings, (again, gate_id): Place) -> Option<Timestamp> {
    let mut fevers = readings.iter().filter(|(_, is_fever)| **is_fever);
    let mut places = fevers.clone().map(|(place, _)| *place);
    let (first, _) = places.rfind(|(at, at_gate)| *at_gate == gate_id && is_recent(*at, again))?;
    let agrees = |place: &Place| {
        let near = first - AGAIN_WITHIN <= place.0 && place.0 < again;
        near && *place != (first, gate_id)
    };
    (!fevers.any(|(place, _)| agrees(place))).then_some(first)
}

/// The instant of the reading that takes a fever back: the very next one at its gate, if it is
/// soon enough, normal, and no other fever agrees with this one.
pub fn taking_back(readings: &Readings, (fever, gate_id): Place) -> Option<Timestamp> {
    let mut later = readings.iter().filter(|((at, _), _)| *at > fever);
    let (again, is_fever) = later.find(|((_, at_gate), _)| *at_gate == gate_id)?;
    let takes = !is_fever && taken_back_by(readings, *again) == Some(fever);
    takes.then_some(again.0)
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

    fn at(minute: i64) -> Timestamp {
        let start: Timestamp = "2020-03-06T08:00:00Z".parse().unwrap();
        start + SignedDuration::from_mins(minute)
    }

    /// The minute in which a fever at the first gate is taken back. Each reading: minute, gate, fever.
    fn taken_back(readings: &[(i64, i64, bool)], fever: i64) -> Option<i64> {
        let place =
            |(minute, gate, is): &(i64, i64, bool)| ((at(*minute), GateId::new(*gate)), *is);
        let readings = readings.iter().map(place).collect();
        let again = taking_back(&readings, (at(fever), GateId::new(1)))?;
        Some(again.duration_since(at(0)).as_mins())
    }

    #[test]
    fn one_fever_is_taken_back_by_the_next_reading_and_two_are_not() {
        let one = |readings: &[(i64, bool)], fever: i64| {
            let here: Vec<_> = readings.iter().map(|(m, is)| (*m, 1, *is)).collect();
            taken_back(&here, fever)
        };
        assert_eq!(one(&[(0, true), (5, false)], 0), Some(5));
        let before = [(-9, false), (0, true), (5, false), (9, true)];
        assert_eq!(one(&before, 0), Some(5));
        assert_eq!(one(&[(0, true)], 0), None);
        assert_eq!(one(&[(0, true), (15, false)], 0), Some(15));
        assert_eq!(one(&[(0, true), (20, false)], 0), None);
        let two = [(0, true), (5, true), (9, false)];
        assert_eq!(one(&two, 0), None);
        assert_eq!(one(&two, 5), None);
        // They agree with each other, however late the third one is.
        let late = [(0, true), (10, true), (16, false)];
        assert_eq!(one(&late, 10), None);
        let apart = [(0, true), (16, true), (20, false)];
        assert_eq!(one(&apart, 16), Some(20));
    }

    #[test]
    fn fevers_agree_over_gates_and_a_normal_reading_speaks_of_its_own_gates() {
        let (here, there) = (1, 2);
        let lone = [(0, here, true), (5, here, false)];
        assert_eq!(taken_back(&lone, 0), Some(5));
        for other in [-3, 0, 3] {
            let two = [lone[0], (other, there, true), lone[1]];
            assert_eq!(taken_back(&two, 0), None, "{other}");
        }
        let normal_there = [(0, here, true), (3, there, false)];
        assert_eq!(taken_back(&normal_there, 0), None);
        let both = [normal_there[0], normal_there[1], (5, here, false)];
        assert_eq!(taken_back(&both, 0), Some(5));
        let long_ago = [(-16, there, true), lone[0], lone[1]];
        assert_eq!(taken_back(&long_ago, 0), Some(5));
        let after = [lone[0], lone[1], (7, there, true)];
        assert_eq!(taken_back(&after, 0), Some(5));
    }
}
