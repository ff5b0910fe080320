//! A wrapper for personal data: it never shows itself in logs or errors and wipes its memory.

use std::fmt;

use zeroize::Zeroize;

/// Personal data in clear. `Debug` and `Display` print a placeholder; the value is wiped on drop.
///
/// There is deliberately no `Serialize`: what leaves the process is a masked view.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Sensitive<T: Zeroize>(T);

impl<T: Zeroize> Sensitive<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Every call of this is a place where personal data is used.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Zeroize> Drop for Sensitive<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'de, T: Zeroize + serde::Deserialize<'de>> serde::Deserialize<'de> for Sensitive<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

#[cfg(feature = "openapi")]
impl<T: Zeroize + utoipa::PartialSchema> utoipa::PartialSchema for Sensitive<T> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        T::schema()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_shows_itself() {
        let secret = Sensitive::new(String::from("440399198001010013"));
        assert_eq!(format!("{secret:?} {secret}"), "[redacted] [redacted]");
        assert_eq!(secret.expose(), "440399198001010013");
    }

    #[test]
    fn reads_from_json_as_its_value() {
        let secret: Sensitive<String> = serde_json::from_str("\"x\"").unwrap();
        assert_eq!(secret.expose(), "x");
    }
}
