//! Document numbers: textbook values, synthetic people of division 440399, every refusal.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;

const TODAY: Date = date(2020, 3, 6);

fn parse(document_type: DocumentType, raw: &str) -> Result<DocumentNumber, DocumentError> {
    DocumentNumber::parse(document_type, raw, TODAY)
}

fn resident(raw: &str) -> Result<DocumentNumber, DocumentError> {
    parse(DocumentType::ResidentId, raw)
}

/// Puts the right check character behind 17 digits.
fn with_check(first17: &str) -> String {
    format!(
        "{first17}{}",
        char::from(check_character(first17.as_bytes()))
    )
}

#[test]
fn accepts_the_textbook_and_the_synthetic_people() {
    for raw in [
        "11010519491231002X",
        "11010519491231002x",
        "440399198001010013",
        "440399198001010021",
        "440399201506060117",
        "44039919761010108X",
        "４４０３９９　１９７６ 1010 108ｘ",
    ] {
        assert!(resident(raw).is_ok(), "{raw}");
    }
    for raw in [
        "810000199001010019",
        "820000199001010010",
        "830000199001010012",
    ] {
        assert!(
            parse(DocumentType::HkmtResidencePermit, raw).is_ok(),
            "{raw}"
        );
    }
}

#[test]
fn reads_what_the_number_says() {
    let number = resident("44039919761010108x").unwrap();
    assert_eq!(number.birth_date(), Some(date(1976, 10, 10)));
    assert_eq!(number.sex(), Some(Sex::Female));
    assert_eq!(number.age_years(TODAY), Some(43));
    assert_eq!(number.age_band(TODAY), Some(AgeBand::From18To44));
    assert_eq!(number.origin_province(), Some("44"));
    assert_eq!(number.masked(), "4403**********108X");
    assert_eq!(number.expose(), "44039919761010108X");
    assert_eq!(&*number.digest_input(), "resident_id:44039919761010108X");
    assert!(!format!("{number:?}").contains("4403"));
    assert_eq!(
        resident("440399198001010013").unwrap().sex(),
        Some(Sex::Male)
    );
}

#[test]
fn a_birthday_counts_from_its_day_on() {
    let number = resident("440399201506060117").unwrap();
    assert_eq!(number.age_years(date(2020, 6, 5)), Some(4));
    assert_eq!(number.age_years(date(2020, 6, 6)), Some(5));
}

#[test]
fn every_refusal_of_a_resident_number_has_its_own_reason() {
    use DocumentError as E;
    for (raw, reason) in [
        ("", E::Empty),
        ("  　", E::Empty),
        ("44039919800101001", E::Length),
        ("4403991980010100133", E::Length),
        ("44039919800101001A", E::Characters),
        ("4403991980O1010013", E::Characters),
        ("440399-198001010013", E::Characters),
        ("440399800101001", E::OldFifteenDigits),
        (&with_check("16039919800101001"), E::Province),
        (&with_check("00039919800101001"), E::Province),
        ("810000199001010019", E::TypeMismatch),
        (&with_check("44039919800230001"), E::BirthDate),
        (&with_check("44039919801301001"), E::BirthDate),
        (&with_check("44039920200307001"), E::BirthInFuture),
        (&with_check("44039918890305001"), E::Age),
        ("440399198001010014", E::Checksum),
        ("11010519491231002Y", E::Characters),
    ] {
        assert_eq!(resident(raw).unwrap_err(), reason, "{raw}");
    }
    assert!(
        resident(&with_check("44039918890307001")).is_ok(),
        "130 years old"
    );
    assert!(
        resident(&with_check("44039920200306001")).is_ok(),
        "born today"
    );
    assert_eq!(resident(&"4".repeat(10_000)).unwrap_err(), E::Length);
}

