//! Deadlines that pass, level by level, and what holds when the last one has.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    APPEALS, Account, OWN, Stopped, against, decision, path, phone_of, stopped, templates,
};
use crate::app::{Client, TestApp};
use crate::evidence::{HERE, person};

async fn pass(test: &TestApp, hours: i64) {
    test.advance(SignedDuration::from_hours(hours));
    test.settle().await;
}

async fn detail(caller: &Client, person: i64, opened: &Value) -> Value {
    caller.get(&path(person, opened, "")).await.expect(200)
}

#[tokio::test]
async fn each_missed_deadline_moves_it_one_level_up_and_the_last_changes_nothing_red() {
    let Stopped {
        test,
        person,
        phone,
        ..
    } = stopped().await;
    let other = Account::new(&test, Role::TeamDoctor, HERE).await;
    let street = Account::new(&test, Role::SubdistrictOfficer, "440310001").await;
    let district = Account::new(&test, Role::DataDesk, "440310").await;
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    pass(&test, 23).await;
    let other = other.caller(&test).await;
    assert_eq!(detail(&other, person, &opened).await["level"], "community");
    pass(&test, 1).await;
    let officer = street.caller(&test).await;
    let up = detail(&officer, person, &opened).await;
    assert_eq!(up["level"], "subdistrict");
    assert_eq!(up["mine"], true);
    assert_eq!(up["late"], true);
    assert_eq!(
        up["due_at"], "2020-03-08T00:30:00Z",
        "a full term of its own"
    );
    let decide = path(person, &opened, "/decide");
    other
        .post(&decide, decision("evidence_wrong"))
        .await
        .problem(409, "appeal_held_above");
    let late = officer
        .get(&format!("{APPEALS}?late=true"))
        .await
        .expect(200);
    assert_eq!(late["items"].as_array().unwrap().len(), 1);
    pass(&test, 24).await;
    let officer = street.caller(&test).await;
    let desk = district.caller(&test).await;
    let up = detail(&desk, person, &opened).await;
    assert_eq!(
        (up["level"].as_str(), up["missed"].as_i64()),
        (Some("district"), Some(2))
    );
    officer
        .post(&decide, decision("evidence_wrong"))
        .await
        .problem(409, "appeal_held_above");
    pass(&test, 24).await;
    let desk = district.caller(&test).await;
    let over = detail(&desk, person, &opened).await;
    assert_eq!(over["provisional"], "keep");
    assert_eq!(over["missed"], 3);
    let pass_now = "SELECT colour FROM person_state";
    assert_eq!(
        test.scalar::<i16>(pass_now).await,
        2,
        "no clock takes medical evidence back"
    );
    pass(&test, 240).await;
    let desk = district.caller(&test).await;
    assert_eq!(
        detail(&desk, person, &opened).await["missed"],
        3,
        "there is no level above"
    );
    let told = templates(&test).await;
    assert_eq!(
        told,
        [
            "appeal_opened",
            "appeal_escalated",
            "appeal_escalated",
            "appeal_overdue"
        ]
    );
    let texts: i64 = test
        .scalar(
            "SELECT count(*) FROM notice WHERE template LIKE 'appeal%' AND text_state <> 'none'",
        )
        .await;
    assert_eq!(texts, 3, "each but the first is sent as a text, too");
    desk.post(&decide, decision("evidence_wrong"))
        .await
        .expect(200);
    let own = phone.get(OWN).await.expect(200);
    let kinds: Vec<&str> = own[0]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["opened", "escalated", "escalated", "provisional", "granted"]
    );
    let entries: i64 = test
        .scalar("SELECT count(*) FROM audit_entry WHERE action = 'appeal deadline'")
        .await;
    assert_eq!(entries, 3, "the clock's doing is on record");
}

#[tokio::test]
async fn without_anybody_fit_it_waits_where_it_belongs_and_the_clock_runs() {
    let test = TestApp::start().await;
    let person = person(&test, HERE).await;
    let phone = phone_of(&test, person).await;
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    assert_eq!(opened["level"], "community");
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let waits = detail(&lead, person, &opened).await;
    assert_eq!(waits["owner"], Value::Null);
    assert_eq!(waits["hindrance"], Value::Null, "whoever comes may decide");
    pass(&test, 48).await;
    let own = phone.get(OWN).await.expect(200);
    assert_eq!(own[0]["level"], "subdistrict");
    assert_eq!(own[0]["late"], true);
}

#[tokio::test]
async fn counts_add_up_and_say_how_long_it_takes() {
    let test = TestApp::with_divisions().await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let there = test.caller(Role::CommunityLead, "440310002003").await;
    let mut opened = Vec::new();
    for place in [HERE, HERE, HERE, "440310002003"] {
        let who = person(&test, place).await;
        let phone = phone_of(&test, who).await;
        opened.push((who, phone.post(OWN, against("colour")).await.expect(201)));
    }
    for (hours, index, caller) in [(1, 0, &lead), (2, 1, &lead), (1, 3, &there)] {
        test.advance(SignedDuration::from_hours(hours));
        let (who, appeal) = &opened[index];
        let decide = path(*who, appeal, "/decide");
        caller
            .post(&decide, decision("nothing_shown"))
            .await
            .expect(200);
    }
    pass(&test, 60).await;
    let stats = |caller: Client, query: &'static str| async move {
        let found = caller.get(&format!("{APPEALS}/stats{query}")).await;
        found.expect(200)
    };
    let desk = test.caller(Role::DataDesk, "440310").await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let all = stats(desk.clone(), "").await;
    assert_eq!(all["total"]["opened"], 4);
    assert_eq!(all["total"]["rejected"], 3);
    assert_eq!(all["total"]["late"], 1);
    assert_eq!(all["total"]["median_s"], 3 * 3600);
    assert_eq!(all["total"]["p90_s"], 4 * 3600);
    let places = all["places"].as_array().unwrap();
    assert_eq!(places.len(), 2);
    assert!(
        places
            .iter()
            .all(|place| place["name"].as_str().unwrap().ends_with("街道"))
    );
    for count in ["opened", "open", "late", "granted", "rejected", "withdrawn"] {
        let sum: i64 = places
            .iter()
            .map(|place| place[count].as_i64().unwrap())
            .sum();
        assert_eq!(sum, all["total"][count].as_i64().unwrap(), "{count}");
    }
    let below = stats(desk.clone(), "?division=440310001").await;
    assert_eq!(below["total"]["opened"], places[0]["opened"]);
    let mine = stats(lead.clone(), "").await;
    assert_eq!(mine["total"]["opened"], 3);
    lead.get(&format!("{APPEALS}/stats?division=440310002"))
        .await
        .problem(404, "not_found");
    let worker = test.caller(Role::GridWorker, HERE).await;
    worker
        .get(&format!("{APPEALS}/stats"))
        .await
        .problem(403, "not_allowed");
    assert_eq!(json!(all["days"]), json!(30));
}
