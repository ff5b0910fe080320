//! A duration of the catalogue that ends while the source it rests on is late.

use super::*;
use crate::gates::{Post, post};
use crate::scans::support::phone;

const LABORATORY: &str = "city laboratory";
const HOSPITAL: &str = "community hospital";
const HOLDS: &str = "/api/v1/time-holds";

/// People who are green by a test for 48 hours: one tested by the laboratory, one by the hospital,
/// one by both.
struct Scene {
    test: TestApp,
    post: Post,
    phones: Vec<Phone>,
    until: Timestamp,
}

impl Scene {
    async fn new() -> Self {
        let test = TestApp::with_divisions().await;
        let post = post(&test, "金地朗悦", HERE).await;
        let lab = lab(&test).await;
        install(&lab).await;
        put_into_force(&test, tables(&tested_colour("< 48h,>= 2"))).await;
        let desk = test.caller(Role::DataDesk, "").await;
        let rhythm = json!({ "source": LABORATORY, "every_hours": 6, "note": NOTE });
        desk.post("/api/v1/sources/rhythm", rhythm)
            .await
            .expect(204);
        let taken_at = test.now() - SignedDuration::from_hours(1);
        let mut phones = Vec::new();
        for (sequence, sources) in [
            (1, &[LABORATORY][..]),
            (2, &[HOSPITAL]),
            (3, &[LABORATORY, HOSPITAL]),
        ] {
            let phone = phone(&test, sequence, post.enclosure_id).await;
            vaccinate(&test, phone.person_id, &["2020-01-01", "2020-02-01"]).await;
            for source in sources {
                says(&test, phone.person_id, (source, taken_at)).await;
            }
            phones.push(phone);
        }
        let until = taken_at + SignedDuration::from_hours(48);
        Self {
            test,
            post,
            phones,
            until,
        }
    }

    /// Goes to so many minutes after the 48 hours, and lets what is due happen.
    async fn go_to(&self, minutes: i64) {
        let there = self.until + SignedDuration::from_mins(minutes);
        self.test.advance(there.duration_since(self.test.now()));
        self.test.settle().await;
    }

    /// What the gate decides of everybody, as `colour rule`.
    async fn colours(&self) -> Vec<String> {
        let mut colours = Vec::new();
        for phone in &self.phones {
            let body = json!({ "document_number": phone.number, "at": self.test.now(),
                "direction": "in", "temperature": 36.5 });
            let guard = self.post.guard(&self.test).await;
            let answer = guard.post("/api/v1/scans", body).await;
            let answer = answer.expect(200);
            let word = |name: &str| answer[name].as_str().unwrap().to_owned();
            colours.push(format!("{} {}", word("colour"), word("rule")));
        }
        colours
    }

    async fn holds(&self) -> Vec<Value> {
        let desk = self.test.caller(Role::DataDesk, "").await;
        let page = desk.get(HOLDS).await.expect(200);
        page["items"].as_array().unwrap().clone()
    }

    async fn assert_replays(&self, scans: u64) {
        let span = Span {
            from: self.until - SignedDuration::from_hours(72),
            to: self.test.now() + SignedDuration::from_hours(1),
        };
        let report = replay(&self.test.app, span).await.unwrap();
        let found = (report.differences, report.in_flight, report.scans);
        assert_eq!(found, (0, 0, scans), "{:?}", report.told);
        assert_counts_agree(&self.test).await;
        assert_states_are_derived(&self.test).await;
    }
}

/// A negative test in the name of a source.
async fn says(test: &TestApp, person_id: i64, (source, taken_at): (&str, Timestamp)) {
    let worker = test.caller(Role::GridWorker, HERE).await;
    let mut said = negative(taken_at);
    said["source"] = source.into();
    worker.post(&facts_path(person_id), said).await.expect(201);
}

