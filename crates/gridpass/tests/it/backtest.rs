//! Back-tests: what they find, that they touch nothing, and who sees what of it.

mod tables;

use gridpass::access::Role;
use gridpass::backtest::{jobs, record_of};
use gridpass::facts;
use gridpass_rules::RuleSet;
use gridpass_types::ids::RuleSetVersion;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::audit::entries;
use crate::evidence::{ELSEWHERE, HERE, enclosure, person};
use crate::gates;
use crate::scans::support::{phone, record, scan, verify};

const PATH: &str = "/api/v1/back-tests";
const COLOUR: &str = include_str!("../../../../rules/2020-03/colour.csv");
const GATE: &str = include_str!("../../../../rules/2020-03/gate.csv");

/// Tables by which symptoms turn a pass red, and a declared residence turns it green.
fn changed_tables() -> Value {
    let colour = COLOUR
        .replace(
            "A9,-,-,-,symptoms,-,-,-,-,-,yellow,symptoms,24,grid",
            "A9,-,-,-,symptoms,-,-,-,-,-,red,symptoms,-,response_team",
        )
        .replace(
            "A13,-,-,-,-,-,-,-,declared,-,yellow,residence_unverified,24,grid",
            "A13,-,-,-,-,-,-,-,declared,-,green,residence_unverified,-,-",
        );
    assert_eq!(colour.matches("-,response_team,").count(), 6);
    json!({ "colour_csv": colour, "gate_csv": GATE })
}

fn changed_rules() -> RuleSet {
    let tables = changed_tables();
    let text = |name: &str| tables[name].as_str().unwrap().as_bytes().to_vec();
    RuleSet::from_csv(
        RuleSetVersion::new(0),
        &text("colour_csv"),
        &text("gate_csv"),
    )
    .unwrap()
}

/// Asks for a back-test, lets the server work, and reads it again.
async fn tried(test: &TestApp, caller: &Client, mut body: Value) -> Value {
    if body.get("scan_days").is_none() {
        body["scan_days"] = 0.into();
    }
    let asked = caller.post(PATH, body).await.expect(202);
    assert_eq!(
        (&asked["status"], &asked["card"]),
        (&json!("waiting"), &Value::Null)
    );
    test.settle().await;
    let path = format!("{PATH}/{}", asked["back_test_id"]);
    let view = caller.get(&path).await.expect(200);
    assert_eq!(
        (&view["status"], &view["percent"]),
        (&json!("done"), &json!(100))
    );
    view
}

fn with(mut body: Value, more: Value) -> Value {
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body
}

/// Somebody with symptoms; somebody whose residence is declared; somebody verified.
async fn people(test: &TestApp, place: &str, enclosure_id: i64, count: usize) -> Vec<i64> {
    let mut people = Vec::new();
    for number in 0..count {
        let id = person(test, place).await;
        let fact = match number % 3 {
            0 => json!({ "kind": "health", "at": test.now(), "symptoms": ["cough"] }),
            1 => json!({ "kind": "residence", "status": "declared", "enclosure": enclosure_id }),
            _ => json!({ "kind": "residence", "status": "verified", "enclosure": enclosure_id }),
        };
        record(&test.app, id, fact).await;
        people.push(id);
    }
    people
}

