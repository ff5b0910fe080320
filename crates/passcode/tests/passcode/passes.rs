//! Passes shown, checked online and offline: what is accepted and what is refused.

use crate::support::{World, bytes_of, text_of};
use gridpass_passcode::{
    Credential, GateCode, GateSecret, Holder, IssueError, Issuer, KeySet, KeySetError, Limits,
    NewCredential, OfflineVerifier, OnlineVerifier, PASS_CHARS_MAX, PassError, Presented,
    ServerKey, SigningKey, Suite,
};
use gridpass_types::{Colour, GateId, PassForm, PassSerial, PersonId};
use jiff::Timestamp;

/// Somebody on paper.
const P: PersonId = PersonId::new(7);
const S: PassSerial = PassSerial::new(8);

/// Both verdicts, which must be the same.
fn verify(world: &World, text: &str, now: Timestamp) -> Result<Presented, PassError> {
    let limits = Limits::default();
    let online = world.online().verify(text.as_bytes(), now, limits);
    let offline = world.offline().verify(text.as_bytes(), now, limits);
    assert_eq!(online, offline);
    online
}

#[test]
fn a_presentation_is_accepted_and_says_who() {
    let world = World::new();
    let text = world.holder.present(World::after(10)).unwrap();
    let expected = Presented {
        person_id: PersonId::MAX,
        serial: PassSerial::new(i32::MAX),
        colour_at_issue: Colour::Green,
        form: PassForm::Phone,
        holder_key: Some(SigningKey::from_bytes(&[2; 32]).public().to_bytes()),
        credential_id: world.credential.id(),
        presented_at: Some(World::after(10)),
        issued_at: World::now(),
        expires_at: World::after(86_400),
    };
    assert_eq!(verify(&world, &text, World::after(12)), Ok(expected));
}

#[test]
fn a_presentation_lives_for_its_life_and_the_skew() {
    let world = World::new();
    let text = world.holder.present(World::after(100)).unwrap();
    for (now_s, error) in [
        (69, Some(PassError::PresentationInFuture)),
        (70, None),
        (190, None),
        (191, Some(PassError::PresentationExpired)),
    ] {
        let verdict = verify(&world, &text, World::after(now_s));
        assert_eq!(verdict.err(), error, "at {now_s} s");
    }
}

#[test]
fn a_credential_counts_from_its_issue_to_its_expiry() {
    let world = World::new();
    for (shown_s, error) in [
        (-31, Some(PassError::CredentialNotYetValid)),
        (-30, None),
        (86_399, None),
        (86_400, Some(PassError::CredentialExpired)),
    ] {
        let shown = World::after(shown_s);
        let text = world.holder.present(shown).unwrap();
        assert_eq!(verify(&world, &text, shown).err(), error, "at {shown_s} s");
    }
}

/// The text of the longest pass that an issuer of a suite can make.
fn longest(suite: Suite) -> String {
    let key = ServerKey::from_bytes(suite, &[1; 32]).unwrap();
    let issuer = Issuer::new(key, "440310001001").unwrap();
    let phone = SigningKey::from_bytes(&[2; 32]);
    let new = NewCredential::phone(
        PersonId::MAX,
        PassSerial::new(i32::MAX),
        Colour::Red,
        phone.public(),
    );
    let late: Timestamp = "2106-02-01T00:00:00Z".parse().unwrap();
    let credential = issuer.issue(&new, late).unwrap();
    let mac_key = credential.mac_key(&World::new().secret);
    let holder = Holder::new(phone, credential.bytes(), mac_key).unwrap();
    holder.present(late).unwrap()
}

#[test]
fn the_longest_pass_fits_a_version_12_code() {
    // Alphanumeric capacities at level M: version 12 holds 419, version 13 holds 483.
    for (suite, chars) in [(Suite::Standard, 411), (Suite::Guomi, 417)] {
        let text = longest(suite);
        assert_eq!(text.len(), chars);
        assert!(text.len() <= 419 && text.len() <= PASS_CHARS_MAX);
    }
}

