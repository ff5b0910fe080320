//! The format as strangers read it: with the general COSE, CWT and CBOR libraries.

use ciborium::Value;
use coset::cwt::{ClaimName, ClaimsSet, Timestamp as CwtTime};
use coset::{
    CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable, iana,
};
use ed25519_dalek::{Signature, VerifyingKey};

use gridpass_passcode::Suite;

use crate::support::{World, bytes_of};

fn is_signed(key: &[u8; 32], signature: &[u8], message: &[u8]) -> Result<(), String> {
    let key = VerifyingKey::from_bytes(key).unwrap();
    let signature = Signature::from_slice(signature).unwrap();
    key.verify_strict(message, &signature)
        .map_err(|error| error.to_string())
}

#[test]
fn the_credential_is_a_web_token_in_a_cose_sign1() {
    let world = World::new();
    let token = CoseSign1::from_tagged_slice(world.credential.bytes()).unwrap();
    let key = world.issuer.public_key();
    assert_eq!(token.protected.header.key_id, key.id().0);
    let algorithm = coset::Algorithm::Assigned(iana::Algorithm::EdDSA);
    assert_eq!(token.protected.header.alg, Some(algorithm));
    token
        .verify_signature(b"", |signature, message| {
            is_signed(&key.to_bytes().try_into().unwrap(), signature, message)
        })
        .unwrap();

    let claims = ClaimsSet::from_slice(token.payload.as_ref().unwrap()).unwrap();
    let now_s = World::now().as_second();
    assert_eq!(claims.issuer.as_deref(), Some("440310"));
    assert_eq!(claims.issued_at, Some(CwtTime::WholeSeconds(now_s)));
    let expires_at = CwtTime::WholeSeconds(now_s + 86_400);
    assert_eq!(claims.expiration_time, Some(expires_at));
    let names: Vec<_> = claims.rest.iter().map(|(name, _)| name.clone()).collect();
    let confirmation = ClaimName::Assigned(iana::CwtClaimName::Cnf);
    assert_eq!(names, [confirmation, ClaimName::PrivateUse(-65_537)]);
    let pass: Vec<i64> = claims.rest[1].1.deserialized().unwrap();
    assert_eq!(pass, [i64::from(i32::MAX), (1 << 53) - 1, 0, 0]);
}

#[test]
fn the_presentation_is_a_cose_sign1_with_a_detached_payload() {
    let world = World::new();
    let text = world.holder.present(World::after(10)).unwrap();
    let envelope: Value = ciborium::from_reader(&*bytes_of(&text)).unwrap();
    let parts = envelope.as_array().unwrap();
    let (time, credential) = (parts[1].clone(), parts[4].as_bytes().unwrap());
    assert_eq!(parts.len(), 5);
    assert_eq!(parts[0], Value::from(1));
    assert_eq!(credential, world.credential.bytes());

    let id = world.credential.id().0.to_vec();
    let mut payload = Vec::new();
    ciborium::into_writer(&Value::Array(vec![time, Value::Bytes(id)]), &mut payload).unwrap();
    let sign1 = CoseSign1::from_tagged_slice(&cbor(&parts[3])).unwrap();
    let phone = gridpass_passcode::SigningKey::from_bytes(&[2; 32]).public();
    sign1
        .verify_detached_signature(&payload, b"", |signature, message| {
            is_signed(&phone.to_bytes(), signature, message)
        })
        .unwrap();

    // The library writes the very same bytes.
    let header = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .build();
    let theirs = CoseSign1Builder::new()
        .protected(header)
        .signature(sign1.signature)
        .build();
    assert_eq!(theirs.to_tagged_vec().unwrap(), cbor(&parts[3]));
}

/// SM2 has no registered number; its credential is read by the same libraries all the same.
#[test]
fn the_credential_of_sm2_names_a_private_algorithm() {
    let world = World::of(Suite::Guomi);
    let token = CoseSign1::from_tagged_slice(world.credential.bytes()).unwrap();
    let algorithm = coset::Algorithm::PrivateUse(-65_537);
    assert_eq!(token.protected.header.alg, Some(algorithm));
    let key = world.issuer.public_key();
    assert_eq!(token.protected.header.key_id, key.id().0);
    let signed = token.verify_signature(b"", |signature, message| {
        let signature = signature.try_into().unwrap();
        key.has_signed(message, signature).then_some(()).ok_or(())
    });
    assert_eq!(signed, Ok(()));
    assert_eq!(token.to_tagged_vec().unwrap(), world.credential.bytes());
}

fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}
