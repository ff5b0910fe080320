//! What people type is judged alike here and by the form on the phone: both read this file.

use gridpass_types::document::{DocumentNumber, DocumentType};
use gridpass_types::{PersonName, Phone};
use jiff::civil::date;
use serde_json::Value;

const TYPED: &str = include_str!("../../../web/packages/kit/test/typed.json");

fn each(kind: &str, takes: impl Fn(&str) -> bool) {
    let typed: Value = serde_json::from_str(TYPED).expect("the shared file is JSON");
    for (word, expected) in [("taken", true), ("refused", false)] {
        let list = typed[kind][word]
            .as_array()
            .expect("a list for each kind and word");
        assert!(list.len() > 3, "{kind}");
        for text in list {
            let text = text.as_str().expect("what is typed is text");
            assert_eq!(takes(text), expected, "{kind}: {text:?}");
        }
    }
}

#[test]
fn names_are_taken_as_the_form_takes_them() {
    each("names", |text| PersonName::parse(text).is_ok());
}

#[test]
fn phones_are_taken_as_the_form_takes_them() {
    each("phones", |text| Phone::parse(text).is_ok());
}

#[test]
fn numbers_are_taken_as_the_form_takes_them() {
    let today = date(2020, 3, 6);
    each("numbers", |text| {
        DocumentNumber::parse(DocumentType::ResidentId, text, today).is_ok()
    });
}
