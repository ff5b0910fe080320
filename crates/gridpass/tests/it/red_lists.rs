//! Lists: a row at a time, held above the cap, and the patterns that stand out.

use gridpass::access::Role;
use gridpass::app::HoldLimit;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, Setup, TestApp};
use crate::evidence::{
    ELSEWHERE, HERE, PROPOSALS, colour, enclosure, medical, order_input, person, proposal_path,
    red_fact_input, two_people,
};

const LISTS: &str = "/api/v1/red-lists";
const FINDINGS: &str = "/api/v1/red-findings";
const HEADER: &str = "document_number,kind,value,day,area,evidence_kind,evidence_reference\n";

/// People known by number: residents entered at the counter.
async fn known(test: &TestApp, count: u32) -> Vec<String> {
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let home = enclosure(test, HERE).await;
    let mut numbers = Vec::new();
    for n in 0..count {
        let number = crate::people::resident_number(500 + n);
        let new = json!({ "name": "李雷", "document_type": "resident_id", "document_number": number,
                          "enclosure_id": home });
        lead.post("/api/v1/people", new).await.expect(201);
        numbers.push(number);
    }
    numbers
}

fn rows(numbers: &[String]) -> String {
    let row = |number: &String| {
        format!("{number},contact,close,2020-03-05,,investigation,流调G1012-2020017\n")
    };
    HEADER.to_owned() + &numbers.iter().map(row).collect::<String>()
}

async fn send(caller: &Client, query: &str, csv: &str) -> crate::app::Answer {
    caller
        .post_text(&format!("{LISTS}{query}"), "text/csv", csv.to_owned())
        .await
}