#[test]
fn other_documents_keep_to_their_printed_forms() {
    use DocumentError as E;
    use DocumentType as T;
    let good = [
        (T::HomeReturnPermit, "h12345678"),
        (T::HomeReturnPermit, "M1234567890"),
        (T::TaiwanPermit, "12345678"),
        (T::TaiwanPermit, "1234567890"),
        (T::TaiwanPermit, "1234567890B"),
        (T::ForeignPermanentResidence, "USA110000000001"),
        (T::PassportCn, "E12345678"),
        (T::PassportCn, "EA1234567"),
        (T::PassportForeign, "AB123"),
        (T::PassportForeign, "12345678901234567"),
    ];
    for (document_type, raw) in good {
        assert!(parse(document_type, raw).is_ok(), "{document_type} {raw}");
    }
    let modern = with_check("91103219900101001");
    let card = parse(T::ForeignPermanentResidence, &modern).unwrap();
    assert_eq!(card.birth_date(), Some(date(1990, 1, 1)));
    assert_eq!(card.origin_province(), None);
    let bad = [
        (T::HomeReturnPermit, "T12345678", E::Format),
        (T::HomeReturnPermit, "H123456789", E::Length),
        (T::TaiwanPermit, "1234567A", E::Format),
        (T::TaiwanPermit, "123456789", E::Length),
        (T::ForeignPermanentResidence, "US1110000000001", E::Format),
        (
            T::ForeignPermanentResidence,
            "440399198001010013",
            E::Format,
        ),
        (
            T::ForeignPermanentResidence,
            &modern.replacen('9', "8", 1),
            E::Format,
        ),
        (T::PassportCn, "EI1234567", E::Format),
        (T::PassportCn, "A12345678", E::Format),
        (T::PassportCn, "E1234567", E::Length),
        (T::PassportForeign, "AB12", E::Length),
        (T::PassportForeign, "AB_123", E::Characters),
        (
            T::HkmtResidencePermit,
            "440399198001010013",
            E::TypeMismatch,
        ),
        (T::HkmtResidencePermit, "810000199001010018", E::Checksum),
    ];
    for (document_type, raw, reason) in bad {
        assert_eq!(
            parse(document_type, raw).unwrap_err(),
            reason,
            "{document_type} {raw}"
        );
    }
}

#[test]
fn at_least_half_of_a_short_number_stays_hidden() {
    let masked = |t, raw| parse(t, raw).unwrap().masked();
    assert_eq!(masked(DocumentType::PassportCn, "E12345678"), "E1*****78");
    assert_eq!(masked(DocumentType::PassportForeign, "AB123"), "A***3");
}

#[test]
fn both_official_code_lists_are_exported() {
    assert_eq!(DocumentType::ResidentId.ws364_code(), "01");
    assert_eq!(DocumentType::TaiwanPermit.ws364_code(), "07");
    assert_eq!(DocumentType::ResidentId.gat517_code(), "111");
    assert_eq!(DocumentType::HomeReturnPermit.gat517_code(), "516");
}

#[test]
fn reasons_have_codes_and_words_of_their_own() {
    let mut codes: Vec<_> = DocumentError::ALL.iter().map(|e| e.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), DocumentError::ALL.len());
    assert_eq!(
        DocumentError::Empty.to_string(),
        "enter the document number"
    );
}

#[test]
fn old_numbers_are_converted_only_to_match_records() {
    assert_eq!(
        upgrade_old_resident_number("440399800101001").as_deref(),
        Some("440399198001010013")
    );
    assert_eq!(
        upgrade_old_resident_number("440399800101999").map(|n| n[6..10].to_owned()),
        Some("1880".to_owned())
    );
    assert_eq!(upgrade_old_resident_number("440399801301001"), None);
    assert_eq!(upgrade_old_resident_number("440399198001010013"), None);
}

proptest! {
    #[test]
    fn any_single_wrong_digit_is_noticed(position in 0usize..17, digit in 0u8..10) {
        let good = "440399198001010013";
        let mut bytes = good.as_bytes().to_vec();
        bytes[position] = b'0' + digit;
        let text = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(resident(&text).is_ok(), text == good);
    }

    #[test]
    fn no_text_panics(raw in "\\PC{0,40}", kind in 1i16..=7) {
        let document_type = DocumentType::from_code(kind).unwrap();
        if let Ok(number) = parse(document_type, &raw) {
            prop_assert!(number.masked().contains('*'));
            let _ = (number.birth_date(), number.sex(), number.origin_province());
        }
    }
}
