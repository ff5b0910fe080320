//! Doors without an open visit: found by room or by somebody behind them, worked like any other.

use gridpass::access::Role;
use serde_json::{Value, json};

use crate::app::Client;
use crate::audit::of;
use crate::calls::{CALLS, Street, call, people, person_of, stops, street};
use crate::evidence::{ELSEWHERE, assert_counts_agree, assert_states_are_derived, enclosure};
use crate::people::{applicant, enrolled, resident_number};

const FIND: &str = "/api/v1/stops/find";

/// Everybody of the street is verified: nothing is open any more.
async fn settled() -> Street {
    let street = street().await;
    let open = stops(&street.worker, "").await;
    for (call_id, person) in [(1, street.li), (2, street.han), (3, street.wang)] {
        let seen = person_of(&open, person)["seen"].clone();
        let found = json!([{ "person_id": person, "outcome": "verified_moved_in", "seen": seen }]);
        let view = street
            .worker
            .post(CALLS, call(&street.test, call_id, found))
            .await
            .expect(200);
        assert_eq!(view["results"][0]["status"], "saved", "{view}");
    }
    street.test.settle().await;
    assert!(stops(&street.worker, "").await.is_empty());
    street
}

async fn find(caller: &Client, door: Value) -> Value {
    caller.post(FIND, door).await.expect(200)
}

