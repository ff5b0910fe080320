//! Turning entries into scans, one transaction each.

use gridpass_rules::{Action, Direction};
use gridpass_types::ids::PersonId;
use gridpass_types::{PersonName, Phone};
use jiff::SignedDuration;

use super::model::{Details, next_try};
use super::store::{self, Due};
use crate::app::App;
use crate::audit;
use crate::db::{Client, Tx};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::people;
use crate::scans::{self, WrittenDown};
use crate::seal::Field;

/// Entries of one round.
const ENTRIES_MAX: usize = 200;
/// For how long what was written is kept while nobody is found.
const TEXT_LIFE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// For how long entries are kept.
const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Looks for the people of entries whose time has come; true when more may be waiting.
pub async fn round(app: App) -> anyhow::Result<bool> {
    for _ in 0..ENTRIES_MAX {
        let done = one(&app).await;
        if !done.map_err(|error| anyhow::anyhow!("an entry of the register: {error:?}"))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Looks at one entry; false when none is due.
async fn one(app: &App) -> ApiResult<bool> {
    let now = app.now();
    let tx = app.db.tx().await?;
    let Some(due) = store::lock_due(&tx, now).await? else {
        return Ok(false);
    };
    match find(app, &tx, &due).await? {
        Found::Somebody(person_id, by) => {
            audit::subject(person_id);
            let became = became_of(app, &tx, written(&due, (person_id, by))?).await?;
            store::end_entry(&tx, &due, became).await?;
        }
        Found::Nobody => match next_try(due.tries, now) {
            Some(next) => store::postpone_entry(&tx, &due, next).await?,
            None => store::end_entry(&tx, &due, "nobody").await?,
        },
    }
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(true)
}

/// Makes a scan of an entry whose person is known; says what came of it.
pub async fn became_of(app: &App, tx: &Tx, written: WrittenDown) -> ApiResult<&'static str> {
    match scans::record_written(app, tx, written).await {
        Ok(()) => Ok("scan"),
        Err(error) if error.code().status().is_client_error() => Ok("refused"),
        Err(error) => Err(error),
    }
}

enum Found {
    Somebody(PersonId, By),
    Nobody,
}

/// By what it is known who was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The number of their document, which they had with them.
    Number,
    /// A serial, name and phone, or somebody's word: what others know of them, too.
    Hearsay,
}

/// By the serial, else by the number, else by name and phone together. A name alone finds
/// nobody: many people share one.
async fn find(app: &App, db: &Client, due: &Due) -> ApiResult<Found> {
    let (found, by) = match due.pass_serial {
        Some(serial) => (people::find_by_serial(db, serial).await?, By::Hearsay),
        None => by_details(app, db, due).await?,
    };
    Ok(found.map_or(Found::Nobody, |who| Found::Somebody(who, by)))
}

async fn by_details(app: &App, db: &Client, due: &Due) -> ApiResult<(Option<PersonId>, By)> {
    let opened = app
        .sealer
        .open(Field::RegisterDetails, due.entry_id, &due.details_sealed)?;
    let details: Details = serde_json::from_slice(&opened).map_err(ApiError::internal)?;
    let Some(number) = &details.document_number else {
        let found = by_name_and_phone(app, db, &details).await?;
        return Ok((found, By::Hearsay));
    };
    let found = match people::find_by_number(db, app, details.document_type, number).await {
        // A number that is none: the guard mistyped it by hand.
        Err(error) if error.code() == Code::InvalidFields => None,
        other => other?,
    };
    Ok((found, By::Number))
}

/// What is no name or no phone finds nobody.
async fn by_name_and_phone(
    app: &App,
    db: &Client,
    details: &Details,
) -> ApiResult<Option<PersonId>> {
    let name = details
        .name
        .as_deref()
        .and_then(|text| PersonName::parse(text).ok());
    let phone = details
        .phone
        .as_deref()
        .and_then(|text| Phone::parse(text).ok());
    match name.zip(phone) {
        Some((name, phone)) => people::find_by_name_and_phone(db, app, (&name, &phone)).await,
        None => Ok(None),
    }
}

/// An entry as a scan of somebody.
pub fn written(due: &Due, (person_id, by): (PersonId, By)) -> ApiResult<WrittenDown> {
    let lost = || ApiError::internal(anyhow::anyhow!("a code outside the table's CHECK"));
    Ok(WrittenDown {
        device_id: due.device_id,
        gate_id: due.gate_id,
        person_id,
        at: due.at,
        direction: Direction::from_code(due.direction).ok_or_else(lost)?,
        action: Action::from_code(due.action).ok_or_else(lost)?,
        decicelsius: due.decicelsius,
        shown_colour: due.shown_colour,
        is_vouched: by == By::Number,
    })
}

/// Forgets what was written about people whom nobody found, and removes entries whose time is over.
pub async fn sweep(app: App) -> anyhow::Result<bool> {
    let db = app.db.client().await?;
    let forgotten = store::unknown::forget_unknown(&db, app.now() - TEXT_LIFE).await?;
    Ok(forgotten > 0 || store::delete_before(&db, app.now() - LIFE).await? > 0)
}