#[tokio::test]
async fn the_card_counts_everybody_as_the_tables_decide() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, HERE).await;
    let mut everybody = people(&test, HERE, home, 12).await;
    everybody.extend(people(&test, &format!("{ELSEWHERE}001"), home, 3).await);
    test.caller(Role::GridWorker, HERE).await;
    let maker = test.caller(Role::RuleMaker, "").await;
    let view = tried(&test, &maker, changed_tables()).await;
    let card = &view["card"];

    // Counted anew, one by one.
    let db = test.app.db.client().await.unwrap();
    let (old, new) = (gridpass_rules::default_rule_set(), changed_rules());
    let (mut stricter, mut milder, mut added) = (0, 0, 0);
    for row in facts::read_states(&db, &everybody).await.unwrap() {
        let (before, after) = (
            old.decide_colour(&row.state, test.now()),
            new.decide_colour(&row.state, test.now()),
        );
        stricter += i64::from(after.colour.code() > before.colour.code());
        milder += i64::from(after.colour.code() < before.colour.code());
        added += i64::from(after.visit_hours.is_some() && before.visit_hours.is_none());
    }
    assert_eq!((stricter, milder, added), (5, 5, 0));
    let total = &card["people"]["total"];
    assert_eq!(
        (
            &total["people"],
            &total["changed"],
            &total["stricter"],
            &total["milder"]
        ),
        (&json!(15), &json!(10), &json!(5), &json!(5))
    );
    assert_eq!(
        total["before"],
        json!({ "green": 5, "yellow": 10, "red": 0 })
    );
    assert_eq!(
        total["after"],
        json!({ "green": 10, "yellow": 0, "red": 5 })
    );
    let kinds = card["people"]["kinds"].as_array().unwrap();
    let kind = kinds
        .iter()
        .find(|kind| kind["from"]["rule"] == "A9")
        .unwrap();
    assert_eq!(
        (
            &kind["people"],
            &kind["from"]["colour"],
            &kind["to"]["colour"]
        ),
        (&json!(5), &json!("yellow"), &json!("red"))
    );
    // Every breakdown adds up to the whole.
    for breakdown in ["by_street", "by_community", "by_age", "by_origin"] {
        let rows = card["people"][breakdown].as_array().unwrap();
        let sum: i64 = rows.iter().map(|row| row["people"].as_i64().unwrap()).sum();
        assert_eq!(sum, 15, "{breakdown}");
    }
    let enclosures = card["people"]["by_enclosure"].as_array().unwrap();
    assert_eq!(
        (
            &enclosures[0]["name"],
            &enclosures[0]["people"],
            &enclosures[0]["changed"]
        ),
        (&json!("金地朗悦"), &json!(10), &json!(5))
    );
    let visits = &card["visits"]["total"];
    assert_eq!(
        (&visits["before"], &visits["after"], &visits["workers"]),
        (&json!(10), &json!(0), &json!(1))
    );
    assert_eq!(card["people"]["derived_anew"], 0);
    assert_eq!(card["gates"], Value::Null);
}

#[tokio::test]
async fn nothing_is_touched_and_the_record_is_about_exactly_this_content() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, HERE).await;
    people(&test, HERE, home, 3).await;
    let rows = "SELECT coalesce(string_agg(s::text || s.xmin, '|' ORDER BY s.person_id), '') FROM person_state s";
    let before: String = test.scalar(rows).await;
    let maker = test.caller(Role::RuleMaker, "").await;
    let view = tried(&test, &maker, changed_tables()).await;
    assert_eq!(before, test.scalar::<String>(rows).await);
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM rule_set").await, 1);

    let db = test.app.db.client().await.unwrap();
    let digest =
        gridpass::rules::content_sha256(changed_tables()["colour_csv"].as_str().unwrap(), GATE);
    let record = record_of(&db, &digest).await.unwrap().unwrap();
    assert_eq!(json!(record.back_test_id), view["back_test_id"]);
    assert_eq!((record.people, record.changed), (3, 2));
    let other = gridpass::rules::content_sha256(COLOUR, GATE);
    assert_eq!(record_of(&db, &other).await.unwrap(), None);
    let list = format!(
        "{PATH}?content_sha256={}",
        view["content_sha256"].as_str().unwrap()
    );
    let list = maker.get(&list).await.expect(200);
    assert_eq!(list["items"][0]["back_test_id"], view["back_test_id"]);
    // The engine itself cannot write history anew.
    for forgery in [
        "UPDATE back_test SET colour_csv = ''",
        "UPDATE back_test SET started_by = 1",
        "DELETE FROM back_test",
    ] {
        let refused = db.execute(forgery, &[]).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{forgery}");
    }
}

#[tokio::test]
async fn a_stored_version_in_one_street_changes_that_street_only() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, HERE).await;
    people(&test, HERE, home, 3).await;
    people(&test, &format!("{ELSEWHERE}001"), home, 3).await;
    let maker = test.caller(Role::RuleMaker, "").await;
    let stored = with(changed_tables(), json!({ "note": "试行" }));
    let stored = maker.post("/api/v1/rule-sets", stored).await.expect(201);
    let body = json!({ "version": stored["version"], "divisions": [ELSEWHERE] });
    let view = tried(&test, &maker, body).await;
    assert_eq!(view["content_sha256"], stored["content_sha256"]);
    let total = &view["card"]["people"]["total"];
    // The two who declared or proved that they live here count here.
    assert_eq!(
        (&total["people"], &total["stricter"]),
        (&json!(1), &json!(1))
    );

    // Who answers for a street tries it in that street.
    let street = test.caller(Role::RuleMaker, ELSEWHERE).await;
    let own = tried(&test, &street, changed_tables()).await;
    assert_eq!(own["divisions"], json!([ELSEWHERE]));
    assert_eq!(own["card"]["people"]["total"]["people"], 1);
    let outside = with(changed_tables(), json!({ "divisions": [HERE] }));
    let problem = street
        .post(PATH, outside)
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["fields"][0]["field"], "divisions");
}