#[test]
fn a_pass_of_sm2_is_accepted_and_only_as_it_is() {
    let world = World::of(Suite::Guomi);
    assert_eq!(world.credential.suite(), Suite::Guomi);
    let text = world.holder.present(World::after(10)).unwrap();
    let shown = verify(&world, &text, World::after(12)).unwrap();
    assert_eq!(shown.credential_id, world.credential.id());
    let paper = NewCredential::paper(P, S, Colour::Yellow, 60);
    let paper = world.issuer.issue(&paper, World::now()).unwrap();
    let text = paper.paper_text().unwrap();
    assert_eq!(verify(&world, &text, World::now()).unwrap().person_id, P);

    let mut painted = world.credential.bytes().to_vec();
    let colour_at = painted.len() - 66 - 2;
    painted[colour_at] = 1;
    let mac_key = world.credential.mac_key(&world.secret);
    let holder = Holder::new(SigningKey::from_bytes(&[2; 32]), &painted, mac_key).unwrap();
    let text = holder.present(World::now()).unwrap();
    assert_eq!(verify(&world, &text, World::now()), Err(PassError::Forged));
}

#[test]
fn keys_of_both_suites_serve_side_by_side_and_never_for_each_other() {
    let worlds = Suite::ALL.map(World::of);
    let [standard, guomi] = &worlds;
    let published = [standard, guomi].map(|world| World::published(&world.issuer));
    assert_ne!(published[0].kid, published[1].kid);
    let keys = KeySet::new(published).unwrap();
    let offline = OfflineVerifier::new(keys);
    let check = |text: &str| offline.verify(text.as_bytes(), World::now(), Limits::default());
    let new = NewCredential::paper(P, S, Colour::Green, 60);
    for (ours, theirs) in [(standard, guomi), (guomi, standard)] {
        let paper = ours.issuer.issue(&new, World::now()).unwrap();
        let text = paper.paper_text().unwrap();
        assert_eq!(check(&text).unwrap().person_id, P);
        // The same credential under the name of a key of the other suite.
        let from = ours.issuer.public_key().id().0;
        let to = theirs.issuer.public_key().id().0;
        let mut bytes = paper.bytes().to_vec();
        let at = bytes.windows(8).position(|part| part == from).unwrap();
        bytes[at..at + 8].copy_from_slice(&to);
        let renamed = Credential::from_bytes(&bytes)
            .unwrap()
            .paper_text()
            .unwrap();
        assert_eq!(check(&renamed), Err(PassError::Forged));
        // And in an envelope of the other suite.
        let mut envelope = bytes_of(&text);
        envelope[1] = 3 - envelope[1];
        assert_eq!(check(&text_of(&envelope)), Err(PassError::Malformed));
    }
}

#[test]
fn paper_passes_and_a_specimen_does_not() {
    let world = World::new();
    let paper = NewCredential::paper(P, S, Colour::Yellow, 90 * 86_400);
    let paper = world.issuer.issue(&paper, World::now()).unwrap();
    let text = paper.paper_text().unwrap();
    let shown = verify(&world, &text, World::after(89 * 86_400)).unwrap();
    assert_eq!(shown.form, PassForm::Paper);
    assert_eq!(shown.presented_at, None);
    assert_eq!((shown.person_id, shown.serial), (P, S));
    let late = verify(&world, &text, World::after(90 * 86_400));
    assert_eq!(late, Err(PassError::CredentialExpired));

    let specimen = NewCredential::specimen(P, S, Colour::Green, 90 * 86_400);
    let specimen = world.issuer.issue(&specimen, World::now()).unwrap();
    let text = specimen.paper_text().unwrap();
    assert_eq!(
        verify(&world, &text, World::now()),
        Err(PassError::Specimen)
    );
    assert_eq!(world.credential.paper_text(), None);
}

#[test]
fn a_credential_altered_by_its_holder_is_forged() {
    let world = World::new();
    let mut bytes = world.credential.bytes().to_vec();
    // The colour is the last but one byte of the payload, before the signature's 66.
    let colour_at = bytes.len() - 66 - 2;
    assert_eq!(bytes[colour_at], 0);
    bytes[colour_at] = 1;
    let mac_key = world.credential.mac_key(&world.secret);
    let holder = Holder::new(SigningKey::from_bytes(&[2; 32]), &bytes, mac_key).unwrap();
    let text = holder.present(World::now()).unwrap();
    assert_eq!(verify(&world, &text, World::now()), Err(PassError::Forged));
}

