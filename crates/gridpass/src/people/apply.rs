//! Applying on a phone: the way from a form and a code to a pass.
//!
//! The order matters. What is wrong with the form is said first and looks at nobody. Then the
//! code: without it no record is looked at, so who does not hold the phone learns nothing.
//! Then the try is counted for the phone. Only then is the number looked up. Who does not prove to
//! be the person held gets a pass as if nobody held the number, and each new record is counted
//! for the document. Who proves to be the person held is not counted there: strangers who try a
//! number cannot shut its owner out.

use gridpass_types::ids::PersonId;
use jiff::SignedDuration;

use super::challenge;
use super::claim::enrol_on_phone;
use super::enrol::Enrolment;
use super::holder::issue_token;
use super::model::{Details, EnrolInput, EnrolledView};
use super::view::pass_view;
use crate::app::App;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::limits::{self, Limit};
use crate::phone_codes::{self, Purpose};

/// Gives somebody who holds the phone a pass on it.
///
/// # Errors
/// 422 for the form, the challenge or the code; 429 `too_many_tries`.
pub(super) async fn apply(app: &App, input: &EnrolInput) -> ApiResult<EnrolledView> {
    let details = input.typed().check(app.now())?;
    let missing = || ApiError::internal(anyhow::anyhow!("an application names a phone"));
    let phone = details.phone.as_ref().ok_or_else(missing)?;
    challenge::check(app, input.challenge.as_deref(), input.solution.as_deref()).await?;
    let code = input.phone_code.expose();
    let proof = phone_codes::check(app, phone, Purpose::Enrol, code).await?;
    let tried_by = app
        .sealer
        .lasting_digest("phone that tries", phone.expose());
    count_try(app, &tried_by).await?;
    let tx = app.db.tx().await?;
    proof.spend(&tx, app).await?;
    let enrolment = Enrolment::by_holder(details, input.enclosure_id);
    let enrolled = enrol_on_phone(&tx, app, &enrolment).await?;
    if enrolled.created {
        count_at_document(app, &enrolment.details).await?;
    }
    let issued = issue_token(&tx, app, enrolled.person_id).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    let pass = pass_view(&app.db.client().await?, app, enrolled.person_id).await?;
    Ok(EnrolledView {
        pass_serial: pass.pass_serial,
        holder_token: issued.token,
        expires_at: issued.expires_at,
        replaced_phone: issued.replaced_phone,
        pass,
    })
}

/// Counts a try by a phone, before anything is looked up.
///
/// # Errors
/// 429 `too_many_tries`.
pub(super) async fn count_try(app: &App, tried_by: &[u8]) -> ApiResult<()> {
    let by_phone = limit("tries_by_phone", app.settings.limits.tries_per_phone_day);
    limits::take(app, &by_phone, tried_by).await
}

/// Counts a try at a document that its owner's phone did not make.
///
/// # Errors
/// 429 `too_many_tries`, whether or not the document is known.
pub(super) async fn count_at_document(app: &App, details: &Details) -> ApiResult<()> {
    let uses_max = app.settings.limits.tries_per_document_day;
    let at_document = limit("tries_at_document", uses_max);
    let document = app
        .sealer
        .digest("document", &details.number.digest_input());
    limits::take(app, &at_document, &document).await
}

fn limit(kind: &'static str, uses_max: u32) -> Limit {
    Limit {
        kind,
        uses_max,
        window: SignedDuration::from_hours(24),
        code: Code::TooManyTries,
    }
}

/// Names a guardian's phone among those who try.
pub(super) fn guardian_key(app: &App, guardian: PersonId) -> [u8; 16] {
    app.sealer.lasting_digest("guardian", &guardian.to_string())
}
