//! Kinds of facts and columns of the state as data: from a proposal to a colour, without a release.

mod held;
mod late;
mod uses;

use gridpass::access::Role;
use gridpass::backtest::{Span, replay};
use gridpass_rules::cases::Case;
use gridpass_rules::{Catalogue, RuleSet};
use gridpass_types::ids::RuleSetVersion;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::evidence::{
    HERE, assert_counts_agree, assert_states_are_derived, decision_path, facts_path, person,
};
use crate::rules::support::{
    COLOUR, GATE, Lab, approved, case, lab, put_into_force, roll_back, start,
};
use crate::scans::support::{Phone, scan, scene_on};

/// The worked example of `docs/rules.md`.
pub const EXAMPLE: &str = include_str!("../../../../rules/examples/catalogue.json");
const ENTRIES: &str = "/api/v1/catalogue-entries";
const NOTE: &str = "按会议纪要第7号";

fn entries() -> Vec<Value> {
    serde_json::from_str(EXAMPLE).unwrap()
}

async fn propose(caller: &Client, definition: &Value) -> Value {
    let body = json!({ "definition": definition, "note": NOTE });
    caller.post(ENTRIES, body).await.expect(201)
}

async fn approve(caller: &Client, proposal: &Value) -> crate::answer::Answer {
    let path = format!("{ENTRIES}/{}/approve", proposal["proposal_id"]);
    caller.post(&path, json!({ "note": NOTE })).await
}

/// Takes every entry of the example into the catalogue, by two people.
pub async fn install(lab: &Lab) {
    for entry in entries() {
        let proposal = propose(&lab.maker, &entry).await;
        approve(&lab.approver, &proposal).await.expect(200);
    }
}

/// The shipped colour table with two columns of the catalogue, and a row before A13 by which a
/// negative test makes somebody green for 48 hours who was vaccinated twice.
pub fn tested_colour(cells: &str) -> String {
    with_columns(
        "hours_since_negative_test,vaccinations",
        "-,-",
        &[(
            "A13",
            format!("T1,-,-,-,-,-,-,-,-,-,{cells},green,verified_resident,-,-,检测有效,Tested"),
        )],
    )
}

/// The shipped colour table with more columns, and rows before those named.
fn with_columns(header: &str, any: &str, rows: &[(&str, String)]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (number, line) in COLOUR.lines().enumerate() {
        let mut cells: Vec<&str> = line.split(',').collect();
        let before = rows.iter().filter(|(rule, _)| *rule == cells[0]);
        lines.extend(before.map(|(_, row)| row.clone()));
        cells.insert(10, if number == 0 { header } else { any });
        lines.push(cells.join(","));
    }
    lines.join("\n")
}

/// Tables with a case whose facts are of catalogued kinds; what comes out is expected.
fn tables(colour_csv: &str) -> Value {
    let taken = "2020-03-05T08:30:00+08:00";
    let facts = json!([
        { "id": 1, "kind": "test_result", "method": "pcr", "result": "negative", "taken_at": taken, "recorded_at": taken },
        { "id": 2, "kind": "vaccination", "given_on": "2020-01-01", "dose_ml": 0.5, "recorded_at": taken },
        { "id": 3, "kind": "vaccination", "given_on": "2020-02-01", "dose_ml": 0.5, "recorded_at": taken },
    ]);
    let nothing = json!({ "colour": "", "reason": "", "rule": "", "action": "", "gate_rule": "" });
    let mut case = case("tested", &facts, &nothing);
    let catalogue = Catalogue::from_json(EXAMPLE.as_bytes()).unwrap();
    let both = (colour_csv.as_bytes(), GATE.as_bytes());
    let rules = RuleSet::from_csv_with(RuleSetVersion::new(0), both, &catalogue).unwrap();
    let got = Case::parse(&case.to_string(), &catalogue)
        .unwrap()
        .run(&rules);
    case["expect"] = serde_json::to_value(got).unwrap();
    json!({ "colour_csv": colour_csv, "gate_csv": GATE, "cases": case.to_string(), "note": "检测与接种" })
}

fn negative(taken_at: Timestamp) -> Value {
    json!({ "kind": "test_result", "method": "pcr", "result": "negative", "taken_at": taken_at,
        "source": "city laboratory" })
}

fn shot(day: &str) -> Value {
    json!({ "kind": "vaccination", "given_on": day, "dose_ml": 0.5, "source": "接种点" })
}

async fn vaccinate(test: &TestApp, person_id: i64, days: &[&str]) {
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    for day in days {
        doctor
            .post(&facts_path(person_id), shot(day))
            .await
            .expect(201);
    }
}

