//! Explanations: to the person, to the worker, to the auditor; now and then.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::evidence::{HERE, decision_path, enclosure, facts_path, person};
use crate::process::{Site, end_of};
use crate::scans::support::{phone, record, verify};

#[tokio::test]
async fn a_decision_is_explained_at_three_depths() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, HERE).await;
    let someone = person(&test, HERE).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let declared =
        json!({ "kind": "residence", "status": "declared", "enclosure": home, "source": "本人" });
    let declared = worker
        .post(&facts_path(someone), declared)
        .await
        .expect(201);
    let matched = json!({ "kind": "registry", "status": "matched", "registry_source": "人口库", "source": "人口库" });
    worker.post(&facts_path(someone), matched).await.expect(201);
    let then = test.now();
    test.advance(SignedDuration::from_hours(5));

    let view = worker.get(&decision_path(someone)).await.expect(200);
    assert_eq!(view["rule"], "A13");
    let plain = &view["plain"];
    assert_eq!(plain["why_en"], "Your residence is waiting to be verified");
    assert_eq!(plain["who_zh"], "网格员");
    assert!(
        plain["do_en"]
            .as_str()
            .unwrap()
            .contains("proof of residence")
    );
    // The facts are from 08:30; a grid worker has 24 hours.
    assert_eq!(plain["by"], "2020-03-07T00:30:00Z");
    let facts = view["facts"].as_array().unwrap();
    assert_eq!(facts.len(), 2);
    assert_eq!(
        (
            &facts[0]["id"],
            &facts[0]["live"],
            &facts[0]["decisive"],
            &facts[0]["age_hours"]
        ),
        (&declared["fact_id"], &json!(true), &json!(true), &json!(5))
    );
    assert_eq!(
        (&facts[1]["decisive"], &facts[1]["source"]),
        (&json!(false), &json!("人口库"))
    );
    assert_eq!(view["state"]["residence"], "declared");
    assert_eq!(view["trace"].as_array().unwrap().len(), 13);
    assert_eq!(view["trace"][0]["failed"]["column"], "case");
    assert_eq!(view["rule_set_version"], 1);

    // The past does not change with what happens later.
    record(
        &test.app,
        someone,
        json!({ "kind": "residence", "status": "verified", "enclosure": home }),
    )
    .await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let now = worker.get(&decision_path(someone)).await.expect(200);
    assert_eq!(
        (&now["rule"], &now["plain"]["by"]),
        (&json!("A11"), &Value::Null)
    );
    assert_eq!(now["facts"].as_array().unwrap().len(), 3);
    let past = format!("{}?at={then}", decision_path(someone));
    let past = worker.get(&past).await.expect(200);
    assert_eq!(
        (&past["rule"], &past["facts"][0]["age_hours"]),
        (&json!("A13"), &json!(0))
    );
    assert_eq!(past["facts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_phone_is_told_why_who_and_what_helps() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, HERE).await;
    let holder = phone(&test, 1, home).await;
    let before = test.now();
    test.advance(SignedDuration::from_hours(1));
    let told = holder
        .client
        .get("/api/v1/pass/explanation")
        .await
        .expect(200);
    let told = &told[0];
    assert_eq!(told["pass_serial"], holder.serial);
    assert_eq!(told["decision"]["colour"], "yellow");
    assert_eq!(told["plain"]["who_en"], "your grid worker");
    assert_eq!(told["plain"]["by"], "2020-03-07T00:30:00Z");
    verify(&test, holder.person_id, home).await;
    let told = holder
        .client
        .get("/api/v1/pass/explanation")
        .await
        .expect(200);
    assert_eq!(told[0]["decision"]["colour"], "green");
    let path = format!("/api/v1/pass/explanation?at={before}");
    let past = holder.client.get(&path).await.expect(200);
    assert_eq!(past[0]["decision"]["colour"], "yellow");
    let ahead = format!(
        "/api/v1/pass/explanation?at={}",
        test.now() + SignedDuration::from_hours(1)
    );
    holder
        .client
        .get(&ahead)
        .await
        .problem(422, "time_in_future");
    test.resident()
        .get("/api/v1/pass/explanation")
        .await
        .problem(401, "not_signed_in");
}

/// The commands on an installation of their own: nobody is there yet, so they say so.
#[test]
fn the_commands_answer() {
    let site = Site::new();
    let explain = site.command(&[
        "explain",
        "--mode",
        "demo",
        "--serial",
        "1",
        "--level=auditor",
    ]);
    let refusal = site.refusal(explain, 65);
    assert_eq!(refusal, "nobody has this serial");
    let mut replay = site.command(&["replay", "--mode", "demo", "--from", "2020-03-06T00:00:00Z"]);
    let output = end_of(&mut replay);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text,
        "0 scans replayed, 0 differ, 0 took facts of the same seconds\n"
    );
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/2020-03");
    let (colour, gate) = (format!("{rules}/colour.csv"), format!("{rules}/gate.csv"));
    let mut dmn = site.command(&["rules", "dmn", "--colour", &colour, "--gate", &gate]);
    let output = end_of(&mut dmn);
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("hitPolicy=\"FIRST\"")
    );
    let mut wrong = site.command(&["rules", "dmn", "--colour", &gate, "--gate", &gate]);
    assert_eq!(end_of(&mut wrong).status.code(), Some(65));
}
