//! The seed's whole story through the API, with the numbers adding up at every step.

mod fevers;

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::evidence::{PROPOSALS, order_input, proposal_path};

/// Everybody and everything the story needs.
struct District {
    test: TestApp,
    worker: Client,
    team: Client,
    desk: Client,
    enclosure_id: i64,
    village: Client,
    factory: Client,
}

struct Resident {
    phone: Client,
    person_id: i64,
    number: &'static str,
}

impl District {
    async fn open() -> Self {
        Self::on(TestApp::with_divisions().await).await
    }

    async fn on(test: TestApp) -> Self {
        let admin = test.caller(Role::SystemAdmin, "").await;
        let desk = test.caller(Role::DataDesk, "").await;
        let village = json!({ "name": "六联新村", "kind": "urban_village", "community_code": "440310001001" });
        let village = desk.post("/api/v1/enclosures", village).await.expect(201);
        let enclosure_id = village["enclosure_id"].as_i64().unwrap();
        let factory = json!({ "name": "坪山精密", "credit_code": "91440300715267260N", "kind": "company",
            "place_code": "440310002001000" });
        let factory = desk.post("/api/v1/employers", factory).await.expect(201);
        let lanes = json!([{ "lane": 1, "direction": "both" }]);
        let village = json!({ "name": "六联北门", "enclosure_id": enclosure_id, "lanes": lanes });
        let factory =
            json!({ "name": "精密东门", "employer_id": factory["employer_id"], "lanes": lanes });
        let worker = test.caller(Role::GridWorker, "440310001001").await;
        let team = test.caller(Role::TeamDoctor, "440310").await;
        let village = device(&test, &admin, village).await;
        let factory = device(&test, &admin, factory).await;
        Self {
            test,
            worker,
            team,
            desk,
            enclosure_id,
            village,
            factory,
        }
    }

    async fn apply(&self, name: &str, number: &'static str, enclosure_id: Option<i64>) -> Resident {
        let mut form = json!({ "name": name, "document_type": "resident_id", "document_number": number, "phone": "13800138000" });
        if let Some(id) = enclosure_id {
            form["enclosure_id"] = id.into();
        }
        let enrolled = self.test.enrol(form).await.expect(201);
        let phone = self.test.holder(enrolled["holder_token"].as_str().unwrap());
        let serial = enrolled["pass_serial"].as_i64().unwrap();
        let person_id = self
            .test
            .scalar::<i64>(&format!(
                "SELECT person_id FROM person WHERE pass_serial = {serial}"
            ))
            .await;
        Resident {
            phone,
            person_id,
            number,
        }
    }

    async fn scan(&self, gate: &Client, resident: &Resident, temperature: Option<f64>) -> Value {
        self.test.advance(SignedDuration::from_secs(1));
        let body = json!({ "document_number": resident.number, "at": self.test.now(), "direction": "in", "temperature": temperature });
        gate.post("/api/v1/scans", body).await.expect(200)
    }

    /// Every level equals the sum of the level below, before and after the background
    /// work, and the roll-ups equal a count over the raw rows.
    async fn check_numbers(&self) {
        self.adds_up().await;
        self.test.settle().await;
        self.adds_up().await;
    }

    async fn adds_up(&self) {
        let verification = self
            .desk
            .get("/api/v1/stats/verification")
            .await
            .expect(200);
        assert_eq!(verification["people_differences"], 0, "{verification}");
        assert_eq!(verification["scan_differences"], 0, "{verification}");
        let mut level = vec!["440310".to_owned()];
        while !level.is_empty() {
            let mut below = Vec::new();
            for code in level {
                let stats = self
                    .desk
                    .get(&format!("/api/v1/stats/people?division={code}"))
                    .await
                    .expect(200);
                for pointer in [
                    "/people",
                    "/colour/green",
                    "/colour/yellow",
                    "/colour/red",
                    "/residence/verified",
                    "/quarantine/home",
                ] {
                    let children = stats["children"].as_array().unwrap().iter();
                    let sum: i64 = children
                        .map(|child| child.pointer(pointer).unwrap().as_i64().unwrap())
                        .sum();
                    assert_eq!(
                        stats["total"].pointer(pointer).unwrap().as_i64().unwrap(),
                        sum,
                        "{code}{pointer}"
                    );
                }
                let scans = self
                    .desk
                    .get(&format!("/api/v1/stats/scans?division={code}&by=division"))
                    .await
                    .expect(200);
                let sum: i64 = scans["rows"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| row["scans"].as_i64().unwrap())
                    .sum();
                assert_eq!(scans["total"]["scans"].as_i64().unwrap(), sum);
                if code.len() < 12 {
                    let children = stats["children"].as_array().unwrap().iter();
                    below.extend(
                        children
                            .map(|child| child["code"].as_str().unwrap().to_owned())
                            .filter(|code| !code.ends_with("000")),
                    );
                }
            }
            level = below;
        }
    }