#[tokio::test]
async fn an_entry_needs_somebody_of_another_unit_and_never_changes() {
    let test = TestApp::with_divisions().await;
    let lab = lab(&test).await;
    let [kind, column] = [&entries()[0], &entries()[2]];

    let early = json!({ "definition": column, "note": NOTE });
    let early = lab.maker.post(ENTRIES, early).await;
    let early = early.problem(422, "invalid_fields");
    assert_eq!(early["fields"][0]["field"], "definition.kind");
    assert_eq!(early["fields"][0]["code"], "entry_kind_unknown");

    let proposal = propose(&lab.maker, kind).await;
    assert_eq!(
        (&proposal["status"], &proposal["hindrance"]),
        (&json!("proposed"), &json!("catalogue_same_unit"))
    );
    approve(&lab.maker, &proposal)
        .await
        .problem(403, "not_allowed");
    let colleague = test.caller_of(Role::RuleApprover, "", "规则组").await;
    let maker = test.caller_of(Role::RuleMaker, "", "规则组").await;
    let of_colleague = propose(&maker, &json!({ "entry": "kind", "key": "serology",
        "name": { "zh": "抗体", "en": "Serology" }, "fields": [ { "key": "taken_on", "name": { "zh": "日期", "en": "Day" },
        "value": { "type": "date" } } ], "legal_basis": { "zh": "法", "en": "Law" }, "purpose": { "zh": "用", "en": "Use" },
        "retention_days": 30, "recorded_by": "medical" })).await;
    approve(&colleague, &of_colleague)
        .await
        .problem(409, "catalogue_same_unit");
    // A table cannot name what is only proposed.
    let tried = json!({ "colour_csv": tested_colour("-,-"), "gate_csv": GATE });
    let tried = lab
        .maker
        .post("/api/v1/rule-tables/check", tried)
        .await
        .expect(200);
    assert_eq!(tried["faults"][0]["code"], "unknown_column");

    let approved = approve(&lab.approver, &proposal).await.expect(200);
    assert_eq!(
        (&approved["status"], &approved["catalogue_version"]),
        (&json!("approved"), &json!(1))
    );
    assert_eq!(approved["definition"], *kind);
    approve(&lab.approver, &proposal)
        .await
        .problem(409, "catalogue_entry_closed");
    let path = format!("{ENTRIES}/{}/withdraw", proposal["proposal_id"]);
    lab.maker
        .post(&path, json!({ "note": NOTE }))
        .await
        .problem(409, "catalogue_entry_closed");
    let again = json!({ "definition": kind, "note": NOTE });
    let again = lab
        .maker
        .post(ENTRIES, again)
        .await
        .problem(422, "invalid_fields");
    assert_eq!(again["fields"][0]["code"], "entry_key_taken");

    let waiting = format!("{ENTRIES}/{}/withdraw", of_colleague["proposal_id"]);
    let withdrawn = maker
        .post(&waiting, json!({ "note": NOTE }))
        .await
        .expect(200);
    assert_eq!(withdrawn["status"], "withdrawn");
    let list = lab.maker.get(ENTRIES).await.expect(200);
    let status: Vec<&str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].as_str().unwrap())
        .collect();
    assert_eq!(status, ["approved", "withdrawn"]);

    // The database keeps it so.
    let db = test.app.db.client().await.unwrap();
    for change in [
        "UPDATE catalogue_entry SET entry_key = 'x'",
        "DELETE FROM catalogue_entry",
    ] {
        assert!(db.batch_execute(change).await.is_err(), "{change}");
    }
    test.caller(Role::GateGuard, HERE)
        .await
        .get(ENTRIES)
        .await
        .problem(403, "not_allowed");
}

