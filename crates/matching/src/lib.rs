//! Do two records speak of the same person? Names compared the way clerks compare them.
//!
//! Pure: text in, verdict out. Two records that share a document number are compared by
//! [`compare`]; a difference that clerks explain every day (a spelling variant, a rare
//! character that one register could not write, the order of a foreign name) is no conflict.
//! Phones are weak evidence: they are shared within families and they change, so another
//! phone alone never makes two records differ.

mod name;

pub use name::{NameAgreement, compare_names, name_key};

use gridpass_types::{PersonName, Phone};

/// What is compared of a record besides its document number.
#[derive(Clone, Copy, Debug)]
pub struct Details<'a> {
    /// The name.
    pub name: &'a PersonName,
    /// The phone, if one is held.
    pub phone: Option<&'a Phone>,
}

/// How two phones compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneAgreement {
    /// The same number.
    Same,
    /// At least one side holds none.
    Absent,
    /// Two different numbers.
    Differs,
}

/// How two records with the same document number compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The names.
    pub name: NameAgreement,
    /// The phones.
    pub phone: PhoneAgreement,
}

impl Agreement {
    /// Whether the two may stand for one person: the names agree.
    #[must_use]
    pub const fn is_match(self) -> bool {
        self.name.agrees()
    }

    /// Whether a phone that gives these details may be taken for the person's own: the names
    /// agree, and this phone is the one held. A name and a number alone are known to many.
    #[must_use]
    pub fn proves_holder(self) -> bool {
        self.name.agrees() && self.phone == PhoneAgreement::Same
    }

    /// Whether somebody who has seen the document may fill in what is missing: the names agree
    /// and no other phone is held.
    #[must_use]
    pub fn may_be_filled(self) -> bool {
        self.name.agrees() && self.phone != PhoneAgreement::Differs
    }

    /// How sure it is that both are one person, 0 to 100, for lists of candidates. The number
    /// of the document counts half, the name most of the rest.
    #[must_use]
    pub const fn score(self) -> u8 {
        let name = match self.name {
            NameAgreement::Same => 40,
            NameAgreement::Alike => 30,
            NameAgreement::Differs => 0,
        };
        let phone = match self.phone {
            PhoneAgreement::Same => 10,
            PhoneAgreement::Absent => 5,
            PhoneAgreement::Differs => 0,
        };
        50 + name + phone
    }
}

/// Compares two records that share a document number.
#[must_use]
pub fn compare(held: Details<'_>, given: Details<'_>) -> Agreement {
    let phone = match (held.phone, given.phone) {
        (Some(held), Some(given)) if held == given => PhoneAgreement::Same,
        (Some(_), Some(_)) => PhoneAgreement::Differs,
        _ => PhoneAgreement::Absent,
    };
    Agreement {
        name: compare_names(held.name, given.name),
        phone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreement(held: (&str, Option<&str>), given: (&str, Option<&str>)) -> Agreement {
        let parse = |(name, phone): (&str, Option<&str>)| {
            let name = PersonName::parse(name).unwrap();
            (name, phone.map(|phone| Phone::parse(phone).unwrap()))
        };
        let (held, given) = (parse(held), parse(given));
        compare(
            Details {
                name: &held.0,
                phone: held.1.as_ref(),
            },
            Details {
                name: &given.0,
                phone: given.1.as_ref(),
            },
        )
    }

    #[test]
    fn another_phone_is_no_other_person_but_proves_nothing() {
        let other = agreement(("张三", Some("13800001234")), ("张三", Some("13900001234")));
        assert!(other.is_match());
        assert!(!other.proves_holder() && !other.may_be_filled());
        let none = agreement(("张三", None), ("张三", Some("13900001234")));
        assert!(!none.proves_holder() && none.may_be_filled());
        let same = agreement(
            ("张三", Some("+8613800001234")),
            ("张 三", Some("138 0000 1234")),
        );
        assert!(same.proves_holder() && same.may_be_filled());
        assert!(same.score() > none.score() && none.score() > other.score());
    }

    #[test]
    fn another_name_is_a_conflict_whatever_the_phone() {
        let other = agreement(("张三", Some("13800001234")), ("李四", Some("13800001234")));
        assert!(!other.is_match());
        assert!(!other.proves_holder() && !other.may_be_filled());
    }
}
