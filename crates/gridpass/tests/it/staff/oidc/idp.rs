//! A small identity provider that listens, signs and checks the proof key like those that
//! governments run.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{CLIENT_ID, Question, REDIRECT, SUBJECT};

/// A code given out: whose proof key it needs, and what the token will say.
struct Issued {
    challenge: String,
    claims: Value,
    header: Value,
}

/// The provider.
pub struct Idp {
    /// As it names itself.
    pub issuer: String,
    /// Names and keys; the last one signs.
    pub keys: Mutex<Vec<(String, EcdsaKeyPair)>>,
    issued: Mutex<HashMap<String, Issued>>,
    /// How often its keys were read.
    pub keys_read: AtomicUsize,
}

/// A new key.
pub fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Idp {
    /// Starts it on a port of its own.
    pub async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Arc::new(Self {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            keys: Mutex::new(vec![("k1".into(), key())]),
            issued: Mutex::default(),
            keys_read: AtomicUsize::new(0),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/token", post(exchange))
            .route("/keys", get(keys))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// Somebody signs in at the provider: a code for the question that was asked.
    pub fn sign_in(&self, question: &Question, change: impl FnOnce(&mut Value)) -> String {
        let kid = self.keys.lock().unwrap().last().unwrap().0.clone();
        self.sign_in_as(question, json!({ "alg": "ES256", "kid": kid }), change)
    }

    /// The same, with another heading of the token.
    pub fn sign_in_as(
        &self,
        question: &Question,
        header: Value,
        change: impl FnOnce(&mut Value),
    ) -> String {
        let asked = |name: &str| question.asked[name].clone();
        assert_eq!(asked("response_type"), "code");
        assert_eq!(asked("client_id"), CLIENT_ID);
        assert_eq!(asked("redirect_uri"), REDIRECT);
        assert_eq!(asked("code_challenge_method"), "S256");
        assert_eq!(asked("state"), question.state);
        let mut claims = json!({ "iss": self.issuer, "sub": SUBJECT, "aud": CLIENT_ID,
            "iat": question.now_s, "exp": question.now_s + 300, "nonce": asked("nonce") });
        change(&mut claims);
        let mut issued = self.issued.lock().unwrap();
        let code = format!("code-{}", issued.len());
        let challenge = asked("code_challenge");
        let new = Issued {
            challenge,
            claims,
            header,
        };
        issued.insert(code.clone(), new);
        code
    }

    /// A token signed with the newest key; without an algorithm it is not signed.
    fn sign(&self, issued: &Issued) -> String {
        let signed = format!("{}.{}", part(&issued.header), part(&issued.claims));
        if issued.header["alg"] == "none" {
            return format!("{signed}.");
        }
        let keys = self.keys.lock().unwrap();
        let stranger = key();
        let signer = match issued.claims.get("forged") {
            Some(_) => &stranger,
            None => &keys.last().unwrap().1,
        };
        let signature = signer.sign(&SystemRandom::new(), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.unwrap()))
    }
}

async fn describe(State(provider): State<Arc<Idp>>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    Json(
        json!({ "issuer": provider.issuer, "authorization_endpoint": at("/authorize?realm=gov"),
                 "token_endpoint": at("/token"), "jwks_uri": at("/keys") }),
    )
}

async fn keys(State(provider): State<Arc<Idp>>) -> Json<Value> {
    provider.keys_read.fetch_add(1, Ordering::SeqCst);
    let keys = provider.keys.lock().unwrap();
    let published = keys.iter().map(|(kid, key)| {
        let (x, y) = key.public_key().as_ref()[1..].split_at(32);
        json!({ "kid": kid, "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
                "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
    });
    Json(json!({ "keys": published.collect::<Vec<_>>() }))
}

async fn exchange(
    State(provider): State<Arc<Idp>>,
    headers: HeaderMap,
    body: String,
) -> Result<Json<Value>, StatusCode> {
    let form = reqwest::Url::parse(&format!("http://form/?{body}")).unwrap();
    let form: HashMap<String, String> = form.query_pairs().into_owned().collect();
    // RFC 6749 §2.3.1: name and secret, each in the encoding of forms.
    let pair = STANDARD.encode(format!("{CLIENT_ID}:a+secret%2Fwith%2Bsigns"));
    if headers["authorization"] != format!("Basic {pair}").as_str() {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let issued = provider.issued.lock().unwrap().remove(&form["code"]);
    let issued = issued.ok_or(StatusCode::BAD_REQUEST)?;
    let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
    if proof != issued.challenge || form["redirect_uri"] != REDIRECT {
        return Err(StatusCode::BAD_REQUEST);
    }
    let token = provider.sign(&issued);
    Ok(Json(
        json!({ "id_token": token, "access_token": "x", "token_type": "Bearer" }),
    ))
}
