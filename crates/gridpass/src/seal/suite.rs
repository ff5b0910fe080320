//! The cryptographic suites of an installation, and what each is made of.
//!
//! `standard` is AES-256-GCM with digests by HMAC-SHA-256, and signs with Ed25519. `guomi` is
//! SM4-GCM (RFC 8998) with digests by HMAC-SM3, and signs with SM2, for installations under
//! China's rules for cryptography (GB/T 39786). A suite is chosen when the keys are made and never changes after: it is
//! written with the keys, and it is part of their fingerprints.

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, AesGcm, Nonce};
use clap::ValueEnum;
use serde::Deserialize;

use super::NONCE_BYTES;

/// SM4 in Galois counter mode.
type Sm4Gcm = AesGcm<sm4::Sm4, U12>;

/// A suite by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Suite {
    /// Ed25519, AES-256-GCM, HMAC-SHA-256
    #[default]
    Standard,
    /// SM2, SM4-GCM, HMAC-SM3
    Guomi,
}

impl Suite {
    /// Name as written with the keys.
    pub fn as_str(self) -> &'static str {
        self.signing().as_str()
    }

    /// The suite by which the server signs and makes MACs.
    pub fn signing(self) -> gridpass_passcode::Suite {
        match self {
            Self::Standard => gridpass_passcode::Suite::Standard,
            Self::Guomi => gridpass_passcode::Suite::Guomi,
        }
    }

    /// MAC under `key` over the parts as if they were one.
    pub fn mac(self, key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
        self.signing().mac(key, parts)
    }
}

/// The AEAD of one sealing key.
pub(super) enum Cipher {
    /// Of `standard`.
    Aes(Box<Aes256Gcm>),
    /// Of `guomi`.
    Sm4(Box<Sm4Gcm>),
}

impl Cipher {
    pub(super) fn new(suite: Suite, secret: &[u8; 32]) -> Self {
        match suite {
            Suite::Standard => Self::Aes(Box::new(Aes256Gcm::new(&(*secret).into()))),
            Suite::Guomi => {
                // SM4 takes 16 bytes; those of the master key serve this purpose only.
                let wide = suite.mac(secret, &[b"gridpass sm4-gcm v1"]);
                let mut key = zeroize::Zeroizing::new([0; 16]);
                key.copy_from_slice(&wide[..16]);
                Self::Sm4(Box::new(Sm4Gcm::new(&(*key).into())))
            }
        }
    }

    pub(super) fn encrypt(&self, nonce: &[u8; NONCE_BYTES], aad: &[u8], msg: &[u8]) -> Vec<u8> {
        let (nonce, payload) = (Nonce::from(*nonce), Payload { msg, aad });
        match self {
            Self::Aes(cipher) => cipher.encrypt(&nonce, payload),
            Self::Sm4(cipher) => cipher.encrypt(&nonce, payload),
        }
        .expect("GCM only fails above 64 GiB")
    }

    pub(super) fn decrypt(
        &self,
        nonce: &[u8; NONCE_BYTES],
        aad: &[u8],
        msg: &[u8],
    ) -> Option<Vec<u8>> {
        let (nonce, payload) = (Nonce::from(*nonce), Payload { msg, aad });
        match self {
            Self::Aes(cipher) => cipher.decrypt(&nonce, payload),
            Self::Sm4(cipher) => cipher.decrypt(&nonce, payload),
        }
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use sm4::cipher::{BlockCipherEncrypt, KeyInit as _};

    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
        digits
            .chunks(2)
            .map(|pair| (pair[0] * 16 + pair[1]) as u8)
            .collect()
    }

    /// GB/T 32907-2016, A.1.
    #[test]
    fn sm4_agrees_with_the_standard() {
        let plain: [u8; 16] = bytes("0123456789abcdeffedcba9876543210")
            .try_into()
            .unwrap();
        let mut block = plain.into();
        sm4::Sm4::new(&plain.into()).encrypt_block(&mut block);
        assert_eq!(block.to_vec(), bytes("681edf34d206965e86b3e94f536e4246"));
    }

    /// RFC 8998, A.1.
    #[test]
    fn sm4_gcm_agrees_with_the_rfc() {
        let key: [u8; 16] = bytes("0123456789abcdeffedcba9876543210")
            .try_into()
            .unwrap();
        let nonce: [u8; 12] = bytes("00001234567800000000abcd").try_into().unwrap();
        let aad = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let plain = bytes(
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd
             eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
        );
        let sealed = bytes(
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735
             d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d
             83de3541e4c2b58177e065a9bf7b62ec",
        );
        let cipher = Cipher::Sm4(Box::new(Sm4Gcm::new(&key.into())));
        assert_eq!(cipher.encrypt(&nonce, &aad, &plain), sealed);
        assert_eq!(cipher.decrypt(&nonce, &aad, &sealed), Some(plain));
    }

    #[test]
    fn suites_share_nothing() {
        let (key, nonce) = ([7; 32], [1; 12]);
        assert_ne!(
            Suite::Standard.mac(&key, &[b"a"]),
            Suite::Guomi.mac(&key, &[b"a"])
        );
        let sealed = Cipher::new(Suite::Guomi, &key).encrypt(&nonce, b"", b"secret");
        assert_eq!(
            Cipher::new(Suite::Standard, &key).decrypt(&nonce, b"", &sealed),
            None
        );
    }
}
