//! Order and answers of a batch, without a database.

use gridpass_rules::Direction;
use gridpass_types::ids::{GateId, PersonId};
use jiff::Timestamp;

use super::*;
use crate::scans::model::{Rung, Shown};

fn scan(person_id: i64, ms: i64) -> Scan {
    Scan {
        key: ScanKey {
            person_id: PersonId::new(person_id),
            at: Timestamp::from_millisecond(ms).unwrap(),
            gate_id: GateId::new(1),
        },
        device_id: None,
        shift_id: None,
        direction: Direction::In,
        rung: Rung::Presentation,
        shown: Shown::Nothing,
        decicelsius: None,
        shown_before: false,
    }
}

#[test]
fn scans_go_in_order_of_their_keys_and_each_once() {
    let scans = [scan(9, 5), scan(2, 7), scan(9, 1), scan(2, 7)];
    let plan = Plan::of(&scans);
    let order: Vec<_> = plan
        .ordered
        .iter()
        .map(|scan| (scan.key.person_id.get(), scan.key.at.as_millisecond()))
        .collect();
    assert_eq!(order, [(2, 7), (9, 1), (9, 5)]);
    assert_eq!(plan.people, [2, 9]);
    assert_eq!(plan.places, [2, 0, 1, 0]);
}

#[test]
fn everybody_gets_their_own_answer() {
    let scans = [scan(9, 5), scan(2, 7), scan(9, 1)];
    let plan = Plan::of(&scans);
    let decided = vec![
        Err(Code::PersonUnknown),
        Err(Code::PassRevoked),
        Err(Code::DeviceRevoked),
    ];
    let answers = plan.answer_all(decided);
    assert_eq!(
        answers,
        [
            Err(Code::DeviceRevoked),
            Err(Code::PersonUnknown),
            Err(Code::PassRevoked)
        ]
    );
}
