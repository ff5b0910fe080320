//! The golden vectors: `vectors.json` and `vectors-guomi.json`, one for each suite, are made
//! here from fixed seeds, and read by this test and by the TypeScript verifier. They must be what would be made now; to renew it run
//! the tests with `GRIDPASS_WRITE_VECTORS=1`, and read the difference before committing it.

use gridpass_passcode::{
    Credential, GateCode, GateSecret, Holder, Issuer, KeySet, Limits, NewCredential,
    OfflineVerifier, OnlineVerifier, PassError, Presented, PublishedKey, ServerKey, ServerSecret,
    SigningKey, Suite,
};
use gridpass_types::{Colour, GateId, PassForm, PassSerial, PersonId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{bytes_of, text_of};

/// 6 March 2020, 08:30 in Shenzhen; a multiple of 30.
const NOW_S: i64 = 1_583_454_600;
const DAY_S: u32 = 86_400;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW_S + seconds).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn seed(first: u8) -> [u8; 32] {
    std::array::from_fn(|index| first + index as u8)
}

/// Four issuer keys (in force, withdrawn, over, never published), one in force of the other
/// suite, and one phone.
struct Cast {
    suite: Suite,
    issuer: Issuer,
    withdrawn: Issuer,
    over: Issuer,
    unknown: Issuer,
    other_suite: Issuer,
    phone: SigningKey,
    secret: ServerSecret,
    gate: GateSecret,
}

impl Cast {
    fn new(suite: Suite) -> Self {
        let issuer_of = |suite, first| {
            let key = ServerKey::from_bytes(suite, &seed(first)).unwrap();
            Issuer::new(key, "440310").unwrap()
        };
        let issuer = |first| issuer_of(suite, first);
        let other = match suite {
            Suite::Standard => Suite::Guomi,
            Suite::Guomi => Suite::Standard,
        };
        Self {
            suite,
            other_suite: issuer_of(other, 0x80),
            issuer: issuer(0x10),
            withdrawn: issuer(0x20),
            over: issuer(0x30),
            unknown: issuer(0x40),
            phone: SigningKey::from_bytes(&seed(0x50)),
            secret: ServerSecret::from_bytes(&seed(0x60)),
            gate: GateSecret::from_bytes(&seed(0x70)),
        }
    }

    fn keys(&self) -> KeySet {
        let month = SignedDuration::from_hours(30 * 24);
        let publish =
            |issuer: &Issuer| PublishedKey::new(&issuer.public_key(), at(0) - month, at(0) + month);
        let mut withdrawn = publish(&self.withdrawn);
        withdrawn.retired = true;
        let mut over = publish(&self.over);
        over.not_after = at(-i64::from(DAY_S));
        let others = publish(&self.other_suite);
        KeySet::new([publish(&self.issuer), withdrawn, over, others]).unwrap()
    }

    /// The phone's credential, issued at 0 s by `issuer`.
    fn credential(&self, issuer: &Issuer) -> Credential {
        let person_id = PersonId::new(5_432_109_876_543_210);
        let serial = PassSerial::new(432_109);
        let new = NewCredential::phone(person_id, serial, Colour::Green, self.phone.public());
        issuer.issue(&new, at(0)).unwrap()
    }

    /// What the phone shows of `credential` at a time, with the MAC key of its own.
    fn present(&self, credential: &Credential, seconds: i64) -> String {
        let mac_key = credential.mac_key(&self.secret);
        let holder = Holder::new(self.phone.clone(), credential.bytes(), mac_key).unwrap();
        holder.present(at(seconds)).unwrap()
    }

    fn printed(&self, issuer: &Issuer, form: PassForm) -> String {
        let new = NewCredential {
            person_id: PersonId::new(1_234_567_890_123_456),
            serial: PassSerial::new(77),
            colour: Colour::Yellow,
            form,
            holder_key: None,
            life_s: 30 * DAY_S,
        };
        issuer.issue(&new, at(0)).unwrap().paper_text().unwrap()
    }
}