#[tokio::test]
async fn rows_that_time_has_overtaken_are_derived_from_the_facts() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, HERE).await;
    people(&test, HERE, home, 3).await;
    // The symptoms count no more, but the row does not know it yet.
    test.advance(SignedDuration::from_hours(73));
    let maker = test.caller(Role::RuleMaker, "").await;
    let body = with(changed_tables(), json!({ "scan_days": 0 }));
    let asked = maker.post(PATH, body).await.expect(202);
    assert!(jobs::run_waiting(test.app.clone()).await.unwrap());
    let path = format!("{PATH}/{}", asked["back_test_id"]);
    let people = maker.get(&path).await.expect(200)["card"]["people"].clone();
    assert_eq!(
        (
            &people["derived_anew"],
            &people["left_out"],
            &people["total"]["people"]
        ),
        (&json!(1), &json!(0), &json!(3))
    );
    assert_eq!(
        people["total"]["stricter"], 0,
        "nobody has symptoms any more"
    );
    assert!(!jobs::run_waiting(test.app.clone()).await.unwrap());
}

#[tokio::test]
async fn past_scans_say_what_would_have_happened_at_the_gates() {
    let test = TestApp::with_divisions().await;
    let post = gates::post(&test, "金地朗悦", HERE).await;
    let declared = phone(&test, 1, post.enclosure_id).await;
    let verified = phone(&test, 2, post.enclosure_id).await;
    verify(&test, verified.person_id, post.enclosure_id).await;
    for _ in 0..3 {
        test.advance(SignedDuration::from_mins(1));
        assert_eq!(scan(&test, &post, &declared).await["action"], "check");
        assert_eq!(scan(&test, &post, &verified).await["action"], "pass");
    }
    // Verified since: the scans before are decided by what was known then.
    test.advance(SignedDuration::from_mins(1));
    verify(&test, declared.person_id, post.enclosure_id).await;
    test.advance(SignedDuration::from_mins(1));
    assert_eq!(scan(&test, &post, &declared).await["action"], "pass");
    test.advance(SignedDuration::from_mins(1));

    let maker = test.caller(Role::RuleMaker, "").await;
    let body = with(changed_tables(), json!({ "scan_days": 1 }));
    let view = tried(&test, &maker, body).await;
    let gates = &view["card"]["gates"];
    assert_eq!(
        (&gates["decided"], &gates["one_in"], &gates["left_out"]),
        (&json!(7), &json!(1), &json!(0))
    );
    assert_eq!(
        gates["moves"],
        json!([{ "from": "pass", "to": "pass", "scans": 4 }, { "from": "check", "to": "pass", "scans": 3 }])
    );
    let gate = &gates["gates"][0];
    assert_eq!(gate["gate_id"], post.gate_id);
    // 4 × 3 s and 3 × 60 s before; 7 × 3 s after.
    assert_eq!(
        (&gate["minutes_before"], &gate["minutes_after"]),
        (&json!(3.2), &json!(0.4))
    );
    assert_eq!(
        gate["quarters"],
        json!([{ "time": "08:30", "scans": 7.0, "added_minutes": -2.9 }])
    );
}

