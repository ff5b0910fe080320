//! Budgets of clients, and the work before an enrolment.

use gridpass::config::{EnrolChallenge, Limits};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::app::{Answer, Client, TestApp};
use crate::people::{applicant, enrolled};
use gridpass::access::Role;

fn one_a_second() -> Limits {
    Limits {
        client_requests_per_s: 1,
        client_address_header: Some("x-forwarded-for".parse().unwrap()),
        ..Limits::default()
    }
}

async fn from(client: &Client, address: &str, path: &str) -> Answer {
    let request = client.request(Method::GET, path);
    client
        .send(request.header("x-forwarded-for", address))
        .await
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_to_wait_and_others_are_not() {
    let test = TestApp::with_limits(one_a_second()).await;
    let resident = test.resident();
    for _ in 0..10 {
        from(&resident, "192.0.2.1", "/api/v1/time")
            .await
            .expect(200);
    }
    let refused = from(&resident, "192.0.2.1", "/api/v1/time").await;
    assert_eq!(refused.headers["retry-after"], "1");
    refused.problem(429, "too_many_requests");
    from(&resident, "192.0.2.2", "/api/v1/time")
        .await
        .expect(200);
    from(&resident, "6.6.6.6, 192.0.2.1", "/api/v1/time")
        .await
        .problem(429, "too_many_requests");
    test.advance(SignedDuration::from_secs(1));
    from(&resident, "192.0.2.1", "/api/v1/time")
        .await
        .expect(200);
    // Without a proxy's word it is the connection's own address.
    for _ in 0..10 {
        resident.get("/api/v1/time").await.expect(200);
    }
    resident
        .get("/api/v1/time")
        .await
        .problem(429, "too_many_requests");
}

#[tokio::test]
async fn a_phone_and_a_member_of_staff_have_budgets_of_their_own() {
    let test = TestApp::with_limits(one_a_second()).await;
    let (phone, _) = enrolled(&test, applicant("张三", 1, "13800001234")).await;
    let desk = test.caller(Role::DataDesk, "").await;
    // Whatever signing in took is there again.
    test.advance(SignedDuration::from_mins(1));
    for _ in 0..10 {
        from(&phone, "192.0.2.1", "/api/v1/pass").await.expect(200);
        from(&desk, "192.0.2.1", "/api/v1/time").await.expect(200);
    }
    for client in [&phone, &desk] {
        from(client, "192.0.2.9", "/api/v1/time")
            .await
            .problem(429, "too_many_requests");
    }
    // Neither touched what a client without a token may do from the same address.
    from(&test.resident(), "192.0.2.1", "/api/v1/time")
        .await
        .expect(200);
}

fn working() -> Limits {
    Limits {
        enrol_challenge: EnrolChallenge::Work(8),
        ..Limits::default()
    }
}

/// Does what the page's worker does.
fn solve(challenge: &str, bits: u32) -> String {
    let zeros = |n: &u64| {
        let digest = Sha256::digest(format!("{challenge}.{n}"));
        u32::from_be_bytes(*digest.first_chunk().unwrap()).leading_zeros()
    };
    (0..).find(|n| zeros(n) >= bits).unwrap().to_string()
}

async fn challenge(test: &TestApp) -> Value {
    test.resident()
        .get("/api/v1/people/enrol-challenge")
        .await
        .expect(200)
}

async fn solved(test: &TestApp, sequence: u32, challenge: &str, solution: &str) -> Answer {
    let mut form = applicant("张三", sequence, "13800001234");
    form["challenge"] = challenge.into();
    form["solution"] = solution.into();
    test.enrol(form).await
}

#[tokio::test]
async fn work_is_asked_for_once_and_for_each_enrolment() {
    let test = TestApp::with_limits(working()).await;
    test.enrol(applicant("张三", 1, "13800001234"))
        .await
        .problem(422, "challenge_unsolved");
    let asked = challenge(&test).await;
    assert_eq!(asked["bits"], 8);
    let text = asked["challenge"].as_str().unwrap();
    let solution = solve(text, 8);
    let wrong: u64 = (0..).find(|n: &u64| solve_is_wrong(text, *n)).unwrap();
    solved(&test, 1, text, &wrong.to_string())
        .await
        .problem(422, "challenge_unsolved");
    let other = if &text[20..21] == "A" { "B" } else { "A" };
    let forged = format!("{}{other}{}", &text[..20], &text[21..]);
    solved(&test, 1, &forged, &solve(&forged, 8))
        .await
        .problem(422, "challenge_unsolved");
    solved(&test, 1, text, &solution).await.expect(201);
    solved(&test, 2, text, &solution)
        .await
        .problem(422, "challenge_unsolved");
    let late = challenge(&test).await;
    let late = late["challenge"].as_str().unwrap();
    test.advance(SignedDuration::from_mins(10));
    solved(&test, 2, late, &solve(late, 8))
        .await
        .problem(422, "challenge_unsolved");
    let people: i64 = test.scalar("SELECT count(*) FROM person").await;
    assert_eq!(people, 1);
}

fn solve_is_wrong(challenge: &str, n: u64) -> bool {
    Sha256::digest(format!("{challenge}.{n}"))[0] != 0
}

#[tokio::test]
async fn no_work_is_asked_for_unless_it_is_set_up() {
    let test = TestApp::start().await;
    let asked = challenge(&test).await;
    assert_eq!(
        (&asked["bits"], &asked["challenge"]),
        (&0.into(), &Value::Null)
    );
}