    async fn total(&self, pointer: &str) -> i64 {
        let stats = self
            .desk
            .get("/api/v1/stats/people?division=440310")
            .await
            .expect(200);
        stats["total"].pointer(pointer).unwrap().as_i64().unwrap()
    }

    async fn open_visit(&self, resident: &Resident) -> Option<String> {
        let visits = self
            .worker
            .get("/api/v1/visits?status=open")
            .await
            .expect(200);
        let mine = visits["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|visit| visit["person_id"] == resident.person_id)?
            .clone();
        Some(format!(
            "/api/v1/visits/{}/{}",
            resident.person_id, mine["visit_id"]
        ))
    }

    async fn alerts_of(&self, resident: &Resident) -> Vec<Value> {
        let alerts = self
            .team
            .get("/api/v1/alerts?status=open")
            .await
            .expect(200);
        let all = alerts["items"].as_array().unwrap().iter();
        all.filter(|alert| alert["person_id"] == resident.person_id)
            .cloned()
            .collect()
    }
}

async fn device(test: &TestApp, admin: &Client, gate: Value) -> Client {
    let gate = admin.post("/api/v1/gates", gate).await.expect(201);
    let path = format!("/api/v1/gates/{}/devices", gate["gate_id"]);
    let device = admin
        .post(&path, json!({ "name": "门岗手机" }))
        .await
        .expect(201);
    let token = device["device_token"].as_str().unwrap();
    crate::gates::on_duty(test, gate["gate_id"].as_i64().unwrap(), token).await
}

#[tokio::test]
async fn apply_yellow_visit_green() {
    from_yellow_to_green(District::open().await).await;
}

async fn from_yellow_to_green(district: District) {
    let resident = district
        .apply("张三", "440399198001010013", Some(district.enclosure_id))
        .await;
    district.check_numbers().await;
    assert_eq!(
        resident.phone.get("/api/v1/pass").await.expect(200)["colour"],
        "yellow"
    );

    let decision = district
        .scan(&district.village, &resident, Some(36.5))
        .await;
    assert_eq!(
        (
            &decision["colour"],
            &decision["reason"],
            &decision["action"]
        ),
        (
            &json!("yellow"),
            &json!("residence_unverified"),
            &json!("check")
        )
    );
    assert_eq!(decision["checks"], json!(["travel_history", "key_facts"]));
    district.check_numbers().await;

    let check = json!({ "person_id": resident.person_id, "at": district.test.now(), "passed": true, "travel_history": "none" });
    district
        .village
        .post("/api/v1/gate-checks", check)
        .await
        .expect(201);
    assert_eq!(
        district.scan(&district.village, &resident, None).await["action"],
        "pass"
    );
    district.check_numbers().await;

    let visit = district
        .open_visit(&resident)
        .await
        .expect("the yellow scan asked for a visit");
    let outcome = json!({ "outcome": "verified_moved_in", "enclosure_id": district.enclosure_id });
    district
        .worker
        .post(&format!("{visit}/complete"), outcome)
        .await
        .expect(200);
    let decision = district
        .scan(&district.village, &resident, Some(36.5))
        .await;
    assert_eq!(
        (
            &decision["colour"],
            &decision["reason"],
            &decision["action"]
        ),
        (&json!("green"), &json!("verified_resident"), &json!("pass"))
    );
    let pass = resident.phone.get("/api/v1/pass").await.expect(200);
    assert_eq!(
        (&pass["colour"], &pass["residence"]),
        (&json!("green"), &json!("六联新村"))
    );
    assert_eq!(pass["document_masked"], "4403**********0013");
    district.check_numbers().await;
    assert!(district.open_visit(&resident).await.is_none());
    assert_eq!(district.total("/residence/verified").await, 1);
}

#[tokio::test]
async fn a_worker_on_no_roster_is_yellow_at_the_factory() {
    let district = District::open().await;
    let worker = district.apply("李四", "440399198506150011", None).await;
    let decision = district.scan(&district.factory, &worker, Some(36.4)).await;
    assert_eq!(
        (&decision["colour"], &decision["reason"], &decision["rule"]),
        (&json!("yellow"), &json!("unknown"), &json!("A15"))
    );
    assert_eq!(decision["action"], "check");
    district.check_numbers().await;
    assert_eq!(district.total("/colour/yellow").await, 1);
}

#[tokio::test]
async fn quarantine_turns_red_alerts_the_team_and_release_turns_green() {
    into_quarantine_and_back(District::open().await).await;
}

async fn into_quarantine_and_back(district: District) {
    let resident = district
        .apply("王小明", "440399199001011010", Some(district.enclosure_id))
        .await;
    let verified = json!({ "kind": "residence", "status": "verified", "enclosure": district.enclosure_id, "source": "grid_visit" });
    district
        .worker
        .post(
            &format!("/api/v1/people/{}/facts", resident.person_id),
            verified,
        )
        .await
        .expect(201);
    assert_eq!(
        district.scan(&district.village, &resident, None).await["colour"],
        "green"
    );
    assert!(district.alerts_of(&resident).await.is_empty());

    let order = order_input(resident.person_id, "home", "2020-03-06", "2020-03-20");
    let proposal = district.team.post(PROPOSALS, order).await.expect(201);
    assert_eq!(
        district.scan(&district.village, &resident, None).await["colour"],
        "green",
        "a proposal changes nothing"
    );
    let police = district.test.caller(Role::TeamPolice, "440310").await;
    let started = police
        .post(&proposal_path(&proposal, "confirm"), json!({}))
        .await
        .expect(200);
    let decision = district
        .scan(&district.village, &resident, Some(36.6))
        .await;
    assert_eq!(
        (
            &decision["colour"],
            &decision["reason"],
            &decision["action"]
        ),
        (&json!("red"), &json!("quarantine"), &json!("stop"))
    );
    district.check_numbers().await;
    assert_eq!(district.total("/quarantine/home").await, 1);

    let alerts = district.alerts_of(&resident).await;
    assert_eq!(alerts.len(), 1);
    let alert = format!(
        "/api/v1/alerts/{}/{}",
        resident.person_id, alerts[0]["alert_id"]
    );
    district
        .team
        .post(&format!("{alert}/accept"), json!({}))
        .await
        .expect(200);
    district
        .team
        .post(&format!("{alert}/close"), json!({ "outcome": "sent_home" }))
        .await
        .expect(200);

    let order = format!(
        "/api/v1/quarantine-orders/{}/{}",
        resident.person_id, started["order_id"]
    );
    district
        .team
        .post(&format!("{order}/release"), crate::quarantine::discharge())
        .await
        .expect(200);
    let decision = district
        .scan(&district.village, &resident, Some(36.6))
        .await;
    assert_eq!(
        (&decision["colour"], &decision["action"]),
        (&json!("green"), &json!("pass"))
    );
    district.check_numbers().await;
    assert_eq!(district.total("/colour/red").await, 0);
}

/// The same two stories on an installation whose data is sealed by the suite `guomi`.
#[tokio::test]
async fn the_story_is_the_same_under_guomi() {
    from_yellow_to_green(District::on(TestApp::guomi_with_divisions().await).await).await;
    into_quarantine_and_back(District::on(TestApp::guomi_with_divisions().await).await).await;
}
