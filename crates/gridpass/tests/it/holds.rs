//! Passing time that waits for a person, and sources that are late.

use gridpass::access::Role;
use gridpass::app::HoldLimit;
use gridpass::backtest::{Report, Span, replay};
use gridpass::facts::{self, NewFact};
use gridpass_rules::FactBody;
use gridpass_types::ids::PersonId;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::app::{Answer, Client, Setup, TestApp};
use crate::evidence::{assert_counts_agree, assert_states_are_derived, decision_path, facts_path};
use crate::gates::{self, Post};
use crate::people::resident_number;
use crate::scans::support::{HERE, Phone, phone, record, verify};

const HOLDS: &str = "/api/v1/time-holds";
/// A contact of this day counts until the midnight after the tests' first day.
const LAST_DAY: &str = "2020-02-22";
const MIDNIGHT: &str = "2020-03-06T16:00:00Z";

fn strict() -> Setup {
    Setup {
        hold: HoldLimit {
            share_percent: 20,
            people_min: 3,
        },
        ..Setup::default()
    }
}

/// A community of ten verified residents, some of them secondary contacts until midnight.
struct Scene {
    test: TestApp,
    post: Post,
    phones: Vec<Phone>,
}

impl Scene {
    async fn with_contacts(contacts: usize) -> Self {
        let test = TestApp::with(strict()).await;
        let desk = test.caller(Role::DataDesk, "").await;
        let tree = include_str!("../../../../data/divisions/pingshan.csv");
        desk.post_text("/api/v1/divisions/import", "text/csv", tree)
            .await
            .expect(200);
        let post = gates::post(&test, "金地朗悦", HERE).await;
        let mut phones = Vec::new();
        for sequence in 1..=10 {
            let phone = phone(&test, sequence, post.enclosure_id).await;
            verify(&test, phone.person_id, post.enclosure_id).await;
            phones.push(phone);
        }
        for phone in &phones[..contacts] {
            record(&test.app, phone.person_id, secondary(LAST_DAY)).await;
        }
        Self { test, post, phones }
    }

    async fn scan(&self, who: usize) -> String {
        let body = json!({ "document_number": self.phones[who].number, "at": self.test.now(),
            "direction": "in", "temperature": 36.5 });
        let guard = self.post.guard(&self.test).await;
        let answer = guard.post("/api/v1/scans", body).await;
        answer.expect(200)["colour"].as_str().unwrap().to_owned()
    }

    async fn colours(&self) -> Vec<String> {
        let mut colours = Vec::new();
        for who in 0..self.phones.len() {
            colours.push(self.scan(who).await);
        }
        colours
    }

    fn advance(&self, minutes: i64) {
        self.test.advance(SignedDuration::from_mins(minutes));
    }

    async fn yellows(&self) -> i64 {
        let sql = "SELECT count(*) FROM person_state WHERE colour = 1";
        self.test.scalar(sql).await
    }

    /// How many people were told that time changed their colour.
    async fn told(&self) -> i64 {
        let sql = "SELECT count(*) FROM notice WHERE parameters::text LIKE '%time%'";
        self.test.scalar(sql).await
    }

    async fn replayed(&self) -> Report {
        let span = Span {
            from: "2020-03-01T00:00:00Z".parse().unwrap(),
            to: self.test.now() + SignedDuration::from_hours(1),
        };
        replay(&self.test.app, span).await.unwrap()
    }

    async fn assert_replays(&self) {
        let report = self.replayed().await;
        assert!(report.scans > 0);
        let others = (report.differences, report.in_flight);
        assert_eq!(others, (0, 0), "{:#?}", report.told);
    }
}

fn secondary(day: &str) -> Value {
    json!({ "kind": "contact", "level": "secondary", "last_exposed": day })
}

