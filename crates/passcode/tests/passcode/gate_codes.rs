//! Gate codes: counting in their own slot and the next, for the gate that made them.

use gridpass_passcode::{GateCode, GateSecret, IssueError, PassError, Suite, VerifiedGateCode};
use gridpass_types::GateId;
use jiff::Timestamp;

/// The start of a slot.
const START_S: i64 = 1_583_454_600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START_S + seconds).unwrap()
}

/// Gates below 100 are known, each with its own secret.
fn secret_of(gate_id: GateId) -> Option<GateSecret> {
    let byte = u8::try_from(gate_id.get()).ok().filter(|&id| id < 100)?;
    Some(GateSecret::from_bytes(&[byte; 32]))
}

/// The code that `gate_id` shows at the start, made with the secret of `secret_id`.
fn make(secret_id: i64, gate_id: i64) -> String {
    make_by(Suite::Standard, secret_id, gate_id)
}

fn make_by(suite: Suite, secret_id: i64, gate_id: i64) -> String {
    let secret = secret_of(GateId::new(secret_id)).unwrap();
    GateCode::make(suite, &secret, GateId::new(gate_id), at(7)).unwrap()
}

fn verify(text: &str, now: Timestamp) -> Result<VerifiedGateCode, PassError> {
    GateCode::verify(secret_of, text.as_bytes(), now)
}

#[test]
fn a_code_counts_in_its_slot_and_the_next() {
    let text = make(42, 42);
    for (now_s, verdict) in [
        (-1, Err(PassError::GateCodeInFuture)),
        (0, Ok(())),
        (59, Ok(())),
        (60, Err(PassError::GateCodeExpired)),
    ] {
        let got = verify(&text, at(now_s));
        assert_eq!(got.map(|_| ()), verdict, "at {now_s} s");
        if let Ok(code) = got {
            assert_eq!(code.gate_id, GateId::new(42));
            assert_eq!(code.slot_start, at(0));
        }
    }
}

#[test]
fn the_longest_code_fits_and_larger_ids_are_refused() {
    let gate_id = GateId::new((1 << 53) - 1);
    let secret = GateSecret::from_bytes(&[5; 32]);
    let late: Timestamp = "2106-02-07T06:28:15Z".parse().unwrap();
    let text = GateCode::make(Suite::Standard, &secret, gate_id, late).unwrap();
    assert_eq!(text.len(), 43);
    let code = GateCode::verify(|_| Some(secret.clone()), text.as_bytes(), late).unwrap();
    assert_eq!(code.gate_id, gate_id);
    let refused = GateCode::make(Suite::Guomi, &secret, GateId::new(1 << 53), late);
    assert_eq!(refused, Err(IssueError::IdOutOfRange));
    let refused = GateCode::make(Suite::Guomi, &secret, gate_id, Timestamp::MIN);
    assert_eq!(refused, Err(IssueError::TimeOutOfRange));
}

#[test]
fn each_flaw_has_its_own_error() {
    let of_another = make(1, 2);
    assert_eq!(verify(&of_another, at(0)), Err(PassError::GateCodeForged));
    let unknown = make(1, 100);
    assert_eq!(verify(&unknown, at(0)), Err(PassError::GateUnknown));
    let code = make(1, 1);
    for end in 5..code.len() {
        assert_eq!(
            verify(&code[..end], at(0)),
            Err(PassError::GateCodeMalformed)
        );
    }
    let long = format!("{code}{}", "0".repeat(1000));
    assert_eq!(verify(&long, at(0)), Err(PassError::GateCodeMalformed));
    for other in ["", "GPG1", "GP1:ABC", "https://example.org/gate/1"] {
        assert_eq!(verify(other, at(0)), Err(PassError::NotAGateCode));
    }
}

#[test]
fn no_changed_character_is_accepted() {
    let code = make(1, 1);
    for place in 0..code.len() {
        for character in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".bytes() {
            let mut changed = code.clone().into_bytes();
            if changed[place] != character {
                changed[place] = character;
                assert!(GateCode::verify(secret_of, &changed, at(0)).is_err());
            }
        }
    }
}

#[test]
fn a_code_of_one_suite_is_none_of_the_other() {
    let standard = make_by(Suite::Standard, 42, 42);
    let guomi = make_by(Suite::Guomi, 42, 42);
    assert!(verify(&standard, at(0)).is_ok() && verify(&guomi, at(0)).is_ok());
    for (text, other) in [(standard, 2), (guomi, 1)] {
        let mut buffer = [0; 64];
        let mut bytes = gridpass_passcode::base45::decode_into(&text.as_bytes()[5..], &mut buffer)
            .unwrap()
            .to_vec();
        bytes[1] = other;
        let mut renamed = String::from("GPG1:");
        gridpass_passcode::base45::encode_into(&bytes, &mut renamed);
        assert_eq!(verify(&renamed, at(0)), Err(PassError::GateCodeForged));
    }
}
