//! The last codes of a demo, in clear: nobody in it has a phone.

use std::collections::HashMap;
use std::sync::Mutex;

use gridpass_types::Phone;

use super::model::Purpose;

/// Codes kept; then all are forgotten.
const CODES_MAX: usize = 100_000;

/// The last code of each phone. Empty outside demo mode.
#[derive(Default)]
pub struct Shown(Mutex<HashMap<(Phone, Purpose), String>>);

impl Shown {
    /// Keeps a code.
    pub(super) fn keep(&self, phone: &Phone, purpose: Purpose, code: &str) {
        let mut codes = self
            .0
            .lock()
            .expect("no thread panics while it holds a map");
        if codes.len() >= CODES_MAX {
            codes.clear();
        }
        codes.insert((phone.clone(), purpose), code.to_owned());
    }

    /// The last code of a phone.
    pub(super) fn find(&self, phone: &Phone, purpose: Purpose) -> Option<String> {
        let codes = self
            .0
            .lock()
            .expect("no thread panics while it holds a map");
        codes.get(&(phone.clone(), purpose)).cloned()
    }
}
