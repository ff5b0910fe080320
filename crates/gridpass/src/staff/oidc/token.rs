//! Identity tokens (OpenID Connect Core 1.0 §2, RFC 7515, RFC 7518): who the provider says
//! somebody is, and whether it is the provider that says so.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// How far the provider's clock may be off.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// Methods of RFC 8176 by kind: what one knows, has and is. Codes sent to a phone are none of
/// them here: they are too easily had by others.
const KINDS: [&[&str]; 3] = [
    &["pwd", "pin", "kba"],
    &["otp", "hwk", "swk", "sc", "pop"],
    &["fpt", "face", "iris", "retina", "vbm"],
];

/// Public keys of a provider (RFC 7517).
#[derive(Deserialize)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// One of them; which fields count depends on its type.
#[derive(Deserialize)]
struct Key {
    kid: Option<String>,
    #[serde(default)]
    kty: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood; we understand none.
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
}

/// What must be true of a token.
pub struct Expected<'a> {
    /// Issuer, to the letter.
    pub issuer: &'a str,
    /// Our name at the provider.
    pub client_id: &'a str,
    /// What we sent with the question.
    pub nonce: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// Who somebody is, said by the provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider's own name of the person.
    pub subject: String,
    /// Whether it says that it saw two factors of different kinds.
    pub strong: bool,
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three parts, not base64url, not JSON, or with extensions we do not understand.
    #[error("the identity token is malformed")]
    Malformed,
    /// An algorithm or key we do not take, or none of that name.
    #[error("the identity token is signed in a way or with a key that is not known")]
    Key,
    /// The signature is not the key's.
    #[error("the identity token's signature is wrong")]
    Signature,
    /// Another issuer.
    #[error("the identity token is of another issuer")]
    Issuer,
    /// For somebody else.
    #[error("the identity token is for somebody else")]
    Audience,
    /// Too old, or from the future.
    #[error("the identity token is out of its time")]
    Time,
    /// The answer to another question.
    #[error("the identity token answers another question")]
    Nonce,
}

/// Checks a token and reads who it names. The signature comes first: nothing of what is not
/// signed is looked at but which key it names.
///
/// # Errors
/// [`TokenError`]; with [`TokenError::Key`] newer keys may help.
pub fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Identity, TokenError> {
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
    let header: Header = json(header)?;
    if header.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    let key = keys.find(&header)?;
    key.check(&header.alg, signed.as_bytes(), &bytes(signature)?)?;
    judge(json(claims)?, expected)
}

fn judge(claims: Claims, expected: &Expected<'_>) -> Result<Identity, TokenError> {
    if claims.iss != expected.issuer {
        return Err(TokenError::Issuer);
    }
    let (named, several) = match &claims.aud {
        Audience::One(one) => (one == expected.client_id, false),
        Audience::Several(all) => (
            all.iter().any(|one| one == expected.client_id),
            all.len() > 1,
        ),
    };
    let party = claims.azp.as_deref();
    let for_us = party.is_none_or(|azp| azp == expected.client_id) && (!several || party.is_some());
    if !named || !for_us {
        return Err(TokenError::Audience);
    }
    let instant = |second| Timestamp::from_second(second).map_err(|_| TokenError::Time);
    if instant(claims.exp)? <= expected.now - SKEW || instant(claims.iat)? > expected.now + SKEW {
        return Err(TokenError::Time);
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(TokenError::Nonce);
    }
    if claims.sub.is_empty() {
        return Err(TokenError::Malformed);
    }
    Ok(Identity {
        subject: claims.sub,
        strong: is_strong(&claims.amr),
    })
}

/// Two factors of different kinds, or the provider's word for it.
fn is_strong(methods: &[String]) -> bool {
    let seen = |kind: &&&[&str]| methods.iter().any(|method| kind.contains(&method.as_str()));
    methods.iter().any(|method| method == "mfa") || KINDS.iter().filter(seen).count() > 1
}

impl KeySet {
    /// The key of that name which fits the algorithm; without a name, the only one that fits.
    fn find(&self, header: &Header) -> Result<&Key, TokenError> {
        let mut fitting = self.keys.iter().filter(|key| {
            let named = header.kid.is_none() || key.kid == header.kid;
            named && key.fits(&header.alg)
        });
        match (fitting.next(), fitting.next(), &header.kid) {
            (Some(key), None, _) | (Some(key), _, Some(_)) => Ok(key),
            _ => Err(TokenError::Key),
        }
    }
}

