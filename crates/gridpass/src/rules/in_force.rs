//! The rule set in force, kept in memory and compared by epoch.

use std::sync::{Arc, RwLock};

use gridpass_rules::RuleSet;

use super::{compile, store};
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::ApiResult;

/// The rule set in force, as far as this node has seen.
#[derive(Default)]
pub struct InForce(RwLock<Option<(i64, Arc<RuleSet>)>>);

impl InForce {
    /// The rule set in force as the caller's transaction sees it; read anew when the epoch
    /// has changed.
    ///
    /// # Errors
    /// When the database does not answer, or no rule set was ever put into force.
    pub async fn current(&self, db: &Client) -> ApiResult<Arc<RuleSet>> {
        let epoch = store::epoch(db).await?;
        if let Some(rules) = self.cached(epoch) {
            return Ok(rules);
        }
        let (epoch, tables) = store::find_in_force(db)
            .await?
            .ok_or(Code::RuleSetUnknown)?;
        let rules = Arc::new(compile(&tables)?);
        self.keep(epoch, &rules);
        Ok(rules)
    }

    /// The rule set of an epoch that the caller has read in its own transaction; `None`
    /// when this node holds another, and the caller asks [`InForce::current`].
    pub fn cached(&self, epoch: i64) -> Option<Arc<RuleSet>> {
        let held = self.0.read().expect("nothing panics while it holds this");
        held.as_ref()
            .filter(|(known, _)| *known == epoch)
            .map(|(_, rules)| rules.clone())
    }

    /// Keeps the newer of what is held and what was read.
    fn keep(&self, epoch: i64, rules: &Arc<RuleSet>) {
        let mut held = self.0.write().expect("nothing panics while it holds this");
        if held.as_ref().is_none_or(|(known, _)| *known < epoch) {
            *held = Some((epoch, rules.clone()));
        }
    }
}