#[tokio::test]
async fn facts_are_checked_against_the_catalogue_field_by_field() {
    let test = TestApp::with_divisions().await;
    let lab = lab(&test).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let someone = person(&test, HERE).await;
    let path = facts_path(someone);
    let unknown = worker.post(&path, negative(test.now())).await;
    let unknown = unknown.problem(422, "fact_invalid");
    assert_eq!(
        (
            &unknown["fields"][0]["field"],
            &unknown["fields"][0]["code"]
        ),
        (&json!("kind"), &json!("fact_kind_unknown"))
    );

    install(&lab).await;
    let wrong = json!({ "kind": "test_result", "method": "guess", "taken_at": test.now() + SignedDuration::from_hours(1),
        "remark": "自由文字", "source": "隔壁" });
    let wrong = worker.post(&path, wrong).await.problem(422, "fact_invalid");
    let codes: Vec<(&str, &str)> = wrong["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            (
                field["field"].as_str().unwrap(),
                field["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        codes,
        [
            ("remark", "fact_field_unknown"),
            ("method", "fact_field_word"),
            ("result", "fact_field_missing"),
            ("taken_at", "fact_in_future"),
            ("source", "fact_source")
        ]
    );
    worker
        .post(&path, shot("2020-02-01"))
        .await
        .problem(403, "not_allowed");

    let taken = worker.post(&path, negative(test.now())).await.expect(201);
    let list = worker.get(&path).await.expect(200);
    let fact = &list["items"][0];
    assert_eq!(
        (&fact["kind"], &fact["result"]),
        (&json!("test_result"), &json!("negative"))
    );
    // It is kept for 30 days.
    let kept = fact["retracted_at"]
        .as_str()
        .unwrap()
        .parse::<Timestamp>()
        .unwrap();
    assert_eq!(
        kept.duration_since(test.now()),
        SignedDuration::from_hours(30 * 24)
    );
    assert_eq!(fact["retract_reason"], "expiry");
    let held = "SELECT count(*) FROM person_state WHERE catalogued IS NOT NULL";
    assert_eq!(test.scalar::<i64>(held).await, 1);
    test.advance(SignedDuration::from_hours(30 * 24));
    test.settle().await;
    assert_eq!(test.scalar::<i64>(held).await, 0);

    let worker = test.caller(Role::GridWorker, HERE).await;
    let second = worker.post(&path, negative(test.now())).await.expect(201);
    let retract = format!("{path}/{}/retract", second["fact_id"]);
    test.advance(SignedDuration::from_mins(1));
    worker
        .post(&retract, json!({ "reason": "录错" }))
        .await
        .expect(200);
    assert_eq!(test.scalar::<i64>(held).await, 0);
    assert_ne!(taken["fact_id"], second["fact_id"]);
}

#[tokio::test]
async fn faults_of_cells_are_told_where_they_stand() {
    let test = TestApp::with_divisions().await;
    let lab = lab(&test).await;
    install(&lab).await;
    let report = |cells: &str| {
        let body = json!({ "colour_csv": tested_colour(cells), "gate_csv": GATE });
        let maker = lab.maker.clone();
        async move {
            maker
                .post("/api/v1/rule-tables/check", body)
                .await
                .expect(200)
        }
    };
    let faults = report("< 48,two").await["faults"].clone();
    let place = |fault: &Value| {
        (
            fault["row"].clone(),
            fault["column"].clone(),
            fault["code"].clone(),
        )
    };
    assert_eq!(
        place(&faults[0]),
        (
            json!(14),
            json!("hours_since_negative_test"),
            json!("bad_duration")
        )
    );
    assert_eq!(
        place(&faults[1]),
        (json!(14), json!("vaccinations"), json!("bad_number"))
    );
    assert!(faults[0]["message_zh"].as_str().unwrap().contains("48h"));
    assert_eq!(
        report("< 48h,< 0").await["faults"][0]["code"],
        "unreachable_row"
    );
    assert_eq!(report("< 48h,>= 2").await["faults"], json!([]));
}

/// A person with a phone at a gate, tested an hour ago and vaccinated twice, under rules that ask
/// for both.
async fn tested_scene() -> (TestApp, crate::gates::Post, Phone, Timestamp) {
    tested_scene_on(TestApp::with_divisions().await).await
}

/// The same on an application that has divisions.
async fn tested_scene_on(test: TestApp) -> (TestApp, crate::gates::Post, Phone, Timestamp) {
    let (test, post, phone) = scene_on(test).await;
    let lab = lab(&test).await;
    install(&lab).await;
    put_into_force(&test, tables(&tested_colour("< 48h,>= 2"))).await;
    assert_eq!(scan(&test, &post, &phone).await["colour"], "yellow");
    // Another scan of the same instant would be the same scan.
    test.advance(SignedDuration::from_mins(1));
    let taken_at = test.now() - SignedDuration::from_hours(1);
    vaccinate(&test, phone.person_id, &["2020-01-01", "2020-02-01"]).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let appended = worker
        .post(&facts_path(phone.person_id), negative(taken_at))
        .await
        .expect(201);
    assert_eq!(
        (
            &appended["decision"]["colour"],
            &appended["decision"]["rule"]
        ),
        (&json!("green"), &json!("T1"))
    );
    let until = taken_at + SignedDuration::from_hours(48);
    assert_eq!(appended["decision"]["valid_until"], json!(until));
    (test, post, phone, until)
}

#[tokio::test]
async fn a_negative_test_turns_green_and_time_alone_turns_yellow_at_the_very_instant() {
    let (test, post, mut phone, until) = tested_scene().await;
    assert_eq!(scan(&test, &post, &phone).await["rule"], "T1");
    let told = phone
        .client
        .get("/api/v1/pass/explanation")
        .await
        .expect(200);
    assert_eq!(told[0]["plain"]["changes_at"], json!(until));

    let (micro, minute) = (SignedDuration::from_micros(1), SignedDuration::from_mins(1));
    test.advance(until.duration_since(test.now()) - minute);
    phone.renewed(1).await;
    test.advance(minute - micro);
    let worker = test.caller(Role::GridWorker, HERE).await;
    let then = test.now();
    assert_eq!(scan(&test, &post, &phone).await["colour"], "green");
    test.advance(micro);
    assert_eq!(test.now(), until);
    // No background work has run: the scan is right by itself.
    let row = format!(
        "SELECT colour FROM person_state WHERE person_id = {}",
        phone.person_id
    );
    assert_eq!(test.scalar::<i16>(&row).await, 0);
    let yellow = scan(&test, &post, &phone).await;
    assert_eq!(
        (&yellow["colour"], &yellow["rule"]),
        (&json!("yellow"), &json!("A13"))
    );

    test.settle().await;
    assert_eq!(test.scalar::<i16>(&row).await, 1);
    assert_counts_agree(&test).await;
    let notices = phone.client.get("/api/v1/pass/notices").await.expect(200);
    let notices = serde_json::to_string(&notices).unwrap();
    assert!(
        notices.contains("colour_changed") && notices.contains("because a term ended"),
        "{notices}"
    );

    // Explained now, with the cell that does not hold any more, and as it was then.
    let path = decision_path(phone.person_id);
    let now = worker.get(&path).await.expect(200);
    let trial = now["trace"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["rule"] == "T1")
        .unwrap()
        .clone();
    assert_eq!(
        trial["failed"],
        json!({ "column": "hours_since_negative_test", "cell": "< 48h", "actual": "48h" })
    );
    let past = worker.get(&format!("{path}?at={then}")).await.expect(200);
    assert_eq!(
        (&past["rule"], &past["colour"]),
        (&json!("T1"), &json!("green"))
    );
    assert_eq!(
        past["columns"][0],
        json!({ "column": "hours_since_negative_test", "value": "47h59m" })
    );
    let decisive: Vec<(&str, bool)> = past["facts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| {
            (
                fact["kind"].as_str().unwrap(),
                fact["decisive"].as_bool().unwrap(),
            )
        })
        .collect();
    assert!(
        decisive.contains(&("test_result", true)) && decisive.contains(&("vaccination", true)),
        "{decisive:?}"
    );

    test.advance(SignedDuration::from_hours(1));
    let span = Span {
        from: then - SignedDuration::from_hours(72),
        to: test.now(),
    };
    let report = replay(&test.app, span).await.unwrap();
    assert_eq!(
        (report.differences, report.scans),
        (0, 4),
        "{:?}",
        report.told
    );
}

#[tokio::test]
async fn rules_that_come_into_force_colour_tested_people_anew_and_set_when_it_ends() {
    let (test, post, phone, until) = tested_scene().await;
    let lab = lab(&test).await;
    let version = approved(&test, &lab, tables(&tested_colour("< 24h,>= 2"))).await;
    start(&lab, version, "").await;
    let sooner = until - SignedDuration::from_hours(24);
    let row = format!(
        "SELECT valid_until FROM person_state WHERE person_id = {}",
        phone.person_id
    );
    assert_eq!(test.scalar::<Timestamp>(&row).await, until);
    test.settle().await;
    assert_eq!(test.scalar::<Timestamp>(&row).await, sooner);

    // The shorter time counts, and after a roll-back the longer one again, at once.
    test.advance(sooner.duration_since(test.now()));
    assert_eq!(scan(&test, &post, &phone).await["colour"], "yellow");
    let again = self::lab(&test).await;
    roll_back(&again, "").await.expect(200);
    test.advance(SignedDuration::from_mins(1));
    assert_eq!(scan(&test, &post, &phone).await["colour"], "green");
    test.settle().await;
    assert_eq!(test.scalar::<Timestamp>(&row).await, until);
    assert_counts_agree(&test).await;
}