fn ids(stop: &Value) -> Vec<i64> {
    let ids = people(stop).iter();
    ids.map(|one| one["person_id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_door_with_nothing_open_is_found_by_its_room_and_by_who_lives_there() {
    let street = settled().await;
    let door = json!({ "enclosure_id": street.enclosure, "address": "3号楼 201室" });
    let stop = find(&street.worker, door).await;
    let (mut found, mut behind) = (ids(&stop), vec![street.li, street.han]);
    found.sort_unstable();
    behind.sort_unstable();
    assert_eq!(found, behind, "written otherwise, the same door");
    assert_eq!(stop["enclosure_name"], "金地朗悦");
    assert_eq!(stop["door"]["room"], "201");
    assert!(!stop["place_code"].as_str().unwrap().is_empty());
    let li = people(&stop)
        .iter()
        .find(|one| one["person_id"] == street.li);
    let li = li.unwrap();
    assert_eq!(
        (&li["name"], &li["residence"]),
        (&json!("李雷"), &json!("verified"))
    );
    assert_eq!(li["visits"], json!([]));

    let by_person = find(&street.worker, json!({ "person_id": street.han })).await;
    assert_eq!(by_person["key"], stop["key"]);
    assert_eq!(ids(&by_person).len(), 2);

    // Whoever was looked up is on record.
    let entries = of(&street.test, "find_stop").await;
    assert_eq!(entries.len(), 2);
    for entry in entries {
        let mut named = entry.subjects;
        named.sort_unstable();
        assert_eq!((&*entry.result, named), ("shown", behind.clone()));
    }
}

#[tokio::test]
async fn what_is_found_there_is_recorded_without_a_visit() {
    let street = settled().await;
    let stop = find(&street.worker, json!({ "person_id": street.wang })).await;
    let seen = people(&stop)[0]["seen"].clone();
    let gone = json!([{ "person_id": street.wang, "outcome": "moved_out", "seen": seen }]);
    let view = street
        .worker
        .post(CALLS, call(&street.test, 9, gone))
        .await
        .expect(200);
    assert_eq!(view["results"][0]["status"], "saved", "{view}");
    // Who has left counts in the district, and not here any more.
    street
        .worker
        .post(FIND, json!({ "person_id": street.wang }))
        .await
        .problem(404, "not_found");
    let everywhere = street.test.caller(Role::GridWorker, "440310").await;
    let after = find(&everywhere, json!({ "person_id": street.wang })).await;
    assert_eq!(people(&after)[0]["residence"], "away");
    assert_eq!(after["door"], Value::Null, "the door is theirs no more");

    // A new tenant of the same door makes the household of it.
    let door = json!({ "enclosure_id": street.enclosure, "address": "12栋1504" });
    let stop = find(&street.worker, door.clone()).await;
    let mut body = applicant("赵新来", 41, "13800001241");
    body["enclosure_id"] = street.enclosure.into();
    body["address"] = "12栋1504".into();
    body["household_id"] = stop["key"].clone();
    let entered = street.worker.post("/api/v1/people", body).await.expect(201);
    let stop = find(&street.worker, door).await;
    assert!(ids(&stop).contains(&entered["person_id"].as_i64().unwrap()));
    assert_states_are_derived(&street.test).await;
    assert_counts_agree(&street.test).await;
}

#[tokio::test]
async fn a_door_that_nobody_is_known_of_has_no_people_and_takes_a_newcomer() {
    let street = settled().await;
    let door = json!({ "enclosure_id": street.enclosure, "address": "9栋1单元808" });
    let stop = find(&street.worker, door.clone()).await;
    assert_eq!(people(&stop).len(), 0);
    assert_eq!(
        (&stop["enclosure_id"], &stop["door"]["room"]),
        (&json!(street.enclosure), &json!("808"))
    );
    let mut body = applicant("钱小新", 42, "13800001242");
    body["enclosure_id"] = street.enclosure.into();
    body["address"] = "9栋1单元808".into();
    body["household_id"] = stop["household_id"].clone();
    let entered = street.worker.post("/api/v1/people", body).await.expect(201);
    let known = find(&street.worker, door).await;
    assert_eq!(ids(&known), [entered["person_id"].as_i64().unwrap()]);
    assert_eq!(known["key"], stop["key"]);
}

#[tokio::test]
async fn doors_and_people_out_of_reach_are_as_unknown() {
    let street = settled().await;
    let outside = street.test.caller(Role::GridWorker, ELSEWHERE).await;
    let door = json!({ "enclosure_id": street.enclosure, "address": "3栋201" });
    outside
        .post(FIND, door.clone())
        .await
        .problem(422, "enclosure_unknown");
    outside
        .post(FIND, json!({ "person_id": street.li }))
        .await
        .problem(404, "not_found");
    let attempt = of(&street.test, "find_stop").await;
    let named = attempt.iter().find(|entry| entry.subjects == [street.li]);
    assert_eq!(named.expect("the attempt is on record").result, "refused");
    outside
        .post(FIND, json!({ "person_id": 5 }))
        .await
        .problem(404, "not_found");
    for role in [Role::SubdistrictOfficer, Role::TeamDoctor, Role::GateGuard] {
        let other = street.test.caller(role, "440310").await;
        other
            .post(FIND, door.clone())
            .await
            .problem(403, "not_allowed");
    }
    for wrong in [
        json!({}),
        json!({ "enclosure_id": street.enclosure }),
        json!({ "address": "3栋201" }),
        json!({ "enclosure_id": street.enclosure, "address": "3栋201", "person_id": street.li }),
        json!({ "enclosure_id": street.enclosure, "address": " " }),
        json!({ "enclosure_id": street.enclosure, "address": "栋".repeat(201) }),
    ] {
        street
            .worker
            .post(FIND, wrong)
            .await
            .problem(422, "invalid_fields");
    }
    // Somebody of the household who counts elsewhere is not shown to whoever works here.
    let far = enclosure(&street.test, "440310002003").await;
    let home =
        json!({ "kind": "residence", "status": "verified", "enclosure": far, "source": "x" });
    let everywhere = street.test.caller(Role::GridWorker, "440310").await;
    let path = format!("/api/v1/people/{}/facts", street.han);
    everywhere.post(&path, home).await.expect(201);
    let stop = find(&street.worker, door).await;
    assert_eq!(ids(&stop), [street.li]);
}

#[tokio::test]
async fn a_newcomer_joins_a_household_within_reach_only() {
    let street = settled().await;
    let newcomer = |n: u32, household: Value| {
        let mut body = applicant("孙新", n, "13800001250");
        body["document_number"] = resident_number(n).into();
        body["enclosure_id"] = street.enclosure.into();
        body["address"] = "3栋201".into();
        body["household_id"] = household;
        body
    };
    for (n, unknown) in [(51, -7), (52, 0), (53, 1)] {
        street
            .worker
            .post("/api/v1/people", newcomer(n, unknown.into()))
            .await
            .problem(422, "household_unknown");
    }
    // One that is there, but in another subdistrict.
    let far = crate::evidence::person(&street.test, ELSEWHERE).await;
    let db = street.test.app.db.client().await.unwrap();
    let sql = "UPDATE person SET household_id = 77 WHERE person_id = $1";
    db.execute(sql, &[&far]).await.unwrap();
    street
        .worker
        .post("/api/v1/people", newcomer(54, 77.into()))
        .await
        .problem(422, "household_unknown");
    // A household of its own number, as a registry gives one, whose people live in this enclosure.
    let sql = "UPDATE person SET household_id = 78 WHERE person_id = $1";
    db.execute(sql, &[&street.wang]).await.unwrap();
    street
        .worker
        .post("/api/v1/people", newcomer(55, 78.into()))
        .await
        .expect(201);
}

/// A household is the door's: whoever moves in makes the same one, and opens nothing of those before.
#[tokio::test]
async fn who_moves_in_opens_nothing_of_who_moved_out() {
    let street = settled().await;
    let tenant = applicant("新房客", 61, "13800001261");
    let mut body = tenant.clone();
    body["enclosure_id"] = street.enclosure.into();
    body["address"] = "3栋201".into();
    street.worker.post("/api/v1/people", body).await.expect(201);
    let (phone, _) = enrolled(&street.test, tenant).await;
    let li = json!({ "name": "李雷", "document_type": "resident_id", "document_number": "440399198001010013" });
    let path = "/api/v1/pass/dependants";
    let added = phone.post(path, li.clone()).await.expect(201);
    let data = format!("/api/v1/pass/data?pass_serial={}", added["pass_serial"]);
    phone.get(&data).await.expect(200);

    let stop = find(&street.worker, json!({ "person_id": street.li })).await;
    let theirs = people(&stop)
        .iter()
        .find(|one| one["person_id"] == street.li);
    let seen = theirs.unwrap()["seen"].clone();
    let gone = json!([{ "person_id": street.li, "outcome": "moved_out", "seen": seen }]);
    street
        .worker
        .post(CALLS, call(&street.test, 71, gone))
        .await
        .expect(200);
    // At once, before anything else has run.
    phone.get(&data).await.problem(404, "person_unknown");
    street.test.settle().await;
    let family = phone.get("/api/v1/pass/family").await.expect(200);
    assert_eq!(family["members"], json!([]));
    phone.post(path, li).await.problem(409, "ask_at_counter");
    let left = format!(
        "SELECT count(*) FROM person WHERE person_id = {} AND household_id IS NULL AND address_sealed IS NULL",
        street.li
    );
    assert_eq!(street.test.scalar::<i64>(&left).await, 1);
    let live = "SELECT count(*) FROM pass_carrier WHERE ended_at IS NULL";
    assert_eq!(street.test.scalar::<i64>(live).await, 0);
    let stop = find(&street.worker, json!({ "person_id": street.han })).await;
    assert!(!ids(&stop).contains(&street.li), "the door is not theirs");

    // Recorded some other way, as a fact: the household still stands on record and opens nothing.
    let han = json!({ "name": "韩梅梅", "document_type": "resident_id", "document_number": "440399198202020023" });
    let away = json!({ "kind": "residence", "status": "away", "enclosure": street.enclosure, "source": "x" });
    let facts = format!("/api/v1/people/{}/facts", street.han);
    street.worker.post(&facts, away).await.expect(201);
    phone.post(path, han).await.problem(409, "ask_at_counter");
    assert_states_are_derived(&street.test).await;
    assert_counts_agree(&street.test).await;
}

/// Who applied on a phone is of no household by their own word; whom a worker has seen there, is.
#[tokio::test]
async fn a_family_that_applied_on_phones_is_one_household_once_it_was_seen() {
    let street = street().await;
    let mut family = Vec::new();
    for (n, phone, address) in [
        (71, "13800001271", "26栋1"),
        (72, "13800001272", "26号楼 1室"),
        (73, "13800001273", "26栋"),
    ] {
        let (phone, _) = enrolled(&street.test, applicant("房家人", n, phone)).await;
        let home = json!({ "enclosure_id": street.enclosure, "address": address });
        phone.put("/api/v1/pass/home", home).await.expect(200);
        let serial = phone.get("/api/v1/pass").await.expect(200)["pass_serial"].clone();
        let sql = format!("SELECT person_id FROM person WHERE pass_serial = {serial}");
        family.push(street.test.scalar::<i64>(&sql).await);
    }
    street.test.settle().await;
    let household = |person: i64| {
        let sql =
            format!("SELECT coalesce(household_id, 0) FROM person WHERE person_id = {person}");
        let test = &street.test;
        async move { test.scalar::<i64>(&sql).await }
    };
    assert_eq!(
        household(family[0]).await,
        0,
        "nobody joins by their own word"
    );
    let open = stops(&street.worker, "").await;
    let found: Vec<Value> = family
        .iter()
        .map(|person| {
            json!({ "person_id": person, "outcome": "verified_moved_in",
                    "seen": person_of(&open, *person)["seen"] })
        })
        .collect();
    let view = street
        .worker
        .post(CALLS, call(&street.test, 81, found.into()))
        .await
        .expect(200);
    assert_eq!(view["results"][2]["status"], "saved", "{view}");
    assert_ne!(household(family[0]).await, 0);
    assert_eq!(household(family[0]).await, household(family[1]).await);
    assert_eq!(household(family[2]).await, 0, "a building is no door");
    let door = json!({ "enclosure_id": street.enclosure, "address": "26栋1" });
    let mut behind = ids(&find(&street.worker, door).await);
    behind.sort_unstable();
    let mut both = family[..2].to_vec();
    both.sort_unstable();
    assert_eq!(behind, both);
}
