//! How the master keys are written: TOML, keys in hexadecimal.
//!
//! ```toml
//! suite = "standard"
//! lasting_key = "…"
//! [[sealing]]
//! number = 1
//! active_from = "1970-01-01T00:00:00Z"
//! key = "…"
//! ```
//!
//! and the same for `digest` and `pass`. The older form with one generation
//! (`sealing_key`, `digest_key`, `pass_secret`) is read too.

use jiff::Timestamp;
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use super::{MasterKey, Secrets, SecretsError, lasting};
use crate::seal::{Suite, Which};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    suite: Suite,
    lasting_key: Option<Hex>,
    sealing_key: Option<Hex>,
    digest_key: Option<Hex>,
    pass_secret: Option<Hex>,
    #[serde(default)]
    sealing: Vec<Entry>,
    #[serde(default)]
    digest: Vec<Entry>,
    #[serde(default)]
    pass: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    number: u8,
    active_from: Timestamp,
    key: Hex,
}

/// 64 hexadecimal digits, wiped when dropped; its errors never quote it.
struct Hex([u8; 32]);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        from_hex(&text)
            .map(Hex)
            .ok_or_else(|| serde::de::Error::custom("not 64 hexadecimal digits"))
    }
}

impl Drop for Hex {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Secrets {
    /// Reads the written form.
    ///
    /// # Errors
    /// [`SecretsError::Unusable`], which names `from` and never quotes the text.
    pub fn parse(text: &str, from: &str) -> Result<Self, SecretsError> {
        let unusable = |reason: String| SecretsError::Unusable {
            from: from.to_owned(),
            reason,
        };
        let document: Document =
            toml::from_str(text).map_err(|error| unusable(fault(text, &error)))?;
        if let (Some(sealing), Some(digest), Some(pass)) = (
            &document.sealing_key,
            &document.digest_key,
            &document.pass_secret,
        ) {
            let keys = Self::single(sealing.0, digest.0, pass.0);
            return Ok(keys.with_suite(document.suite));
        }
        let missing = [
            ("sealing", document.sealing.is_empty()),
            ("digest", document.digest.is_empty()),
            ("pass", document.pass.is_empty()),
        ];
        if let Some((name, _)) = missing.into_iter().find(|(_, missing)| *missing) {
            return Err(unusable(format!("there is no [[{name}]]")));
        }
        let keys = |entries: &[Entry]| {
            let key = |entry: &Entry| MasterKey {
                number: entry.number,
                active_from: entry.active_from,
                secret: entry.key.0,
            };
            entries.iter().map(key).collect::<Vec<_>>()
        };
        let lasting = match &document.lasting_key {
            Some(key) => Zeroizing::new(key.0),
            None => lasting(&document.digest[0].key.0),
        };
        Ok(Self {
            suite: document.suite,
            sealing: keys(&document.sealing),
            digest: keys(&document.digest),
            pass: keys(&document.pass),
            lasting,
        })
    }

    /// The written form.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::from(
            "# Master keys of this gridpass. Keep a copy apart from the database's backup:\n\
             # without them nothing that was sealed can be read again.\n",
        ));
        text.push_str(&format!("suite = \"{}\"\n", self.suite().as_str()));
        let lasting = to_hex(&self.lasting);
        text.push_str(&format!("lasting_key = \"{}\"\n", lasting.as_str()));
        for which in Which::ALL {
            for key in self.keys(which) {
                let hex = to_hex(&key.secret);
                text.push_str(&format!(
                    "\n[[{}]]\nnumber = {}\nactive_from = \"{}\"\nkey = \"{}\"\n",
                    which.as_str(),
                    key.number,
                    key.active_from,
                    hex.as_str()
                ));
            }
        }
        text
    }
}

/// What is wrong and where; the parser's own words may quote the line, so only those
/// about names are kept.
fn fault(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(1, |span| {
        text.get(..span.start)
            .map_or(1, |before| before.matches('\n').count() + 1)
    });
    let said = error.message();
    let names_only = [
        "missing field",
        "unknown field",
        "not 64 hexadecimal digits",
    ];
    if names_only.iter().any(|known| said.starts_with(known)) {
        format!("line {line}: {said}")
    } else {
        format!("line {line} is not as expected")
    }
}

fn to_hex(key: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(key.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn torn_texts_are_refused_without_quoting_them() {
        for text in [
            "sealing_key = \"secretish\"",
            "secretish",
            "=",
            "",
            "[[sealing]]\nkey = 5",
        ] {
            let refused = Secrets::parse(text, "the file x").unwrap_err().to_string();
            assert!(refused.contains("the file x"), "{refused}");
            assert!(!refused.contains("secretish"), "{refused}");
        }
    }
}
