//! Search of the audit log, what a person sees of it, and look-ups that stand out.

use gridpass::access::Role;
use gridpass_types::ids::PersonId;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::evidence::{ELSEWHERE, HERE, person};

fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().unwrap()
}

/// A phone of a person, admitted behind the API: how phones are admitted is tested elsewhere.
async fn phone_of(test: &TestApp, person_id: i64) -> String {
    let token = format!("gph1.{person_id}.of-a-test");
    let digest = gridpass::seal::token_digest(&token);
    let db = test.app.db.client().await.unwrap();
    let now = test.now();
    let until = now + jiff::SignedDuration::from_hours(1);
    let sql = "INSERT INTO holder_session (person_id, token_digest, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    let person_id = PersonId::new(person_id);
    db.execute(sql, &[&person_id, &&digest[..], &now, &until])
        .await
        .unwrap();
    token
}

#[tokio::test]
async fn the_log_is_searched_and_the_search_is_in_it() {
    let test = TestApp::with_divisions().await;
    let (someone, other) = (person(&test, HERE).await, person(&test, HERE).await);
    let worker = test.caller(Role::GridWorker, HERE).await;
    let me = worker.get("/api/v1/me").await.expect(200);
    for who in [someone, other, someone] {
        worker
            .get(&format!("/api/v1/people/{who}/decision"))
            .await
            .expect(200);
    }
    let auditor = test.caller(Role::AuditAdmin, "").await;
    let search = |query: String| {
        let auditor = auditor.clone();
        async move {
            auditor
                .get(&format!("/api/v1/audit/entries?{query}"))
                .await
                .expect(200)
        }
    };
    let page = search(format!("subject={someone}&action=get_decision")).await;
    assert_eq!(items(&page).len(), 2);
    assert_eq!(items(&page)[0]["subjects"], json!([someone]));
    assert_eq!(items(&page)[0]["actor_id"], me["staff_id"]);
    let by_actor = search(format!("actor_id={}&result=shown&limit=2", me["staff_id"])).await;
    assert_eq!(items(&by_actor).len(), 2);
    let next = search(format!(
        "actor_id={}&result=shown&limit=2&after={}",
        me["staff_id"], by_actor["next"]
    ))
    .await;
    assert_eq!(
        items(&next).len(),
        1,
        "the page goes on where the last ended"
    );
    let none = search("from=2020-03-07T00:00:00Z".to_owned()).await;
    assert!(items(&none).is_empty());
    let own = search("action=search_audit_entries".to_owned()).await;
    assert_eq!(
        items(&own).last().unwrap()["object"],
        format!("subject/{someone}")
    );

    let here = search(format!("action=get_decision&prefix={HERE}")).await;
    assert_eq!(items(&here).len(), 3, "callers of a place");
    let there = search(format!("action=get_decision&prefix={ELSEWHERE}")).await;
    assert!(items(&there).is_empty());

    let narrow = test.caller(Role::AuditAdmin, ELSEWHERE).await;
    let path = "/api/v1/audit/entries?action=get_decision";
    let elsewhere = narrow.get(path).await.expect(200);
    assert!(
        items(&elsewhere).is_empty(),
        "callers of another jurisdiction"
    );
    worker
        .get("/api/v1/audit/entries")
        .await
        .problem(403, "not_allowed");
    test.anonymous()
        .get("/api/v1/audit/entries")
        .await
        .problem(401, "not_signed_in");
    auditor
        .get("/api/v1/audit/entries?from=yesterday")
        .await
        .problem(400, "bad_query");
}

#[tokio::test]
async fn who_signs_in_is_found_by_the_privacy_officer_of_the_place() {
    let test = TestApp::with_divisions().await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let me = worker.get("/api/v1/me").await.expect(200);
    let (here, elsewhere) = (
        test.caller(Role::PrivacyOfficer, HERE).await,
        test.caller(Role::PrivacyOfficer, ELSEWHERE).await,
    );
    let path = format!("/api/v1/audit/entries?actor_id={}", me["staff_id"]);
    let found = here.get(&path).await.expect(200);
    let actions: Vec<&str> = items(&found)
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["confirm_ten_donts", "sign_in"]);
    let unit = &items(&found)[1]["unit"];
    assert_eq!(unit, "单位-grid_worker");
    let found = elsewhere.get(&path).await.expect(200);
    assert!(items(&found).is_empty());
    // A refusal that names the account is found there, too.
    let username = me["username"].as_str().unwrap();
    let wrong = json!({ "username": username, "password": "wrong password" });
    for _ in 0..5 {
        let nobody = test.anonymous();
        let answer = nobody.post("/api/v1/sessions", wrong.clone()).await;
        answer.problem(401, "wrong_credentials");
    }
    let right = json!({ "username": username, "password": "correct horse battery" });
    let answer = test.anonymous().post("/api/v1/sessions", right).await;
    answer.problem(403, "account_locked");
    let found = here.get(&path).await.expect(200);
    assert_eq!(
        (&items(&found)[0]["action"], &items(&found)[0]["code"]),
        (&json!("sign_in"), &json!("account_locked"))
    );
}