/// A case: its name, the text and the second at which it is checked.
type Case = (&'static str, String, i64);

fn genuine(cast: &Cast) -> Vec<Case> {
    let credential = cast.credential(&cast.issuer);
    let shown = cast.present(&credential, 600);
    let paper = cast.printed(&cast.issuer, PassForm::Paper);
    vec![
        ("fresh", shown.clone(), 605),
        ("at the end of life and skew", shown.clone(), 690),
        ("phone ahead by the skew", shown.clone(), 570),
        ("expired", shown.clone(), 691),
        ("screenshot of an hour ago", shown.clone(), 4_200),
        ("phone too far ahead", shown, 569),
        (
            "last second of the credential",
            cast.present(&credential, 86_399),
            86_399,
        ),
        (
            "credential expired",
            cast.present(&credential, 86_400),
            86_400,
        ),
        (
            "issued by a clock ahead",
            cast.present(&credential, -30),
            -30,
        ),
        (
            "credential not valid yet",
            cast.present(&credential, -31),
            -31,
        ),
        ("paper", paper.clone(), 29 * 86_400),
        ("paper expired", paper, 30 * 86_400),
        (
            "specimen",
            cast.printed(&cast.issuer, PassForm::Specimen),
            5,
        ),
        (
            "key unknown",
            cast.present(&cast.credential(&cast.unknown), 600),
            605,
        ),
        (
            "key withdrawn",
            cast.present(&cast.credential(&cast.withdrawn), 600),
            605,
        ),
        (
            "key not in force",
            cast.present(&cast.credential(&cast.over), 600),
            605,
        ),
        (
            "paper, key unknown",
            cast.printed(&cast.unknown, PassForm::Paper),
            605,
        ),
        (
            "paper, key withdrawn",
            cast.printed(&cast.withdrawn, PassForm::Paper),
            605,
        ),
        (
            "paper, key not in force",
            cast.printed(&cast.over, PassForm::Paper),
            605,
        ),
    ]
}

fn forged(cast: &Cast) -> Vec<Case> {
    let credential = cast.credential(&cast.issuer);
    let shown = bytes_of(&cast.present(&credential, 600));
    let changed = |place: usize| {
        let mut bytes = shown.clone();
        bytes[place] ^= 1;
        text_of(&bytes)
    };
    // The holder paints a yellow pass green and signs anew: colour is 68 bytes from the end.
    let mut painted = credential.bytes().to_vec();
    let colour_at = painted.len() - 68;
    painted[colour_at] = 1;
    let painted = Credential::from_bytes(&painted).unwrap();
    let mac_key = credential.mac_key(&cast.secret);
    let painter = Holder::new(cast.phone.clone(), painted.bytes(), mac_key).unwrap();
    let mut paper = bytes_of(&cast.printed(&cast.issuer, PassForm::Paper));
    let last = paper.len() - 1;
    paper[last] ^= 1;
    let mut specimen = bytes_of(&cast.printed(&cast.issuer, PassForm::Specimen));
    specimen[last - 66] = 1;
    let renamed = renamed(
        cast,
        &bytes_of(&cast.printed(&cast.issuer, PassForm::Paper)),
    );
    vec![
        (
            "forged: painted by its holder",
            painter.present(at(600)).unwrap(),
            605,
        ),
        ("forged: another time", changed(6), 605),
        ("forged: MAC", changed(8), 605),
        ("forged: phone signature", changed(40), 605),
        ("forged: issuer signature", changed(shown.len() - 20), 605),
        ("forged: serial", changed(shown.len() - 66 - 12), 605),
        ("forged: paper signature", text_of(&paper), 605),
        ("forged: specimen made paper", text_of(&specimen), 605),
        ("forged: key of the other suite", text_of(&renamed), 605),
    ]
}

/// An envelope whose credential names the key of the other suite.
fn renamed(cast: &Cast, envelope: &[u8]) -> Vec<u8> {
    let [from, to] = [&cast.issuer, &cast.other_suite].map(|issuer| issuer.public_key().id().0);
    let at = envelope.windows(8).position(|part| part == from).unwrap();
    [&envelope[..at], &to, &envelope[at + 8..]].concat()
}

fn malformed(cast: &Cast) -> Vec<Case> {
    let shown = cast.present(&cast.credential(&cast.issuer), 600);
    let bytes = bytes_of(&shown);
    let paper = bytes_of(&cast.printed(&cast.issuer, PassForm::Paper));
    let phone_credential = &bytes[bytes.len() - cast.credential(&cast.issuer).bytes().len() - 2..];
    let paper_credential = &paper[2..];
    let proof = &bytes[..bytes.len() - phone_credential.len()];
    // The time as a number of eight bytes; the suite as a number of two.
    let number = bytes[1];
    let long_time = [&[0x85, number, 0x1b, 0, 0, 0, 0], &bytes[3..]].concat();
    let long_suite = [&[0x85, 0x18, number], &bytes[2..]].concat();
    let mut unknown_suite = bytes.clone();
    unknown_suite[1] = 3;
    let mut other_suite = bytes.clone();
    other_suite[1] = 3 - number;
    vec![
        ("truncated", shown[..shown.len() - 7].into(), 605),
        ("cut to the prefix", "GP1:".into(), 605),
        ("a character left over", format!("{shown}0"), 605),
        ("bytes left over", text_of(&[&*bytes, &[0]].concat()), 605),
        (
            "lower case",
            format!("GP1:{}", shown[4..].to_lowercase()),
            605,
        ),
        ("time not in its shortest form", text_of(&long_time), 605),
        ("suite not in its shortest form", text_of(&long_suite), 605),
        (
            "phone credential as paper",
            text_of(&[&[0x82, number], phone_credential].concat()),
            605,
        ),
        (
            "paper credential on a phone",
            text_of(&[proof, paper_credential].concat()),
            605,
        ),
        ("base45 pair above 255", overlong_tail(&shown), 605),
        ("unknown suite", text_of(&unknown_suite), 605),
        ("number of the other suite", text_of(&other_suite), 605),
        ("too long", format!("GP1:{}", "0".repeat(480)), 605),
        ("longest allowed", format!("GP1:{}", "0".repeat(479)), 605),
        ("empty", String::new(), 605),
        (
            "other system: web address",
            "https://example.org/p/1".into(),
            605,
        ),
        (
            "other system: health certificate",
            "HC1:6BFOXN%TS3DHPVO13J /G-/2YRVA.Q".into(),
            605,
        ),
        ("gate code as a pass", gate_code(cast, 42, 600), 605),
    ]
}

/// The same text with a last pair that stands for 256 more: the same byte to a decoder
/// that does not look.
fn overlong_tail(text: &str) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    assert_eq!((text.len() - 4) % 3, 2, "the text must end in a pair");
    let (front, pair) = text.split_at(text.len() - 2);
    let value_of = |byte: u8| ALPHABET.iter().position(|&other| other == byte).unwrap();
    let value = value_of(pair.as_bytes()[0]) + 45 * value_of(pair.as_bytes()[1]) + 256;
    let digit = |value: usize| char::from(ALPHABET[value % 45]);
    format!("{front}{}{}", digit(value), digit(value / 45))
}

