//! What was true and what was decided at an instant, from the facts alone.

use gridpass_rules::{RuleSet, State};
use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use std::sync::Arc;

use super::decision::ColourDecision;
use super::held::{HeldState, load_known};
use super::model::StateRow;
use super::place::Places;
use super::store;
use crate::app::App;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::rules;

/// A state and a decision, replayed.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The state at the instant.
    pub state: State,
    /// Leaf division where the person counted by it.
    pub place_code: String,
    /// From when it held.
    pub valid_from: Timestamp,
    /// Until when it held or will hold.
    pub valid_until: Option<Timestamp>,
    /// The instant whose dates counted.
    pub counted_at: Timestamp,
    /// Why that is an earlier one, if a date was held.
    pub held: Option<HeldState>,
    /// The decision by the rules in force at the instant.
    pub decision: ColourDecision,
    /// Those rules.
    pub rules: Arc<RuleSet>,
}

/// Derives a person's state at `at` from the facts known then, and decides it by the rule
/// set that was in force then where the person counted. The same question always has the same
/// answer.
///
/// # Errors
/// [`Code::PersonUnknown`], or when the database does not answer.
pub async fn state_at(
    db: &Client,
    app: &App,
    person_id: PersonId,
    at: Timestamp,
) -> ApiResult<Replayed> {
    let mut known = load_known(db, &[person_id.get()]).await?;
    let known = known.remove(&person_id.get()).unwrap_or_default();
    let derived = known.derive(at);
    let held = known.held_at(at).cloned();
    let row = store::list_states(db, &[person_id.get()]).await?.pop();
    let mut row = row.ok_or(Code::PersonUnknown)?;
    row.held_from = None;
    row.hold(derived.clone());
    let place_code = place_of(db, app, &row).await?;
    let rules = rules::in_force_at(db, app, (&place_code, at)).await?;
    let counted_at = known.counted_at(at);
    let decision = ColourDecision::of(&rules, &derived.state, counted_at);
    if held.is_none() {
        row.bound_by(rules.colour.changes(&derived.state, at));
    }
    Ok(Replayed {
        state: derived.state,
        place_code,
        valid_from: row.valid_from,
        valid_until: row.valid_until,
        counted_at,
        held,
        decision,
        rules,
    })
}

/// Where the person counts by a row's state.
async fn place_of(db: &Client, app: &App, row: &StateRow) -> ApiResult<String> {
    let enclosures = row.enclosure().into_iter().collect();
    let people = [row.person_id.get()];
    let places = Places::load(db, &app.settings.district, &people, enclosures).await?;
    Ok(places.of(row))
}
