//! Gates, lanes, devices and gate codes; and a gate for other tests to stand at.

use gridpass::access::Role;
use gridpass_types::ids::GateId;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Client, TestApp};

/// An enclosure with a gate and a device at it.
pub struct Post {
    /// The enclosure.
    pub enclosure_id: i64,
    /// The gate.
    pub gate_id: i64,
    /// The device.
    pub device_id: i64,
    /// The device's own token.
    pub token: String,
    /// The device with nobody on duty.
    pub alone: Client,
    /// The device with a guard on duty, for the first twelve hours.
    pub device: Client,
    /// The guards after that.
    pub reliefs: tokio::sync::Mutex<Option<Client>>,
}

impl Post {
    /// The next guard goes on duty, as after twelve hours.
    pub async fn relieve(&mut self, test: &TestApp) {
        self.device = on_duty(test, self.gate_id, &self.token).await;
    }

    /// The device with whoever is on duty now, however late it is.
    pub async fn guard(&self, test: &TestApp) -> Client {
        let mut relief = self.reliefs.lock().await;
        let latest = relief.as_ref().unwrap_or(&self.device);
        if latest.get("/api/v1/device").await.status == 401 {
            *relief = Some(on_duty(test, self.gate_id, &self.token).await);
        }
        relief.as_ref().unwrap_or(&self.device).clone()
    }
}

/// A guard goes on duty at a gate with a device; answers the device with their shift.
pub async fn on_duty(test: &TestApp, gate_id: i64, device_token: &str) -> Client {
    let guard = test.caller(Role::GateGuard, "").await;
    let started = start_shift(&guard, gate_id, device_token).await.expect(201);
    test.with_token(started["shift_token"].as_str().unwrap())
}

/// Asks for a shift.
pub async fn start_shift(guard: &Client, gate_id: i64, device_token: &str) -> Answer {
    let path = format!("/api/v1/gates/{gate_id}/shifts");
    let request = guard.request(Method::POST, &path);
    guard
        .send(request.header("x-device-token", device_token))
        .await
}

/// Builds an enclosure of this name in a community, with one gate and one device.
pub async fn post(test: &TestApp, name: &str, community_code: &str) -> Post {
    let desk = test.caller(Role::DataDesk, "").await;
    let new = json!({ "name": name, "kind": "estate", "community_code": community_code });
    let enclosure = desk.post("/api/v1/enclosures", new).await.expect(201);
    let enclosure_id = enclosure["enclosure_id"].as_i64().unwrap();
    let admin = test.caller(Role::SystemAdmin, "").await;
    let gate = admin
        .post("/api/v1/gates", new_gate(&json!(enclosure_id)))
        .await
        .expect(201);
    let gate_id = gate["gate_id"].as_i64().unwrap();
    let (device_id, token) = enrol(&admin, gate_id).await;
    Post {
        enclosure_id,
        gate_id,
        device_id,
        device: on_duty(test, gate_id, &token).await,
        reliefs: tokio::sync::Mutex::default(),
        alone: test.with_token(&token),
        token,
    }
}

fn new_gate(enclosure_id: &Value) -> Value {
    json!({
        "name": "东门", "enclosure_id": enclosure_id,
        "lanes": [{ "lane": 1, "direction": "in" }, { "lane": 2, "direction": "out" }],
    })
}

async fn enrol(admin: &Client, gate_id: i64) -> (i64, String) {
    let path = format!("/api/v1/gates/{gate_id}/devices");
    let new = json!({ "name": "岗亭手机" });
    let device = admin.post(&path, new).await.expect(201);
    let token = device["device_token"].as_str().unwrap();
    (device["device_id"].as_i64().unwrap(), token.to_owned())
}

