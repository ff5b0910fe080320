//! Notices in the app, and text messages to a gateway that is a real HTTP server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use gridpass::notify::Webhook;
use hmac::Mac;
use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use zeroize::Zeroizing;

use crate::app::{Setup, TestApp};
use crate::people::{applicant, enrolled};

const SECRET: &[u8] = b"a secret of the operator";

/// What a gateway received: the signature and the body.
type Received = (String, Vec<u8>);

/// An operator's relay: answers with the status it is told to, and keeps what it got.
pub struct Relay {
    address: String,
    status: Arc<AtomicU16>,
    received: Arc<Mutex<Vec<Received>>>,
    server: AbortHandle,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Relay {
    pub async fn start() -> Self {
        let status = Arc::new(AtomicU16::new(204));
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let router = axum::Router::new()
            .route("/sms", axum::routing::post(take))
            .with_state((status.clone(), received.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/sms", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            status,
            received,
            server: server.abort_handle(),
        }
    }

    /// An application whose text messages go here.
    pub async fn application(&self) -> TestApp {
        let webhook = Webhook::new(&self.address, Zeroizing::new(SECRET.to_vec())).unwrap();
        TestApp::with_gateway(Some(Box::new(webhook))).await
    }

    /// From now on answers with this status.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// The messages received since the last call, with their signatures checked.
    pub async fn take(&self) -> Vec<Value> {
        let received = std::mem::take(&mut *self.received.lock().await);
        let read = received.into_iter().map(|(signature, body)| {
            let (time, given) = signature.split_once(",v1=").unwrap();
            let time = time.strip_prefix("t=").unwrap();
            let mut mac =
                <hmac::Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(SECRET).unwrap();
            mac.update(format!("{time}.").as_bytes());
            mac.update(&body);
            let hex: String = mac
                .finalize()
                .into_bytes()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(given, hex, "the signature is not of this body");
            serde_json::from_slice(&body).unwrap()
        });
        read.collect()
    }
}

/// What the receiver shares with the test: what it answers, and what it got.
type Shared = (Arc<AtomicU16>, Arc<Mutex<Vec<Received>>>);

async fn take(
    State((status, received)): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let signature = headers["x-gridpass-signature"].to_str().unwrap().to_owned();
    received.lock().await.push((signature, body.to_vec()));
    StatusCode::from_u16(status.load(Ordering::SeqCst)).unwrap()
}

/// Enrols somebody, then again on another phone: the first one is told.
async fn replace_a_phone(test: &TestApp) -> crate::app::Client {
    enrolled(test, applicant("张三", 1, "13800001234")).await;
    enrolled(test, applicant("张三", 1, "13800001234")).await.0
}

fn notices(received: Vec<Value>) -> Vec<Value> {
    let of_kind = |one: &Value| one["kind"] == "notice";
    received.into_iter().filter(of_kind).collect()
}

async fn text_state(test: &TestApp) -> String {
    test.scalar("SELECT text_state FROM notice").await
}

#[tokio::test]
async fn a_replaced_phone_is_told_in_the_app_and_by_text() {
    let relay = Relay::start().await;
    let test = relay.application().await;
    let (phone, _) = enrolled(&test, applicant("张三", 1, "13800001234")).await;
    test.settle().await;
    assert_eq!(
        phone.get("/api/v1/pass/notices").await.expect(200),
        serde_json::json!([])
    );
    assert!(notices(relay.take().await).is_empty());
    let phone = replace_a_phone(&test).await;
    let shown = phone.get("/api/v1/pass/notices").await.expect(200);
    assert_eq!(shown[0]["template"], "phone_replaced");
    assert_eq!(shown[0]["created_at"], test.now().to_string());
    let serial = &phone.get("/api/v1/pass").await.expect(200)["pass_serial"];
    assert_eq!(&shown[0]["pass_serial"], serial);
    test.settle().await;
    let sent = notices(relay.take().await);
    // One for each of the two changes of phone.
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0]["phone"], "+8613800001234");
    assert!(
        sent[0]["text_zh"]
            .as_str()
            .unwrap()
            .contains("2020-03-06 08:30")
    );
    assert!(
        sent[0]["text_en"]
            .as_str()
            .unwrap()
            .contains("another phone")
    );
    let left: i64 = test.scalar("SELECT count(*) FROM text_message").await;
    let told: i64 = test
        .scalar("SELECT count(*) FROM notice WHERE text_state = 'sent'")
        .await;
    assert_eq!((left, told), (0, 2));
}

