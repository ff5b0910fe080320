//! A decision explained three times: to the person in plain words, to the worker with its
//! evidence, to the auditor with every row that was tried.
//!
//! All three come from one replay, of now or of any past instant, so they cannot disagree.

use gridpass_rules::rule_set::RuleTrial;
use gridpass_rules::{Fact, Reason, RuleSet, State, derive};
use gridpass_types::ids::PersonId;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::decision::{DecisionView, decision_view};
use super::model::FactView;
use super::replay::{Replayed, state_at};
use super::store;
use crate::app::App;
use crate::db::Client;
use crate::http::error::ApiResult;
use crate::http::page::LIMIT_MAX;

/// Why a pass has its colour, in the words of the person it is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlainExplanation {
    /// Why, in Chinese.
    pub why_zh: String,
    /// Why, in English.
    pub why_en: String,
    /// Who has to act, in Chinese.
    pub who_zh: String,
    /// Who has to act, in English.
    pub who_en: String,
    /// By when that should have happened; absent when nobody has to call.
    pub by: Option<Timestamp>,
    /// What the person can do, in Chinese.
    pub do_zh: String,
    /// What the person can do, in English.
    pub do_en: String,
    /// How the colour lifts, in Chinese.
    pub lift_zh: String,
    /// How the colour lifts, in English.
    pub lift_en: String,
    /// When the colour is looked at again because a date is reached, without anybody's doing.
    pub changes_at: Option<Timestamp>,
}

/// A fact as a worker sees it in an explanation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedFact {
    /// The fact with its source.
    #[serde(flatten)]
    pub fact: FactView,
    /// Whether it counted at the instant.
    pub live: bool,
    /// Whether another row would have decided without it.
    pub decisive: bool,
    /// Full hours since it was recorded.
    pub age_hours: i64,
}

/// A decision with everything that led to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedView {
    /// The decision.
    #[serde(flatten)]
    pub decision: DecisionView,
    /// For the person.
    pub plain: PlainExplanation,
    /// For the worker: the facts known at the instant, in the order of recording.
    pub facts: Vec<ExplainedFact>,
    /// For the auditor: the state decided on.
    pub state: State,
    /// From when that state held.
    pub valid_from: Timestamp,
    /// The rules tried from the top: why each earlier one did not apply.
    pub trace: Vec<RuleTrial>,
}

/// Explains the decision about a person at an instant.
///
/// # Errors
/// When the database does not answer.
pub async fn explain(
    db: &Client,
    app: &App,
    person_id: PersonId,
    at: Timestamp,
) -> ApiResult<ExplainedView> {
    let replayed = state_at(db, app, person_id, at).await?;
    let limit = i64::from(LIMIT_MAX);
    let mut views = store::list_fact_views(db, person_id.get(), 0, limit).await?;
    views.retain(|view| view.fact.recorded_at <= at);
    let facts: Vec<Fact> = views.iter().map(|view| view.fact.clone()).collect();
    let explained = views.into_iter().enumerate().map(|(place, view)| {
        let live = view.fact.retracted_at.is_none_or(|end| at < end);
        ExplainedFact {
            live,
            decisive: live && is_decisive(&replayed, (&facts, place), at),
            age_hours: at.duration_since(view.fact.recorded_at).as_hours(),
            fact: view,
        }
    });
    Ok(ExplainedView {
        decision: decision_view(&replayed.decision, at, replayed.valid_until),
        plain: plain(&replayed),
        facts: explained.collect(),
        trace: replayed.rules.explain_colour(&replayed.state).trace,
        state: replayed.state,
        valid_from: replayed.valid_from,
    })
}

/// Whether another row would decide without the fact at a place.
fn is_decisive(replayed: &Replayed, (facts, place): (&[Fact], usize), at: Timestamp) -> bool {
    let mut others = facts.to_vec();
    others.remove(place);
    let rules: &RuleSet = &replayed.rules;
    let without = derive(&others, at).state;
    rules.decide_colour(&without).rule != replayed.decision.rule
}

/// Explains a decision to the person.
pub fn plain(replayed: &Replayed) -> PlainExplanation {
    let decision = &replayed.decision;
    let advice = Reason::advice(decision.reason);
    let text = |part: Option<&'static str>| part.unwrap_or_default().to_owned();
    let since = Some(replayed.valid_from).filter(|since| *since > Timestamp::UNIX_EPOCH);
    let due = since.zip(decision.visit_hours).and_then(|(since, hours)| {
        since
            .checked_add(SignedDuration::from_hours(i64::from(hours)))
            .ok()
    });
    PlainExplanation {
        why_zh: decision.message_zh.clone(),
        why_en: decision.message_en.clone(),
        who_zh: text(advice.map(|advice| advice.who_zh)),
        who_en: text(advice.map(|advice| advice.who_en)),
        by: due,
        do_zh: text(advice.map(|advice| advice.do_zh)),
        do_en: text(advice.map(|advice| advice.do_en)),
        lift_zh: text(advice.map(|advice| advice.lift_zh)),
        lift_en: text(advice.map(|advice| advice.lift_en)),
        changes_at: replayed.valid_until,
    }
}
