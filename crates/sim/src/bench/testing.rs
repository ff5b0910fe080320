//! A phone and a gate as an enrolment would have left them, for the unit tests.

use gridpass_passcode::{Issuer, NewCredential, OnlineVerifier, ServerSecret, SigningKey};
use gridpass_types::{Colour, PassSerial, PersonId};
use jiff::Timestamp;

use crate::state::{Gate, Phone, to_base64};

/// A phone whose credential was issued at `now`, a gate, and the server that would accept them.
pub fn phone_and_gate(now: Timestamp) -> (Phone, Gate, OnlineVerifier) {
    let secret = ServerSecret::from_bytes(&[3; 32]);
    let issuer = Issuer::new(SigningKey::from_bytes(&[1; 32]), "test").expect("a valid name");
    let key = SigningKey::from_bytes(&[2; 32]);
    let new = NewCredential::phone(
        PersonId::new(77),
        PassSerial::new(5),
        Colour::Green,
        key.public(),
    );
    let credential = issuer.issue(&new, now).expect("issues");
    let phone = Phone {
        person: 0,
        serial: 5,
        token: "gph1.77.x".into(),
        key: to_base64(&*key.to_bytes()),
        credential: to_base64(credential.bytes()),
        mac_key: to_base64(&*credential.mac_key(&secret).to_bytes()),
        expires_at: credential.expires_at(),
    };
    let gate = Gate {
        gate_id: 9,
        enclosure: Some(0),
        employer: None,
        device_token: "gpd1.9.x".into(),
        device_key: to_base64(&[4; 32]),
    };
    (phone, gate, OnlineVerifier::new(secret))
}
