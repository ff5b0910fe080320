//! Answers to scans that are known already: what was decided then, word for word.

use gridpass_rules::words::Action;
use gridpass_types::ids::RuleSetVersion;

use super::decide::{SHOWN_BEFORE, SHOWN_BEFORE_CHECKS};
use super::model::{ScanKey, ScanView};
use super::store::{self, Stored};
use crate::app::App;
use crate::db::Client;
use crate::http::error::{ApiError, ApiResult};
use crate::rules;

/// The answers of those of these scans that are stored.
///
/// # Errors
/// When the database does not answer.
pub async fn recall(
    app: &App,
    db: &Client,
    keys: &[ScanKey],
) -> ApiResult<Vec<(ScanKey, ScanView)>> {
    let mut answers = Vec::with_capacity(keys.len());
    for stored in store::list_stored(db, keys).await? {
        answers.push((stored.key, answer(app, db, &stored).await?));
    }
    Ok(answers)
}

/// The answer of one scan, if it is stored.
///
/// # Errors
/// When the database does not answer.
pub async fn recall_one(app: &App, db: &Client, key: &ScanKey) -> ApiResult<Option<ScanView>> {
    let mut known = recall(app, db, std::slice::from_ref(key)).await?;
    Ok(known.pop().map(|(_, view)| view))
}

async fn answer(app: &App, db: &Client, stored: &Stored) -> ApiResult<ScanView> {
    let rules = rules::at_version(db, app, stored.rule_set_version).await?;
    let lost = || {
        ApiError::internal(anyhow::anyhow!(
            "a stored scan names a rule that is not there"
        ))
    };
    let colour = rules.colour.find(&stored.colour_rule).ok_or_else(lost)?;
    let gate_rules = match stored.gate_rule_set_version {
        Some(version) => rules::at_version(db, app, version).await?,
        None => rules.clone(),
    };
    let gate = gate_rules.gate.find(&stored.gate_rule).ok_or_else(lost)?;
    // Without network the guard may have done something else than the table says.
    let action = Action::from_code(stored.action).unwrap_or(gate.action);
    // With network only a code that the gate had seen before is another answer than the table's.
    let seen = action == Action::Check && gate.action == Action::Pass;
    let (gate_reason, checks) = match seen && stored.by_live_code {
        true => (*SHOWN_BEFORE, &SHOWN_BEFORE_CHECKS[..]),
        false => (gate.reason, gate.checks),
    };
    Ok(ScanView {
        person_id: stored.key.person_id,
        pass_serial: stored.pass_serial,
        at: stored.key.at,
        colour: colour.colour,
        reason: colour.reason,
        rule: stored.colour_rule.clone(),
        action,
        gate_reason,
        gate_rule: stored.gate_rule.clone(),
        checks: checks.to_vec(),
        message_zh: colour.message_zh.to_owned(),
        message_en: colour.message_en.to_owned(),
        rule_set_version: rules.version,
        gate_rule_set_version: stored.gate_rule_set_version.map(RuleSetVersion::new),
        duplicate: true,
    })
}