#[tokio::test]
async fn a_gateway_that_is_away_is_tried_again_and_not_for_ever() {
    let relay = Relay::start().await;
    let test = relay.application().await;
    relay.answer(503);
    replace_a_phone(&test).await;
    test.settle().await;
    let first = notices(relay.take().await);
    assert_eq!(first.len(), 1, "a failed message waits for its time");
    assert_eq!(text_state(&test).await, "waiting");
    test.advance(SignedDuration::from_secs(2));
    test.settle().await;
    let second = notices(relay.take().await);
    assert_eq!(first[0]["message_id"], second[0]["message_id"]);
    for _ in 0..12 {
        test.advance(SignedDuration::from_mins(10));
        test.settle().await;
    }
    assert_eq!(notices(relay.take().await).len(), 6, "eight tries in all");
    assert_eq!(text_state(&test).await, "failed");
    let left: i64 = test.scalar("SELECT count(*) FROM text_message").await;
    assert_eq!(left, 0, "what was given up leaves no phone number behind");
}

#[tokio::test]
async fn a_refused_message_is_given_up_and_an_old_one_is_not_sent() {
    let relay = Relay::start().await;
    let test = relay.application().await;
    relay.answer(400);
    replace_a_phone(&test).await;
    test.settle().await;
    assert_eq!(notices(relay.take().await).len(), 1);
    assert_eq!(text_state(&test).await, "failed");
    // The next one is written, and its day passes before anything is sent.
    enrolled(&test, applicant("张三", 1, "13800001234")).await;
    gridpass::jobs::outbox::relay(test.app.clone())
        .await
        .unwrap();
    relay.take().await;
    test.advance(SignedDuration::from_hours(24));
    test.settle().await;
    assert!(notices(relay.take().await).is_empty());
    let failed: i64 = test
        .scalar("SELECT count(*) FROM notice WHERE text_state = 'failed'")
        .await;
    assert_eq!(failed, 2);
}

#[tokio::test]
async fn without_a_gateway_the_notice_is_in_the_app_all_the_same() {
    let test = TestApp::start().await;
    let phone = replace_a_phone(&test).await;
    let setup = Setup {
        gateway: None,
        ..Setup::default()
    };
    let silent = TestApp::start_as(test.config.clone(), test.clock.clone(), setup).await;
    silent.settle().await;
    assert_eq!(text_state(&test).await, "failed");
    let shown = phone.get("/api/v1/pass/notices").await.expect(200);
    assert_eq!(shown.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn words_and_numbers_wait_sealed() {
    let relay = Relay::start().await;
    let test = relay.application().await;
    relay.answer(503);
    replace_a_phone(&test).await;
    test.settle().await;
    for text in ["13800001234", "通行证", "another phone"] {
        let found: i64 = test
            .scalar(&format!(
                "SELECT count(*) FROM text_message t WHERE t::text LIKE '%{text}%'
                 OR position('{text}'::bytea in phone_sealed || words_sealed) > 0"
            ))
            .await;
        assert_eq!(found, 0, "{text}");
    }
}

#[tokio::test]
async fn notices_are_for_their_holder() {
    let test = TestApp::with_divisions().await;
    replace_a_phone(&test).await;
    let (stranger, _) = enrolled(&test, applicant("李四", 2, "13900001234")).await;
    let shown = stranger.get("/api/v1/pass/notices").await.expect(200);
    assert_eq!(shown, serde_json::json!([]));
    test.resident()
        .get("/api/v1/pass/notices")
        .await
        .problem(401, "not_signed_in");
}
