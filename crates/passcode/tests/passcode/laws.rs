//! Laws that hold for every pass and for every text: what goes in comes out, nothing
//! altered is accepted, and nothing at all makes a verifier panic.

use std::sync::LazyLock;

use gridpass_passcode::{
    Credential, GateCode, GateSecret, Holder, Limits, NewCredential, PassError, ServerKey,
    SigningKey, Suite,
};
use gridpass_types::{Colour, GateId, PassForm, PassSerial, PersonId};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::support::{World, bytes_of, text_of};

/// The ten bytes of the MAC, after the heads, the suite and the time.
const MAC_PLACE: std::ops::Range<usize> = 8..18;

#[test]
fn no_flipped_bit_of_the_envelope_is_accepted() {
    for suite in Suite::ALL {
        flip_the_envelope(&World::of(suite));
    }
}

fn flip_the_envelope(world: &World) {
    let (online, offline) = (world.online(), world.offline());
    let (now, limits) = (World::now(), Limits::default());
    let bytes = bytes_of(&world.holder.present(now).unwrap());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let text = text_of(&flipped);
        assert!(
            online.verify(text.as_bytes(), now, limits).is_err(),
            "bit {bit}"
        );
        // A gate does not know the MAC key; everything else it checks.
        let accepted = offline.verify(text.as_bytes(), now, limits).is_ok();
        assert_eq!(accepted, MAC_PLACE.contains(&(bit / 8)), "bit {bit}");
    }
}

#[test]
fn no_flipped_bit_of_a_paper_pass_is_accepted() {
    for suite in Suite::ALL {
        flip_a_paper_pass(&World::of(suite));
    }
}

fn flip_a_paper_pass(world: &World) {
    let (now, limits) = (World::now(), Limits::default());
    let new = NewCredential::paper(PersonId::new(7), PassSerial::new(8), Colour::Red, 60);
    let paper = world.issuer.issue(&new, now).unwrap().paper_text().unwrap();
    let bytes = bytes_of(&paper);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let text = text_of(&flipped);
        let online = world.online().verify(text.as_bytes(), now, limits);
        assert!(online.is_err(), "bit {bit}");
        assert_eq!(online, world.offline().verify(text.as_bytes(), now, limits));
    }
}

#[test]
fn no_changed_character_is_accepted_online() {
    let world = World::new();
    let online = world.online();
    let (now, limits) = (World::now(), Limits::default());
    let text = world.holder.present(now).unwrap().into_bytes();
    for place in 0..text.len() {
        for character in (0..=u8::MAX).filter(|&other| other != text[place]) {
            let mut changed = text.clone();
            changed[place] = character;
            assert!(online.verify(&changed, now, limits).is_err(), "{place}");
        }
    }
}

#[test]
fn no_cut_or_lengthened_text_is_accepted() {
    let world = World::new();
    let online = world.online();
    let (now, limits) = (World::now(), Limits::default());
    let text = world.holder.present(now).unwrap();
    for end in 0..text.len() {
        let verdict = online.verify(&text.as_bytes()[..end], now, limits);
        let error = if end < 4 {
            PassError::NotAPass
        } else {
            PassError::Malformed
        };
        assert_eq!(verdict, Err(error), "cut at {end}");
    }
    for tail in ["0", "00", "000", "0000", " ", "GP1:", "\0", "\n"] {
        let longer = format!("{text}{tail}");
        let verdict = online.verify(longer.as_bytes(), now, limits);
        assert_eq!(verdict, Err(PassError::Malformed), "{tail:?}");
    }
}

/// A world of each suite, made once.
static WORLDS: LazyLock<[World; 2]> = LazyLock::new(|| Suite::ALL.map(World::of));

fn world() -> impl Strategy<Value = &'static World> {
    prop::sample::select(vec![&WORLDS[0], &WORLDS[1]])
}

fn suite() -> impl Strategy<Value = Suite> {
    prop::sample::select(Suite::ALL.to_vec())
}