fn gate_code(cast: &Cast, gate_id: i64, seconds: i64) -> String {
    GateCode::make(cast.suite, &cast.gate, GateId::new(gate_id), at(seconds)).unwrap()
}

fn gate_cases(cast: &Cast) -> Vec<Case> {
    let code = gate_code(cast, 42, 600);
    let other = GateSecret::from_bytes(&seed(0x71));
    let forged = GateCode::make(cast.suite, &other, GateId::new(42), at(600)).unwrap();
    vec![
        ("in its slot", code.clone(), 600),
        ("in the next slot", code.clone(), 659),
        ("expired", code.clone(), 660),
        ("from the future", code.clone(), 599),
        ("unknown gate", gate_code(cast, 43, 600), 600),
        ("forged", forged, 600),
        ("truncated", code[..code.len() - 2].into(), 600),
        ("other system", "https://example.org/gate/42".into(), 600),
    ]
}

fn verdict(result: Result<Presented, PassError>) -> Value {
    match result {
        Err(error) => json!({ "error": error.code() }),
        Ok(shown) => json!({ "ok": {
            "person_id": shown.person_id.get(),
            "serial": shown.serial.get(),
            "colour_at_issue": shown.colour_at_issue.as_str(),
            "form": shown.form.as_str(),
            "credential_id": shown.credential_id.to_string(),
            "presented_at": shown.presented_at.map(Timestamp::as_second),
            "issued_at": shown.issued_at.as_second(),
            "expires_at": shown.expires_at.as_second(),
        }}),
    }
}

fn pass_cases(cast: &Cast) -> Vec<Value> {
    let online = OnlineVerifier::with_keys(cast.secret.clone(), cast.keys());
    let offline = OfflineVerifier::new(cast.keys());
    let limits = Limits::default();
    [genuine(cast), forged(cast), malformed(cast)]
        .into_iter()
        .flatten()
        .map(|(name, text, now_s)| {
            let now = at(now_s);
            json!({
                "name": name,
                "now": now.as_second(),
                "text": text,
                "online": verdict(online.verify(text.as_bytes(), now, limits)),
                "offline": verdict(offline.verify(text.as_bytes(), now, limits)),
            })
        })
        .collect()
}

