//! People whom a gate without network let in although they were red by then.

use gridpass_rules::Action;
use gridpass_types::Colour;
use jiff::Timestamp;

use super::model::LateRed;
use super::read::KeptScan;
use crate::scans::columns::DoneOffline;
use crate::scans::decide::Verdict;
use crate::scans::model::ScanKey;
use crate::scans::store::Inserted;

/// Whether the guard let somebody in who was red. A check on the spot counts as letting
/// in: without network nobody can tell how it ended, and a recall too many costs a call.
pub fn was_let_in(verdict: &Verdict<'_>, done: &DoneOffline) -> bool {
    verdict.colour.colour == Colour::Red && done.action != Action::Stop
}

/// Late reds of an upload, as rows and as the answer.
#[derive(Default)]
pub struct LateReds {
    /// The scans.
    pub keys: Vec<ScanKey>,
    /// What the gate is told, in the same order.
    pub views: Vec<LateRed>,
}

impl LateReds {
    /// Adds one.
    pub fn push(&mut self, each: &KeptScan, reason: &str, red_since: Option<Timestamp>) {
        self.keys.push(each.scan.key);
        self.views.push(LateRed {
            index: each.index,
            reason: reason.to_owned(),
            red_since,
        });
    }

    /// Drops those whose scan was known already: they were reported then.
    pub fn keep_only(&mut self, inserted: &Inserted) {
        let kept: Vec<bool> = self.keys.iter().map(|key| inserted.contains(key)).collect();
        let mut keep = kept.iter();
        self.keys.retain(|_| *keep.next().unwrap_or(&true));
        let mut keep = kept.iter();
        self.views.retain(|_| *keep.next().unwrap_or(&true));
    }
}