#[test]
fn another_phone_cannot_present_the_credential() {
    let world = World::new();
    let other = SigningKey::from_bytes(&[9; 32]);
    let mac_key = world.credential.mac_key(&world.secret);
    let error = Holder::new(other, world.credential.bytes(), mac_key).unwrap_err();
    assert_eq!(error, IssueError::NotTheHolder);
}

#[test]
fn an_issuer_key_must_be_known_in_force_and_not_withdrawn() {
    let world = World::new();
    let text = world.holder.present(World::now()).unwrap();
    let verdict = |keys: KeySet| {
        OfflineVerifier::new(keys)
            .verify(text.as_bytes(), World::now(), Limits::default())
            .err()
    };
    let published = World::published(&world.issuer);
    assert_eq!(verdict(KeySet::default()), Some(PassError::KeyUnknown));

    let mut retired = published.clone();
    retired.retired = true;
    assert_eq!(
        verdict(KeySet::new([retired]).unwrap()),
        Some(PassError::KeyRetired)
    );

    let mut over = published.clone();
    over.not_after = World::now();
    assert_eq!(
        verdict(KeySet::new([over]).unwrap()),
        Some(PassError::KeyNotInForce)
    );

    let mut early = published;
    early.not_before = World::after(1);
    assert_eq!(
        verdict(KeySet::new([early]).unwrap()),
        Some(PassError::KeyNotInForce)
    );
}

#[test]
fn an_impostor_with_its_own_issuer_key_is_unknown() {
    let world = World::new();
    let impostor = Issuer::new(SigningKey::from_bytes(&[66; 32]), "440310").unwrap();
    let new = NewCredential::paper(P, S, Colour::Green, 86_400);
    let text = impostor
        .issue(&new, World::now())
        .unwrap()
        .paper_text()
        .unwrap();
    assert_eq!(
        verify(&world, &text, World::now()),
        Err(PassError::KeyUnknown)
    );
}

#[test]
fn a_key_set_survives_json_and_refuses_damage() {
    let world = World::new();
    let json = serde_json::to_value(&world.keys).unwrap();
    let back: KeySet = serde_json::from_value(json.clone()).unwrap();
    assert!(back.published().eq(world.keys.published()));

    let published = World::published(&world.issuer);
    let refusal = |change: &dyn Fn(&mut gridpass_passcode::PublishedKey)| {
        let mut key = published.clone();
        change(&mut key);
        KeySet::new([key]).unwrap_err()
    };
    let guomi = World::published(&World::of(Suite::Guomi).issuer);
    let changes: [fn(&mut gridpass_passcode::PublishedKey); 6] = [
        |key| key.y = None,
        |key| key.y = Some(key.x.clone()),
        |key| key.x = "AAAA".into(),
        |key| key.kid = "AAAAAAAAAAA".into(),
        |key| key.alg = "EdDSA".into(),
        |key| (key.kty, key.crv, key.alg) = ("OKP".into(), "Ed25519".into(), "EdDSA".into()),
    ];
    for change in changes {
        let mut key = guomi.clone();
        change(&mut key);
        assert!(KeySet::new([key]).is_err());
    }
    assert_eq!(
        refusal(&|key| key.y = Some(key.x.clone())),
        KeySetError::Key
    );
    assert_eq!(
        refusal(&|key| key.crv = "P-256".into()),
        KeySetError::Algorithm
    );
    assert_eq!(refusal(&|key| key.x = "AAAA".into()), KeySetError::Key);
    assert_eq!(
        refusal(&|key| key.kid = "AAAAAAAAAAA".into()),
        KeySetError::KeyId
    );
    assert_eq!(
        refusal(&|key| key.not_after = key.not_before),
        KeySetError::Period
    );
    let twice = KeySet::new([published.clone(), published.clone()]);
    assert_eq!(twice.unwrap_err(), KeySetError::Duplicate);
}

