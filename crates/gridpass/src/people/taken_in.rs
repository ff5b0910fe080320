//! Who counts nowhere yet, or has moved out, is given a home by whichever counter or door they turn
//! up at: a name and a number suffice for that. So it must not suffice for the phone as well, which opens
//! the pass and everything held. Who took somebody in, who had a phone, cannot write another one
//! for a day; a colleague, to whom the document is shown too, can at once. The person is told.

use gridpass_types::ids::{PersonId, StaffId};
use jiff::SignedDuration;

use super::store;
use crate::app::App;
use crate::auth::Caller;
use crate::db::Client;
use crate::facts;
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::notify::{self, Notice};

/// For how long somebody else has to write the phone.
const ALONE_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Notes, in the transaction that gives a home to somebody, who gives it: only where the person
/// counted nowhere before. The phone held counts, so this comes before another one is filled in.
///
/// # Errors
/// When the database does not answer.
pub async fn took_in(
    tx: &Client,
    app: &App,
    (person_id, by): (PersonId, StaffId),
    place_before: &str,
) -> ApiResult<()> {
    if place_before != facts::home_place(app, None) {
        return Ok(());
    }
    let at = app.now();
    if store::note_taken_in(tx, person_id, (at, by)).await? {
        notify::tell(tx, app, person_id, &Notice::HomeEntered { at }).await?;
    }
    Ok(())
}

/// Whether the caller may write a phone for somebody without a colleague. Whose jurisdiction is the
/// whole district reached the person before any home was given.
///
/// # Errors
/// 409 `ask_colleague`.
pub(super) async fn check_alone(
    tx: &Client,
    app: &App,
    (person_id, caller): (PersonId, &Caller),
) -> ApiResult<()> {
    if caller.covers(&facts::home_place(app, None)) {
        return Ok(());
    }
    let since = app.now() - ALONE_AFTER;
    let by = store::find_taken_in(tx, person_id, since).await?;
    match by == Some(caller.staff_id) {
        true => Err(Code::AskColleague.into()),
        false => Ok(()),
    }
}