#[tokio::test]
async fn a_gate_is_entered_changed_and_closed_in_the_jurisdiction() {
    let test = TestApp::with_divisions().await;
    let post = post(&test, "金地朗悦", "440310001001").await;
    let path = format!("/api/v1/gates/{}", post.gate_id);
    let inside = test.caller(Role::CommunityLead, "440310001001").await;
    let gate = inside.get(&path).await.expect(200);
    assert_eq!(gate["place_code"], "440310001001000");
    assert_eq!(gate["lanes"][1], json!({ "lane": 2, "direction": "out" }));
    assert_eq!(gate["devices"][0]["has_key"], false);

    let outside = test.caller(Role::CommunityLead, "440310002").await;
    outside.get(&path).await.problem(404, "not_found");
    outside
        .patch(&path, json!({ "active": false }))
        .await
        .problem(404, "not_found");
    outside
        .post("/api/v1/gates", new_gate(&json!(post.enclosure_id)))
        .await
        .problem(422, "enclosure_unknown");
    let list = outside.get("/api/v1/gates").await.expect(200);
    assert_eq!(list["items"], json!([]));
    let list = inside.get("/api/v1/gates?prefix=440310").await.expect(200);
    assert_eq!(list["items"][0]["gate_id"], post.gate_id);
    let guard = test.caller(Role::GateGuard, "440310001001").await;
    guard
        .patch(&path, json!({ "active": false }))
        .await
        .problem(403, "not_allowed");

    let change = json!({ "name": " 西门 ", "lanes": [{ "lane": 7, "direction": "both" }] });
    let changed = inside.patch(&path, change).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["lanes"][0]["lane"]),
        (&json!("西门"), &json!(7))
    );
    assert_eq!(
        post.device.get("/api/v1/device").await.expect(200)["gate"]["name"],
        "西门"
    );
    inside
        .patch(&path, json!({ "active": false }))
        .await
        .expect(200);
    post.device
        .get("/api/v1/device")
        .await
        .problem(401, "gate_closed");
    inside
        .patch(&path, json!({ "active": true }))
        .await
        .expect(200);
    post.device.get("/api/v1/device").await.expect(200);
}

#[tokio::test]
async fn bad_gates_are_refused_with_their_fields() {
    let test = TestApp::with_divisions().await;
    let admin = test.caller(Role::SystemAdmin, "").await;
    let bad = json!({ "name": " ", "lanes": [{ "lane": 1, "direction": "in" }, { "lane": 1, "direction": "out" }] });
    let problem = admin
        .post("/api/v1/gates", bad)
        .await
        .problem(422, "invalid_fields");
    let codes: Vec<_> = problem["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| &field["code"])
        .collect();
    assert_eq!(codes, ["name_invalid", "lanes_invalid", "owner_missing"]);
    admin
        .post("/api/v1/gates", new_gate(&json!(5)))
        .await
        .problem(422, "enclosure_unknown");
    let employer =
        json!({ "name": "厂门", "employer_id": 5, "lanes": [{ "lane": 1, "direction": "both" }] });
    admin
        .post("/api/v1/gates", employer)
        .await
        .problem(422, "employer_unknown");
    admin
        .post("/api/v1/gates/77/devices", json!({ "name": "x" }))
        .await
        .problem(404, "not_found");
    admin
        .post("/api/v1/devices/77/revoke", json!({}))
        .await
        .problem(404, "not_found");
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM gate").await, 0);
}

#[tokio::test]
async fn a_device_knows_its_gate_and_registers_its_key() {
    let test = TestApp::with_divisions().await;
    let post = post(&test, "金地朗悦", "440310001001").await;
    let view = post.device.get("/api/v1/device").await.expect(200);
    assert_eq!(view["device_id"], post.device_id);
    assert_eq!(view["gate"]["enclosure"]["name"], "金地朗悦");
    assert_eq!(
        (&view["gate"]["area"], &view["has_key"]),
        (&json!("normal"), &json!(false))
    );

    let weak = json!({ "public_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" });
    let problem = post
        .device
        .put("/api/v1/device/key", weak)
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["fields"][0]["code"], "public_key_invalid");
    let key = json!({ "public_key": crate::passes::public_key(7) });
    post.device.put("/api/v1/device/key", key).await.expect(204);
    assert_eq!(
        post.device.get("/api/v1/device").await.expect(200)["has_key"],
        true
    );

    // A sealed enclosure is seen at once.
    let desk = test.caller(Role::DataDesk, "").await;
    let path = format!("/api/v1/enclosures/{}", post.enclosure_id);
    desk.patch(&path, json!({ "area_status": "sealed" }))
        .await
        .expect(200);
    assert_eq!(
        post.device.get("/api/v1/device").await.expect(200)["gate"]["area"],
        "sealed"
    );
}