#[tokio::test]
async fn what_cannot_be_tried_is_refused() {
    let test = TestApp::with_divisions().await;
    let maker = test.caller(Role::RuleMaker, "").await;
    let refused = |body: Value| {
        let maker = maker.clone();
        async move { maker.post(PATH, body).await }
    };
    refused(json!({ "version": 9 }))
        .await
        .problem(404, "rule_set_unknown");
    for body in [
        json!({}),
        json!({ "colour_csv": COLOUR }),
        with(changed_tables(), json!({ "version": 1 })),
        json!({ "version": 1, "scan_days": 15 }),
        json!({ "version": 1, "divisions": ["44031"] }),
        json!({ "version": 1, "divisions": ["' OR true"] }),
        json!({ "version": 1, "assumptions": { "visits_per_day": 0 } }),
        json!({ "version": 1, "more": 1 }),
    ] {
        refused(body).await.problem(422, "invalid_fields");
    }
    let mut faulty = changed_tables();
    faulty["colour_csv"] = COLOUR.replace("fever", "feber").into();
    let problem = refused(faulty).await.problem(422, "rule_table_invalid");
    assert_eq!(problem["fields"][0]["field"], "colour row 5, health");
    maker
        .get(&format!("{PATH}/7"))
        .await
        .problem(404, "not_found");
    let asked = json!({ "version": 1, "scan_days": 0 });
    let once = maker
        .post_with_key(PATH, "k", asked.clone())
        .await
        .expect(202);
    let twice = maker.post_with_key(PATH, "k", asked).await.expect(202);
    assert_eq!(once["back_test_id"], twice["back_test_id"]);
    let examples = format!(
        "{PATH}/{}/examples?rule_before=A9&rule_after=A9",
        once["back_test_id"]
    );
    maker
        .get(&examples)
        .await
        .problem(409, "back_test_not_done");
    for role in [Role::GateGuard, Role::CommunityLead, Role::AuditAdmin] {
        let other = test.caller(role, HERE).await;
        other
            .post(PATH, json!({ "version": 1 }))
            .await
            .problem(403, "not_allowed");
        other.get(&examples).await.problem(403, "not_allowed");
    }
}

#[tokio::test]
async fn small_counts_are_for_those_whose_people_they_are() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, HERE).await;
    people(&test, HERE, home, 9).await;
    let maker = test.caller(Role::RuleMaker, "").await;
    let view = tried(&test, &maker, changed_tables()).await;
    let path = format!("{PATH}/{}", view["back_test_id"]);
    let street = &view["card"]["people"]["by_street"][0];
    assert_eq!(
        (&street["people"], &street["changed"]),
        (&json!(9), &json!(6))
    );

    let mine = test.caller(Role::CommunityLead, HERE).await;
    let card = mine.get(&path).await.expect(200)["card"].clone();
    assert_eq!(card["people"]["by_community"][0]["stricter"], 3);
    assert_eq!(
        card["people"]["by_street"][0]["people"],
        Value::Null,
        "a street is not the lead's"
    );
    let theirs = test.caller(Role::CommunityLead, ELSEWHERE).await;
    let card = theirs.get(&path).await.expect(200)["card"].clone();
    let community = &card["people"]["by_community"][0];
    assert_eq!(
        (&community["people"], &community["stricter"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(community["key"], HERE);
    assert_eq!(card["people"]["total"]["stricter"], Value::Null);
    // Six visits are no small count.
    assert_eq!(card["visits"]["by_community"][0]["before"], 6);
}

#[tokio::test]
async fn examples_are_masked_recorded_and_of_ones_own_jurisdiction() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, HERE).await;
    let everybody = people(&test, HERE, home, 6).await;
    let maker = test.caller(Role::RuleMaker, "").await;
    let view = tried(&test, &maker, changed_tables()).await;
    let path = format!(
        "{PATH}/{}/examples?rule_before=A9&rule_after=A9",
        view["back_test_id"]
    );
    let examples = maker.get(&path).await.expect(200);
    let examples = examples.as_array().unwrap();
    assert_eq!(examples.len(), 2);
    for example in examples {
        assert_eq!(
            (&example["name"], &example["person_id"]),
            (&json!("李*"), &Value::Null)
        );
        assert_eq!(
            (&example["from"]["colour"], &example["to"]["colour"]),
            (&json!("yellow"), &json!("red"))
        );
        assert_eq!(example["community_code"], HERE);
    }
    let log = entries(&test).await;
    let looked = log
        .iter()
        .find(|entry| entry.action == "list_back_test_examples")
        .unwrap();
    let mut subjects = looked.subjects.clone();
    subjects.sort_unstable();
    let mut shown = vec![everybody[0], everybody[3]];
    shown.sort_unstable();
    assert_eq!(subjects, shown);
    let elsewhere = test.caller(Role::RuleApprover, ELSEWHERE).await;
    assert_eq!(elsewhere.get(&path).await.expect(200), json!([]));
    let unknown = format!(
        "{PATH}/{}/examples?rule_before=Q1&rule_after=A9",
        view["back_test_id"]
    );
    assert_eq!(maker.get(&unknown).await.expect(200), json!([]));
}
