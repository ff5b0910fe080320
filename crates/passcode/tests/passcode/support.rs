//! A small world with fixed keys, shared by the tests of this crate.

use gridpass_passcode::{
    Credential, Holder, Issuer, KeySet, NewCredential, OfflineVerifier, OnlineVerifier,
    PublishedKey, ServerKey, ServerSecret, SigningKey, Suite, base45,
};
use gridpass_types::{Colour, PassSerial, PersonId};
use jiff::Timestamp;

/// Fixed keys, an issuer and one phone whose credential was issued at [`World::now`].
#[derive(Debug)]
pub struct World {
    pub issuer: Issuer,
    pub secret: ServerSecret,
    pub keys: KeySet,
    pub credential: Credential,
    pub holder: Holder,
}

impl World {
    /// 6 March 2020, 08:30 in Shenzhen.
    pub fn now() -> Timestamp {
        "2020-03-06T08:30:00+08:00".parse().unwrap()
    }

    /// `seconds` after [`World::now`].
    pub fn after(seconds: i64) -> Timestamp {
        Timestamp::from_second(Self::now().as_second() + seconds).unwrap()
    }

    /// A world of the suite `standard`.
    pub fn new() -> Self {
        Self::of(Suite::Standard)
    }

    /// A world whose issuer and person have the longest realistic values.
    pub fn of(suite: Suite) -> Self {
        let key = ServerKey::from_bytes(suite, &[1; 32]).unwrap();
        let issuer = Issuer::new(key, "440310").unwrap();
        let phone = SigningKey::from_bytes(&[2; 32]);
        let secret = ServerSecret::from_bytes(&[3; 32]);
        let new = NewCredential::phone(
            PersonId::MAX,
            PassSerial::new(i32::MAX),
            Colour::Green,
            phone.public(),
        );
        let credential = issuer.issue(&new, Self::now()).unwrap();
        let mac_key = credential.mac_key(&secret);
        let holder = Holder::new(phone, credential.bytes(), mac_key).unwrap();
        let keys = KeySet::new([Self::published(&issuer)]).unwrap();
        Self {
            issuer,
            secret,
            keys,
            credential,
            holder,
        }
    }

    /// The issuer's key in its published form, in force for a week around now.
    pub fn published(issuer: &Issuer) -> PublishedKey {
        let (from, until) = (Self::after(-86_400), Self::after(6 * 86_400));
        PublishedKey::new(&issuer.public_key(), from, until)
    }

    /// The server's verifier.
    pub fn online(&self) -> OnlineVerifier {
        OnlineVerifier::with_keys(self.secret.clone(), self.keys.clone())
    }

    /// A gate's verifier.
    pub fn offline(&self) -> OfflineVerifier {
        OfflineVerifier::new(self.keys.clone())
    }
}

/// The bytes behind the base45 text of a pass.
pub fn bytes_of(text: &str) -> Vec<u8> {
    let mut buffer = [0; 512];
    base45::decode_into(&text.as_bytes()[4..], &mut buffer)
        .unwrap()
        .to_vec()
}

/// The text of a pass whose envelope is `bytes`, valid or not.
pub fn text_of(bytes: &[u8]) -> String {
    let mut text = String::from("GP1:");
    base45::encode_into(bytes, &mut text);
    text
}
