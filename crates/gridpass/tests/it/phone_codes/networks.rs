//! Codes asked for from one network, and by everybody.

use super::*;

/// From the address that a proxy names.
async fn ask_from(test: &TestApp, address: &str, phone: &str) -> Answer {
    let body = json!({ "phone": phone, "purpose": "enrol" });
    let resident = test.resident();
    let request = resident.request(reqwest::Method::POST, "/api/v1/phone-codes");
    resident
        .send(request.header("x-forwarded-for", address).json(&body))
        .await
}

#[tokio::test]
async fn one_network_asks_for_so_many_codes_and_uses_up_nobody_elses() {
    let limits = Limits {
        codes_per_network_hour: 3,
        client_address_header: Some("x-forwarded-for".parse().unwrap()),
        ..Limits::default()
    };
    let test = TestApp::with_limits(limits).await;
    let phone = |n: u32| format!("1390000{n:04}");
    for n in 0..3 {
        ask_from(&test, "203.0.113.9", &phone(n)).await.expect(202);
    }
    let refused = ask_from(&test, "203.0.113.9", &phone(3)).await;
    let wait = wait_s(&refused);
    assert!((3500..=3601).contains(&wait), "{wait}");
    refused.problem(429, "too_many_codes_here");
    // What the client itself writes into the header does not count.
    ask_from(&test, "198.51.100.1, 203.0.113.9", &phone(4))
        .await
        .problem(429, "too_many_codes_here");
    for n in 5..8 {
        let line = format!("2001:db8::{n}");
        ask_from(&test, &line, &phone(n)).await.expect(202);
    }
    ask_from(&test, "2001:db8::ffff", &phone(8))
        .await
        .problem(429, "too_many_codes_here");
    let clear: i64 = test
        .scalar("SELECT count(*) FROM limit_count l WHERE l::text LIKE '%203.0.113%'")
        .await;
    assert_eq!(clear, 0, "an address is not kept");
    test.advance(SignedDuration::from_secs(i64::try_from(wait).unwrap()));
    ask_from(&test, "203.0.113.9", &phone(9)).await.expect(202);
}

#[tokio::test]
async fn a_header_counts_only_where_a_proxy_is_trusted() {
    let limits = Limits {
        codes_per_network_hour: 2,
        ..Limits::default()
    };
    let test = TestApp::with_limits(limits).await;
    for n in 1..3 {
        let made_up = format!("203.0.113.{n}");
        ask_from(&test, &made_up, &format!("1390000000{n}"))
            .await
            .expect(202);
    }
    ask_from(&test, "203.0.113.3", "13900000003")
        .await
        .problem(429, "too_many_codes_here");
}

#[tokio::test]
async fn all_together_ask_for_so_many_codes_a_minute() {
    let limits = Limits {
        codes_per_minute: 2,
        ..Limits::default()
    };
    let test = TestApp::with_limits(limits).await;
    for n in 1..3 {
        ask(&test, &format!("1390000000{n}"), "enrol")
            .await
            .expect(202);
    }
    let refused = ask(&test, "13900000003", "enrol").await;
    let wait = wait_s(&refused);
    assert!((1..=61).contains(&wait), "{wait}");
    refused.problem(503, "overloaded");
    test.advance(SignedDuration::from_secs(i64::try_from(wait).unwrap()));
    ask(&test, "13900000003", "enrol").await.expect(202);
}
