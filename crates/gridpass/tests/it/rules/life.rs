//! From a draft into force, and every way around a step.

use gridpass::access::Role;
use serde_json::{Value, json};

use super::support::{
    approved, back_test, case, draft, in_force, lab, loose, put_into_force, roll_back, start, step,
    trusting,
};
use crate::app::TestApp;

async fn status(caller: &crate::app::Client, version: i64) -> Value {
    let path = format!("/api/v1/rule-sets/{version}");
    caller.get(&path).await.expect(200)
}

#[tokio::test]
async fn a_version_goes_from_draft_into_force_by_two_people() {
    let test = TestApp::start().await;
    let lab = lab(&test).await;
    let version = draft(&lab, loose()).await;
    let hindrance = async |word: &str, code: Option<&str>| {
        let view = status(&lab.approver, version).await;
        assert_eq!(view["status"], word);
        assert_eq!(view["hindrance"].as_str(), code);
    };
    hindrance("draft", Some("rule_set_unchecked")).await;
    let refused = step(&lab.approver, version, "approve").await;
    refused.problem(409, "rule_set_unchecked");
    let path = format!("/api/v1/rule-sets/{version}/schedules");
    let now = json!({ "note": "即日起" });
    let early = lab.approver.post(&path, now.clone()).await;
    early.problem(409, "rule_set_not_approved");

    step(&lab.maker, version, "check").await.expect(200);
    hindrance("checked", Some("rule_set_not_back_tested")).await;
    let refused = step(&lab.approver, version, "approve").await;
    refused.problem(409, "rule_set_not_back_tested");

    back_test(&test, &lab, version).await;
    hindrance("back_tested", None).await;
    let mut events = test.app.events.subscribe();
    step(&lab.approver, version, "approve").await.expect(200);
    assert_eq!(events.recv().await.unwrap().topic, "rules");
    hindrance("approved", Some("rule_set_closed")).await;
    let again = step(&lab.approver, version, "approve").await;
    again.problem(409, "rule_set_closed");

    let schedule = lab.approver.post(&path, now.clone()).await.expect(201);
    assert_eq!(schedule["status"], "in_force");
    hindrance("in_force", Some("rule_set_closed")).await;
    let twice = lab.approver.post(&path, now).await;
    twice.problem(409, "rule_set_in_force");
    let held = step(&lab.approver, version, "withdraw").await;
    held.problem(409, "rule_set_in_force");
    assert_eq!(in_force(&lab.maker).await, [(String::new(), version)]);
    let first = status(&lab.maker, 1).await;
    assert_eq!(first["status"], "superseded");

    let path = format!("/api/v1/rule-sets/{version}/steps");
    let steps = lab.maker.get(&path).await.expect(200);
    let taken: Vec<&str> = steps["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["step"].as_str().unwrap())
        .collect();
    assert_eq!(
        taken,
        ["created", "checked", "approved", "scheduled", "started"]
    );
    assert_eq!(steps["items"][2]["note"], "按会议纪要第3号");
    assert_eq!(steps["items"][2]["unit"], "单位-rule_approver");
    let entries: i64 = test
        .scalar("SELECT count(*) FROM audit_entry WHERE action IN ('create_rule_set', 'check_rule_set', \
                 'approve_rule_set', 'schedule_rule_set') AND result = 'done'")
        .await;
    assert_eq!(entries, 4, "every step is in the audit log");
}

#[tokio::test]
async fn who_wrote_it_cannot_approve_it_nor_can_the_unit() {
    let test = TestApp::start().await;
    let lab = lab(&test).await;
    let version = draft(&lab, loose()).await;
    step(&lab.maker, version, "check").await.expect(200);
    back_test(&test, &lab, version).await;
    let colleague = test
        .caller_of(Role::RuleApprover, "", "单位-rule_maker")
        .await;
    let refused = step(&colleague, version, "approve").await;
    refused.problem(409, "rule_set_same_unit");
    let refused = step(&lab.maker, version, "approve").await;
    refused.problem(403, "not_allowed");
    // Somebody who once edited and is an approver now; roles are kept apart, accounts are not.
    let sql = "INSERT INTO rule_draft_editor SELECT 2, staff_id, '别的单位', now() FROM staff
               WHERE unit = '单位-rule_approver'";
    let db = test.app.db.client().await.unwrap();
    assert_eq!(db.execute(sql, &[]).await.unwrap(), 1);
    let refused = step(&lab.approver, version, "approve").await;
    refused.problem(409, "rule_set_same_account");
    // The database says so, too.
    let sql = "INSERT INTO rule_set SELECT rule_set_version, colour_csv, gate_csv, content_sha256, note, created_at,
                   created_by, cases, created_at, created_by FROM rule_draft WHERE rule_set_version = 2";
    let error = db.execute(sql, &[]).await.unwrap_err();
    let constraint = error.as_db_error().unwrap().constraint();
    assert_eq!(constraint, Some("rule_set_two_people"));
}

#[tokio::test]
async fn an_edit_takes_a_checked_version_back_and_needs_the_newest_revision() {
    let test = TestApp::start().await;
    let lab = lab(&test).await;
    let version = draft(&lab, loose()).await;
    let path = format!("/api/v1/rule-sets/{version}");
    step(&lab.maker, version, "check").await.expect(200);
    back_test(&test, &lab, version).await;
    let read = status(&lab.maker, version).await;
    let edit = |change: &dyn Fn(&mut Value)| {
        let mut body = json!({ "revision": read["revision"], "colour_csv": read["colour_csv"],
            "gate_csv": read["gate_csv"], "cases": read["cases"], "note": read["note"] });
        change(&mut body);
        body
    };
    let same = lab.maker.put(&path, edit(&|_| ())).await.expect(200);
    assert_eq!(
        (&same["status"], &same["revision"]),
        (&json!("back_tested"), &json!(1)),
        "nothing changed"
    );
    let renamed = edit(&|body| body["note"] = "更名".into());
    let renamed = lab.maker.put(&path, renamed).await.expect(200);
    assert_eq!(
        (&renamed["status"], &renamed["revision"]),
        (&json!("back_tested"), &json!(2)),
        "the note decides nothing"
    );
    let old = lab.maker.put(&path, edit(&|_| ())).await;
    old.problem(409, "rule_set_changed");

    let other = edit(&|body| {
        body["revision"] = 2.into();
        body["colour_csv"] = trusting()["colour_csv"].clone();
    });
    let edited = lab.maker.put(&path, other).await.expect(200);
    assert_eq!(edited["status"], "draft");
    assert_eq!(edited["back_tested"], false, "of other tables");
    let checked = step(&lab.maker, version, "check").await.expect(200);
    assert_eq!(checked["status"], "draft");
    let failure = &checked["cases"]["failures"][0];
    assert_eq!(
        (
            &failure["id"],
            &failure["expected"]["colour"],
            &failure["got"]["colour"]
        ),
        (
            &json!("unknown-is-green"),
            &json!("green"),
            &json!("yellow")
        )
    );
    let refused = step(&lab.approver, version, "approve").await;
    refused.problem(409, "rule_set_unchecked");
}

#[tokio::test]
async fn faults_are_shown_cell_by_cell_and_no_line_is_taken_for_a_case() {
    let test = TestApp::start().await;
    let lab = lab(&test).await;
    let tables = loose();
    let colour = tables["colour_csv"].as_str().unwrap();
    let faulty = json!({ "colour_csv": colour.replace("A4,-,-,-,fever,", "A4,-,-,-,feber,"),
        "gate_csv": tables["gate_csv"] });
    let path = "/api/v1/rule-tables/check";
    let report = lab.maker.post(path, faulty).await.expect(200);
    let fault = &report["faults"][0];
    assert_eq!(
        (&fault["table"], &fault["row"], &fault["column"]),
        (&json!("colour"), &json!(5), &json!("health"))
    );
    assert_eq!(fault["code"], "unknown_value");
    let expect = json!({ "colour": "red", "reason": "unknown", "rule": "A15", "action": "pass", "gate_rule": "B6" });
    let wrong = case("wrong", &json!([]), &expect).to_string();
    let cases = format!(
        "{}\n\nno case\n{wrong}\n",
        tables["cases"].as_str().unwrap()
    );
    let body = json!({ "colour_csv": colour, "gate_csv": tables["gate_csv"], "cases": cases });
    let report = lab.maker.post(path, body).await.expect(200);
    assert_eq!(report["faults"], json!([]));
    assert_eq!(
        (&report["cases"]["passed"], &report["cases"]["failed"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(report["cases"]["failures"][0]["line"], 3);
    assert_eq!(report["cases"]["failures"][1]["got"]["colour"], "green");

    let mut broken = loose();
    broken["cases"] = "no case".into();
    let refused = lab.maker.post("/api/v1/rule-sets", broken).await;
    let problem = refused.problem(422, "invalid_fields");
    assert_eq!(problem["fields"][0]["field"], "cases line 1");
    let mut none = loose();
    none["cases"] = "".into();
    let version = draft(&lab, none).await;
    let refused = step(&lab.maker, version, "check").await;
    refused.problem(422, "rule_set_no_cases");
}

#[tokio::test]
async fn cases_go_with_the_version_and_the_shipped_ones_pass() {
    let test = TestApp::start().await;
    let lab = lab(&test).await;
    let shipped = status(&lab.maker, 1).await;
    let cases = shipped["cases"].as_str().unwrap();
    assert!(cases.lines().count() > 100);
    let file = lab.maker.get("/api/v1/rule-sets/1/cases.jsonl").await;
    assert_eq!(file.bytes, cases.as_bytes());
    let copy = json!({ "colour_csv": shipped["colour_csv"], "gate_csv": shipped["gate_csv"], "note": "同版" });
    let version = draft(&lab, copy).await;
    let view = status(&lab.maker, version).await;
    assert_eq!(
        (&view["based_on"], &view["cases"]),
        (&json!(1), &json!(cases))
    );
    let checked = step(&lab.maker, version, "check").await.expect(200);
    assert_eq!(checked["status"], "checked", "{}", checked["cases"]);
}

#[tokio::test]
async fn what_is_approved_never_changes_and_proves_itself() {
    let test = TestApp::start().await;
    let lab = lab(&test).await;
    let version = approved(&test, &lab, loose()).await;
    let path = format!("/api/v1/rule-sets/{version}");
    let read = status(&lab.maker, version).await;
    let body = json!({ "revision": read["revision"], "colour_csv": trusting()["colour_csv"],
        "gate_csv": read["gate_csv"], "cases": read["cases"], "note": "偷改" });
    let refused = lab.maker.put(&path, body).await;
    refused.problem(409, "rule_set_closed");
    let refused = step(&lab.maker, version, "check").await;
    refused.problem(409, "rule_set_closed");
    let refused = step(&lab.maker, version, "withdraw").await;
    refused.problem(403, "not_allowed");
    let db = test.app.db.client().await.unwrap();
    for sql in ["UPDATE rule_set SET note = ''", "DELETE FROM rule_set"] {
        let error = db.batch_execute(sql).await.unwrap_err();
        let code = error.code().unwrap().code();
        assert_eq!(code, "42501", "{sql} is not the engine's to do");
    }

    let file = lab.maker.get(&format!("{path}.json")).await;
    let signed: gridpass::rules::SignedRuleSet = serde_json::from_slice(&file.bytes).unwrap();
    let keys = lab
        .maker
        .get("/.well-known/gridpass-digests")
        .await
        .expect(200);
    let keys = serde_json::from_value::<Vec<_>>(keys["keys"].clone()).unwrap();
    assert_eq!(signed.verify(&keys).unwrap(), 1);
    let mut other = signed.clone();
    other.note = "另一个".into();
    let error = other.verify(&keys).unwrap_err();
    assert!(matches!(error, gridpass::rules::VerifyError::Signature));
    let first = lab.maker.get("/api/v1/rule-sets/1.json").await;
    let first: gridpass::rules::SignedRuleSet = serde_json::from_slice(&first.bytes).unwrap();
    assert!(first.verify(&keys).unwrap() > 100);
    let next = draft(&lab, loose()).await;
    let unsigned = lab
        .maker
        .get(&format!("/api/v1/rule-sets/{next}.json"))
        .await;
    unsigned.problem(409, "rule_set_not_approved");

    step(&lab.approver, version, "withdraw").await.expect(200);
    let gone = status(&lab.maker, version).await;
    assert_eq!(gone["status"], "withdrawn");
    let path = format!("/api/v1/rule-sets/{version}/schedules");
    let refused = lab.approver.post(&path, json!({ "note": "即日起" })).await;
    refused.problem(409, "rule_set_not_approved");
}

#[tokio::test]
async fn rolling_back_goes_back_step_by_step_and_never_to_and_fro() {
    let test = TestApp::start().await;
    let lab = lab(&test).await;
    let second = put_into_force(&test, loose()).await;
    let third = put_into_force(&test, trusting()).await;
    let whole = async || in_force(&lab.maker).await[0].1;
    assert_eq!(whole().await, third);
    let view = lab.maker.get("/api/v1/rules-in-force").await.expect(200);
    assert_eq!(view["places"][0]["before"], second);
    roll_back(&lab, "").await.expect(200);
    assert_eq!(whole().await, second);
    roll_back(&lab, "").await.expect(200);
    assert_eq!(whole().await, 1);
    let nothing = roll_back(&lab, "").await;
    nothing.problem(409, "rule_nothing_before");
    let refused = lab
        .approver
        .post("/api/v1/rules-in-force/roll-back", json!({ "note": " " }))
        .await;
    refused.problem(422, "invalid_fields");

    // A version that was given up meanwhile is passed over.
    start(&lab, second, "").await;
    start(&lab, third, "").await;
    step(&lab.approver, second, "withdraw").await.expect(200);
    roll_back(&lab, "").await.expect(200);
    assert_eq!(whole().await, 1);
}

#[tokio::test]
async fn each_role_does_its_part_and_no_other() {
    let test = TestApp::start().await;
    let lab = lab(&test).await;
    let version = approved(&test, &lab, loose()).await;
    let body = json!({ "note": "即日起" });
    for (path, caller) in [
        (format!("/api/v1/rule-sets/{version}/schedules"), &lab.maker),
        (format!("/api/v1/rule-sets/{version}/approve"), &lab.maker),
        ("/api/v1/rules-in-force/roll-back".to_owned(), &lab.maker),
        ("/api/v1/rule-schedules/1/release".to_owned(), &lab.maker),
        (format!("/api/v1/rule-sets/{version}/check"), &lab.approver),
        ("/api/v1/rule-sets".to_owned(), &lab.approver),
    ] {
        let refused = caller.post(&path, body.clone()).await;
        refused.problem(403, "not_allowed");
    }
    let missing = lab
        .approver
        .post("/api/v1/rule-schedules/1/release", body.clone())
        .await;
    missing.problem(404, "not_found");
    let missing = step(&lab.approver, 77, "approve").await;
    missing.problem(404, "rule_set_unknown");
    let guard = test.caller(Role::GateGuard, "440310001001").await;
    for path in ["/api/v1/rules-in-force", "/api/v1/rule-schedules"] {
        guard.get(path).await.problem(403, "not_allowed");
    }
}

#[tokio::test]
async fn a_version_proves_itself_under_the_suite_guomi_too() {
    let test = TestApp::guomi_with_divisions().await;
    let maker = test.caller(Role::RuleMaker, "").await;
    let file = maker.get("/api/v1/rule-sets/1.json").await;
    let signed: gridpass::rules::SignedRuleSet = serde_json::from_slice(&file.bytes).unwrap();
    let keys = maker.get("/.well-known/gridpass-digests").await.expect(200);
    assert_eq!(keys["keys"][0]["alg"], "SM2");
    let keys = serde_json::from_value::<Vec<_>>(keys["keys"].clone()).unwrap();
    assert!(signed.verify(&keys).unwrap() > 100);
}