#[tokio::test]
async fn oversight_sees_what_was_done_and_no_person() {
    let test = TestApp::with_divisions().await;
    let someone = person(&test, HERE).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    worker
        .get(&format!("/api/v1/people/{someone}/decision"))
        .await
        .expect(200);
    let oversight = test.caller(Role::Oversight, "").await;
    let answer = oversight
        .get("/api/v1/audit/entries?action=get_decision")
        .await;
    let text = String::from_utf8(answer.bytes.clone()).unwrap();
    assert!(!text.contains(&someone.to_string()));
    let page = answer.expect(200);
    assert_eq!(items(&page)[0]["people"], 1);
    assert_eq!(items(&page)[0]["subjects"], json!([]));
    let asked = format!("/api/v1/audit/entries?subject={someone}");
    oversight.get(&asked).await.problem(403, "not_allowed");
}

#[tokio::test]
async fn a_person_sees_who_looked_but_no_name() {
    let test = TestApp::with_divisions().await;
    let (someone, other) = (person(&test, HERE).await, person(&test, HERE).await);
    let phone = test.holder(&phone_of(&test, someone).await);
    let worker = test.caller(Role::GridWorker, HERE).await;
    let me = worker.get("/api/v1/me").await.expect(200);
    worker
        .get(&format!("/api/v1/people/{someone}/decision"))
        .await
        .expect(200);
    worker
        .get(&format!("/api/v1/people/{other}/decision"))
        .await
        .expect(200);
    let outside = test.caller(Role::GridWorker, ELSEWHERE).await;
    outside
        .get(&format!("/api/v1/people/{someone}/decision"))
        .await
        .problem(404, "not_found");
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let visit = json!({ "person_id": someone, "cause": "needs_food" });
    lead.post("/api/v1/visits", visit).await.expect(201);
    let answer = phone.get("/api/v1/pass/lookups").await;
    let text = String::from_utf8(answer.bytes.clone()).unwrap();
    let page = answer.expect(200);
    let found = items(&page);
    let first = found.last().unwrap();
    assert_eq!(first["role_zh"], "网格员");
    assert_eq!(first["unit"], me["unit"]);
    assert_eq!(first["purpose_zh"], "核对您通行证颜色的依据");
    assert_eq!(first["changed"], false);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["changed"], true);
    assert_eq!(found[0]["role"], "community office");
    for hidden in [
        &me["staff_id"].to_string(),
        me["username"].as_str().unwrap(),
    ] {
        assert!(!text.contains(hidden), "who it was stays with the auditors");
    }
    let path = format!("/api/v1/people/{someone}/lookups");
    let answer = lead.get(&path).await;
    let text = String::from_utf8(answer.bytes.clone()).unwrap();
    let page = answer.expect(200);
    let seen = items(&page);
    assert_eq!(
        (&seen[0]["role"], &seen[0]["changed"]),
        (&json!("community_lead"), &json!(true))
    );
    assert_eq!(
        (&seen[1]["unit"], &seen[1]["purpose"]),
        (&me["unit"], &json!("evidence"))
    );
    assert!(!text.contains(&me["staff_id"].to_string()));
    let older = lead.get(&format!("{path}?limit=1")).await.expect(200);
    let older = lead.get(&format!("{path}?after={}", older["next"])).await;
    assert_eq!(
        items(&older.expect(200)).len(),
        2,
        "this look and the first are in it"
    );
    outside.get(&path).await.problem(404, "not_found");
    let desk = test.caller(Role::DataDesk, "").await;
    desk.get(&path).await.problem(403, "not_allowed");
    test.resident()
        .get("/api/v1/pass/lookups")
        .await
        .problem(401, "not_signed_in");
}

