//! Single cases, tried on a version.

use gridpass_rules::cases::Case;
use gridpass_rules::rule_set::RuleTrial;
use gridpass_rules::words::{Check, Notify};
use gridpass_rules::{
    Action, AreaStatus, Catalogue, Colour, Direction, FEVER_CELSIUS, Fact, FactBody, GateContext,
    Reason, RuleSet, State, derive,
};
use gridpass_types::ids::{FactId, RuleSetVersion};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::error::{ApiError, ApiResult, FieldError};

/// A case to try: facts, a gate and a scan.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseInput {
    /// The instant of the scan.
    pub now: Timestamp,
    /// The facts, each with id, kind, its fields, `recorded_at` and maybe `retracted_at`;
    /// enclosures and employers may be any names.
    #[schema(value_type = Vec<Object>)]
    pub facts: Vec<Value>,
    /// The gate.
    pub gate: CaseGate,
    /// The scan.
    pub scan: CaseScan,
}

/// The gate of a case.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseGate {
    /// Name of its enclosure, if it has one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub enclosure: Value,
    /// Name of its employer, if it has one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub employer: Value,
    /// How the enclosure is managed.
    pub area: AreaStatus,
}

/// The scan of a case.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseScan {
    /// In or out.
    pub direction: Direction,
    /// Reading in degrees Celsius.
    #[serde(default)]
    pub temperature: Option<f64>,
}

/// What a rule set decides for a case, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseView {
    /// The version tried.
    pub rule_set_version: RuleSetVersion,
    /// What the facts add up to.
    pub state: State,
    /// Colour.
    pub colour: Colour,
    /// Why the pass has this colour.
    pub reason: Reason,
    /// Row of the colour table.
    pub rule: String,
    /// What the person reads, in Chinese.
    pub message_zh: String,
    /// What the person reads, in English.
    pub message_en: String,
    /// Hours within which a grid worker has to call.
    pub visit_hours: Option<u16>,
    /// Who is told of the colour.
    pub notify: Vec<Notify>,
    /// What the guard does.
    pub action: Action,
    /// Why.
    pub gate_reason: Reason,
    /// Row of the gate table.
    pub gate_rule: String,
    /// What the guard checks.
    pub checks: Vec<Check>,
    /// Who is told of what happened at the gate.
    pub gate_notify: Vec<Notify>,
    /// Rows of the colour table that were tried.
    pub trace: Vec<RuleTrial>,
    /// Rows of the gate table that were tried.
    pub gate_trace: Vec<RuleTrial>,
}

impl CaseInput {
    /// Decides the case as a scan would: a fever becomes a fact before the colour is derived.
    ///
    /// # Errors
    /// 422 when a fact cannot be read.
    pub fn run(&self, rules: &RuleSet) -> ApiResult<CaseView> {
        let case = self.read(&rules.catalogue)?;
        let mut facts = case.facts.clone();
        facts.extend(fever(&case));
        let state = derive(&facts, case.now).state;
        let colour = rules.explain_colour(&state, case.now);
        let gate = rules.explain_gate(&GateContext {
            colour: colour.decision.colour,
            area: case.area,
            direction: case.direction,
            relation: state.relation(case.enclosure, case.employer),
            checked: state.checked,
            temperature: case.temperature,
        });
        let (decided, at_gate) = (colour.decision, gate.decision);
        Ok(CaseView {
            rule_set_version: rules.version,
            colour: decided.colour,
            reason: decided.reason,
            rule: decided.rule.to_owned(),
            message_zh: decided.message_zh.to_owned(),
            message_en: decided.message_en.to_owned(),
            visit_hours: decided.visit_hours,
            notify: decided.notify.to_vec(),
            action: at_gate.action,
            gate_reason: at_gate.reason,
            gate_rule: at_gate.rule.to_owned(),
            checks: at_gate.checks.to_vec(),
            gate_notify: at_gate.notify.to_vec(),
            state,
            trace: colour.trace,
            gate_trace: gate.trace,
        })
    }

    /// Reads the case by the reader of golden cases, which also expects a name and an outcome.
    fn read(&self, catalogue: &Catalogue) -> ApiResult<Case> {
        let mut case = serde_json::to_value(self).map_err(ApiError::internal)?;
        case["id"] = "input".into();
        case["expect"] = serde_json::json!({
            "colour": "", "reason": "", "rule": "", "action": "", "gate_rule": ""
        });
        Case::parse(&case.to_string(), catalogue).map_err(|error| {
            ApiError::fields(vec![FieldError::new(
                "facts",
                "case_fact_invalid",
                error.to_string(),
                "事实内容有误",
            )])
        })
    }
}

fn fever(case: &Case) -> Option<Fact> {
    let temperature = case
        .temperature
        .filter(|celsius| *celsius >= FEVER_CELSIUS)?;
    let last = case.facts.iter().map(|fact| fact.id.get()).max();
    Some(Fact {
        id: FactId::new(last.unwrap_or(0).saturating_add(1)),
        recorded_at: case.now,
        retracted_at: None,
        body: FactBody::Health {
            at: case.now,
            temperature: Some(temperature),
            symptoms: Vec::new(),
        },
    })
}
