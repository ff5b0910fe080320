//! Every form of cell, and what is no cell.

use super::*;
use crate::words::Health;
use proptest::prelude::*;

fn health(cell: &str) -> Result<Test<u8>, CellError> {
    parse_word_test(cell, |word| Health::from_word(word).map(|h| h as u8))
}

fn word(index: &u8) -> String {
    Health::from_code(i16::from(*index)).unwrap().to_string()
}

fn code<V: std::fmt::Debug>(result: Result<Test<V>, CellError>) -> TableErrorCode {
    result.unwrap_err().0
}

#[test]
fn words() {
    assert_eq!(health("-"), Ok(Test::Any));
    assert_eq!(health(" fever "), Ok(Test::Is(3)));
    assert_eq!(health("in( fever , none )"), Ok(Test::In(vec![3, 0])));
    assert_eq!(health("not(fever)"), Ok(Test::Not(vec![3])));
    assert_eq!(health("ｉｎ（fever，symptoms）"), Ok(Test::In(vec![3, 2])));
    assert_eq!(code(health("")), TableErrorCode::EmptyCell);
    assert_eq!(code(health("hot")), TableErrorCode::UnknownValue);
    assert_eq!(code(health("in(fever,hot)")), TableErrorCode::UnknownValue);
    assert_eq!(code(health("in()")), TableErrorCode::UnknownValue);
    assert_eq!(code(health("not(-)")), TableErrorCode::UnknownValue);
    assert_eq!(code(health("in(fever")), TableErrorCode::BadTest);
    assert_eq!(code(health(">= 37.3")), TableErrorCode::BadTest);
    assert_eq!(code(health("fever or none")), TableErrorCode::BadTest);
}

#[test]
fn numbers() {
    let holding = |cell: &str| {
        let test = parse_number_test(cell).unwrap();
        [36.0, 37.0, 37.3, 38.0].map(|n| test.holds(Some(n)))
    };
    assert_eq!(holding("-"), [true; 4]);
    assert_eq!(holding(">= 37.3"), [false, false, true, true]);
    assert_eq!(holding(">37.3"), [false, false, false, true]);
    assert_eq!(holding("< 37"), [true, false, false, false]);
    assert_eq!(holding("<=37"), [true, true, false, false]);
    assert_eq!(holding("≥ 37.3"), [false, false, true, true]);
    assert_eq!(holding("[37..37.3]"), [false, true, true, false]);
    assert_eq!(holding("[37..37.3)"), [false, true, false, false]);
    assert_eq!(holding("]37..37.3]"), [false, false, true, false]);
    assert_eq!(holding("(37..38)"), [false, false, true, false]);
    assert_eq!(holding("37.3"), [false, false, true, false]);
    assert_eq!(holding("in(36,38)"), [true, false, false, true]);
    assert_eq!(holding("not(36)"), [false, true, true, true]);
}

#[test]
fn a_missing_number_satisfies_only_anything() {
    for cell in [">= 0", "< 99", "not(36)", "[0..99]", "36"] {
        let test = parse_number_test(cell).unwrap();
        assert!(!test.holds(None) && !test.holds(Some(f64::NAN)), "{cell}");
    }
    assert!(Test::<f64>::Any.holds(None) && Test::<f64>::Any.holds(Some(f64::NAN)));
}

#[test]
fn bad_numbers() {
    for cell in [
        "fever",
        ">= ",
        "1e3",
        "inf",
        "NaN",
        ">= 37,3",
        "1234567890",
        "--1",
        ".5",
        "1.",
    ] {
        assert_eq!(
            code(parse_number_test(cell)),
            TableErrorCode::BadNumber,
            "{cell}"
        );
    }
    for cell in ["[14..1]", "(1..1]", "[1..1)"] {
        assert_eq!(
            code(parse_number_test(cell)),
            TableErrorCode::EmptyRange,
            "{cell}"
        );
    }
    for cell in ["1..14", "[1..14", "{1..14}"] {
        assert_eq!(
            code(parse_number_test(cell)),
            TableErrorCode::BadTest,
            "{cell}"
        );
    }
    assert_eq!(code(parse_number_test(" ")), TableErrorCode::EmptyCell);
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_read_is_written_the_same(cell in "\\PC{0,24}") {
        if let Ok(test) = health(&cell) {
            prop_assert_eq!(health(&test_text(&test, word)), Ok(test));
        }
        if let Ok(test) = parse_number_test(&cell) {
            prop_assert_eq!(parse_number_test(&test_text(&test, f64::to_string)), Ok(test));
        }
    }

    #[test]
    fn text_near_the_grammar(cell in "(in|not|>=|<|-|\\[|\\]|\\(|\\)|,|\\.\\.|[0-9.]{1,4}| |fever|none){0,8}") {
        if let Ok(test) = health(&cell) {
            prop_assert_eq!(health(&test_text(&test, word)), Ok(test));
        }
        if let Ok(test) = parse_number_test(&cell) {
            prop_assert_eq!(parse_number_test(&test_text(&test, f64::to_string)), Ok(test));
        }
    }
}
