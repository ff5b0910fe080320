//! The keys with which a server signs: Ed25519 or SM2, by the suite of the installation.
//!
//! A key belongs to one suite, and its id is that suite's digest of it: what one suite signed
//! never verifies under a key of the other.

use sm2::dsa::signature::{Signer as _, Verifier as _};
use zeroize::Zeroizing;

use crate::{IssueError, KeyId, PublicKey, SigningKey, Suite};

/// Who signs, for SM2, which mixes it into every digest: the value that GM/T 0009-2012, §10
/// gives to those who have agreed on none.
const SM2_SIGNER: &str = "1234567812345678";

/// Keys tried until one is found. Of SM2's secrets one in 2^32 is no key.
const TRIES_MAX: usize = 16;

/// A key pair with which a server signs. Ed25519 keys are wiped from memory when dropped; the
/// library of SM2 does not do that.
#[derive(Clone, Debug)]
pub struct ServerKey(Pair);

#[derive(Clone, Debug)]
enum Pair {
    Ed25519(SigningKey),
    Sm2(sm2::dsa::SigningKey),
}

impl ServerKey {
    /// A new key pair from `random` bytes, asked for again if they are no key.
    #[must_use]
    pub fn draw(suite: Suite, mut random: impl FnMut() -> [u8; 32]) -> Self {
        let draw = || Self::from_bytes(suite, &Zeroizing::new(random())).ok();
        let mut drawn = std::iter::repeat_with(draw).take(TRIES_MAX);
        drawn
            .find_map(|key| key)
            .expect("one in 2^32 does not happen sixteen times in a row")
    }

    /// The key pair of a stored secret of 32 bytes: the seed of Ed25519 (RFC 8032, §5.1.5), or
    /// SM2's number d, big-endian.
    ///
    /// # Errors
    /// [`IssueError::ServerKey`] if d is not in 1 to n − 2 (GB/T 32918.1, §6.1).
    pub fn from_bytes(suite: Suite, secret: &[u8; 32]) -> Result<Self, IssueError> {
        match suite {
            Suite::Standard => Ok(SigningKey::from_bytes(secret).into()),
            Suite::Guomi => {
                let key = sm2::dsa::SigningKey::from_slice(SM2_SIGNER, secret)
                    .map_err(|_| IssueError::ServerKey)?;
                // With d = n − 1 nothing can be signed: 1 + d has no inverse.
                let next = **key.as_nonzero_scalar() + sm2::Scalar::ONE;
                if bool::from(next.is_zero()) {
                    return Err(IssueError::ServerKey);
                }
                Ok(Self(Pair::Sm2(key)))
            }
        }
    }

    /// The secret of 32 bytes, for sealed storage.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        match &self.0 {
            Pair::Ed25519(key) => key.to_bytes(),
            Pair::Sm2(key) => Zeroizing::new(key.to_bytes().into()),
        }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> ServerPublicKey {
        ServerPublicKey(match &self.0 {
            Pair::Ed25519(key) => Public::Ed25519(key.public()),
            Pair::Sm2(key) => Public::Sm2(key.verifying_key().clone()),
        })
    }

    /// The suite it signs for.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        match self.0 {
            Pair::Ed25519(_) => Suite::Standard,
            Pair::Sm2(_) => Suite::Guomi,
        }
    }

    /// Signature over `message`: R and S of Ed25519, or r and s of SM2, big-endian. The same
    /// message has the same signature always; SM2's random number comes from key and message
    /// (RFC 6979, with SM3).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        match &self.0 {
            Pair::Ed25519(key) => key.sign(message),
            Pair::Sm2(key) => {
                let signature: sm2::dsa::Signature = key
                    .try_sign(message)
                    .expect("one message in 2^255 has no signature, and nobody knows it");
                signature.to_bytes().into()
            }
        }
    }
}

impl From<SigningKey> for ServerKey {
    fn from(key: SigningKey) -> Self {
        Self(Pair::Ed25519(key))
    }
}

/// The public half of a server's key pair.
#[derive(Clone, Debug)]
pub struct ServerPublicKey(Public);

#[derive(Clone, Debug)]
enum Public {
    Ed25519(PublicKey),
    Sm2(sm2::dsa::VerifyingKey),
}

impl ServerPublicKey {
    /// The key in these bytes: 32 of Ed25519, or 65 of SM2: `04`, x and y (GB/T 32918.1, §4.2.9).
    ///
    /// # Errors
    /// [`IssueError::PublicKey`] if they are none, are no point of the curve, or one of small
    /// order.
    pub fn from_bytes(suite: Suite, bytes: &[u8]) -> Result<Self, IssueError> {
        match suite {
            Suite::Standard => {
                let bytes = bytes.try_into().map_err(|_| IssueError::PublicKey)?;
                PublicKey::from_bytes(bytes).map(|key| Self(Public::Ed25519(key)))
            }
            Suite::Guomi => {
                if bytes.len() != 65 || bytes[0] != 4 {
                    return Err(IssueError::PublicKey);
                }
                let key = sm2::dsa::VerifyingKey::from_sec1_bytes(SM2_SIGNER, bytes)
                    .map_err(|_| IssueError::PublicKey)?;
                Ok(Self(Public::Sm2(key)))
            }
        }
    }

