//! Where people say they live.

use serde_json::json;

use super::*;

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
    phone
        .put("/api/v1/pass/home", home(" "))
        .await
        .problem(422, "invalid_fields");
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