async fn waiting(caller: &Client) -> Vec<Value> {
    let page = caller.get(PROPOSALS).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn each_row_is_answered_and_the_good_ones_wait() {
    let test = TestApp::with_divisions().await;
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    let numbers = known(&test, 3).await;
    let stranger = crate::people::resident_number(777);
    let csv = rows(&numbers)
        + &format!("{stranger},contact,close,2020-03-05,,investigation,流调G1012-2020017\n")
        + &format!(
            "{},petition,close,2020-03-05,,investigation,流调G1012-2020017\n",
            numbers[0]
        )
        + &format!("{},case,confirmed,,,lab_report,口头通知\n", numbers[1])
        + &format!(
            "{},contact,close,2020-03-05,,investigation,流调G1012-2020017\n",
            numbers[2]
        );
    let dry = send(&doctor, "?dry_run=true", &csv).await.expect(200);
    assert!(
        waiting(&doctor).await.is_empty(),
        "a dry run stores nothing"
    );
    let sent = send(&doctor, "", &csv).await.expect(201);
    assert_eq!(dry["rows"], sent["rows"]);
    let codes: Vec<&str> = sent["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["code"].as_str().unwrap_or("accepted"))
        .collect();
    assert_eq!(
        codes,
        [
            "accepted",
            "accepted",
            "accepted",
            "person_unknown",
            "red_no_ground",
            "invalid_fields",
            "proposal_exists"
        ]
    );
    assert_eq!(sent["list"]["people"], 3);
    assert_eq!(sent["list"]["status"], "open");
    assert_eq!(
        sent["impact"]["reasons"],
        json!([{ "key": "close_contact", "people": 3 }])
    );
    assert_eq!(
        sent["impact"]["colours"],
        json!([{ "key": "yellow", "people": 3 }])
    );
    assert_eq!(waiting(&doctor).await.len(), 3);

    let confirm = format!("{LISTS}/{}/confirm", sent["list"]["list_id"]);
    let own = doctor.post(&confirm, json!({})).await.expect(200);
    assert_eq!(own["rows"][0]["code"], "red_same_account");
    let police = test.caller(Role::TeamPolice, HERE).await;
    let done = police.post(&confirm, json!({})).await.expect(200);
    assert!(
        done["rows"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["accepted"] == true)
    );
    let reds = "SELECT count(*) FROM person_state WHERE colour = 2";
    assert_eq!(test.scalar::<i64>(reds).await, 3);
    send(&doctor, "", "number,why\n1,2\n")
        .await
        .problem(422, "csv_invalid");
    send(&police, "", &csv).await.problem(403, "not_allowed");
}

#[tokio::test]
async fn a_list_above_the_cap_is_held_whole_until_somebody_above_approves() {
    let test = TestApp::with_divisions().await;
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    let police = test.caller(Role::TeamPolice, HERE).await;
    let numbers = known(&test, 21).await;
    let sent = send(&doctor, "", &rows(&numbers)).await.expect(201);
    assert_eq!(
        (&sent["list"]["status"], &sent["list"]["held"]),
        (&json!("held"), &json!(true))
    );
    let list = format!("{LISTS}/{}", sent["list"]["list_id"]);
    assert!(
        waiting(&police).await.is_empty(),
        "nothing of it can even be confirmed"
    );
    let held = police
        .get(&format!("{PROPOSALS}?status=held"))
        .await
        .expect(200);
    police
        .post(&proposal_path(&held["items"][0], "confirm"), json!({}))
        .await
        .problem(409, "proposal_decided");

    let approve = format!("{list}/approve");
    police
        .post(&approve, json!({}))
        .await
        .problem(403, "not_allowed");
    let outside = test.caller(Role::SubdistrictOfficer, ELSEWHERE).await;
    outside
        .post(&approve, json!({}))
        .await
        .problem(404, "not_found");
    let clinic = "单位-team_doctor";
    let colleague = test
        .caller_of(Role::SubdistrictOfficer, "440310001", clinic)
        .await;
    colleague
        .post(&approve, json!({}))
        .await
        .problem(409, "red_same_unit");
    let officer = test.caller(Role::SubdistrictOfficer, "440310001").await;
    let card = officer.get(&list).await.expect(200);
    assert_eq!(
        card["impact"]["places"],
        json!([{ "key": HERE, "people": 21 }])
    );
    // Who looked at the list looked at everybody on it; the page of lists shows nobody.
    let looked = crate::audit::of(&test, "get_red_list").await;
    assert_eq!((looked.len(), looked[0].subjects.len()), (1, 21));
    assert_eq!(looked[0].result, "shown");
    officer.get(LISTS).await.expect(200);
    let listed = crate::audit::of(&test, "list_red_lists").await;
    assert_eq!((listed.len(), listed[0].subjects.len()), (1, 0));
    let approved = officer.post(&approve, json!({})).await.expect(200);
    assert_eq!(approved["status"], "open");
    officer
        .post(&approve, json!({}))
        .await
        .problem(409, "proposal_decided");
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM fact WHERE kind = 'contact'")
            .await,
        0
    );
    let done = police
        .post(&format!("{list}/confirm"), json!({}))
        .await
        .expect(200);
    assert_eq!(done["rows"].as_array().unwrap().len(), 21);
    let reds = "SELECT count(*) FROM person_state WHERE colour = 2";
    assert_eq!(test.scalar::<i64>(reds).await, 21);
    // Whoever sent a list that somebody above answers for has used nothing of the hour.
    let someone = person(&test, HERE).await;
    let new = order_input(someone, "home", "2020-03-06", "2020-03-20");
    doctor.post(PROPOSALS, new).await.expect(201);
}

#[tokio::test]
async fn a_held_list_that_is_refused_or_forgotten_never_acts() {
    let test = TestApp::with_divisions().await;
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    let numbers = known(&test, 21).await;
    let sent = send(&doctor, "", &rows(&numbers)).await.expect(201);
    let desk = test.caller(Role::DataDesk, "").await;
    let refuse = format!("{LISTS}/{}/refuse", sent["list"]["list_id"]);
    let refused = desk.post(&refuse, json!({})).await.expect(200);
    assert_eq!(refused["status"], "refused");
    let second = send(&doctor, "", &rows(&numbers)).await.expect(201);
    test.advance(SignedDuration::from_hours(24));
    test.settle().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let lists = desk.get(LISTS).await.expect(200);
    assert_eq!(lists["items"][1]["status"], "lapsed");
    let approve = format!("{LISTS}/{}/approve", second["list"]["list_id"]);
    desk.post(&approve, json!({}))
        .await
        .problem(409, "proposal_decided");
    let left = "SELECT count(*) FROM red_proposal WHERE status IN ('held','open')";
    assert_eq!(test.scalar::<i64>(left).await, 0);
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM fact WHERE kind = 'contact'")
            .await,
        0
    );
}