impl Key {
    /// The algorithm must fit the key's own kind, so that a public key is never taken for a
    /// shared secret; `none` and shared secrets are not taken at all.
    fn fits(&self, alg: &str) -> bool {
        let kind = match alg {
            "RS256" | "PS256" => self.kty == "RSA",
            "ES256" => self.kty == "EC" && self.crv == "P-256",
            "EdDSA" => self.kty == "OKP" && self.crv == "Ed25519",
            _ => false,
        };
        let meant = self.alg.as_deref().is_none_or(|own| own == alg);
        kind && meant && self.usage.as_deref().is_none_or(|usage| usage == "sig")
    }

    fn check(&self, alg: &str, signed: &[u8], signature: &[u8]) -> Result<(), TokenError> {
        let right = match alg {
            "RS256" | "PS256" => {
                let (n, e) = (bytes(&self.n)?, bytes(&self.e)?);
                let scheme = match alg {
                    "RS256" => &RSA_PKCS1_2048_8192_SHA256,
                    _ => &RSA_PSS_2048_8192_SHA256,
                };
                RsaPublicKeyComponents { n, e }.verify(scheme, signed, signature)
            }
            "ES256" => {
                // An uncompressed point (SEC 1 §2.3.3).
                let point = [vec![4], bytes(&self.x)?, bytes(&self.y)?].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature)
            }
            _ => UnparsedPublicKey::new(&ED25519, bytes(&self.x)?).verify(signed, signature),
        };
        right.map_err(|_| TokenError::Signature)
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, TokenError> {
    let decoded = URL_SAFE_NO_PAD.decode(text);
    decoded.map_err(|_| TokenError::Malformed)
}

fn json<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, TokenError> {
    serde_json::from_slice(&bytes(part)?).map_err(|_| TokenError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515 appendix A.2: a signature by RS256 over claims that are not an identity token's.
    const RFC_SIGNED: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const RFC_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    const RFC_MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

    fn rfc_key(more: serde_json::Value) -> KeySet {
        let mut key = serde_json::json!({ "kty": "RSA", "n": RFC_MODULUS, "e": "AQAB" });
        let more = more.as_object().unwrap().clone();
        key.as_object_mut().unwrap().extend(more);
        serde_json::from_value(serde_json::json!({ "keys": [key] })).unwrap()
    }

    fn verdict(token: &str, keys: &KeySet) -> TokenError {
        let expected = Expected {
            issuer: "joe",
            client_id: "c",
            nonce: "n",
            now: Timestamp::UNIX_EPOCH,
        };
        verify(token, keys, &expected).unwrap_err()
    }

    #[test]
    fn rsa_signatures_are_those_of_the_standard() {
        let token = format!("{RFC_SIGNED}.{RFC_SIGNATURE}");
        let none = serde_json::json!({});
        // The signature holds; the claims of the example lack what an identity token has.
        assert_eq!(
            verdict(&token, &rfc_key(none.clone())),
            TokenError::Malformed
        );
        let changed = token.replacen("eyJpc3Mi", "eyJpc3Nj", 1);
        assert_eq!(verdict(&changed, &rfc_key(none)), TokenError::Signature);
        for unfit in [
            serde_json::json!({ "alg": "PS256" }),
            serde_json::json!({ "use": "enc" }),
            serde_json::json!({ "kty": "EC" }),
        ] {
            assert_eq!(verdict(&token, &rfc_key(unfit)), TokenError::Key);
        }
    }

    #[test]
    fn no_signature_and_shared_secrets_are_not_taken() {
        let keys = rfc_key(serde_json::json!({}));
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"RS1"}"#,
        ] {
            let token = format!("{}.e30.", URL_SAFE_NO_PAD.encode(header));
            assert_eq!(verdict(&token, &keys), TokenError::Key, "{header}");
        }
        let critical = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","crit":["b64"]}"#);
        assert_eq!(
            verdict(&format!("{critical}.e30."), &keys),
            TokenError::Malformed
        );
        assert_eq!(verdict("no token", &keys), TokenError::Malformed);
    }

    #[test]
    fn two_factors_are_of_two_kinds() {
        let strong = |methods: &[&str]| {
            is_strong(&methods.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert!(strong(&["mfa"]) && strong(&["pwd", "otp"]) && strong(&["fpt", "hwk"]));
        assert!(
            !strong(&[])
                && !strong(&["otp"])
                && !strong(&["pwd", "pin"])
                && !strong(&["pwd", "sms"])
        );
    }
}
