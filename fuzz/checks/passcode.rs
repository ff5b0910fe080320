//! What must hold for the pass code whatever bytes come in. Shared by the fuzz target and by
//! the test that replays the corpus, so that both assert the same.

use std::sync::LazyLock;

use gridpass_passcode::{
    Credential, GateCode, GateSecret, KeySet, Limits, OfflineVerifier, OnlineVerifier, PassError,
    PublishedKey, ServerKey, ServerSecret, Suite, base45,
};
use gridpass_types::GateId;
use jiff::{SignedDuration, Timestamp};

/// Longest input worth looking at, in bytes: longer ones are refused by their length.
const INPUT_BYTES_MAX: usize = 4_096;

/// The verifiers that the golden vectors of both suites are for, at the time at which they are
/// fresh.
struct Fixture {
    online: OnlineVerifier,
    offline: OfflineVerifier,
    now: Timestamp,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let now = Timestamp::from_second(1_583_454_600 + 605).expect("a time in 2020");
    let month = SignedDuration::from_hours(30 * 24);
    let published = Suite::ALL.map(|suite| {
        let key = ServerKey::from_bytes(suite, &seed(0x10)).expect("a sound secret");
        PublishedKey::new(&key.public(), now - month, now + month)
    });
    let keys = KeySet::new(published).expect("sound keys");
    Fixture {
        online: OnlineVerifier::with_keys(ServerSecret::from_bytes(&seed(0x60)), keys.clone()),
        offline: OfflineVerifier::new(keys),
        now,
    }
});

fn seed(first: u8) -> [u8; 32] {
    std::array::from_fn(|index| first + index as u8)
}

/// Takes the input as a text, as an envelope, as a credential and as a gate code. Says
/// whether any of them was accepted; panics if a law is broken.
pub fn check(data: &[u8]) -> bool {
    let data = &data[..data.len().min(INPUT_BYTES_MAX)];
    let [standard, guomi] = [1, 2].map(|suite| {
        let printed = [&[0x82, suite, 0x58, data.len() as u8], data].concat();
        text("GP1:", &printed)
    });
    let is_pass = [data.to_vec(), text("GP1:", data), standard, guomi]
        .iter()
        .any(|text| check_pass(text));
    let is_gate_code = [data.to_vec(), text("GPG1:", data)]
        .iter()
        .any(|text| check_gate_code(text));
    if let Ok(credential) = Credential::from_bytes(data) {
        assert_eq!(credential.bytes(), data);
        assert!(credential.issued_at() < credential.expires_at());
    }
    is_pass || is_gate_code
}

fn text(prefix: &str, bytes: &[u8]) -> Vec<u8> {
    let mut text = String::from(prefix);
    base45::encode_into(bytes, &mut text);
    text.into_bytes()
}

/// The server and a gate agree, but for the MAC, which only the server can check, and for
/// the issuer's key, which the server does not ask for when the MAC fits.
fn check_pass(text: &[u8]) -> bool {
    let Fixture {
        online,
        offline,
        now,
    } = &*FIXTURE;
    let online = online.verify(text, *now, Limits::default());
    let offline = offline.verify(text, *now, Limits::default());
    let is_about_shape = |error: &PassError| {
        matches!(
            error,
            PassError::NotAPass
                | PassError::TooLong
                | PassError::Malformed
                | PassError::SuiteUnknown
        )
    };
    match (&online, &offline) {
        (Ok(_), Err(error)) => assert_eq!(*error, PassError::KeyUnknown),
        (Ok(first), Ok(second)) => assert_eq!(first, second),
        (Err(error), Ok(_)) => assert_eq!(*error, PassError::Forged),
        (Err(first), Err(second)) if is_about_shape(first) || is_about_shape(second) => {
            assert_eq!(first, second);
        }
        (Err(_), Err(_)) => {}
    }
    online.is_ok()
}

/// What is accepted is, character for character, what the gate shows.
fn check_gate_code(text: &[u8]) -> bool {
    let secret = GateSecret::from_bytes(&seed(0x70));
    let secret_of = |id: GateId| (id.get() == 42).then(|| secret.clone());
    let verdict = GateCode::verify(secret_of, text, FIXTURE.now);
    if let Ok(code) = &verdict {
        let shown = Suite::ALL.map(|suite| {
            GateCode::make(suite, &secret, code.gate_id, code.slot_start).expect("a sound gate")
        });
        assert!(shown.iter().any(|shown| shown.as_bytes() == text));
    }
    verdict.is_ok()
}
