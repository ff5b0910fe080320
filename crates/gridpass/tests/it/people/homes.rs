//! Where people say they live.

use serde_json::json;

use super::*;
use crate::evidence::{order_input, two_people};

#[tokio::test]
async fn who_says_where_they_live_is_found_and_joins_no_household() {
    let test = TestApp::with_divisions().await;
    let estate = enclosure(&test, "金地朗悦").await;
    let (phone, view) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    assert_eq!(view["pass"]["home_asked"], true);
    let told = phone.get("/api/v1/pass/explanation").await.expect(200);
    assert!(
        told[0]["plain"]["by"].is_string(),
        "a deadline without any evidence: {told}"
    );
    let home = |address: &str| json!({ "enclosure_id": estate, "address": address });
    for wrong in [" ", &"栋".repeat(41)] {
        phone
            .put("/api/v1/pass/home", home(wrong))
            .await
            .problem(422, "invalid_fields");
    }
    phone
        .put(
            "/api/v1/pass/home",
            json!({ "enclosure_id": 1, "address": "3栋" }),
        )
        .await
        .problem(422, "enclosure_unknown");
    let pass = phone
        .put("/api/v1/pass/home", home("3栋1202"))
        .await
        .expect(200);
    assert_eq!(
        (&pass["home_asked"], &pass["reason"], &pass["residence"]),
        (
            &json!(false),
            &json!("residence_unverified"),
            &json!("金地朗悦")
        )
    );
    // Said again in other words it is one home; nobody is of a household by their own word.
    phone
        .put("/api/v1/pass/home", home("3栋1203室"))
        .await
        .expect(200);
    let facts = "SELECT count(*) FROM fact WHERE kind = 'residence'";
    assert_eq!(test.scalar::<i64>(facts).await, 1);
    let household = "SELECT count(*) FROM person WHERE household_id IS NOT NULL";
    assert_eq!(test.scalar::<i64>(household).await, 0);
    let clear = "SELECT count(*) FROM person WHERE position('1203'::bytea IN address_sealed) > 0";
    assert_eq!(test.scalar::<i64>(clear).await, 0);
    test.settle().await;
    let worker = test.caller(Role::GridWorker, "440310001001").await;
    let visits = worker.get("/api/v1/visits").await.expect(200);
    assert_eq!(visits["items"][0]["address"], "3栋1203室");

    // What a grid worker has verified is not changed by a word.
    let who: i64 = test.scalar("SELECT person_id FROM person").await;
    let path = format!("/api/v1/people/{who}/facts");
    let verified = json!({ "kind": "residence", "status": "verified", "enclosure": estate, "source": "visit" });
    worker.post(&path, verified).await.expect(201);
    phone
        .put("/api/v1/pass/home", home("9栋"))
        .await
        .problem(409, "home_verified");
    assert_eq!(
        phone.get("/api/v1/pass").await.expect(200)["home_asked"],
        false
    );
    test.resident()
        .put("/api/v1/pass/home", home("9栋"))
        .await
        .problem(401, "not_signed_in");
}

#[tokio::test]
async fn nobody_under_an_order_moves_the_door_that_is_watched() {
    let test = TestApp::with_divisions().await;
    let estate = enclosure(&test, "金地朗悦").await;
    let other = enclosure(&test, "聚龙花园").await;
    let mut form = applicant("张三", 21, "13800001234");
    form["enclosure_id"] = estate.into();
    let (phone, _) = enrolled(&test, form.clone()).await;
    let home =
        |enclosure: i64, address: &str| json!({ "enclosure_id": enclosure, "address": address });
    phone
        .put("/api/v1/pass/home", home(estate, "3栋1202"))
        .await
        .expect(200);
    let who: i64 = test.scalar("SELECT person_id FROM person").await;
    let doctor = test.caller(Role::TeamDoctor, "440310001001").await;
    let order = order_input(who, "home", "2020-03-06", "2020-03-20");
    two_people(&test, &doctor, order).await;
    for place in [home(other, "9栋9"), home(estate, "9栋9")] {
        phone
            .put("/api/v1/pass/home", place)
            .await
            .problem(409, "home_under_order");
    }
    // Nor by applying once more with another estate.
    form["enclosure_id"] = other.into();
    let (_, again) = enrolled(&test, form).await;
    assert_eq!(again["pass"]["residence"], "金地朗悦");
    assert_eq!(again["pass"]["colour"], "red");
}

#[tokio::test]
async fn applying_once_more_takes_back_no_verified_home() {
    let test = TestApp::with_divisions().await;
    let estate = enclosure(&test, "金地朗悦").await;
    let other = enclosure(&test, "聚龙花园").await;
    let mut form = applicant("张三", 22, "13800001234");
    form["enclosure_id"] = estate.into();
    enrolled(&test, form.clone()).await;
    let who: i64 = test.scalar("SELECT person_id FROM person").await;
    let worker = test.caller(Role::GridWorker, "440310001001").await;
    let verified = json!({ "kind": "residence", "status": "verified", "enclosure": estate, "source": "visit" });
    let path = format!("/api/v1/people/{who}/facts");
    worker.post(&path, verified).await.expect(201);
    form["enclosure_id"] = other.into();
    let (_, again) = enrolled(&test, form).await;
    assert_eq!(
        (&again["pass"]["residence"], &again["pass"]["colour"]),
        (&json!("金地朗悦"), &json!("green"))
    );
}

#[tokio::test]
async fn who_moved_out_and_comes_back_to_the_same_estate_lives_there_again() {
    let test = TestApp::with_divisions().await;
    let estate = enclosure(&test, "金地朗悦").await;
    let (phone, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let home = json!({ "enclosure_id": estate, "address": "3栋301" });
    phone
        .put("/api/v1/pass/home", home.clone())
        .await
        .expect(200);
    let worker = test.caller(Role::GridWorker, "440310001001").await;
    let who: i64 = test.scalar("SELECT person_id FROM person").await;
    for round in 0..2 {
        for status in ["verified", "away"] {
            test.advance(jiff::SignedDuration::from_mins(5));
            let fact = json!({ "kind": "residence", "status": status, "enclosure": estate, "source": "visit" });
            let path = format!("/api/v1/people/{who}/facts");
            worker.post(&path, fact).await.expect(201);
        }
        let pass = phone.get("/api/v1/pass").await.expect(200);
        assert_eq!(
            (&pass["reason"], &pass["residence"], &pass["home_asked"]),
            (&json!("unknown"), &json!(null), &json!(true)),
            "the door that is held is the one they left; round {round}"
        );
        test.advance(jiff::SignedDuration::from_mins(5));
        let pass = phone
            .put("/api/v1/pass/home", home.clone())
            .await
            .expect(200);
        assert_eq!(
            (&pass["reason"], &pass["residence"], &pass["home_asked"]),
            (
                &json!("residence_unverified"),
                &json!("金地朗悦"),
                &json!(false)
            )
        );
        // Once more the same: nothing is new.
        let facts = "SELECT count(*) FROM fact WHERE kind = 'residence'";
        let before: i64 = test.scalar(facts).await;
        phone
            .put("/api/v1/pass/home", home.clone())
            .await
            .expect(200);
        assert_eq!(test.scalar::<i64>(facts).await, before);
    }
    test.settle().await;
    let visits = worker.get("/api/v1/visits").await.expect(200);
    let mut visits = visits["items"].as_array().unwrap().iter();
    let visit = visits.find(|visit| visit["cause"] == "residence_unverified");
    assert_eq!(visit.expect("somebody calls")["address"], "3栋301");
}
