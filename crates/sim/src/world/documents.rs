//! Numbers with check digits: resident IDs (GB 11643), unified social credit
//! codes (GB 32100) and mobile numbers. All of them are synthetic: resident IDs
//! and credit codes use division 440399, which has never been assigned, so no
//! real person or firm is ever hit; mobiles use the unassigned 154 range.

use crate::random::{Purpose, Shuffle, Stream};

/// The unassigned division that marks every synthetic document.
pub const SYNTHETIC_DIVISION: &str = "440399";

const DAYS_IN_MONTH: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS: u64 = 365;
/// Sequence numbers of one sex on one birthday (001..=999 odd, 002..=998 even, so 499).
const SEQUENCES: u64 = 499;

/// Hands out resident ID numbers so that no two people share one: a person's
/// index decides birthday, sequence and the birth year modulo a small number;
/// the year itself stays free to suit the household.
#[derive(Clone, Debug)]
pub struct NumberSpace {
    year_modulus: u64,
    shuffle: Shuffle,
}

/// What a person's index fixes of their document number.
#[derive(Clone, Copy, Debug)]
pub struct NumberSlot {
    year_residue: i64,
    year_modulus: i64,
    day_of_year: u64,
    sequence: u64,
}

impl NumberSpace {
    /// Room for `people` numbers, or `None` when the division cannot hold them.
    pub fn new(seed: u64, people: u64) -> Option<Self> {
        let year_modulus = [8, 16, 32]
            .into_iter()
            .find(|years| years * DAYS * SEQUENCES >= people)?;
        let shuffle = Shuffle::new(seed, Purpose::Document, year_modulus * DAYS * SEQUENCES);
        Some(Self {
            year_modulus,
            shuffle,
        })
    }

    /// The slot of person `index`.
    pub fn slot(&self, index: u64) -> NumberSlot {
        let place = self.shuffle.place_of(index);
        NumberSlot {
            year_residue: (place % self.year_modulus) as i64,
            year_modulus: self.year_modulus as i64,
            day_of_year: place / self.year_modulus % DAYS,
            sequence: place / self.year_modulus / DAYS,
        }
    }
}

impl NumberSlot {
    /// A birth year of this slot inside `low..=high`; the range is widened
    /// downwards when it holds none.
    pub fn birth_year(&self, low: i64, high: i64, random: &mut Stream) -> i64 {
        let low = low.min(high - self.year_modulus + 1);
        let first = low + (self.year_residue - low).rem_euclid(self.year_modulus);
        first + self.year_modulus * random.between(0, (high - first) / self.year_modulus)
    }

    /// The resident ID number of a person born in `year`.
    pub fn number(&self, year: i64, male: bool) -> String {
        let mut day = self.day_of_year;
        let mut month = 0;
        while day >= DAYS_IN_MONTH[month] {
            day -= DAYS_IN_MONTH[month];
            month += 1;
        }
        let sequence = 2 * self.sequence + if male { 1 } else { 2 };
        let (month, day) = (month + 1, day + 1);
        resident_id(&format!(
            "{SYNTHETIC_DIVISION}{year:04}{month:02}{day:02}{sequence:03}"
        ))
    }
}

/// Completes 17 digits with their check character (GB 11643, ISO 7064 MOD 11-2).
pub fn resident_id(digits: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .bytes()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = b"10X98765432"[(sum % 11) as usize] as char;
    format!("{digits}{check}")
}

/// The credit code of the `index`-th synthetic employer: registered with the
/// market regulator (9) as an enterprise (1), with a valid organisation code
/// (GB 11714) and check character (GB 32100).
pub fn credit_code(seed: u64, index: u64) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [usize; 17] = [
        1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
    ];
    // Eight digits, spread by a permutation so that codes are unique without looking sequential.
    let serial = Shuffle::new(seed, Purpose::Employer, 100_000_000).place_of(index);
    let organisation = format!("{serial:08}");
    let body = format!(
        "91{SYNTHETIC_DIVISION}{organisation}{}",
        organisation_check(&organisation)
    );
    let value = |character: u8| {
        ALPHABET
            .iter()
            .position(|known| *known == character)
            .unwrap_or(0)
    };
    let sum: usize = body
        .bytes()
        .zip(WEIGHTS)
        .map(|(character, weight)| value(character) * weight)
        .sum();
    let check = ALPHABET[(31 - sum % 31) % 31] as char;
    format!("{body}{check}")
}

fn organisation_check(digits: &str) -> char {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .bytes()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        check => char::from(b'0' + check as u8),
    }
}

/// The mobile number of a household: 154 and eight digits.
pub fn mobile(random: &mut Stream) -> String {
    format!("154{:08}", random.below(100_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters_match_the_textbook() {
        assert_eq!(resident_id("11010519491231002"), "11010519491231002X");
        assert_eq!(resident_id("44039919800101001"), "440399198001010013");
        assert_eq!(resident_id("44039919761010108"), "44039919761010108X");
        assert_eq!(organisation_check("71526726"), 'X');
    }

    #[test]
    fn credit_codes_are_unique_and_carry_their_check_character() {
        let codes: std::collections::HashSet<_> =
            (0..2000).map(|index| credit_code(3, index)).collect();
        assert_eq!(codes.len(), 2000);
        for code in &codes {
            assert_eq!(code.len(), 18);
            assert!(code.starts_with("91440399"), "{code}");
            assert!(gridpass_types::CreditCode::parse(code).is_ok(), "{code}");
        }
    }

    #[test]
    fn a_slot_keeps_its_residue_in_any_range() {
        let space = NumberSpace::new(1, 733_000).expect("fits");
        let mut random = Stream::new(1, Purpose::Person, 0);
        for index in 0..500 {
            let year = space.slot(index).birth_year(2004, 2019, &mut random);
            assert!((2004..=2019).contains(&year));
            let narrow = space.slot(index).birth_year(2018, 2019, &mut random);
            assert!((2012..=2019).contains(&narrow));
            assert_eq!((year - narrow).rem_euclid(8), 0);
        }
        assert!(NumberSpace::new(1, 10_000_000).is_none());
    }
}
