//! A checked document number and what can be read from it.

use std::fmt;

use jiff::civil::Date;
use zeroize::Zeroize;

use super::{DocumentError, DocumentType};
use crate::fold::compact_upper;

/// Longest text looked at before it is refused; no document has more than 18 characters.
const RAW_CHARS_MAX: usize = 64;

/// Greatest believable age in years.
const AGE_YEARS_MAX: i16 = 130;

/// Provinces, autonomous regions and municipalities of GB/T 2260 that issue resident cards.
const PROVINCES: [u8; 32] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 71,
];

crate::word_list! {
    /// Sex as recorded in the document, GB/T 2261.1 numbers.
    Sex {
        /// 男.
        Male = 1, "male";
        /// 女.
        Female = 2, "female";
    }
}

crate::word_list! {
    /// Age band for analyses: coarse enough not to identify, cut where life changes.
    AgeBand {
        /// Before school.
        Under7 = 1, "under_7";
        /// School age.
        From7To17 = 2, "7_17";
        /// Younger working age.
        From18To44 = 3, "18_44";
        /// Older working age.
        From45To59 = 4, "45_59";
        /// Retired.
        From60To79 = 5, "60_79";
        /// Very old.
        From80 = 6, "80_over";
    }
}

impl AgeBand {
    /// The band of an age in full years.
    #[must_use]
    pub const fn of_age(years: i16) -> Self {
        match years {
            i16::MIN..=6 => Self::Under7,
            7..=17 => Self::From7To17,
            18..=44 => Self::From18To44,
            45..=59 => Self::From45To59,
            60..=79 => Self::From60To79,
            80.. => Self::From80,
        }
    }
}

/// A document number that passed every check of its type, in its normal form: ASCII digits and
/// capital letters without spaces. Wiped on drop; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DocumentNumber {
    document_type: DocumentType,
    number: String,
}

impl DocumentNumber {
    /// Reads what a person typed. `today` bounds the birth date.
    ///
    /// # Errors
    /// The first reason found, in the order length, characters, province, birth date, checksum.
    pub fn parse(
        document_type: DocumentType,
        raw: &str,
        today: Date,
    ) -> Result<Self, DocumentError> {
        if raw.chars().nth(RAW_CHARS_MAX).is_some() {
            return Err(DocumentError::Length);
        }
        let number = compact_upper(raw);
        if number.is_empty() {
            return Err(DocumentError::Empty);
        }
        if !number.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(DocumentError::Characters);
        }
        let checked = Self {
            document_type,
            number,
        };
        checked.check(today)?;
        Ok(checked)
    }

    /// The type of the document.
    #[must_use]
    pub const fn document_type(&self) -> DocumentType {
        self.document_type
    }

    /// The number in clear. Every call is a place where personal data is used.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.number
    }

    /// Type and number as one text, the input of the keyed digest by which people are found.
    ///
    /// The two kinds of passport have different texts: their numbers may coincide.
    #[must_use]
    pub fn digest_input(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(format!("{}:{}", self.document_type.as_str(), self.number))
    }

    /// The birth date, for documents that carry one.
    #[must_use]
    pub fn birth_date(&self) -> Option<Date> {
        self.has_birth_date()
            .then(|| birth_date_of(&self.number).ok())
            .flatten()
    }

    /// The sex, for documents that carry it: an odd sequence number is male.
    #[must_use]
    pub fn sex(&self) -> Option<Sex> {
        let digit = self.has_birth_date().then(|| self.number.as_bytes()[16])?;
        Some(if digit % 2 == 1 {
            Sex::Male
        } else {
            Sex::Female
        })
    }

    /// Age in full years on a day, for documents that carry the birth date.
    #[must_use]
    pub fn age_years(&self, today: Date) -> Option<i16> {
        self.birth_date().map(|birth| age_years(birth, today))
    }

    /// Age band on a day, for documents that carry the birth date.
    #[must_use]
    pub fn age_band(&self, today: Date) -> Option<AgeBand> {
        self.age_years(today).map(AgeBand::of_age)
    }

    /// The two digits of the province (or special region) of first registration, for resident
    /// cards and residence permits.
    #[must_use]
    pub fn origin_province(&self) -> Option<&str> {
        matches!(
            self.document_type,
            DocumentType::ResidentId | DocumentType::HkmtResidencePermit
        )
        .then(|| &self.number[..2])
    }

    /// The number as [`mask_number`] shows it.
    #[must_use]
    pub fn masked(&self) -> String {
        mask_number(&self.number)
    }

    fn has_birth_date(&self) -> bool {
        match self.document_type {
            DocumentType::ResidentId | DocumentType::HkmtResidencePermit => true,
            DocumentType::ForeignPermanentResidence => self.number.len() == 18,
            _ => false,
        }
    }

    fn check(&self, today: Date) -> Result<(), DocumentError> {
        let number = self.number.as_bytes();
        match self.document_type {
            DocumentType::ResidentId => check_resident(number, today),
            DocumentType::HkmtResidencePermit => check_hkmt_residence(number, today),
            DocumentType::HomeReturnPermit => check_home_return(number),
            DocumentType::TaiwanPermit => check_taiwan(number),
            DocumentType::ForeignPermanentResidence => check_permanent_residence(number, today),
            DocumentType::PassportCn => check_passport_cn(number),
            DocumentType::PassportForeign => check_length(number, 5, 17),
        }
    }
}

