//! People with phones, and what they show.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass::app::App;
use gridpass::facts::{self, Grounds, NewFact, TwoPeople};
use gridpass_passcode::{Holder, MacKey, SigningKey};
use gridpass_rules::{FactBody, red, red::RedReason};
use gridpass_types::ids::{PersonId, StaffId};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::gates::{self, Post};
use crate::people::resident_number;

/// A community of the first subdistrict.
pub const HERE: &str = "440310001001";

/// A person with a phone that holds a credential.
pub struct Phone {
    /// The person.
    pub person_id: i64,
    /// Serial of the pass.
    pub serial: i64,
    /// Document number.
    pub number: String,
    /// A caller with the phone's token.
    pub client: Client,
    holder: Holder,
}

impl Phone {
    /// A phone that holds a newer credential.
    pub async fn renewed(&mut self, sequence: u32) {
        self.holder = equip(&self.client, seed(sequence)).await;
    }

    /// The text of the QR code at a time.
    pub fn show(&self, at: Timestamp) -> String {
        self.holder.present(at).unwrap()
    }
}

/// Enrols a person who lives in an enclosure, by their own word, and equips their phone.
pub async fn phone(test: &TestApp, sequence: u32, enclosure_id: i64) -> Phone {
    let number = resident_number(sequence);
    let body = json!({ "name": "张三", "document_type": "resident_id", "document_number": number,
        "phone": format!("138{sequence:08}"), "enclosure_id": enclosure_id });
    let view = test.enrol(body).await.expect(201);
    let client = test.holder(view["holder_token"].as_str().unwrap());
    let serial = view["pass_serial"].as_i64().unwrap();
    let holder = equip(&client, seed(sequence)).await;
    let sql = format!("SELECT person_id FROM person WHERE pass_serial = {serial}");
    Phone {
        person_id: test.scalar(&sql).await,
        serial,
        number,
        client,
        holder,
    }
}

fn seed(sequence: u32) -> [u8; 32] {
    let mut seed = [9; 32];
    seed[..4].copy_from_slice(&sequence.to_le_bytes());
    seed
}

/// Asks for a credential with the key of a seed.
pub async fn equip(client: &Client, seed: [u8; 32]) -> Holder {
    equip_for(client, seed, None).await
}

/// The same for somebody else's pass on the phone.
pub async fn equip_for(client: &Client, seed: [u8; 32], serial: Option<i64>) -> Holder {
    let key = SigningKey::from_bytes(&seed);
    let public_key = URL_SAFE_NO_PAD.encode(key.public().to_bytes());
    let body = json!({ "public_key": public_key, "pass_serial": serial });
    let view = client
        .post("/api/v1/pass/credential", body)
        .await
        .expect(201);
    let bytes = |name: &str| {
        URL_SAFE_NO_PAD
            .decode(view[name].as_str().unwrap())
            .unwrap()
    };
    let mac_key = MacKey::from_bytes(&bytes("mac_key").try_into().unwrap());
    Holder::new(key, &bytes("credential"), mac_key).unwrap()
}

/// A district with one post and one resident of its enclosure.
pub async fn scene() -> (TestApp, Post, Phone) {
    scene_on(TestApp::with_divisions().await).await
}

/// The same on an application that has divisions.
pub async fn scene_on(test: TestApp) -> (TestApp, Post, Phone) {
    let post = gates::post(&test, "金地朗悦", HERE).await;
    let phone = phone(&test, 1, post.enclosure_id).await;
    (test, post, phone)
}

/// A scan of what a phone shows now.
pub fn shown(test: &TestApp, phone: &Phone) -> Value {
    let now = test.now();
    json!({ "presentation": phone.show(now), "at": now.to_string(), "direction": "in", "temperature": 36.5 })
}

/// Scans what a phone shows now.
pub async fn scan(test: &TestApp, post: &Post, phone: &Phone) -> Value {
    let guard = post.guard(test).await;
    guard
        .post("/api/v1/scans", shown(test, phone))
        .await
        .expect(200)
}

/// Records a fact behind the API, and commits.
pub async fn record(app: &App, person_id: i64, fact: Value) {
    let body: FactBody = serde_json::from_value(fact).unwrap();
    let reason = match &body {
        FactBody::Quarantine { .. } => Some(RedReason::CloseContact),
        _ => red::reason_of(&body),
    };
    let grounds = reason.map(|reason| {
        Grounds::TwoPeople(TwoPeople {
            reason,
            evidence: reason.ground().evidence[0],
            reference: "2020-0017".into(),
            confirmed_by: StaffId::new(2),
            until: None,
        })
    });
    let fact = NewFact {
        body,
        source: "test".into(),
        recorded_by: Some(1),
        grounds,
    };
    let tx = app.db.tx().await.unwrap();
    facts::append(&tx, app, PersonId::new(person_id), &[fact])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Verifies that a person lives in the enclosure.
pub async fn verify(test: &TestApp, person_id: i64, enclosure_id: i64) {
    let fact = json!({ "kind": "residence", "status": "verified", "enclosure": enclosure_id });
    record(&test.app, person_id, fact).await;
}

/// What the latest check on the spot says it rests on.
pub async fn check_source(test: &TestApp) -> String {
    let sql = "SELECT source FROM fact WHERE kind = 'gate_check' ORDER BY fact_id DESC LIMIT 1";
    test.scalar(sql).await
}

/// How many rows a table has.
pub async fn count(test: &TestApp, table: &str) -> i64 {
    test.scalar(&format!("SELECT count(*) FROM {table}")).await
}

/// The roll-up and what is pending agree with a count over the scans.
pub async fn assert_counts_agree(test: &TestApp) {
    let differences: i64 = test
        .scalar(
            "WITH raw AS (
                SELECT gate_id, date_trunc('hour', at) AS hour, (colour * 100 + action * 10 + direction * 2
                    + CASE WHEN temperature_decicelsius >= 373 THEN 1 ELSE 0 END)::smallint AS cell, count(*) AS n
                FROM scan GROUP BY 1, 2, 3),
            rolled AS (
                SELECT gate_id, hour, cell, sum(scans)::bigint AS n FROM (
                    SELECT gate_id, hour, cell, scans FROM scan_hour
                    UNION ALL
                    SELECT g, date_trunc('hour', to_timestamp(m::bigint * 60)), c, 1
                    FROM scan_tally, unnest(gate_ids, minutes, cells) AS u (g, m, c)) AS parts
                GROUP BY 1, 2, 3)
            SELECT count(*) FROM raw FULL JOIN rolled USING (gate_id, hour, cell)
            WHERE raw.n IS DISTINCT FROM rolled.n",
        )
        .await;
    assert_eq!(differences, 0, "roll-up and raw rows differ");
}