#[tokio::test]
async fn tokens_are_refused_when_wrong_strange_or_revoked() {
    let test = TestApp::with_divisions().await;
    let post = post(&test, "金地朗悦", "440310001001").await;
    let strange = [
        format!("gpd1.{}.AAAA", post.device_id),
        "gpd1.5.AAAA".to_owned(),
        "gpd1.x.y".to_owned(),
        "gpd1.".to_owned(),
        "gps1.AAAA".to_owned(),
    ];
    for token in strange {
        test.with_token(&token)
            .get("/api/v1/device")
            .await
            .problem(401, "not_signed_in");
    }
    test.anonymous()
        .get("/api/v1/device")
        .await
        .problem(401, "not_signed_in");

    let path = format!("/api/v1/devices/{}/revoke", post.device_id);
    let outside = test.caller(Role::CommunityLead, "440310002").await;
    outside
        .post(&path, json!({}))
        .await
        .problem(404, "not_found");
    let guard = test.caller(Role::GateGuard, "").await;
    guard
        .post(&path, json!({}))
        .await
        .problem(403, "not_allowed");
    post.device.get("/api/v1/device").await.expect(200);
    let lead = test.caller(Role::CommunityLead, "440310001").await;
    lead.post(&path, json!({})).await.expect(204);
    post.device
        .get("/api/v1/device")
        .await
        .problem(401, "device_revoked");
    post.device
        .get("/api/v1/device/gate-code")
        .await
        .problem(401, "device_revoked");
    let tokens: i64 = test
        .scalar("SELECT count(*) FROM gate_device WHERE octet_length(token_digest) = 32")
        .await;
    assert_eq!(tokens, 1);
}

#[tokio::test]
async fn a_gate_code_turns_every_thirty_seconds() {
    let test = TestApp::with_divisions().await;
    let post = post(&test, "金地朗悦", "440310001001").await;
    let directory = test.app.part::<gridpass::gates::Directory>();
    let show = async || {
        post.device
            .get("/api/v1/device/gate-code")
            .await
            .expect(200)
    };
    let first = show().await;
    assert_eq!(first["valid_until"], "2020-03-06T00:30:30Z");
    let address = first["address"].as_str().unwrap();
    assert!(
        address.starts_with("https://pass.example/#g=GPG1%3A"),
        "{address}"
    );
    let text = first["gate_code"].as_str().unwrap();
    let check =
        |text: &str| gridpass::gates::verify_gate_code(&directory.latest(), text, test.now());
    assert_eq!(check(text).unwrap().gate_id, GateId::new(post.gate_id));

    test.advance(SignedDuration::from_secs(30));
    let second = show().await;
    assert_ne!(second["gate_code"], first["gate_code"]);
    assert!(check(text).is_ok(), "the code just gone still counts");
    test.advance(SignedDuration::from_secs(30));
    assert_eq!(
        check(text).unwrap_err().code().as_str(),
        "gate_code_expired"
    );
    assert_eq!(
        check("GP1:X").unwrap_err().code().as_str(),
        "not_a_gate_code"
    );
    assert_eq!(
        check("GPG1:%%").unwrap_err().code().as_str(),
        "gate_code_malformed"
    );

    let admin = test.caller(Role::SystemAdmin, "").await;
    let fresh = show().await;
    let path = format!("/api/v1/gates/{}", post.gate_id);
    admin
        .patch(&path, json!({ "active": false }))
        .await
        .expect(200);
    let closed = check(fresh["gate_code"].as_str().unwrap()).unwrap_err();
    assert_eq!(closed.code().as_str(), "gate_unknown");
}

