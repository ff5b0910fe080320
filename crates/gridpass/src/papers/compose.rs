//! What a paper says: read from the record when it is issued, and when it is printed again.

use gridpass_rules::words::{EndReason, Residence};
use gridpass_types::clock::start_of_day;

use super::model::{IssuedPaper, ObservedSpan, PaperKind, PaperView};
use super::{serial, store};
use crate::app::App;
use crate::auth::Caller;
use crate::db::Client;
use crate::facts;
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::masking::{Shown, Viewer};
use crate::people;
use crate::quarantine;

/// A paper with everything that is printed on it.
///
/// # Errors
/// [`Code::PaperNoGround`] when the record does not say so.
pub async fn compose(
    db: &Client,
    app: &App,
    paper: IssuedPaper,
    caller: &Caller,
) -> ApiResult<PaperView> {
    let person = people::get(db, paper.person_id).await?;
    let viewer = Viewer::Staff(caller.role);
    // A paper without a name proves nothing; who does not see it does not print.
    let name = person.shown(app, viewer, Shown::Name)?;
    let number = person.shown(app, viewer, Shown::Number)?;
    let residence = match paper.kind {
        PaperKind::Residence => Some(lives_at(db, app, &paper).await?),
        PaperKind::ObservationEnd => None,
    };
    let address = match paper.kind {
        PaperKind::Residence => person.shown(app, viewer, Shown::Address)?,
        PaperKind::ObservationEnd => None,
    };
    Ok(PaperView {
        serial: serial::write(&app.sealer, paper.paper_id, (paper.person_id, paper.kind)),
        name: name.ok_or(Code::NotAllowed)?,
        document_masked: gridpass_types::document::mask_number(&number.unwrap_or_default()),
        address,
        enclosure_name: residence,
        divisions: store::list_division_names(db, &paper.place_code).await?,
        observation: observed(db, app, &paper).await?,
        paper,
    })
}

/// The enclosure where the person lives, verified at the door.
async fn lives_at(db: &Client, app: &App, paper: &IssuedPaper) -> ApiResult<String> {
    // As of the issuing: who moved away later still lived there then.
    let replayed = facts::state_at(db, app, paper.person_id, paper.issued_at).await?;
    let verified = replayed.state.residence == Residence::Verified;
    let enclosure = replayed.state.enclosure.filter(|_| verified);
    let enclosure = enclosure.ok_or(Code::PaperNoGround)?;
    let name = store::find_enclosure_name(db, enclosure.get()).await?;
    name.ok_or_else(|| Code::PaperNoGround.into())
}

/// The order that was completed: it ran to its end, or a doctor discharged the person. One that
/// was ended otherwise was no observation.
async fn observed(db: &Client, app: &App, paper: &IssuedPaper) -> ApiResult<Option<ObservedSpan>> {
    let Some(order_id) = paper.order_id else {
        return Ok(None);
    };
    let person_id = paper.person_id.get();
    let order = quarantine::find_order(db, person_id, order_id.get()).await?;
    let order = order.ok_or(Code::PaperNoGround)?;
    let last = start_of_day(order.end);
    let ran = order.released_at.is_none_or(|at| at >= last);
    let completed = order.is_over(app.now()) && order.end_reason != Some(EndReason::Cancelled);
    if !completed || !(ran || quarantine::was_discharged(db, &order).await?) {
        return Err(Code::PaperNoGround.into());
    }
    Ok(Some(ObservedSpan {
        place: order.place,
        start: order.start,
        ended_at: order.released_at.unwrap_or(last),
        document: order.document,
    }))
}