impl Drop for DocumentNumber {
    fn drop(&mut self) {
        self.number.zeroize();
    }
}

impl fmt::Debug for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentNumber({}, [redacted])", self.document_type)
    }
}

/// First four and last four characters with the middle hidden. Shorter numbers show less, so
/// that at least half of any number stays hidden. For numbers checked before they were stored.
#[must_use]
pub fn mask_number(number: &str) -> String {
    let chars: Vec<char> = number.chars().collect();
    let shown = (chars.len() / 4).min(4);
    let hidden = shown..chars.len() - shown;
    let masked = |(index, c)| if hidden.contains(&index) { '*' } else { c };
    chars.into_iter().enumerate().map(masked).collect()
}

/// Converts a 15-digit number of the first generation to 18 digits, only to match old records.
///
/// The century is 19; sequence numbers 996 to 999 were kept for people born in the century
/// before. Returns `None` if the text is not such a number.
#[must_use]
pub fn upgrade_old_resident_number(raw: &str) -> Option<String> {
    let old = compact_upper(raw);
    if old.len() != 15 || !all_digits(old.as_bytes()) {
        return None;
    }
    let century = if matches!(&old[12..], "996" | "997" | "998" | "999") {
        "18"
    } else {
        "19"
    };
    let mut number = format!("{}{century}{}", &old[..6], &old[6..]);
    birth_date_of(&number).ok()?;
    number.push(char::from(check_character(number.as_bytes())));
    Some(number)
}

fn check_resident(number: &[u8], today: Date) -> Result<(), DocumentError> {
    if number.len() == 15 && all_digits(number) {
        return Err(DocumentError::OldFifteenDigits);
    }
    check_eighteen_form(number)?;
    match two_digits(number) {
        // These are the issuing regions of residence permits and of permanent residence cards.
        81..=83 | 90..=99 => return Err(DocumentError::TypeMismatch),
        province if !PROVINCES.contains(&province) => return Err(DocumentError::Province),
        _ => {}
    }
    check_birth_and_checksum(number, today)
}

fn check_hkmt_residence(number: &[u8], today: Date) -> Result<(), DocumentError> {
    check_eighteen_form(number)?;
    if !matches!(&number[..6], b"810000" | b"820000" | b"830000") {
        return Err(if PROVINCES.contains(&two_digits(number)) {
            DocumentError::TypeMismatch
        } else {
            DocumentError::Province
        });
    }
    check_birth_and_checksum(number, today)
}

/// `^[HM](\d{8}|\d{10})$`
fn check_home_return(number: &[u8]) -> Result<(), DocumentError> {
    if !matches!(number.len(), 9 | 11) {
        return Err(DocumentError::Length);
    }
    require_form(matches!(number[0], b'H' | b'M') && all_digits(&number[1..]))
}

