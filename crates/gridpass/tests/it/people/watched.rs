//! Somebody is ordered to stay at home, and nobody knows yet where that is.

use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::evidence::{HERE, assert_counts_agree, live_order, order_input, two_people};
use crate::visits::need;

const NOWHERE: &str = "440310000000000";
const STREET: &str = "440310002001";

/// Somebody who applied with three fields and is under a home order, and the doctor who proposed it.
async fn ordered(test: &TestApp, sequence: u32) -> (Client, i64, Client) {
    let (phone, _) = enrolled(test, applicant("无居", sequence, "13700001234")).await;
    let who: i64 = test.scalar("SELECT person_id FROM person").await;
    let doctor = test.caller(Role::TeamDoctor, "440310").await;
    let order = order_input(who, "home", "2020-03-06", "2020-03-20");
    two_people(test, &doctor, order).await;
    assert_eq!(live_order(&doctor, who).await["place_code"], NOWHERE);
    (phone, who, doctor)
}

fn entry(sequence: u32, enclosure: i64, address: &str) -> Value {
    json!({ "name": "无居", "document_type": "resident_id", "document_number": resident_number(sequence),
            "enclosure_id": enclosure, "address": address })
}

async fn observed(caller: &Client) -> Value {
    caller.get("/api/v1/observation").await.expect(200)
}

/// An estate of another street.
async fn far_away(test: &TestApp) -> i64 {
    let desk = test.caller(Role::DataDesk, "").await;
    let new = json!({ "name": "远方苑", "kind": "estate", "community_code": STREET });
    let made = desk.post("/api/v1/enclosures", new).await.expect(201);
    made["enclosure_id"].as_i64().unwrap()
}

#[tokio::test]
async fn who_says_the_home_under_an_order_is_watched_there() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, "金地朗悦").await;
    let other = enclosure(&test, "聚龙花园").await;
    let (phone, who, doctor) = ordered(&test, 61).await;
    let near = [
        test.caller(Role::CommunityLead, HERE).await,
        test.caller(Role::GridWorker, HERE).await,
    ];
    for caller in &near {
        assert_eq!(observed(caller).await["persons"], 0);
    }
    let pass = phone.get("/api/v1/pass").await.expect(200);
    assert_eq!(
        (&pass["colour"], &pass["home_asked"]),
        (&json!("red"), &json!(true))
    );
    let mut events = test.app.events.subscribe();
    let says = |enclosure: i64, door: &str| json!({ "enclosure_id": enclosure, "address": door });
    let pass = phone
        .put("/api/v1/pass/home", says(home, "9栋8"))
        .await
        .expect(200);
    assert_eq!(
        (&pass["residence"], &pass["home_asked"], &pass["colour"]),
        (&json!("金地朗悦"), &json!(false), &json!("red"))
    );
    for caller in &near {
        let list = observed(caller).await;
        assert_eq!((&list["persons"], &list["missing"]), (&json!(1), &json!(1)));
        let one = &list["items"][0];
        assert_eq!(one["person_id"], who);
        assert_eq!(
            (&one["enclosure_name"], &one["address"]),
            (&json!("金地朗悦"), &json!("9栋8"))
        );
    }
    let wait = std::time::Duration::from_secs(10);
    let told = tokio::time::timeout(wait, async {
        loop {
            let event = events.recv().await.unwrap();
            if event.topic == gridpass::events::OBSERVATION {
                return event.place_code;
            }
        }
    });
    assert!(told.await.expect("the team is told").starts_with(HERE));
    // From here on the team watches this door.
    for place in [says(other, "9栋8"), says(home, "1栋1")] {
        phone
            .put("/api/v1/pass/home", place)
            .await
            .problem(409, "home_under_order");
    }
    let order = live_order(&doctor, who).await;
    assert!(order["place_code"].as_str().unwrap().starts_with(HERE));
    // A check that is missing is missed there.
    test.clock.set("2020-03-06T15:00:00+08:00".parse().unwrap());
    test.settle().await;
    let missed: i64 = test
        .scalar(
            "SELECT count(*) FROM missed_check JOIN quarantine_order o USING (person_id, order_id)
                 WHERE starts_with(o.place_code, '440310001001')",
        )
        .await;
    assert_eq!(missed, 1);
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn applying_again_with_an_estate_and_then_the_door_is_taken_too() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, "金地朗悦").await;
    let other = enclosure(&test, "聚龙花园").await;
    ordered(&test, 62).await;
    let mut form = applicant("无居", 62, "13700001234");
    form["enclosure_id"] = home.into();
    test.advance(SignedDuration::from_mins(2));
    let (phone, again) = enrolled(&test, form).await;
    assert_eq!(
        (&again["pass"]["residence"], &again["pass"]["home_asked"]),
        (&json!("金地朗悦"), &json!(true))
    );
    let lead = test.caller(Role::CommunityLead, HERE).await;
    assert_eq!(observed(&lead).await["persons"], 1);
    let elsewhere = json!({ "enclosure_id": other, "address": "9栋8" });
    phone
        .put("/api/v1/pass/home", elsewhere)
        .await
        .problem(409, "home_under_order");
    let door = json!({ "enclosure_id": home, "address": "9栋8" });
    let pass = phone.put("/api/v1/pass/home", door).await.expect(200);
    assert_eq!(pass["home_asked"], false);
    assert_eq!(observed(&lead).await["items"][0]["address"], "9栋8");
}