async fn holds(caller: &Client) -> Vec<Value> {
    let page = caller.get(HOLDS).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

async fn decide(caller: &Client, hold: &Value, verb: &str, body: Value) -> Answer {
    let path = format!("{HOLDS}/{}/{verb}", hold["hold_id"]);
    caller.post(&path, body).await
}

#[tokio::test]
async fn dates_that_flip_too_many_wait_for_a_person() {
    let scene = Scene::with_contacts(5).await;
    let test = &scene.test;
    test.settle().await;
    assert_eq!(scene.yellows().await, 5);
    let desk = test.caller(Role::DataDesk, "").await;
    assert!(holds(&desk).await.is_empty());

    // An hour and a half before midnight those who decide know already.
    scene.advance(14 * 60);
    test.settle().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let hold = holds(&desk).await.remove(0);
    assert_eq!(
        (&hold["status"], &hold["kind"], &hold["hour_at"]),
        (&json!("held"), &json!("passage"), &json!(MIDNIGHT))
    );
    assert_eq!(
        (&hold["people"], &hold["flips"], &hold["held_now"]),
        (&json!(10), &json!(5), &json!(5))
    );
    assert_eq!(hold["place_code"], format!("{HERE}000"));

    // Midnight comes, and nothing changes: not at the gate, not in the counts, no notice.
    scene.advance(120);
    let yellow_first = |colours: &[String], yellows: usize| {
        let (first, rest) = colours.split_at(yellows);
        first.iter().all(|colour| colour == "yellow") && rest.iter().all(|c| c == "green")
    };
    assert!(yellow_first(&scene.colours().await, 5));
    test.settle().await;
    assert_eq!((scene.yellows().await, scene.told().await), (5, 0));
    assert_counts_agree(test).await;

    // The person and the worker are told why.
    let worker = test.caller(Role::GridWorker, HERE).await;
    let path = decision_path(scene.phones[0].person_id);
    let decision = worker.get(&path).await.expect(200);
    assert_eq!(
        (&decision["colour"], &decision["held"]["from_at"]),
        (&json!("yellow"), &json!(MIDNIGHT))
    );
    assert_eq!(decision["held"]["hold_id"], hold["hold_id"]);
    assert_eq!(decision["facts"][2]["decisive"], true);
    let plain = scene.phones[0].client.get("/api/v1/pass/explanation").await;
    let plain = plain.expect(200);
    assert_eq!(plain[0]["plain"]["held"]["since"], MIDNIGHT);

    // Whoever gets new evidence is not held.
    scene.advance(5);
    let path = facts_path(scene.phones[0].person_id);
    let healthy = json!({ "kind": "health", "at": test.now(), "temperature": 36.4, "symptoms": [], "source": "网格" });
    let appended = worker.post(&path, healthy).await.expect(201);
    assert_eq!(appended["decision"]["colour"], "green");
    assert_eq!(scene.scan(0).await, "green");
    scene.advance(1);

    // Who may not decide, and who may.
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let note = json!({ "note": "已核对流调名单" });
    let not_allowed = decide(&lead, &hold, "release", note.clone()).await;
    not_allowed.problem(403, "not_allowed");
    let elsewhere = test.caller(Role::SubdistrictOfficer, "440310002").await;
    assert!(holds(&elsewhere).await.is_empty());
    let unknown = decide(&elsewhere, &hold, "release", note.clone()).await;
    unknown.problem(404, "not_found");
    let officer = test.caller(Role::SubdistrictOfficer, "440310001").await;
    let empty = decide(&officer, &hold, "release", json!({ "note": " " })).await;
    empty.problem(422, "invalid_fields");
    let seen = holds(&officer).await.remove(0);
    assert_eq!((&seen["flips"], &seen["held_now"]), (&json!(5), &json!(4)));

    let released = decide(&officer, &hold, "release", note.clone()).await;
    let released = released.expect(200);
    assert_eq!(
        (&released["status"], &released["held_now"]),
        (&json!("released"), &json!(0))
    );
    let kinds = |view: &Value| -> Vec<String> {
        let steps = view["steps"].as_array().unwrap();
        let kind = |step: &Value| step["kind"].as_str().unwrap().to_owned();
        steps.iter().map(kind).collect()
    };
    assert_eq!(kinds(&released), ["held", "released"]);
    assert_eq!(released["steps"][0]["people"], 5);
    assert_eq!(released["steps"][1]["people"], 4);
    // At the gate at once; then in the counts, and told.
    assert!(yellow_first(&scene.colours().await, 0));
    test.settle().await;
    assert_eq!((scene.yellows().await, scene.told().await), (0, 4));
    let twice = decide(&officer, &hold, "release", note).await;
    twice.problem(409, "time_hold_decided");
    scene.advance(60);
    test.settle().await;
    assert_eq!(
        holds(&officer).await.len(),
        1,
        "what was let through is not held again"
    );

    scene.assert_replays().await;
    assert_counts_agree(test).await;
    assert_states_are_derived(test).await;
}

#[tokio::test]
async fn dates_that_flip_few_pass_and_add_up_within_their_hour() {
    let scene = Scene::with_contacts(1).await;
    let test = &scene.test;
    test.settle().await;
    scene.advance(15 * 60 + 35);
    assert_eq!(scene.scan(0).await, "green");
    test.settle().await;
    assert_eq!((scene.yellows().await, scene.told().await), (0, 1));
    let desk = test.caller(Role::DataDesk, "").await;
    assert!(holds(&desk).await.is_empty());

    // Exemptions of two more end later in the same hour: with the first these are three of ten.
    for phone in &scene.phones[1..3] {
        record(&test.app, phone.person_id, secondary("2020-03-06")).await;
        let exemption = json!({ "kind": "exemption", "from": test.now(), "approvals": 2,
            "to": test.now() + SignedDuration::from_mins(20) });
        record(&test.app, phone.person_id, exemption).await;
    }
    scene.advance(5);
    test.settle().await;
    let hold = holds(&desk).await.remove(0);
    assert_eq!(
        (&hold["hour_at"], &hold["flips"]),
        (&json!(MIDNIGHT), &json!(2))
    );
    scene.advance(25);
    assert_eq!(scene.scan(1).await, "green", "both directions count");

    scene.advance(1);
    // An hour later nobody is held in it by name, and the hold is over once evidence came.
    for phone in &scene.phones[1..3] {
        record(
            &test.app,
            phone.person_id,
            json!({ "kind": "clearance", "at": test.now() }),
        )
        .await;
    }
    scene.advance(1);
    assert_eq!(scene.scan(1).await, "yellow");
    scene.advance(60);
    test.settle().await;
    assert_eq!(holds(&desk).await.remove(0)["status"], "over");
    scene.assert_replays().await;
}

#[tokio::test]
async fn old_colours_are_kept_for_a_time_and_somebody_is_asked_again() {
    let scene = Scene::with_contacts(4).await;
    let test = &scene.test;
    scene.advance(14 * 60);
    test.settle().await;
    let approver = test.caller(Role::RuleApprover, "").await;
    let hold = holds(&approver).await.remove(0);
    let keep = |hours: i64, now: Timestamp| json!({ "note": "等待复核", "until_at": now + SignedDuration::from_hours(hours) });
    for hours in [0, 24 * 7 + 1] {
        let refused = decide(&approver, &hold, "keep", keep(hours, test.now())).await;
        refused.problem(422, "invalid_fields");
    }
    let kept = decide(&approver, &hold, "keep", keep(10, test.now())).await;
    assert_eq!(kept.expect(200)["status"], "kept");
    scene.advance(9 * 60);
    test.settle().await;
    let approver = test.caller(Role::RuleApprover, "").await;
    assert_eq!(holds(&approver).await.remove(0)["status"], "kept");
    assert_eq!(scene.scan(0).await, "yellow");
    scene.advance(61);
    test.settle().await;
    let asked = holds(&approver).await.remove(0);
    assert_eq!(
        (&asked["status"], &asked["held_now"]),
        (&json!("held"), &json!(4))
    );
    assert_eq!(asked["kept_until"], Value::Null);

    // Released before its hour, a hold of tomorrow takes effect at its date, not before.
    for phone in &scene.phones[..4] {
        record(&test.app, phone.person_id, secondary("2020-02-23")).await;
    }
    scene.advance(14 * 60);
    test.settle().await;
    let approver = test.caller(Role::RuleApprover, "").await;
    let tomorrow = holds(&approver).await.pop().unwrap();
    assert_eq!(
        (&tomorrow["status"], &tomorrow["flips"]),
        (&json!("held"), &json!(4))
    );
    decide(&approver, &tomorrow, "release", json!({ "note": "已核对" }))
        .await
        .expect(200);
    assert_eq!(scene.scan(0).await, "yellow");
    scene.advance(150);
    assert_eq!(scene.scan(0).await, "green");
    test.settle().await;
    assert_eq!(scene.yellows().await, 0);
    scene.assert_replays().await;
}

#[tokio::test]
async fn dates_that_came_while_nobody_ran_are_looked_at_before_the_first_scan() {
    let scene = Scene::with_contacts(5).await;
    scene.test.settle().await;
    scene.advance(20 * 60);
    let config = scene.test.config.clone();
    let setup = Setup {
        seed: 2,
        ..strict()
    };
    let again = TestApp::start_as(config, scene.test.clock.clone(), setup).await;
    let desk = again.caller(Role::DataDesk, "").await;
    let hold = holds(&desk).await.remove(0);
    assert_eq!(
        (&hold["status"], &hold["flips"]),
        (&json!("held"), &json!(5))
    );
    let gate = gates::on_duty(&again, scene.post.gate_id, &scene.post.token).await;
    let body = json!({ "document_number": scene.phones[0].number, "at": again.now(),
        "direction": "in", "temperature": 36.5 });
    let answer = gate.post("/api/v1/scans", body).await.expect(200);
    assert_eq!(answer["colour"], "yellow");
}

/// A fact of a source that reports by itself.
async fn says(test: &TestApp, person_id: i64, source: &str, body: Value) {
    let body: FactBody = serde_json::from_value(body).unwrap();
    let fact = NewFact {
        body,
        source: source.to_owned(),
        recorded_by: None,
        grounds: None,
    };
    let tx = test.app.db.tx().await.unwrap();
    facts::append(&tx, &test.app, PersonId::new(person_id), &[fact])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_follows_from_the_silence_of_a_late_source_waits() {
    let scene = Scene::with_contacts(0).await;
    let test = &scene.test;
    let desk = test.caller(Role::DataDesk, "").await;
    let rhythm = json!({ "source": "疾控", "every_hours": 6, "note": "每日四次" });
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let refused = lead.post("/api/v1/sources/rhythm", rhythm.clone()).await;
    refused.problem(403, "not_allowed");
    let wrong = json!({ "source": "疾控", "every_hours": 0, "note": "x" });
    let wrong = desk.post("/api/v1/sources/rhythm", wrong).await;
    wrong.problem(422, "invalid_fields");
    desk.post("/api/v1/sources/rhythm", rhythm)
        .await
        .expect(204);
    let people: Vec<i64> = scene.phones.iter().map(|phone| phone.person_id).collect();
    says(test, people[0], "疾控", secondary(LAST_DAY)).await;
    says(test, people[1], "街道", secondary(LAST_DAY)).await;
    // Two sources say the same of one person: the other one spoke in time.
    says(test, people[2], "疾控", secondary(LAST_DAY)).await;
    says(test, people[2], "街道", secondary(LAST_DAY)).await;
    let sources = async |caller: &Client| caller.get("/api/v1/sources").await.expect(200);
    let view = sources(&desk).await;
    assert_eq!(
        (&view[0]["source"], &view[0]["late"], &view[0]["configured"]),
        (&json!("疾控"), &json!(false), &json!(true))
    );

    scene.advance(15 * 60 + 35);
    test.settle().await;
    let desk = test.caller(Role::DataDesk, "").await;
    assert_eq!(sources(&desk).await[0]["late"], true);
    let hold = holds(&desk).await.remove(0);
    assert_eq!(
        (&hold["kind"], &hold["source"], &hold["flips"]),
        (&json!("source"), &json!("疾控"), &json!(1))
    );
    assert_eq!(hold["late_since"], "2020-03-06T09:30:00Z");
    assert_eq!(scene.scan(0).await, "yellow");
    assert_eq!(scene.scan(1).await, "green");
    assert_eq!(scene.scan(2).await, "green");
    let worker = test.caller(Role::GridWorker, HERE).await;
    let decision = worker.get(&decision_path(people[0])).await.expect(200);
    assert_eq!(decision["held"]["source"], "疾控");

    // It is heard of again, though not about this person: the date takes effect.
    scene.advance(60);
    says(test, people[5], "疾控", secondary("2020-03-06")).await;
    scene.advance(1);
    test.settle().await;
    assert_eq!(scene.scan(0).await, "green");
    let over = holds(&desk).await.remove(0);
    assert_eq!(
        (&over["status"], &over["held_now"]),
        (&json!("over"), &json!(0))
    );
    assert_eq!(sources(&desk).await[0]["late"], false);
    assert_counts_agree(test).await;

    // A person may let the silence count: then nothing of it is held.
    scene.advance(10 * 60);
    test.settle().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let again = holds(&desk).await.pop().unwrap();
    assert_eq!(again["status"], "held");
    let note = json!({ "note": "该来源已停用" });
    decide(&desk, &again, "release", note).await.expect(200);
    scene.advance(14 * 24 * 60);
    test.settle().await;
    assert_eq!(scene.scan(5).await, "green");
    scene.assert_replays().await;

    // Without a rhythm it goes by its imports, of which there are none.
    let desk = test.caller(Role::DataDesk, "").await;
    let none = json!({ "source": "疾控", "every_hours": null, "note": "停用" });
    desk.post("/api/v1/sources/rhythm", none).await.expect(204);
    assert_eq!(sources(&desk).await, json!([]));
    scene.advance(1);
    test.settle().await;
    assert_eq!(holds(&desk).await.pop().unwrap()["status"], "over");
}

#[tokio::test]
async fn a_source_has_the_rhythm_of_its_imports() {
    let scene = Scene::with_contacts(0).await;
    let test = &scene.test;
    for _ in 0..4 {
        let desk = test.caller(Role::DataDesk, "").await;
        let file = format!(
            "document_type,document_number,name,phone,origin,residence_status,enclosure_code,grid_code,household,address,employer_code,employment_status\nresident_id,{},张三,,,,,,,,,\n",
            resident_number(1)
        );
        desk.post_text("/api/v1/registry-imports?source=police", "text/csv", file)
            .await
            .expect(200);
        scene.advance(24 * 60);
    }
    let desk = test.caller(Role::DataDesk, "").await;
    let view = desk.get("/api/v1/sources").await.expect(200);
    assert_eq!(
        (
            &view[0]["every_s"],
            &view[0]["configured"],
            &view[0]["late"]
        ),
        (&json!(24 * 3600), &json!(false), &json!(false))
    );
    scene.advance(12 * 60);
    test.settle().await;
    let desk = test.caller(Role::DataDesk, "").await;
    assert_eq!(
        desk.get("/api/v1/sources").await.expect(200)[0]["late"],
        true
    );
    assert_eq!(holds(&desk).await.remove(0)["source"], "police");
}
