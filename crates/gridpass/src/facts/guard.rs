//! The wall in front of red: a fact that can turn a pass red needs grounds.
//!
//! Every fact passes here, whoever records it and however: there is no other way into the
//! table. Which facts lead to red is asked of the rules in force, so nothing has to be
//! remembered when the rules change. What leads to red in one division needs grounds in all:
//! people move.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use gridpass_rules::red::{RedValues, reason_of};
use gridpass_rules::{FactBody, RuleSet};

use super::model::{Grounds, NewFact};
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::rules::Scopes;

/// Versions whose values are kept at most; more only cost some milliseconds again.
const VERSIONS_MAX: usize = 64;

/// What leads to red, by version; finding it out takes some milliseconds.
#[derive(Default)]
pub struct Guard(Mutex<HashMap<i32, Arc<RedValues>>>);

impl Guard {
    /// Refuses facts that lead to red and stand on nothing.
    ///
    /// # Errors
    /// [`Code::RedNeedsTwo`].
    pub(super) fn check<'a>(
        &self,
        rules: &Scopes,
        facts: impl Iterator<Item = &'a NewFact>,
    ) -> ApiResult<()> {
        for fact in facts {
            if !self.leads(rules, &fact.body) {
                continue;
            }
            match &fact.grounds {
                Some(Grounds::Device) => {}
                Some(Grounds::TwoPeople(two))
                    if fact
                        .recorded_by
                        .is_some_and(|by| by != two.confirmed_by.get()) => {}
                _ => return Err(Code::RedNeedsTwo.into()),
            }
        }
        Ok(())
    }

    /// Whether a fact leads to red by the rules in force anywhere.
    pub fn leads(&self, rules: &Scopes, body: &FactBody) -> bool {
        // Most facts can never: they need no look at the table.
        let possible = matches!(
            body,
            FactBody::Quarantine { .. } | FactBody::Catalogued { .. }
        ) || reason_of(body).is_some();
        possible && rules.all().any(|rules| self.values(rules).leads(body))
    }

    fn values(&self, rules: &RuleSet) -> Arc<RedValues> {
        let version = rules.version.get();
        let mut held = self.0.lock().expect("nothing panics while it holds this");
        if let Some(values) = held.get(&version) {
            return values.clone();
        }
        if held.len() >= VERSIONS_MAX {
            held.clear();
        }
        let values = Arc::new(RedValues::of(rules));
        held.insert(version, values.clone());
        values
    }
}