#[tokio::test]
async fn no_other_street_gives_them_a_home_and_the_district_does() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, "金地朗悦").await;
    let far = far_away(&test).await;
    ordered(&test, 63).await;
    let worker = test.caller(Role::GridWorker, STREET).await;
    worker
        .post("/api/v1/people", entry(63, far, "1栋2"))
        .await
        .problem(409, "held_elsewhere");
    let written =
        "SELECT count(*) FROM person WHERE address_sealed IS NOT NULL OR household_id IS NOT NULL";
    assert_eq!(test.scalar::<i64>(written).await, 0);
    let district = test.caller(Role::CommunityLead, "440310").await;
    district
        .post("/api/v1/people", entry(63, home, "9栋8"))
        .await
        .expect(200);
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let list = observed(&lead).await;
    assert_eq!(list["items"][0]["address"], "9栋8");
    // An address of another estate is not written beside the home that is watched.
    let other = enclosure(&test, "聚龙花园").await;
    let again = lead
        .post("/api/v1/people", entry(63, other, "1栋2"))
        .await
        .expect(200);
    assert_eq!(again["residence"], "金地朗悦");
    assert_eq!(observed(&lead).await["items"][0]["address"], "9栋8");
}

#[tokio::test]
async fn a_worker_who_finds_the_door_brings_the_order_there() {
    let test = TestApp::with_divisions().await;
    let post = crate::gates::post(&test, "金地朗悦", HERE).await;
    let (_, who, _) = ordered(&test, 64).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let district = test.caller(Role::GridWorker, "440310").await;
    need(&test, who, "residence_unverified").await;
    let visits = district
        .get(&format!("/api/v1/visits?person_id={who}"))
        .await
        .expect(200);
    let visits = visits["items"].as_array().unwrap();
    let visit = visits
        .iter()
        .find(|visit| visit["cause"] == "residence_unverified")
        .unwrap();
    assert_eq!(observed(&worker).await["persons"], 0);
    let found = json!({ "outcome": "verified_moved_in", "enclosure_id": post.enclosure_id });
    let path = format!("/api/v1/visits/{who}/{}/complete", visit["visit_id"]);
    district.post(&path, found).await.expect(200);
    let list = observed(&worker).await;
    assert_eq!(list["items"][0]["enclosure_name"], "金地朗悦");
}

#[tokio::test]
async fn who_was_moved_out_under_an_order_says_where_they_live_now() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, "金地朗悦").await;
    let far = far_away(&test).await;
    let (phone, who, _) = ordered(&test, 65).await;
    let says = |enclosure: i64| json!({ "enclosure_id": enclosure, "address": "9栋8" });
    phone.put("/api/v1/pass/home", says(home)).await.expect(200);
    let here = test.caller(Role::GridWorker, HERE).await;
    test.advance(SignedDuration::from_mins(5));
    let gone =
        json!({ "kind": "residence", "status": "away", "enclosure": home, "source": "visit" });
    here.post(&format!("/api/v1/people/{who}/facts"), gone)
        .await
        .expect(201);
    assert_eq!(observed(&here).await["persons"], 1, "still theirs");
    // Nobody takes them over meanwhile.
    let there = test.caller(Role::GridWorker, STREET).await;
    there
        .post("/api/v1/people", entry(65, far, "1栋2"))
        .await
        .problem(409, "held_elsewhere");
    test.advance(SignedDuration::from_mins(5));
    let pass = phone.get("/api/v1/pass").await.expect(200);
    assert_eq!(pass["home_asked"], true);
    phone.put("/api/v1/pass/home", says(far)).await.expect(200);
    assert_eq!(observed(&here).await["persons"], 0);
    assert_eq!(observed(&there).await["persons"], 1);
}