#[tokio::test]
async fn a_test_of_a_late_laboratory_goes_on_counting_until_it_is_heard_again() {
    let scene = Scene::new().await;
    let test = &scene.test;
    scene.go_to(-30).await;
    assert_eq!(scene.colours().await, ["green T1", "green T1", "green T1"]);
    let hold = scene.holds().await.remove(0);
    assert_eq!(
        (&hold["kind"], &hold["source"], &hold["flips"]),
        (&json!("source"), &json!(LABORATORY), &json!(1)),
        "only whom nobody else has tested"
    );

    // The 48 hours are over: for whoever the hospital tested, which is not late, to the minute.
    scene.go_to(1).await;
    let held = ["green T1", "yellow A13", "yellow A13"];
    assert_eq!(scene.colours().await, held);
    let worker = test.caller(Role::GridWorker, HERE).await;
    let path = decision_path(scene.phones[0].person_id);
    let view = worker.get(&path).await.expect(200);
    assert_eq!(
        (&view["held"]["source"], &view["held"]["from_at"]),
        (&json!(LABORATORY), &json!(scene.until))
    );
    assert_eq!(
        view["columns"][0],
        json!({ "column": "hours_since_negative_test", "value": "47h59m" }),
        "as old as it was just before"
    );
    let told = scene.phones[0].client.get("/api/v1/pass/explanation").await;
    assert_eq!(
        told.expect(200)[0]["plain"]["held"]["since"],
        json!(scene.until)
    );

    // A day later still, and whatever else is told of it.
    scene.go_to(24 * 60).await;
    assert_eq!(scene.colours().await, held);
    assert_eq!(scene.holds().await.remove(0)["held_now"], 1);
    scene.assert_replays(9).await;

    // It is heard again, of somebody else: the date takes effect, and is told.
    scene.go_to(24 * 60 + 1).await;
    says(test, scene.phones[1].person_id, (LABORATORY, test.now())).await;
    scene.go_to(24 * 60 + 2).await;
    let after = ["yellow A13", "green T1", "yellow A13"];
    assert_eq!(scene.colours().await, after);
    test.settle().await;
    let over = scene.holds().await.remove(0);
    assert_eq!(
        (&over["status"], &over["held_now"]),
        (&json!("over"), &json!(0))
    );
    let notices = scene.phones[0].client.get("/api/v1/pass/notices").await;
    let notices = notices.expect(200).to_string();
    assert!(notices.contains("because a term ended"), "{notices}");
    scene.assert_replays(12).await;
}

#[tokio::test]
async fn a_longer_duration_that_came_meanwhile_counts_when_the_source_is_heard() {
    let scene = Scene::new().await;
    let test = &scene.test;
    scene.go_to(-30).await;
    scene.go_to(1).await;
    assert_eq!(
        scene.colours().await,
        ["green T1", "yellow A13", "yellow A13"]
    );
    let lab = lab(test).await;
    let longer = approved(test, &lab, tables(&tested_colour("< 72h,>= 2"))).await;
    start(&lab, longer, "").await;
    scene.go_to(2).await;
    assert_eq!(scene.colours().await, ["green T1", "green T1", "green T1"]);

    // Heard again, the test counts for the rest of its 72 hours: no colour changes now.
    says(test, scene.phones[1].person_id, (LABORATORY, test.now())).await;
    scene.go_to(3).await;
    test.settle().await;
    assert_eq!(scene.holds().await.remove(0)["held_now"], 0);
    assert_eq!(scene.colours().await, ["green T1", "green T1", "green T1"]);
    let ends = "SELECT count(*) FROM person_state WHERE colour = 0 AND held_from IS NULL AND valid_until IS NOT NULL";
    assert_eq!(
        test.scalar::<i64>(ends).await,
        3,
        "every date is there again"
    );

    // A day later the laboratory is late again, and what rests on it alone waits again.
    scene.go_to(24 * 60 - 30).await;
    scene.go_to(24 * 60 + 1).await;
    assert_eq!(
        scene.colours().await,
        ["green T1", "green T1", "yellow A13"]
    );
    let newest = scene.holds().await.pop().unwrap();
    assert_eq!(
        (&newest["status"], &newest["held_now"]),
        (&json!("held"), &json!(1))
    );
    scene.assert_replays(12).await;
}