    /// The bytes of the key, as [`ServerPublicKey::from_bytes`] takes them.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.0 {
            Public::Ed25519(key) => key.to_bytes().to_vec(),
            Public::Sm2(key) => key.to_sec1_bytes().to_vec(),
        }
    }

    /// The suite it verifies for.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        match self.0 {
            Public::Ed25519(_) => Suite::Standard,
            Public::Sm2(_) => Suite::Guomi,
        }
    }

    /// The id under which the key is published.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let digest = self.suite().digest(&self.to_bytes());
        KeyId(*digest.first_chunk().expect("a digest has 32 bytes"))
    }

    /// Whether the owner of this key signed `message`.
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        match &self.0 {
            Public::Ed25519(key) => key.has_signed(message, signature),
            // Reading refuses numbers that are nought or not below the order.
            Public::Sm2(key) => sm2::dsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }
}

impl PartialEq for ServerPublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.suite() == other.suite() && self.to_bytes() == other.to_bytes()
    }
}

impl Eq for ServerPublicKey {}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        assert_eq!(text.len(), 2 * N);
        std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
    }

    const SECRET: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
    const X: &str = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020";
    const Y: &str = "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
    const R: &str = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
    const S: &str = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
    /// The order of the curve, less one.
    const LAST: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122";

    fn key() -> ServerKey {
        ServerKey::from_bytes(Suite::Guomi, &hex(SECRET)).unwrap()
    }

    /// GM/T 0003.5-2012, annex A (the recommended curve), which is GB/T 32918.5-2017, annex A.
    #[test]
    fn sm2_is_that_of_the_standard() {
        let public = key().public();
        assert_eq!(
            public.to_bytes(),
            [&[4], &hex::<32>(X)[..], &hex::<32>(Y)].concat()
        );
        let signature: [u8; 64] = hex(&format!("{R}{S}"));
        assert!(public.has_signed(b"message digest", &signature));
        for bit in 0..512 {
            let mut altered = signature;
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(!public.has_signed(b"message digest", &altered), "bit {bit}");
        }
        assert!(!public.has_signed(b"message digesu", &signature));
    }

    #[test]
    fn what_sm2_signs_verifies_under_its_key_alone() {
        let signature = key().sign(b"a message");
        assert_eq!(signature, key().sign(b"a message"));
        assert_ne!(signature, key().sign(b"another"));
        assert!(key().public().has_signed(b"a message", &signature));
        let other = ServerKey::from_bytes(Suite::Guomi, &[5; 32]).unwrap();
        assert!(!other.public().has_signed(b"a message", &signature));
    }

    #[test]
    fn numbers_outside_the_order_are_no_signatures() {
        let last: [u8; 32] = hex(LAST);
        let order = {
            let mut order = last;
            order[31] += 1;
            order
        };
        let sound: [u8; 32] = hex(R);
        for (r, s) in [
            ([0; 32], sound),
            (sound, [0; 32]),
            (order, sound),
            (sound, order),
        ] {
            let signature = [r, s].concat().try_into().unwrap();
            assert!(!key().public().has_signed(b"message digest", &signature));
        }
        // r + s = n: there is no point to compare with.
        let one = std::array::from_fn(|at| u8::from(at == 31));
        let signature = [last, one].concat().try_into().unwrap();
        assert!(!key().public().has_signed(b"message digest", &signature));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let mut order: [u8; 32] = hex(LAST);
        for secret in [[0; 32], [0xff; 32], order] {
            let refused = ServerKey::from_bytes(Suite::Guomi, &secret);
            assert_eq!(refused.unwrap_err(), IssueError::ServerKey);
        }
        order[31] -= 1;
        let greatest = ServerKey::from_bytes(Suite::Guomi, &order).unwrap();
        let signature = greatest.sign(b"m");
        assert!(greatest.public().has_signed(b"m", &signature));

        let good = key().public().to_bytes();
        let mut beside = good.clone();
        beside[64] ^= 1;
        let squeezed = [&[2 + (good[64] & 1)], &good[1..33]].concat();
        let mut hybrid = good.clone();
        hybrid[0] = 6 + (good[64] & 1);
        for bytes in [
            &good[1..],
            &good[..64],
            &[0],
            &[0; 65],
            &beside,
            &squeezed,
            &hybrid,
        ] {
            let refused = ServerPublicKey::from_bytes(Suite::Guomi, bytes);
            assert_eq!(refused.unwrap_err(), IssueError::PublicKey);
        }
        let back = ServerPublicKey::from_bytes(Suite::Guomi, &good).unwrap();
        assert_eq!(back, key().public());
    }

    #[test]
    fn a_key_of_one_suite_is_none_of_the_other() {
        let standard = ServerKey::from_bytes(Suite::Standard, &hex(SECRET)).unwrap();
        assert_ne!(standard.public(), key().public());
        assert_ne!(standard.public().id(), key().public().id());
        let (ours, theirs) = (key().public(), standard.public());
        assert!(!theirs.has_signed(b"m", &key().sign(b"m")));
        assert!(!ours.has_signed(b"m", &standard.sign(b"m")));
        assert!(ServerPublicKey::from_bytes(Suite::Standard, &ours.to_bytes()).is_err());
        assert!(ServerPublicKey::from_bytes(Suite::Guomi, &theirs.to_bytes()).is_err());
    }

    #[test]
    fn secrets_are_not_printed() {
        let text = format!("{:?}", key());
        assert!(!text.contains("3945") && !text.contains("57, 69"), "{text}");
    }
}
