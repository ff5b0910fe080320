//! A call at a door: several people in one save, each in a transaction of their own.
//!
//! No transaction needs two people's rows locked, so a call that breaks off in the middle has
//! recorded some people and not others. Sent again under its number it goes on from there: who
//! is recorded is answered `repeated`, and nothing counts twice.

use axum::Json;
use axum::extract::State;
use gridpass_rules::red::EvidenceKind;
use gridpass_rules::words::{Certainty, ResidenceStatus};
use gridpass_rules::{FEVER_CELSIUS, FactBody};
use gridpass_types::ids::{EnclosureId, PersonId, VisitId};
use jiff::Timestamp;

use super::call_model::{
    CallInput, CallOutcome, CallResult, CallStatus, CallsInput, CallsView, FieldConflict, Symptom,
};
use super::complete::{found, no_enclosure, settled_conflicts};
use super::model::{CAUSE_STAY, Purpose, Visit, purpose};
use super::stops::Seen;
use super::store::calls::{self, Home, NewCall};
use super::store::{self, Ending, NewRow};
use super::{handlers, stay};
use crate::access::WorkVisits;
use crate::app::App;
use crate::audit;
use crate::auth::{Caller, Staff, authorise};
use crate::db::{Client, Tx};
use crate::facts::{self, Appended, NewFact, Retract, StateRow, Subject, decision_view};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::jobs::outbox;
use crate::masking::{self, Shown, Viewer};
use crate::people::{self, Correction, NamedHousehold};
use crate::red;
use crate::seal::Field;

/// After so many tries in vain the lead decides what to do.
const TRIES_MAX: i16 = 3;
/// Time for what is missing at a door.
const NEED_DUE: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// Records a call at a door, person by person. The answer says for each what became of it; a
/// field that somebody else changed meanwhile is answered as a conflict and nothing of that
/// person is recorded.
#[utoipa::path(post, path = "/api/v1/calls", operation_id = "record_calls", tag = "visits",
    security(("staff" = [])), request_body = CallsInput,
    responses((status = 200, body = CallsView), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn record_calls(
    State(app): State<App>,
    staff: Staff<WorkVisits>,
    extract::Json(input): extract::Json<CallsInput>,
) -> ApiResult<Json<CallsView>> {
    input.validate(app.now())?;
    let mut results = Vec::with_capacity(input.people.len());
    for person in &input.people {
        let call = Call {
            caller: &staff.caller,
            call_id: input.call_id,
            called_at: input.called_at,
            input: person,
        };
        results.push(call.answer(&app).await?);
    }
    app.work_waiting.notify_waiters();
    Ok(Json(CallsView { results }))
}

/// One person's part of a call.
struct Call<'a> {
    caller: &'a Caller,
    call_id: i64,
    called_at: Timestamp,
    input: &'a CallInput,
}

