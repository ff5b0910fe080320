//! An alert for tests that need one.

use gridpass::jobs::outbox::{self, NewFollowUp};
use gridpass_types::ids::PersonId;
use serde_json::json;

use crate::app::TestApp;

/// Raises an alert about a person where the person counts.
pub async fn raise(test: &TestApp, person_id: i64) {
    let row = NewFollowUp {
        person_id: PersonId::new(person_id),
        topic: gridpass::alerts::handlers::TOPIC_RED,
        dedupe_key: "fixture".into(),
        payload: json!({ "reason": "quarantine", "at": test.now().to_string() }),
    };
    let tx = test.app.db.tx().await.unwrap();
    outbox::insert(&tx, &[row], test.now()).await.unwrap();
    tx.commit().await.unwrap();
    test.settle().await;
}