fn gate_code_cases(cast: &Cast) -> Vec<Value> {
    let secret_of = |id: GateId| (id.get() == 42).then(|| cast.gate.clone());
    let verdict = |text: &str, now| match GateCode::verify(secret_of, text.as_bytes(), now) {
        Err(error) => json!({ "error": error.code() }),
        Ok(code) => json!({ "ok": {
            "gate_id": code.gate_id.get(),
            "slot_start": code.slot_start.as_second(),
        }}),
    };
    gate_cases(cast)
        .into_iter()
        .map(|(name, text, now_s)| {
            let verdict = verdict(&text, at(now_s));
            json!({ "name": name, "now": at(now_s).as_second(), "text": text, "verdict": verdict })
        })
        .collect()
}

fn vectors(suite: Suite) -> Value {
    let cast = Cast::new(suite);
    let credential = cast.credential(&cast.issuer);
    let shows = [0, 30, 600, 86_399].map(|seconds| {
        json!({ "time": at(seconds).as_second(), "text": cast.present(&credential, seconds) })
    });
    let gate_shows =
        [(1, 0), (42, 29), (42, 30), ((1 << 53) - 1, 600)].map(|(gate_id, seconds)| {
            json!({
                "gate_id": gate_id,
                "time": at(seconds).as_second(),
                "text": gate_code(&cast, gate_id, seconds),
            })
        });
    json!({
        "about": "Golden vectors of the pass code; see FORMAT.md. Bytes are in hex, times in \
                  seconds since 1970. Made by the tests of crates/passcode, never by hand.",
        "suite": suite.as_str(),
        "phone": {
            "seed": hex(&seed(0x50)),
            "public_key": hex(&cast.phone.public().to_bytes()),
            "credential": hex(credential.bytes()),
            "credential_id": credential.id().to_string(),
            "mac_key": hex(&*credential.mac_key(&cast.secret).to_bytes()),
            "presentations": shows,
        },
        "server_secret": hex(&seed(0x60)),
        "issuer": { "seed": hex(&seed(0x10)), "name": "440310" },
        "key_set": cast.keys(),
        "cases": pass_cases(&cast),
        "gate": { "secret": hex(&seed(0x70)), "codes": gate_shows },
        "gate_cases": gate_code_cases(&cast),
    })
}

#[test]
fn the_vectors_on_file_are_what_is_made_now() {
    for (suite, name) in [
        (Suite::Standard, "vectors.json"),
        (Suite::Guomi, "vectors-guomi.json"),
    ] {
        let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
        let made = format!("{:#}\n", vectors(suite));
        if std::env::var_os("GRIDPASS_WRITE_VECTORS").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let on_file = std::fs::read_to_string(&path).unwrap();
        assert!(
            on_file == made,
            "{name} is stale; see the head of this file"
        );
    }
}

/// The verdicts are written out here as well, so that a change of them cannot slip in
/// together with a renewed file.
#[test]
fn each_vector_has_the_verdict_its_name_promises() {
    let made = Suite::ALL.map(vectors);
    let cases = made
        .iter()
        .flat_map(|made| made["cases"].as_array().unwrap());
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (online, offline) = promised(name);
        let code = |verdict: &Value| match &verdict["error"] {
            Value::Null => "ok".to_owned(),
            error => error.as_str().unwrap().to_owned(),
        };
        assert_eq!(code(&case["online"]), online, "online: {name}");
        assert_eq!(code(&case["offline"]), offline, "offline: {name}");
    }
}

fn promised(name: &str) -> (&'static str, &'static str) {
    match name {
        "forged: MAC" => ("pass_forged", "ok"),
        // The server knows its own credentials by their MAC and does not ask for the key.
        "key unknown" => ("ok", "pass_key_unknown"),
        "key withdrawn" => ("ok", "pass_key_retired"),
        "key not in force" => ("ok", "pass_key_not_in_force"),
        _ => {
            let both = match name {
                "expired" | "screenshot of an hour ago" => "presentation_expired",
                "phone too far ahead" => "presentation_in_future",
                "credential expired" | "paper expired" => "credential_expired",
                "credential not valid yet" => "credential_not_yet_valid",
                "specimen" => "pass_specimen",
                "paper, key unknown" => "pass_key_unknown",
                "paper, key withdrawn" => "pass_key_retired",
                "paper, key not in force" => "pass_key_not_in_force",
                "unknown suite" => "pass_suite_unknown",
                "too long" => "pass_too_long",
                "empty" | "gate code as a pass" => "not_a_pass",
                "fresh" | "at the end of life and skew" | "phone ahead by the skew" => "ok",
                "last second of the credential" | "issued by a clock ahead" | "paper" => "ok",
                _ if name.starts_with("forged: ") => "pass_forged",
                _ if name.starts_with("other system: ") => "not_a_pass",
                _ => "pass_malformed",
            };
            (both, both)
        }
    }
}