/// `^(\d{8}|\d{10}[A-Z]?)$`
fn check_taiwan(number: &[u8]) -> Result<(), DocumentError> {
    match number.len() {
        8 | 10 => require_form(all_digits(number)),
        11 => require_form(all_digits(&number[..10]) && number[10].is_ascii_uppercase()),
        _ => Err(DocumentError::Length),
    }
}

/// Cards before 2023: three letters and twelve digits. Since then: eighteen digits starting with
/// 9 and ending in the check character of resident numbers.
fn check_permanent_residence(number: &[u8], today: Date) -> Result<(), DocumentError> {
    match number.len() {
        15 => {
            require_form(number[..3].iter().all(u8::is_ascii_uppercase) && all_digits(&number[3..]))
        }
        18 => {
            check_eighteen_form(number)?;
            require_form(number[0] == b'9')?;
            check_birth_and_checksum(number, today)
        }
        _ => Err(DocumentError::Length),
    }
}

/// `^([EGDSPH]\d{8}|E[A-HJ-NP-Z]\d{7})$`
fn check_passport_cn(number: &[u8]) -> Result<(), DocumentError> {
    check_length(number, 9, 9)?;
    let plain =
        matches!(number[0], b'E' | b'G' | b'D' | b'S' | b'P' | b'H') && all_digits(&number[1..]);
    // The second letter leaves out I and O, which look like digits.
    let lettered = number[0] == b'E'
        && matches!(number[1], b'A'..=b'H' | b'J'..=b'N' | b'P'..=b'Z')
        && all_digits(&number[2..]);
    require_form(plain || lettered)
}

const fn check_length(number: &[u8], min: usize, max: usize) -> Result<(), DocumentError> {
    if number.len() < min || number.len() > max {
        return Err(DocumentError::Length);
    }
    Ok(())
}

const fn require_form(holds: bool) -> Result<(), DocumentError> {
    if holds {
        Ok(())
    } else {
        Err(DocumentError::Format)
    }
}

fn check_eighteen_form(number: &[u8]) -> Result<(), DocumentError> {
    check_length(number, 18, 18)?;
    if !all_digits(&number[..17]) || !(number[17].is_ascii_digit() || number[17] == b'X') {
        return Err(DocumentError::Characters);
    }
    Ok(())
}

fn check_birth_and_checksum(number: &[u8], today: Date) -> Result<(), DocumentError> {
    let text = std::str::from_utf8(number).map_err(|_| DocumentError::Characters)?;
    let birth = birth_date_of(text)?;
    if birth > today {
        return Err(DocumentError::BirthInFuture);
    }
    if age_years(birth, today) > AGE_YEARS_MAX {
        return Err(DocumentError::Age);
    }
    check_checksum(number)
}

const fn check_checksum(number: &[u8]) -> Result<(), DocumentError> {
    if check_character(number) == number[17] {
        Ok(())
    } else {
        Err(DocumentError::Checksum)
    }
}

/// Check character of GB 11643 over the first 17 digits.
const fn check_character(number: &[u8]) -> u8 {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let mut sum = 0;
    let mut index = 0;
    while index < WEIGHTS.len() {
        sum += WEIGHTS[index] * (number[index] - b'0') as u32;
        index += 1;
    }
    b"10X98765432"[(sum % 11) as usize]
}

/// The birth date in positions 7 to 14 of an 18-character number.
fn birth_date_of(number: &str) -> Result<Date, DocumentError> {
    let part = |range: std::ops::Range<usize>| number.get(range).and_then(|t| t.parse().ok());
    let (year, month, day) = (part(6..10), part(10..12), part(12..14));
    let (Some(year), Some(month), Some(day)) = (year, month, day) else {
        return Err(DocumentError::BirthDate);
    };
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else {
        return Err(DocumentError::BirthDate);
    };
    Date::new(year, month, day).map_err(|_| DocumentError::BirthDate)
}

fn age_years(birth: Date, today: Date) -> i16 {
    let had_birthday = (today.month(), today.day()) >= (birth.month(), birth.day());
    today.year() - birth.year() - i16::from(!had_birthday)
}

fn all_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

const fn two_digits(number: &[u8]) -> u8 {
    (number[0] - b'0') * 10 + (number[1] - b'0')
}

#[cfg(test)]
mod tests;