impl Call<'_> {
    fn person_id(&self) -> PersonId {
        PersonId::new(self.input.person_id)
    }

    /// Refusals of one person are answered with the others'; what is our fault ends the call,
    /// which is sent again.
    async fn answer(&self, app: &App) -> ApiResult<CallResult> {
        audit::subject(self.person_id());
        match self.record(app).await {
            Ok(result) => Ok(result),
            Err(error) if error.code().status().is_client_error() => {
                audit::refused(self.person_id(), error.code()).await?;
                Ok(self.refused(&error))
            }
            Err(error) => Err(error),
        }
    }

    async fn record(&self, app: &App) -> ApiResult<CallResult> {
        let tx = self.reach(app).await?;
        let row = facts::lock_person(&tx, self.person_id()).await?;
        if let Some(by) = calls::find_caller(&tx, self.person_id(), self.call_id).await? {
            if by != self.caller.staff_id {
                return Err(Code::Conflict.into());
            }
            let known = facts::state_at(&tx, app, self.person_id(), app.now()).await?;
            let decided = decision_view(&known.decision, app.now(), known.valid_until);
            return Ok(self.result(CallStatus::Repeated, Some(decided)));
        }
        let home = calls::find_home(&tx, self.person_id()).await?;
        let home = home.ok_or(Code::PersonUnknown)?;
        let conflicts = self.conflicts(app, &row, &home)?;
        if !conflicts.is_empty() {
            let mut result = self.result(CallStatus::Conflict, None);
            result.conflicts = conflicts;
            result.seen = Some(seen(&home));
            return Ok(result);
        }
        let appended = self.write(&tx, app, &row).await?;
        tx.commit().await?;
        let decided = decision_view(&appended.decision, app.now(), appended.row.valid_until);
        Ok(self.result(CallStatus::Saved, Some(decided)))
    }

    /// A transaction on the person: somebody who counts here, or who has a visit here.
    async fn reach(&self, app: &App) -> ApiResult<Tx> {
        let subject = authorise::<Subject>(app, self.caller, self.input.person_id).await;
        let refused = match subject {
            Ok(subject) => return self.caller.tx_on(app, &subject).await,
            Err(error) => error,
        };
        let db = self.caller.tx(app).await?;
        let open = store::list_open_of_person(&db, self.person_id()).await?;
        drop(db);
        let Some((visit_id, ..)) = open.first() else {
            return Err(refused);
        };
        let id = (self.input.person_id, visit_id.get());
        let visit = authorise::<Visit>(app, self.caller, id).await?;
        self.caller.tx_on(app, &visit).await
    }

    /// Fields the call changes that somebody else changed unseen, unless both say the same. What
    /// the worker changed themself, perhaps in the call before this one, is no surprise.
    fn conflicts(&self, app: &App, row: &StateRow, home: &Home) -> ApiResult<Vec<FieldConflict>> {
        let (mine, seen) = (self.input, self.input.seen);
        let mut found = Vec::new();
        let me = Some(self.caller.staff_id);
        let residence_unseen = seen.residence != home.residence_fact && home.residence_by != me;
        let address_unseen = seen.address != home.address_at && home.address_by != me;
        let status = residence_status(mine.outcome);
        if let Some(status) = status.filter(|_| residence_unseen) {
            let says = status.as_str() == row.state.residence.as_str();
            let there = mine.enclosure_id.map(EnclosureId::new);
            if !says || there.is_some_and(|there| row.state.enclosure != Some(there)) {
                found.push(FieldConflict {
                    field: "residence".into(),
                    theirs: Some(row.state.residence.as_str().into()),
                    enclosure_name: home.enclosure.as_ref().map(|(_, name)| name.clone()),
                    changed_at: home.residence_at,
                    changed_by: home.residence_name.clone(),
                });
            }
        }
        if let Some(address) = mine.address.as_deref().filter(|_| address_unseen) {
            let viewer = Viewer::Staff(self.caller.role);
            let held = (mine.person_id, home.address_sealed.as_deref());
            let theirs = masking::show(&app.sealer, viewer, Shown::Address, held)?;
            if theirs.as_deref() != Some(address.trim()) {
                found.push(FieldConflict {
                    field: "address".into(),
                    theirs,
                    enclosure_name: None,
                    changed_at: home.address_at,
                    changed_by: home.address_name.clone(),
                });
            }
        }
        Ok(found)
    }

    async fn write(&self, tx: &Client, app: &App, row: &StateRow) -> ApiResult<Appended> {
        let new = self.facts(tx, app, row).await?;
        let withdrawn = self.denied(tx, app).await?;
        let whose = (self.person_id(), &withdrawn[..]);
        let appended = facts::replace_all(tx, app, whose, &new).await?;
        if self.input.health.is_some() || self.input.epidemic_area_stay.is_some() {
            let asked = facts::follow_ups(self.person_id(), &appended.decision, None, app.now());
            outbox::insert(tx, &asked, app.now()).await?;
        }
        self.propose(tx, app).await?;
        if self.input.outcome == CallOutcome::MovedOut {
            people::move_out(tx, app, (self.person_id(), self.caller.staff_id)).await?;
        }
        self.correct(tx, app, &appended.row).await?;
        if self.input.outcome == CallOutcome::VerifiedMovedIn {
            let home = (self.person_id(), appended.row.state.enclosure);
            people::move_in(tx, app, home).await?;
            let who = (self.person_id(), self.caller.staff_id);
            people::took_in(tx, app, who, &row.place_code).await?;
        }
        self.end_visits(tx, app).await?;
        self.ask_for_needs(tx, app).await?;
        self.keep(tx, app, &appended.row).await?;
        Ok(appended)
    }

    async fn facts(&self, tx: &Client, app: &App, row: &StateRow) -> ApiResult<Vec<NewFact>> {
        let mut bodies = Vec::new();
        if let Some(status) = residence_status(self.input.outcome) {
            let named = self.input.enclosure_id.map(EnclosureId::new);
            let enclosure = named.or(row.state.enclosure).ok_or_else(no_enclosure)?;
            bodies.push(FactBody::Residence { status, enclosure });
        }
        bodies.extend(self.stay(Certainty::Declared));
        bodies.extend(self.health());
        if self.input.outcome == CallOutcome::VerifiedMovedIn {
            let open = store::list_open_of_person(tx, self.person_id()).await?;
            if open
                .iter()
                .any(|(_, cause, _)| cause == "identity_conflict")
            {
                bodies.extend(settled_conflicts(tx, self.person_id()).await?);
            }
        }
        found(tx, app, bodies, self.caller.staff_id).await
    }

    fn stay(&self, certainty: Certainty) -> Option<FactBody> {
        let answer = self.input.epidemic_area_stay.as_ref()?;
        answer.body(certainty)
    }

    /// The declared stays that a no withdraws.
    async fn denied(&self, tx: &Client, app: &App) -> ApiResult<Vec<Retract>> {
        let answer = self.input.epidemic_area_stay.as_ref();
        if answer.is_none_or(|answer| answer.found) {
            return Ok(Vec::new());
        }
        stay::denied(tx, self.person_id(), (self.caller.staff_id, app.now())).await
    }

    /// A fever that a worker types counts as a symptom: as a fever, which makes a pass red, counts
    /// only what a device measured.
    fn health(&self) -> Option<FactBody> {
        let health = self.input.health.as_ref()?;
        let fever = health.temperature.is_some_and(|heat| heat >= FEVER_CELSIUS);
        let mut symptoms: Vec<Symptom> = health.symptoms.clone();
        if fever && !symptoms.contains(&Symptom::Fever) {
            symptoms.push(Symptom::Fever);
        }
        Some(FactBody::Health {
            at: self.called_at,
            temperature: health.temperature.filter(|_| !fever),
            symptoms: symptoms.iter().map(|one| one.as_str().to_owned()).collect(),
        })
    }

    /// What one person's word does not suffice for is proposed to a second.
    async fn propose(&self, tx: &Client, app: &App) -> ApiResult<()> {
        let Some(fact) = self.stay(Certainty::Confirmed) else {
            return Ok(());
        };
        let found = red::Found {
            person_id: self.person_id(),
            fact,
            shown_by: EvidenceKind::Visit,
            reference: self.call_id.to_string(),
        };
        red::propose_found(tx, app, self.caller, found).await
    }

    async fn correct(&self, tx: &Client, app: &App, row: &StateRow) -> ApiResult<()> {
        let Some(address) = &self.input.address else {
            return Ok(());
        };
        let named = self.input.enclosure_id.map(EnclosureId::new);
        let enclosure_id = named.or(row.state.enclosure).ok_or_else(no_enclosure)?;
        let household_id = self.input.household_id;
        if let Some(household_id) = household_id {
            // The transaction sees the caller's jurisdiction only.
            let named = NamedHousehold {
                household_id,
                person_id: Some(self.person_id()),
                enclosure_id: Some(enclosure_id),
                address: Some(address),
            };
            people::check_household(tx, app, self.caller, &named).await?;
        }
        let correction = Correction {
            enclosure_id,
            address,
            address_code: self.input.address_code.as_deref(),
            household_id,
            by: self.caller.staff_id,
        };
        people::correct_address(tx, app, self.person_id(), &correction).await
    }

    /// Ends the visits that the call served, or puts all of them off.
    async fn end_visits(&self, tx: &Client, app: &App) -> ApiResult<()> {
        let reason = self.input.reason.map(|reason| reason.as_str());
        let Some(outcome) = self.input.outcome.ends() else {
            let why = (reason.unwrap_or_default(), self.input.next_try_at);
            let when = (app.now(), TRIES_MAX);
            for (place, id) in calls::put_off(tx, self.person_id(), why, when).await? {
                handlers::tell(tx, place, VisitId::new(id), "open").await?;
            }
            return Ok(());
        };
        for (visit_id, cause, place) in store::list_open_of_person(tx, self.person_id()).await? {
            if !self.serves(visit_id, &cause) {
                continue;
            }
            let ending = Ending {
                person_id: self.person_id(),
                visit_id,
                outcome,
                at: app.now(),
                by: self.caller.staff_id,
                note_sealed: None,
                reason,
            };
            store::end_visit(tx, &ending).await?;
            handlers::tell(tx, place, visit_id, outcome.status().as_str()).await?;
        }
        Ok(())
    }

    /// Whether the call did what the visit was for.
    fn serves(&self, visit_id: VisitId, cause: &str) -> bool {
        let about_home = residence_status(self.input.outcome).is_some();
        let gone = self.input.outcome == CallOutcome::MovedOut;
        let over = self.input.outcome == CallOutcome::NotExecutable || gone;
        let asked = match purpose(cause) {
            Purpose::Dwelling => about_home,
            Purpose::Health => self.input.health.is_some(),
            Purpose::Other(_) => false,
        };
        let travel = cause == CAUSE_STAY && self.input.epidemic_area_stay.is_some();
        over || asked || travel || self.input.served.contains(&visit_id)
    }

    async fn ask_for_needs(&self, tx: &Client, app: &App) -> ApiResult<()> {
        for need in &self.input.needs {
            let row = NewRow {
                person_id: self.person_id(),
                visit_id: VisitId::new(app.ids.next()),
                cause: need.as_str(),
                gate_id: None,
                nowhere: &facts::home_place(app, None),
                due_at: app.now() + NEED_DUE,
                created_at: app.now(),
                created_by: Some(self.caller.staff_id),
            };
            if let Some(place) = store::insert_visit(tx, &row).await? {
                handlers::tell(tx, place, row.visit_id, "open").await?;
            }
        }
        Ok(())
    }

    async fn keep(&self, tx: &Client, app: &App, row: &StateRow) -> ApiResult<()> {
        let note = self.input.note.as_deref().map(str::trim);
        let note_sealed = note.filter(|note| !note.is_empty()).map(|note| {
            let (field, plain) = (Field::CallNote, note.as_bytes());
            app.sealer.seal(field, self.call_id, plain, &app.entropy)
        });
        let needs: Vec<&str> = self.input.needs.iter().map(|need| need.as_str()).collect();
        let call = NewCall {
            person_id: self.person_id(),
            call_id: self.call_id,
            place_code: &row.place_code,
            called_at: self.called_at,
            recorded_at: app.now(),
            staff_id: self.caller.staff_id,
            outcome: self.input.outcome.as_str(),
            reason: self.input.reason.map(|reason| reason.as_str()),
            next_try_at: self.input.next_try_at,
            needs: &needs,
            note_sealed: note_sealed.as_deref(),
        };
        calls::insert_call(tx, &call).await?;
        Ok(())
    }

    fn result(&self, status: CallStatus, decision: Option<facts::DecisionView>) -> CallResult {
        CallResult {
            person_id: self.person_id(),
            status,
            decision,
            conflicts: Vec::new(),
            seen: None,
            code: None,
            message: None,
            message_zh: None,
        }
    }

    fn refused(&self, error: &ApiError) -> CallResult {
        let (message, message_zh) = error.words();
        CallResult {
            code: Some(error.code().as_str().to_owned()),
            message: Some(message),
            message_zh: Some(message_zh),
            ..self.result(CallStatus::Refused, None)
        }
    }
}

/// What an outcome says of the residence, if it does.
fn residence_status(outcome: CallOutcome) -> Option<ResidenceStatus> {
    match outcome {
        CallOutcome::VerifiedMovedIn => Some(ResidenceStatus::Verified),
        CallOutcome::MovedOut => Some(ResidenceStatus::Away),
        CallOutcome::Checked | CallOutcome::Absent | CallOutcome::NotExecutable => None,
    }
}

fn seen(home: &Home) -> Seen {
    Seen {
        residence: home.residence_fact,
        address: home.address_at,
    }
}
