//! What one request of staff may reach: the second wall.
//!
//! The settings are local to the transaction, so a connection that goes back to its pool
//! carries nothing over. Without them the policies of the tables show nothing.

use gridpass_types::ids::PersonId;

/// What the policies let a transaction of the staff role reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Codes from here on, and before there.
    place: (String, String),
    subject: Option<PersonId>,
}

impl Scope {
    /// Everybody who counts below a prefix of division codes; the empty prefix is everywhere.
    /// What is not a prefix reaches nothing.
    pub fn jurisdiction(prefix: &str) -> Self {
        let is_prefix = prefix.len() <= 15 && prefix.bytes().all(|byte| byte.is_ascii_digit());
        // A colon follows the digits, so no code below the prefix is left out.
        if !is_prefix {
            return Self::nobody();
        }
        Self {
            place: (prefix.to_owned(), format!("{prefix}:")),
            subject: None,
        }
    }

    /// Nobody.
    pub fn nobody() -> Self {
        Self {
            place: (":".to_owned(), String::new()),
            subject: None,
        }
    }

    /// The same and one person, wherever that person counts: somebody whom the caller has
    /// been authorised for and whose place the transaction may change.
    #[must_use]
    pub fn and(mut self, subject: PersonId) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Begins a transaction with the settings, in one round trip. A cluster needs `SET LOCAL`:
    /// `set_config` does not reach its workers. The values are digits and a colon, so nothing
    /// can be slipped in.
    pub(super) fn begin(&self) -> String {
        let (from, until) = &self.place;
        let mut text = format!(
            "BEGIN; SET LOCAL gridpass.place_from = '{from}'; \
             SET LOCAL gridpass.place_until = '{until}'"
        );
        if let Some(subject) = self.subject {
            text += &format!("; SET LOCAL gridpass.subject = '{subject}'");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_get_into_the_statement() {
        let place = |prefix: &str| Scope::jurisdiction(prefix).place;
        assert_eq!(place("4403"), ("4403".into(), "4403:".into()));
        assert_eq!(place(""), (String::new(), ":".into()));
        for other in [
            "'; DROP TABLE person; --",
            "4403%",
            "44031０",
            "1234567890123456",
        ] {
            assert_eq!(place(other), (":".into(), String::new()), "{other}");
        }
        let one = Scope::jurisdiction("").and(PersonId::new(7)).begin();
        assert!(one.ends_with("; SET LOCAL gridpass.subject = '7'"), "{one}");
    }
}
