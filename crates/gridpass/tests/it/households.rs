//! Which spellings make one household.

use serde_json::{Value, json};

use crate::calls::{CALLS, Street, call, people, street};
use crate::people::{applicant, resident_number};

const FIND: &str = "/api/v1/stops/find";

/// What a worker sends of somebody new at a door of the street.
fn newcomer(street: &Street, n: u32, address: &str) -> Value {
    let mut body = applicant("孙新", n, "13800001250");
    body["document_number"] = resident_number(n).into();
    body["enclosure_id"] = street.enclosure.into();
    body["address"] = address.into();
    body
}

async fn household(street: &Street, person: i64) -> Option<i64> {
    let sql = format!("SELECT household_id FROM person WHERE person_id = {person}");
    street.test.scalar(&sql).await
}

async fn entered(street: &Street, n: u32, address: &str) -> (i64, Option<i64>) {
    let body = newcomer(street, n, address);
    let view = street.worker.post("/api/v1/people", body).await.expect(201);
    let id = view["person_id"].as_i64().unwrap();
    (id, household(street, id).await)
}

#[tokio::test]
async fn spellings_of_one_door_make_one_household_and_half_a_building_none() {
    let street = street().await;
    let (first, family) = entered(&street, 51, "7栋301").await;
    assert!(family.is_some());
    for (n, address) in [
        (52, "７栋０３０１"),
        (53, "7棟301"),
        (54, "7-301"),
        (55, "7栋3楼301"),
    ] {
        assert_eq!(entered(&street, n, address).await.1, family, "{address}");
    }
    let (_, other) = entered(&street, 56, "7楼301").await;
    assert!(other.is_some() && other != family);
    for (n, address) in [(57, "7栋"), (58, "7栋3楼"), (59, "7栋1单元")] {
        assert_eq!(entered(&street, n, address).await.1, None, "{address}");
    }
    let at = |address: &str| json!({ "enclosure_id": street.enclosure, "address": address });
    let stop = street.worker.post(FIND, at("7#301")).await.expect(200);
    assert_eq!(
        (stop["household_id"].as_i64(), people(&stop).len()),
        (family, 5)
    );
    let stop = street.worker.post(FIND, at("7栋")).await.expect(200);
    assert_eq!(
        (&stop["household_id"], &stop["people"]),
        (&Value::Null, &json!([]))
    );
    // Corrected to half a building, a door is nobody's household.
    let said = json!([{ "person_id": first, "outcome": "checked", "seen": {}, "address": "7栋" }]);
    let view = street.worker.post(CALLS, call(&street.test, 1, said)).await;
    let view = view.expect(200);
    assert_eq!(view["results"][0]["status"], "saved", "{view}");
    assert_eq!(household(&street, first).await, None);
}
