//! An appeal while a date of the same person is held.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Account, OWN, Stopped, against, decision, path, stopped_on};
use crate::app::TestApp;
use crate::evidence::{HERE, assert_counts_agree, assert_states_are_derived, colour};

/// When the contact of this test's person counts no more.
const MIDNIGHT: &str = "2020-03-06T16:00:00Z";

#[tokio::test]
async fn what_an_appeal_takes_back_is_never_held() {
    let test = TestApp::strict_with_divisions(1).await;
    let contact = json!({ "kind": "contact", "level": "close", "last_exposed": "2020-02-22" });
    let Stopped {
        test,
        person,
        phone,
        ..
    } = stopped_on(test, contact).await;
    let doctor = Account::new(&test, Role::TeamDoctor, HERE).await;
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    test.advance(SignedDuration::from_hours(14));
    test.settle().await;
    test.advance(SignedDuration::from_hours(2));
    test.settle().await;

    // Midnight is held, so the pass is red as it was.
    let other = doctor.caller(&test).await;
    assert_eq!(colour(&other, person).await, "red");
    let held = "SELECT held_from IS NOT NULL FROM person_state";
    assert!(test.scalar::<bool>(held).await);
    let detail = other.get(&path(person, &opened, "")).await.expect(200);
    assert_eq!(detail["facts"][0]["kind"], "contact");

    // The decision counts at once, although it changes more colours than may change in an hour.
    let decide = path(person, &opened, "/decide");
    let granted = other.post(&decide, decision("evidence_wrong")).await;
    granted.expect(200);
    assert_eq!(colour(&other, person).await, "yellow");
    assert!(!test.scalar::<bool>(held).await);
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;

    // Nothing is held anew, and what was held is over.
    test.advance(SignedDuration::from_hours(1));
    test.settle().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let holds = desk.get("/api/v1/time-holds").await.expect(200);
    let status: Vec<&Value> = holds["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hold| &hold["status"])
        .collect();
    assert_eq!(status, ["over"]);
    let other = doctor.caller(&test).await;
    assert_eq!(colour(&other, person).await, "yellow");

    // The colours of the past say so: midnight changed nothing, the decision did.
    let spans = phone.get("/api/v1/pass/history").await.expect(200);
    let told: Vec<(&Value, &Value)> = spans
        .as_array()
        .unwrap()
        .iter()
        .map(|span| (&span["colour"], &span["cause"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!("yellow"), &json!("evidence")),
            (&json!("red"), &json!("first"))
        ]
    );
    let midnight: jiff::Timestamp = MIDNIGHT.parse().unwrap();
    let until: jiff::Timestamp = spans[1]["until"].as_str().unwrap().parse().unwrap();
    assert!(until > midnight);
}
