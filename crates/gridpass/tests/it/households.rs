//! Which spellings make one household, which household may be named for somebody, and who is one stop
//! without being one.

use gridpass::access::Role;
use serde_json::{Value, json};

use crate::app::Client;
use crate::calls::{CALLS, Street, call, people, person_of, stop_of, stops, street};
use crate::evidence::{HERE, facts_path, person};
use crate::people::{applicant, enclosure, enrolled, resident_number};

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

/// Gives people a household of its own number, as a registry does.
async fn registered(street: &Street, people: &[i64], household: i64) {
    let db = street.test.app.db.client().await.unwrap();
    let sql = "UPDATE person SET household_id = $2 WHERE person_id = ANY($1)";
    db.execute(sql, &[&people, &household]).await.unwrap();
}

/// One rule, whether somebody is entered or a door is corrected.
#[tokio::test]
async fn a_household_is_named_where_none_of_it_is_known_to_live_elsewhere() {
    let street = street().await;
    let test = &street.test;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let other = enclosure(test, "六联新村").await;
    let [unknown, beside, elsewhere] = [
        person(test, HERE).await,
        person(test, HERE).await,
        person(test, HERE).await,
    ];
    let home =
        json!({ "kind": "residence", "status": "declared", "enclosure": other, "source": "x" });
    lead.post(&facts_path(elsewhere), home).await.expect(201);
    registered(&street, &[unknown], 78).await;
    registered(&street, &[beside, elsewhere], 79).await;
    let entering = |n: u32, household: i64| {
        let mut body = newcomer(&street, n, "3栋201");
        body["household_id"] = household.into();
        body
    };
    let correcting = |call_id: i64, household: i64| {
        let said = json!([{ "person_id": street.wang, "outcome": "checked", "seen": {},
            "address": "3栋201", "household_id": household }]);
        call(test, call_id, said)
    };
    street
        .worker
        .post("/api/v1/people", entering(51, 79))
        .await
        .problem(422, "household_unknown");
    let view = street
        .worker
        .post(CALLS, correcting(1, 79))
        .await
        .expect(200);
    assert_eq!(view["results"][0]["code"], "household_unknown", "{view}");
    let path = "/api/v1/people";
    street.worker.post(path, entering(52, 78)).await.expect(201);
    let view = street
        .worker
        .post(CALLS, correcting(2, 78))
        .await
        .expect(200);
    assert_eq!(view["results"][0]["status"], "saved", "{view}");
    assert_eq!(household(&street, street.wang).await, Some(78));
}

/// Somebody who applies on a phone and says where they live; the phone and the person.
async fn declared(street: &Street, (n, phone): (u32, &str), address: &str) -> (Client, i64) {
    let form = applicant("孙家人", n, phone);
    let (phone, view) = enrolled(&street.test, form).await;
    declare(street, &phone, address).await;
    let sql = format!(
        "SELECT person_id FROM person WHERE pass_serial = {}",
        view["pass_serial"]
    );
    (phone, street.test.scalar(&sql).await)
}

async fn declare(street: &Street, phone: &Client, address: &str) {
    let home = json!({ "enclosure_id": street.enclosure, "address": address });
    phone.put("/api/v1/pass/home", home).await.expect(200);
    street.test.settle().await;
}

fn ids(stop: &Value) -> Vec<i64> {
    let ids = people(stop).iter();
    let mut ids: Vec<i64> = ids.map(|one| one["person_id"].as_i64().unwrap()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn who_declares_one_door_is_one_stop_and_no_household() {
    let street = street().await;
    let (_, one) = declared(&street, (61, "13800001261"), "7栋301").await;
    let (phone, two) = declared(&street, (62, "13800001262"), "７-301").await;
    let (_, half) = declared(&street, (63, "13800001263"), "7栋").await;
    let (_, other) = declared(&street, (64, "13800001264"), "7栋").await;
    let mut both = vec![one, two];
    both.sort_unstable();
    let open = stops(&street.worker, "").await;
    let stop = stop_of(&open, one);
    assert_eq!(
        (ids(stop), &stop["household_id"]),
        (both.clone(), &Value::Null)
    );
    assert_eq!(
        ids(stop_of(&open, half)),
        [half],
        "half a building is no door"
    );
    assert_eq!(ids(stop_of(&open, other)), [other]);
    for person in [one, two] {
        assert_eq!(household(&street, person).await, None);
    }
    // The same stop, however it is looked for.
    let key = &stop["key"];
    assert_eq!(stops(&street.worker, &format!("?key={key}")).await.len(), 1);
    let at = json!({ "enclosure_id": street.enclosure, "address": "7栋301室" });
    for door in [at, json!({ "person_id": two })] {
        let found = street.worker.post(FIND, door).await.expect(200);
        assert_eq!((&found["key"], ids(&found)), (key, both.clone()));
    }
    // One is verified and of the household now; the other still waits at the same door.
    let seen = person_of(&open, one)["seen"].clone();
    let lives = json!([{ "person_id": one, "outcome": "verified_moved_in", "seen": seen }]);
    let view = street
        .worker
        .post(CALLS, call(&street.test, 1, lives))
        .await;
    let view = view.expect(200);
    assert_eq!(view["results"][0]["status"], "saved", "{view}");
    street.test.settle().await;
    assert_eq!(household(&street, one).await, key.as_i64());
    let open = stops(&street.worker, "").await;
    let stop = stop_of(&open, two);
    assert_eq!((ids(stop), &stop["household_id"]), (both, key));
    assert_eq!(household(&street, two).await, None);
    // Whoever says another door stands at that one.
    declare(&street, &phone, "8栋301").await;
    let open = stops(&street.worker, "").await;
    assert_eq!(ids(stop_of(&open, two)), [two]);
}

#[tokio::test]
async fn a_declared_door_counts_while_its_enclosure_is_the_home() {
    let street = street().await;
    let (_, one) = declared(&street, (61, "13800001261"), "7栋301").await;
    let (_, two) = declared(&street, (62, "13800001262"), "7栋301").await;
    assert_eq!(ids(stop_of(&stops(&street.worker, "").await, one)).len(), 2);
    let elsewhere = enclosure(&street.test, "六联新村").await;
    let home =
        json!({ "kind": "residence", "status": "declared", "enclosure": elsewhere, "source": "x" });
    street.worker.post(&facts_path(two), home).await.expect(201);
    street.test.settle().await;
    let open = stops(&street.worker, "").await;
    assert_eq!(ids(stop_of(&open, one)), [one]);
    assert_eq!(ids(stop_of(&open, two)), [two]);
}
