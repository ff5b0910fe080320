//! What else knows the catalogue: back-tests, the wall in front of red, signed versions.

use serde_json::json;

use super::*;
use crate::evidence::{PROPOSALS, red_fact_input, two_people};
use crate::scans::support::record;

/// The impact card of the tested table with other cells.
pub async fn back_test(test: &TestApp, cells: &str) -> Value {
    let maker = lab(test).await.maker;
    let body = json!({ "colour_csv": tested_colour(cells), "gate_csv": GATE, "scan_days": 3 });
    let asked = maker.post("/api/v1/back-tests", body).await.expect(202);
    let app = test.app.clone();
    while gridpass::backtest::jobs::run_waiting(app.clone())
        .await
        .unwrap()
    {}
    let path = format!("/api/v1/back-tests/{}", asked["back_test_id"]);
    maker.get(&path).await.expect(200)["card"].clone()
}

#[tokio::test]
async fn a_back_test_sees_what_tests_would_change() {
    let (test, _post, phone, _) = tested_scene().await;
    let other = person(&test, HERE).await;
    record(
        &test.app,
        other,
        json!({ "kind": "residence", "status": "declared", "enclosure": 1 }),
    )
    .await;
    let card = back_test(&test, "< 1h,>= 2").await;
    let people = &card["people"];
    assert_eq!(people["total"]["changed"], 1, "{people}");
    assert_eq!(
        (
            &people["kinds"][0]["from"]["rule"],
            &people["kinds"][0]["to"]["rule"]
        ),
        (&json!("T1"), &json!("A13"))
    );
    let same = back_test(&test, "< 47h,>= 1").await;
    assert_eq!(same["people"]["total"]["changed"], 0);
    assert!(phone.person_id != other);
}

#[tokio::test]
async fn a_fact_of_the_catalogue_that_can_turn_red_needs_two_people() {
    let test = TestApp::with_divisions().await;
    let lab = lab(&test).await;
    install(&lab).await;
    let rows = [(
        "A9",
        "S1,-,-,-,symptoms,-,-,-,-,-,positive,red,symptoms,-,-,阳性,Positive".to_owned(),
    )];
    let strict = with_columns("last_test", "-", &rows);
    let worker = test.caller(Role::GridWorker, HERE).await;
    let someone = person(&test, HERE).await;
    let positive = json!({ "kind": "test_result", "method": "pcr", "result": "positive", "taken_at": test.now(),
        "source": "city laboratory" });
    worker
        .post(&facts_path(someone), positive.clone())
        .await
        .expect(201);
    put_into_force(&test, tables(&strict)).await;
    let other = person(&test, HERE).await;
    worker
        .post(&facts_path(other), positive)
        .await
        .problem(409, "red_needs_two");
    worker
        .post(&facts_path(other), negative(test.now()))
        .await
        .expect(201);
    // Two people of different units may, on a ground of the closed list.
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    let mut proposal = red_fact_input(
        other,
        json!({ "kind": "test_result", "method": "pcr", "result": "positive",
        "taken_at": test.now() }),
    );
    let no_ground = doctor.post(PROPOSALS, proposal.clone()).await;
    no_ground.problem(422, "red_no_ground");
    proposal["reason"] = json!("symptoms");
    two_people(&test, &doctor, proposal).await;
    let last = worker.get(&facts_path(other)).await.expect(200)["items"][1].clone();
    assert_eq!(
        (&last["result"], &last["reason"]),
        (&json!("positive"), &json!("symptoms"))
    );
    assert!(
        last["retracted_at"].is_string(),
        "it is kept no longer than others"
    );
    // A test alone stops nobody, whatever a table says.
    let wild = strict.replace("S1,-,-,-,symptoms", "S1,-,-,-,-");
    let body = json!({ "colour_csv": wild, "gate_csv": GATE, "cases": "", "note": NOTE });
    lab.maker
        .post("/api/v1/rule-sets", body)
        .await
        .problem(422, "rule_groundless");
}

#[tokio::test]
async fn an_approved_version_proves_itself_with_the_columns_it_names() {
    let (test, ..) = tested_scene().await;
    let lab = lab(&test).await;
    let signed = lab.maker.get("/api/v1/rule-sets/2.json").await.expect(200);
    let keys = lab
        .maker
        .get("/.well-known/gridpass-digests")
        .await
        .expect(200);
    let keys: gridpass::audit::digests::DigestsView = serde_json::from_value(keys).unwrap();
    let file: gridpass::rules::SignedRuleSet = serde_json::from_value(signed.clone()).unwrap();
    assert_eq!(file.verify(&keys.keys).unwrap(), 1);
    let mut changed = signed;
    let catalogue = changed["catalogue"]
        .as_str()
        .unwrap()
        .replace("negative", "positive");
    changed["catalogue"] = json!(catalogue);
    let file: gridpass::rules::SignedRuleSet = serde_json::from_value(changed).unwrap();
    assert!(file.verify(&keys.keys).is_err());
    let dmn = lab.maker.get("/api/v1/rule-sets/2/dmn").await;
    assert!(String::from_utf8_lossy(&dmn.bytes).contains("PT48H"));
}