/// Every pass a phone can have.
fn phone_pass() -> impl Strategy<Value = (NewCredential, [u8; 32], u32)> {
    let colour = prop::sample::select(Colour::ALL);
    let ids = (0..=PersonId::MAX.get(), 0..=i32::MAX);
    (
        ids,
        colour,
        any::<[u8; 32]>(),
        1..=u32::MAX / 2,
        0..=u32::MAX / 2,
    )
        .prop_map(|((person_id, serial), colour, seed, life_s, issued_at_s)| {
            let new = NewCredential {
                person_id: PersonId::new(person_id),
                serial: PassSerial::new(serial),
                colour,
                form: PassForm::Phone,
                holder_key: Some(SigningKey::from_bytes(&seed).public()),
                life_s,
            };
            (new, seed, issued_at_s)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_issued_is_what_is_read(world in world(), (new, seed, issued_at_s) in phone_pass()) {
        let now = Timestamp::from_second(issued_at_s.into()).unwrap();
        let credential = world.issuer.issue(&new, now).unwrap();
        prop_assert_eq!(credential.issued_at(), now);
        let mac_key = credential.mac_key(&world.secret);
        let holder = Holder::new(SigningKey::from_bytes(&seed), credential.bytes(), mac_key).unwrap();
        let text = holder.present(now).unwrap();
        let shown = world.online().verify(text.as_bytes(), now, Limits::default()).unwrap();
        prop_assert_eq!(shown.person_id, new.person_id);
        prop_assert_eq!(shown.serial, new.serial);
        prop_assert_eq!(shown.colour_at_issue, new.colour);
        prop_assert_eq!(shown.presented_at, Some(now));
        prop_assert_eq!(shown.issued_at, now);
        prop_assert_eq!(shown.expires_at, credential.expires_at());
        prop_assert_eq!(shown.expires_at.as_second(), i64::from(issued_at_s) + i64::from(new.life_s));
        prop_assert_eq!(shown.credential_id, credential.id());
        // The key of the world is in force for a week around its own time only.
        let offline = world.offline().verify(text.as_bytes(), now, Limits::default());
        if (World::after(-86_400)..World::after(6 * 86_400)).contains(&now) {
            prop_assert_eq!(offline, Ok(shown));
        } else {
            prop_assert_eq!(offline, Err(PassError::KeyNotInForce));
        }
        let stored = Credential::from_bytes(credential.bytes()).unwrap();
        prop_assert_eq!(stored.id(), credential.id());
        prop_assert_eq!(stored.suite(), credential.suite());
    }

    #[test]
    fn what_a_server_signs_is_signed_and_nothing_else_is(
        suite in suite(),
        secret: [u8; 32],
        message in prop::collection::vec(any::<u8>(), 0..300),
        bit in 0..512_usize,
        place: prop::sample::Index,
    ) {
        let key = ServerKey::draw(suite, || secret);
        let public = key.public();
        let signature = key.sign(&message);
        prop_assert!(public.has_signed(&message, &signature));
        let mut altered = signature;
        altered[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!public.has_signed(&message, &altered));
        let mut other = message.clone();
        other.push(0);
        prop_assert!(!public.has_signed(&other, &signature));
        if !message.is_empty() {
            other = message.clone();
            other[place.index(message.len())] ^= 1;
            prop_assert!(!public.has_signed(&other, &signature));
        }
        let stored = ServerKey::from_bytes(suite, &key.to_bytes()).unwrap();
        prop_assert_eq!(stored.public(), public);
        prop_assert_eq!(stored.sign(&message), signature);
    }

    #[test]
    fn a_gate_code_names_its_gate_and_slot(
        suite in suite(),
        gate_id in 0..=PersonId::MAX.get(),
        seconds in 0..=u32::MAX,
        seed: [u8; 32],
    ) {
        let now = Timestamp::from_second(seconds.into()).unwrap();
        let secret = GateSecret::from_bytes(&seed);
        let text = GateCode::make(suite, &secret, GateId::new(gate_id), now).unwrap();
        let code = GateCode::verify(|_| Some(secret), text.as_bytes(), now).unwrap();
        prop_assert_eq!(code.gate_id.get(), gate_id);
        prop_assert_eq!(code.slot_start.as_second(), i64::from(seconds / 30 * 30));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_panics_or_passes(
        world in world(),
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        now: i32,
    ) {
        let now = Timestamp::from_second(now.into()).unwrap();
        let texts = [
            bytes.clone(),
            [b"GP1:", &*bytes].concat(),
            [b"GPG1:", &*bytes].concat(),
            text_of(&bytes).into_bytes(),
            text_of(&[&[0x85, 1, 0x1a], &*bytes].concat()).into_bytes(),
            text_of(&[&[0x82, 1, 0x58], &*bytes].concat()).into_bytes(),
            text_of(&[&[0x85, 2, 0x1a], &*bytes].concat()).into_bytes(),
            text_of(&[&[0x82, 2, 0x58], &*bytes].concat()).into_bytes(),
        ];
        for text in texts {
            prop_assert!(world.online().verify(&text, now, Limits::default()).is_err());
            prop_assert!(world.offline().verify(&text, now, Limits::default()).is_err());
            let secret_of = |_| Some(GateSecret::from_bytes(&[4; 32]));
            prop_assert!(GateCode::verify(secret_of, &text, now).is_err());
        }
        prop_assert!(Credential::from_bytes(&bytes).is_err());
    }

    #[test]
    fn no_spliced_pass_passes(
        world in world(),
        cut in 0..264_usize,
        gap in 0..8_usize,
        filling in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let bytes = bytes_of(&world.holder.present(World::now()).unwrap());
        let rest = bytes.get(cut + gap..).unwrap_or_default();
        let spliced = [&bytes[..cut], &*filling, rest].concat();
        prop_assume!(spliced != bytes);
        let text = text_of(&spliced);
        let verdict = world.online().verify(text.as_bytes(), World::now(), Limits::default());
        prop_assert!(verdict.is_err());
    }
}