#[tokio::test]
async fn a_device_says_of_itself_what_its_supervisor_sees() {
    let test = TestApp::with_divisions().await;
    let post = post(&test, "金地朗悦", "440310001001").await;
    let lead = test.caller(Role::CommunityLead, "440310001001").await;
    let path = format!("/api/v1/gates/{}", post.gate_id);
    let seen = lead.get(&path).await.expect(200);
    assert_eq!(seen["owner"], "金地朗悦");
    assert_eq!(seen["devices"][0]["report"], Value::Null, "never heard of");

    let says = async |query: &str| post.device.get(&format!("/api/v1/device{query}")).await;
    says("").await.expect(200);
    let seen = lead.get(&path).await.expect(200);
    assert_eq!(seen["devices"][0]["report"], Value::Null, "it said nothing");
    says("?app_version=AbC-1&waiting=7").await.expect(200);
    let first = test.now().to_string();
    test.advance(SignedDuration::from_secs(50));
    says("?app_version=AbC-1&waiting=7").await.expect(200);
    let seen = lead.get(&path).await.expect(200);
    assert_eq!(seen["devices"][0]["report"]["at"], first, "not each time");
    let as_of = test.now().to_string();
    says(&format!(
        "?app_version=AbC-2&waiting=0&snapshot_as_of={as_of}"
    ))
    .await
    .expect(200);
    let seen = lead.get(&path).await.expect(200);
    let expected =
        json!({ "at": as_of, "app_version": "AbC-2", "waiting": 0, "snapshot_as_of": as_of });
    assert_eq!(seen["devices"][0]["report"], expected, "only the last word");

    let problem = says("?app_version=%3Cb%3E&waiting=-1").await;
    let problem = problem.problem(422, "invalid_fields");
    let codes: Vec<_> = problem["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["app_version_invalid", "waiting_invalid"]);

    let revoke = format!("/api/v1/devices/{}/revoke", post.device_id);
    lead.post(&revoke, json!({})).await.expect(204);
    says("?app_version=AbC-3&waiting=0")
        .await
        .problem(401, "device_revoked");
    let seen = lead.get(&path).await.expect(200);
    assert_eq!(seen["devices"][0]["active"], false);
    assert_eq!(
        seen["devices"][0]["report"]["app_version"], "AbC-2",
        "what a lost device last held stays on record"
    );
}

/// Somebody who manages an employer, under a grant that reaches no further than it.
async fn employer_manager(test: &TestApp, employer_id: i64) -> Client {
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let mut body = crate::staff::account("factory-1", "employer_manager", "440310001001");
    body["employer_id"] = employer_id.into();
    admin.post("/api/v1/staff", body).await.expect(201);
    crate::staff::enter(test, "factory-1").await
}

#[tokio::test]
async fn an_employer_keeps_the_devices_of_its_own_gates() {
    let test = TestApp::with_divisions().await;
    let place = "440310001001";
    let estate = post(&test, "金地朗悦", place).await;
    let desk = test.caller(Role::DataDesk, "").await;
    let admin = test.caller(Role::SystemAdmin, "").await;
    let mut gates = Vec::new();
    for (name, code) in [
        ("坪山制造", "9144030071526726XG"),
        ("坪山建设", "91440300708461136T"),
    ] {
        let new =
            json!({ "name": name, "credit_code": code, "kind": "company", "place_code": place });
        let employer = desk.post("/api/v1/employers", new).await.expect(201);
        let new = json!({ "name": "厂门", "employer_id": employer["employer_id"],
            "lanes": [{ "lane": 1, "direction": "both" }] });
        let gate = admin.post("/api/v1/gates", new).await.expect(201);
        gates.push((
            employer["employer_id"].as_i64().unwrap(),
            gate["gate_id"].as_i64().unwrap(),
        ));
    }
    let [(employer, own), (_, other)] = gates[..] else {
        panic!("two employers");
    };
    let manager = employer_manager(&test, employer).await;
    let codes = |gate: i64| format!("/api/v1/gates/{gate}/device-codes");
    let named = json!({ "name": "厂门一号机" });
    let made = manager.post(&codes(own), named.clone()).await.expect(201);
    let enrolled = test
        .anonymous()
        .post("/api/v1/device/enrol", json!({ "code": made["code"] }))
        .await
        .expect(201);
    let token = enrolled["device_token"].as_str().unwrap();
    test.with_token(token)
        .get("/api/v1/device")
        .await
        .expect(200);
    let listed = manager.get("/api/v1/gates").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);

    // Neither the estate's gates nor another employer's, nor more than devices of its own.
    let (theirs, _) = enrol(&admin, other).await;
    for gate in [other, estate.gate_id] {
        for path in [codes(gate), format!("/api/v1/gates/{gate}/devices")] {
            manager
                .post(&path, named.clone())
                .await
                .problem(404, "not_found");
        }
    }
    for device in [theirs, estate.device_id] {
        manager
            .post(&format!("/api/v1/devices/{device}/revoke"), json!({}))
            .await
            .problem(404, "not_found");
    }
    estate.device.get("/api/v1/device").await.expect(200);
    manager
        .patch(&format!("/api/v1/gates/{own}"), json!({ "active": false }))
        .await
        .problem(403, "not_allowed");
    // A grant of a whole division makes nobody the keeper of everybody's devices.
    let wide = test.caller(Role::EmployerManager, place).await;
    for path in [codes(estate.gate_id), codes(own)] {
        wide.post(&path, named.clone())
            .await
            .problem(404, "not_found");
    }

    let path = format!("/api/v1/devices/{}/revoke", enrolled["device_id"]);
    wide.post(&path, json!({})).await.problem(404, "not_found");
    manager.post(&path, json!({})).await.expect(204);
    test.with_token(token)
        .get("/api/v1/device")
        .await
        .problem(401, "device_revoked");
}
