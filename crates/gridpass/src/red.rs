//! What turns a pass red: proposed by one person with evidence, confirmed by another.
//!
//! Invariants: a proposal changes nothing, no gate and no screen of the person, until it is
//! confirmed; who confirms has another account and another unit than who proposed; the
//! confirmation records the fact and turns the pass in the same transaction; what nobody
//! confirms within a day lapses, so nobody stays half red; the reasons are a closed list, each
//! with the evidence it needs, and every fact has an end. Towards green one person is enough,
//! and none of this stands in the way. Locks are taken in one order: the person's state row,
//! then the proposal, then the order.

mod api;
mod confirm;
pub mod detect;
pub mod findings;
pub mod jobs;
pub mod list_hold;
mod list_model;
mod lists;
pub mod model;
mod propose;
pub mod store;

use std::time::Duration;

use gridpass_rules::FactBody;
use gridpass_rules::red::EvidenceKind;
use gridpass_types::ids::PersonId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::auth::{Caller, Entity};
use crate::db::Client;
use crate::facts::Subject;
use crate::http::error::ApiResult;
use crate::jobs::Loop;
use list_model::RedList;
use model::{Evidence, Measure, Proposal, ProposeInput};

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::propose_red, api::list_red_proposals))
        .routes(routes!(api::get_red_proposal))
        .routes(routes!(api::confirm_red))
        .routes(routes!(api::refuse_red))
        .routes(routes!(api::withdraw_red))
        .routes(routes!(lists::submit_red_list, lists::list_red_lists))
        .routes(routes!(lists::get_red_list))
        .routes(routes!(lists::approve_red_list))
        .routes(routes!(lists::refuse_red_list))
        .routes(routes!(lists::confirm_red_list))
        .routes(routes!(findings::list_red_findings))
        .routes(routes!(findings::close_red_finding))
}

/// Background work: says on proposals that nobody confirmed that they have lapsed, and looks
/// for patterns among the confirmed ones.
pub fn loops() -> Vec<Loop> {
    vec![
        Loop {
            name: "proposals lapse",
            period: Duration::from_secs(30),
            round: |app| Box::pin(jobs::lapse(app)),
        },
        Loop {
            name: "red by list",
            period: Duration::from_secs(300),
            round: |app| Box::pin(findings::look(app)),
        },
    ]
}

/// What somebody found of a person in the course of their own work.
pub struct Found {
    /// Of whom.
    pub person_id: PersonId,
    /// What was found.
    pub fact: FactBody,
    /// What shows it: the visit, or the reading.
    pub shown_by: EvidenceKind,
    /// Its number.
    pub reference: String,
}

/// Proposes what a grid worker found at a door or a team measured. The caller holds the
/// person's lock. The same found twice is one proposal.
///
/// # Errors
/// 422 when the fact cannot be, or the caller has proposed too many people.
pub async fn propose_found(tx: &Client, app: &App, caller: &Caller, found: Found) -> ApiResult<()> {
    let row = crate::facts::lock_person(tx, found.person_id).await?;
    let person = Subject {
        person_id: found.person_id,
        place_code: row.place_code,
    };
    let input = ProposeInput {
        person_id: found.person_id.get(),
        measure: Measure::Fact { fact: found.fact },
        reason: None,
        evidence: Evidence {
            kind: found.shown_by,
            reference: found.reference,
        },
        until: None,
    };
    propose::insert_unless_open(tx, app, caller, (&person, input)).await
}

impl Entity for Proposal {
    type Id = (i64, i64);

    async fn load(
        _app: &App,
        db: &Client,
        (person_id, proposal_id): (i64, i64),
    ) -> ApiResult<Option<Self>> {
        Ok(store::find_proposal(db, person_id, proposal_id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }
}

impl Entity for RedList {
    type Id = i64;

    async fn load(_app: &App, db: &Client, list_id: i64) -> ApiResult<Option<Self>> {
        Ok(store::lists::find_list(db, list_id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }
}