#[test]
fn other_texts_have_their_own_errors() {
    let world = World::new();
    let pass = world.holder.present(World::now()).unwrap();
    let cut = &pass[..pass.len() - 1];
    let long = format!("GP1:{}", "0".repeat(480));
    let lower = pass.to_lowercase();
    let lower = format!("GP1:{}", &lower[4..]);
    let gate = GateCode::make(
        Suite::Standard,
        &GateSecret::from_bytes(&[4; 32]),
        GateId::new(1),
        World::now(),
    )
    .unwrap();
    // An array of five beginning with suite 3; base45 of 0x8503 alone.
    let suite = "GP1:V G";
    for (text, error) in [
        ("", PassError::NotAPass),
        ("https://example.org/", PassError::NotAPass),
        (
            "HC1:NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL-AH-R6IOO6+IUKRG*I.I5BROCWAAT",
            PassError::NotAPass,
        ),
        (gate.as_str(), PassError::NotAPass),
        (long.as_str(), PassError::TooLong),
        ("GP1:", PassError::Malformed),
        (cut, PassError::Malformed),
        (lower.as_str(), PassError::Malformed),
        (suite, PassError::SuiteUnknown),
    ] {
        assert_eq!(verify(&world, text, World::now()), Err(error), "{text}");
    }
}

#[test]
fn a_server_without_keys_takes_phones_only() {
    let world = World::new();
    let verifier = OnlineVerifier::new(world.secret.clone());
    let text = world.holder.present(World::now()).unwrap();
    let limits = Limits::default();
    assert!(
        verifier
            .verify(text.as_bytes(), World::now(), limits)
            .is_ok()
    );
    let paper = NewCredential::paper(P, S, Colour::Yellow, 60);
    let paper = world
        .issuer
        .issue(&paper, World::now())
        .unwrap()
        .paper_text()
        .unwrap();
    let verdict = verifier.verify(paper.as_bytes(), World::now(), limits);
    assert_eq!(verdict, Err(PassError::KeyUnknown));
}

#[test]
fn what_cannot_be_issued_says_why() {
    let world = World::new();
    for name in ["", "4403100010012", "区", "a b"] {
        let issuer = Issuer::new(SigningKey::from_bytes(&[1; 32]), name);
        assert_eq!(issuer.unwrap_err(), IssueError::IssuerText, "{name}");
    }
    let paper = NewCredential::paper(P, S, Colour::Green, 60);
    let refusal = |new: &NewCredential, now| world.issuer.issue(new, now).unwrap_err();
    for (person_id, serial) in [(1 << 53, 8), (-1, 8), (7, -1)] {
        let (person_id, serial) = (PersonId::new(person_id), PassSerial::new(serial));
        let wrong = NewCredential {
            person_id,
            serial,
            ..paper
        };
        assert_eq!(refusal(&wrong, World::now()), IssueError::IdOutOfRange);
    }
    let dead = NewCredential { life_s: 0, ..paper };
    assert_eq!(refusal(&dead, World::now()), IssueError::LifeNotPositive);
    let keyless = NewCredential {
        form: PassForm::Phone,
        ..paper
    };
    assert_eq!(refusal(&keyless, World::now()), IssueError::PublicKey);
    let before: Timestamp = "1969-12-31T23:59:59Z".parse().unwrap();
    assert_eq!(refusal(&paper, before), IssueError::TimeOutOfRange);
    let after: Timestamp = "2106-02-07T06:28:00Z".parse().unwrap();
    assert_eq!(refusal(&paper, after), IssueError::TimeOutOfRange);
    assert_eq!(
        Credential::from_bytes(b"abc").unwrap_err(),
        IssueError::NotACredential
    );
}

#[test]
fn secrets_are_not_printed() {
    let world = World::new();
    let text = format!("{:?} {:?} {:?}", world.secret, world.issuer, world.holder);
    assert!(text.contains("ServerSecret(..)") && text.contains("MacKey(..)"));
    assert!(
        !text.contains("[1, 1, 1") && !text.contains("[3, 3, 3"),
        "{text}"
    );
}

#[test]
fn every_error_has_its_own_code() {
    let mut codes: Vec<_> = PassError::ALL.iter().map(|error| error.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), PassError::ALL.len());
    let is_snake = |code: &&str| {
        code.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    assert!(codes.iter().all(is_snake));
}