#[tokio::test]
async fn red_by_list_is_a_lead_for_the_privacy_officer() {
    let test = TestApp::with_divisions().await;
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    let mut last = 0;
    for _ in 0..6 {
        last = person(&test, HERE).await;
        // One laboratory report for six people, each confirmed within the minute.
        two_people(&test, &doctor, red_fact_input(last, medical("case"))).await;
    }
    test.settle().await;
    let officer = test.caller(Role::PrivacyOfficer, "440310").await;
    let page = officer.get(FINDINGS).await.expect(200);
    let items = page["items"].as_array().unwrap();
    let one = items
        .iter()
        .find(|item| item["pattern"] == "one_evidence")
        .unwrap();
    assert_eq!(
        (&one["people"], &one["subject"]),
        (&json!(6), &json!("lab_report PCR-2020030617"))
    );
    assert!(
        !page.to_string().contains(&last.to_string()),
        "names no person"
    );
    assert_eq!(
        colour(&doctor, last).await,
        "red",
        "a lead is no penalty and undoes nothing"
    );
    test.settle().await;
    let again = officer.get(FINDINGS).await.expect(200);
    assert_eq!(page, again, "the same is one lead");

    let close = format!("{FINDINGS}/{}/close", one["finding_id"]);
    let outside = test.caller(Role::PrivacyOfficer, ELSEWHERE).await;
    let body = json!({ "outcome": "passed_on" });
    outside
        .post(&close, body.clone())
        .await
        .problem(404, "not_found");
    doctor
        .post(&close, body.clone())
        .await
        .problem(403, "not_allowed");
    doctor.get(FINDINGS).await.problem(403, "not_allowed");
    officer
        .post(&close, json!({ "outcome": "fine" }))
        .await
        .problem(422, "invalid_fields");
    officer.post(&close, body.clone()).await.expect(200);
    officer
        .post(&close, body)
        .await
        .problem(409, "proposal_decided");
    let oversight = test.caller(Role::Oversight, "").await;
    let closed = oversight
        .get(&format!("{FINDINGS}?closed=true"))
        .await
        .expect(200);
    assert_eq!(closed["items"][0]["outcome"], "passed_on");
}

#[tokio::test]
async fn lists_of_unusual_size_or_share_are_held() {
    let setup = Setup {
        hold: HoldLimit {
            share_percent: 30,
            people_min: 6,
        },
        ..Setup::default()
    };
    let test = TestApp::with(setup).await;
    let desk = test.caller(Role::DataDesk, "").await;
    let tree = include_str!("../../../../data/divisions/pingshan.csv");
    desk.post_text("/api/v1/divisions/import", "text/csv", tree)
        .await
        .expect(200);
    let numbers = known(&test, 40).await;
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    // While nothing is usual, an empty file is just wrong.
    send(&doctor, "", HEADER).await.problem(422, "csv_invalid");
    for number in &numbers[..3] {
        let one = send(&doctor, "", &rows(std::slice::from_ref(number))).await;
        let one = one.expect(201);
        assert_eq!(
            (&one["list"]["status"], &one["list"]["hold"]),
            (&json!("open"), &Value::Null)
        );
    }
    let empty = send(&doctor, "", HEADER).await.expect(201);
    assert_eq!(
        (
            &empty["list"]["status"],
            &empty["list"]["people"],
            &empty["list"]["hold"]
        ),
        (
            &json!("held"),
            &json!(0),
            &json!({ "reason": "empty", "count": 0, "of": 1, "community": null })
        )
    );
    let size = send(&doctor, "", &rows(&numbers[3..14])).await.expect(201);
    assert_eq!(
        (
            &size["list"]["status"],
            &size["list"]["hold"]["reason"],
            &size["list"]["hold"]["count"]
        ),
        (&json!("held"), &json!("size"), &json!(11))
    );
    // Another unit has no usual size yet; its list is too much of the community.
    let other = test.caller_of(Role::TeamDoctor, HERE, "龙田医院").await;
    let share = send(&other, "?dry_run=true", &rows(&numbers[14..26])).await;
    let share = share.expect(200);
    let hold = &share["list"]["hold"];
    assert_eq!(
        (
            &hold["reason"],
            &hold["count"],
            &hold["of"],
            &hold["community"]
        ),
        (&json!("share"), &json!(12), &json!(40), &json!(HERE))
    );
    let few = send(&other, "?dry_run=true", &rows(&numbers[14..25])).await;
    assert_eq!(few.expect(200)["list"]["hold"], Value::Null);
    // Somebody above answers for it, as for one above the cap.
    let officer = test.caller(Role::SubdistrictOfficer, "440310001").await;
    for list in [&empty["list"], &size["list"]] {
        let path = format!("{LISTS}/{}/refuse", list["list_id"]);
        let refused = officer.post(&path, json!({})).await.expect(200);
        assert_eq!(refused["status"], "refused");
    }
}
