//! A fever at a gate: what it stops, what a second reading takes back, and how many count.

use jiff::SignedDuration;
use serde_json::json;

use super::{District, Resident};
use gridpass::access::Role;

async fn resident(district: &District) -> Resident {
    let home = Some(district.enclosure_id);
    district
        .apply("欧阳·古丽", "440399197503020073", home)
        .await
}

async fn verify(district: &District, resident: &Resident) {
    let home = json!({ "kind": "residence", "status": "verified", "enclosure": district.enclosure_id,
                       "source": "grid_visit" });
    let facts = format!("/api/v1/people/{}/facts", resident.person_id);
    district.worker.post(&facts, home).await.expect(201);
}

#[tokio::test]
async fn fever_at_the_gate_stops_and_turns_the_pass_red() {
    let mut district = District::open().await;
    let resident = resident(&district).await;
    verify(&district, &resident).await;
    let decision = district
        .scan(&district.village, &resident, Some(37.3))
        .await;
    assert_eq!(
        (&decision["action"], &decision["gate_reason"]),
        (&json!("stop"), &json!("fever"))
    );
    assert_eq!(
        (&decision["colour"], &decision["rule"]),
        (&json!("red"), &json!("A4"))
    );
    assert_eq!(
        resident.phone.get("/api/v1/pass").await.expect(200)["colour"],
        "red"
    );
    district.check_numbers().await;
    assert_eq!(district.alerts_of(&resident).await.len(), 1);
    assert_eq!(district.total("/colour/red").await, 1);

    // Three days later the reading no longer speaks, and nobody had to scan.
    district.test.advance(SignedDuration::from_hours(72));
    district.desk = district.test.caller(Role::DataDesk, "").await;
    district.check_numbers().await;
    assert_eq!(district.total("/colour/green").await, 1);
    assert_eq!(
        resident.phone.get("/api/v1/pass").await.expect(200)["colour"],
        "green"
    );
}

#[tokio::test]
async fn a_second_reading_takes_a_lone_fever_back_and_two_fevers_agree() {
    let district = District::open().await;
    let resident = resident(&district).await;
    verify(&district, &resident).await;
    let stopped = district
        .scan(&district.village, &resident, Some(37.6))
        .await;
    assert_eq!(stopped["action"], "stop");
    district.check_numbers().await;
    assert_eq!(district.alerts_of(&resident).await.len(), 1);

    // A normal reading that says nothing of a first one changes nothing.
    let ordinary = district
        .scan(&district.village, &resident, Some(36.5))
        .await;
    assert_eq!(ordinary["colour"], "red");
    let again = async |district: &District, temperature: f64| {
        district.test.advance(SignedDuration::from_mins(4));
        let body = json!({ "document_number": resident.number, "at": district.test.now(), "direction": "in",
                           "temperature": temperature, "measured_again": true });
        let sent = body.clone();
        let answer = district
            .village
            .post("/api/v1/scans", body)
            .await
            .expect(200);
        let repeated = district
            .village
            .post("/api/v1/scans", sent)
            .await
            .expect(200);
        assert_eq!(repeated["duplicate"], true);
        answer
    };
    let passed = again(&district, 36.6).await;
    assert_eq!(
        (&passed["action"], &passed["colour"]),
        (&json!("pass"), &json!("green"))
    );
    district.check_numbers().await;
    assert_eq!(district.total("/colour/red").await, 0);
    let open = district.alerts_of(&resident).await;
    assert!(
        open.iter().all(|alert| alert["kind"] != "fever_at_gate"),
        "{open:?}"
    );
    let outcome: String = district
        .test
        .scalar("SELECT outcome FROM alert WHERE kind = 'fever_at_gate'")
        .await;
    assert_eq!(outcome, "false_alarm");

    // Two fevers agree: a third reading takes neither back.
    district.test.advance(SignedDuration::from_mins(30));
    district
        .scan(&district.village, &resident, Some(38.1))
        .await;
    assert_eq!(again(&district, 38.0).await["action"], "stop");
    assert_eq!(again(&district, 36.4).await["action"], "stop");
    // Nor does one reading too late.
    district.test.advance(SignedDuration::from_mins(16));
    assert_eq!(again(&district, 36.4).await["colour"], "red");
    district.check_numbers().await;
    assert_eq!(district.total("/colour/red").await, 1);
}

#[tokio::test]
async fn one_device_does_not_turn_many_red() {
    let district = District::open().await;
    let resident = resident(&district).await;
    let pass = resident.phone.get("/api/v1/pass").await.expect(200);
    let colour = async || resident.phone.get("/api/v1/pass").await.expect(200)["colour"].clone();
    // Whoever counts serials stops nobody but at this gate.
    let body = json!({ "pass_serial": pass["pass_serial"], "at": district.test.now(), "direction": "in", "temperature": 38.5 });
    let stopped = district
        .village
        .post("/api/v1/scans", body)
        .await
        .expect(200);
    assert_eq!(
        (&stopped["action"], &stopped["gate_reason"]),
        (&json!("stop"), &json!("fever"))
    );
    assert_ne!(colour().await, "red");
    district.check_numbers().await;
    assert_eq!(district.alerts_of(&resident).await.len(), 1);
    // Nor does a device that measures fever after fever: twenty an hour are recorded.
    let (other, number) = ("李四", "440399198001010013");
    let other = district
        .apply(other, number, Some(district.enclosure_id))
        .await;
    for _ in 0..20 {
        district.scan(&district.village, &other, Some(38.5)).await;
    }
    let refused = district
        .scan(&district.village, &resident, Some(38.5))
        .await;
    assert_eq!(refused["action"], "stop");
    assert_ne!(colour().await, "red");
    district.test.advance(SignedDuration::from_mins(61));
    district
        .scan(&district.village, &resident, Some(38.5))
        .await;
    assert_eq!(colour().await, "red");
}