#[tokio::test]
async fn look_ups_that_stand_out_are_shown_to_the_privacy_officer() {
    let test = TestApp::with_divisions().await;
    let curious = test.caller(Role::GridWorker, HERE).await;
    let busy = test.caller(Role::GridWorker, HERE).await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let me = curious.get("/api/v1/me").await.expect(200);
    let busy_id = busy.get("/api/v1/me").await.expect(200)["staff_id"].clone();
    for _ in 0..12 {
        let stranger = person(&test, HERE).await;
        curious
            .get(&format!("/api/v1/people/{stranger}/decision"))
            .await
            .expect(200);
        let own = person(&test, HERE).await;
        let visit = lead
            .post(
                "/api/v1/visits",
                json!({ "person_id": own, "cause": "needs_food" }),
            )
            .await
            .expect(201);
        let assign = format!("/api/v1/visits/{own}/{}/assign", visit["visit_id"]);
        lead.post(&assign, json!({ "staff_id": busy_id }))
            .await
            .expect(200);
        busy.get(&format!("/api/v1/people/{own}/decision"))
            .await
            .expect(200);
    }
    test.settle().await;
    let officer = test.caller(Role::PrivacyOfficer, "").await;
    let page = officer.get("/api/v1/lookup-findings").await.expect(200);
    assert_eq!(
        items(&page).len(),
        1,
        "who only saw to tasks is not there: {page}"
    );
    let finding = &items(&page)[0];
    assert_eq!(finding["staff_id"], me["staff_id"]);
    assert_eq!(finding["reasons"], json!(["outside_tasks"]));
    assert_eq!(
        (
            finding["score"].as_i64(),
            finding["behaviour"]["unlinked"].as_i64()
        ),
        (Some(30), Some(12))
    );

    let resolve = format!("/api/v1/lookup-findings/{}/resolve", finding["finding_id"]);
    let decision = json!({ "status": "explained", "note": "covered for a colleague" });
    let elsewhere = test.caller(Role::PrivacyOfficer, ELSEWHERE).await;
    elsewhere
        .post(&resolve, decision.clone())
        .await
        .problem(404, "not_found");
    lead.post(&resolve, decision.clone())
        .await
        .problem(403, "not_allowed");
    lead.get("/api/v1/lookup-findings")
        .await
        .problem(403, "not_allowed");
    for bad in [
        json!({ "status": "open", "note": "x" }),
        json!({ "status": "explained", "note": " " }),
    ] {
        officer
            .post(&resolve, bad)
            .await
            .problem(422, "invalid_fields");
    }
    let done = officer.post(&resolve, decision.clone()).await.expect(200);
    assert_eq!(
        (&done["status"], &done["note"]),
        (&json!("explained"), &json!("covered for a colleague"))
    );
    officer
        .post(&resolve, decision)
        .await
        .problem(409, "conflict");
    // What was decided stays decided, however often the day is scored again.
    test.settle().await;
    let open = officer.get("/api/v1/lookup-findings").await.expect(200);
    assert!(items(&open).is_empty());
    let explained = officer
        .get("/api/v1/lookup-findings?status=explained")
        .await
        .expect(200);
    assert_eq!(items(&explained)[0]["note"], "covered for a colleague");
    let note: Vec<u8> = test.scalar("SELECT note_sealed FROM lookup_finding").await;
    assert!(!String::from_utf8_lossy(&note).contains("colleague"));
}

#[tokio::test]
async fn a_record_read_part_by_part_is_one_look_and_the_same_person_again_and_again_is_not() {
    let test = TestApp::with_divisions().await;
    let someone = person(&test, HERE).await;
    let careful = test.caller(Role::GridWorker, HERE).await;
    let curious = test.caller(Role::GridWorker, HERE).await;
    let me = curious.get("/api/v1/me").await.expect(200);
    for part in ["decision", "facts", "lookups"].repeat(3) {
        let path = format!("/api/v1/people/{someone}/{part}");
        careful.get(&path).await.expect(200);
    }
    for _ in 0..6 {
        let path = format!("/api/v1/people/{someone}/decision");
        curious.get(&path).await.expect(200);
        test.advance(jiff::SignedDuration::from_secs(60));
    }
    test.settle().await;
    let officer = test.caller(Role::PrivacyOfficer, "").await;
    let page = officer.get("/api/v1/lookup-findings").await.expect(200);
    assert_eq!(items(&page).len(), 1, "{page}");
    assert_eq!(items(&page)[0]["staff_id"], me["staff_id"]);
    assert_eq!(items(&page)[0]["reasons"], json!(["same_person"]));
    assert_eq!(items(&page)[0]["behaviour"]["repeats_max"], 6);
}
