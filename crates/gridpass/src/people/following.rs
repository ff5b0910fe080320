//! A guardian's number changes: whoever is known by it goes with it.
//!
//! A child is known by its mother's number because she entered it. Were it left behind, whoever gets the
//! old number could act for the child, and she could not add it again. Only those in the guardian's
//! care go with it who are known by exactly that number; a number of their own is theirs.

use anyhow::Context as _;
use gridpass_types::Phone;
use gridpass_types::ids::PersonId;
use serde::{Deserialize, Serialize};

use super::family::{list_in_care, sealed};
use super::holder::Holder;
use super::store;
use crate::app::App;
use crate::audit;
use crate::db::{Client, Tx};
use crate::http::error::{ApiError, ApiResult};
use crate::jobs::outbox::{self, FollowUp, Handlers, Handling, NewFollowUp};

/// Outbox topic: the number of a guardian, by which this person is known, is another now.
const TOPIC_NUMBER_FOLLOWS: &str = "person.number_follows";

/// What the topic tells.
#[derive(Serialize, Deserialize)]
struct Payload {
    /// Whose number it is.
    guardian: PersonId,
    /// Keyed digest of the number before.
    before: String,
}

/// Adds the handler of the topic.
pub fn register(handlers: Handlers) -> Handlers {
    handlers.on(TOPIC_NUMBER_FOLLOWS, follow)
}

/// Lets everybody follow whom it concerns, in the transaction that writes the guardian's new number,
/// before it does. Not for a contested record: whom its phone carried may be the family of somebody
/// else.
///
/// # Errors
/// 404 `person_unknown`, or when the database does not answer.
pub(super) async fn let_follow(tx: &Client, app: &App, guardian: PersonId) -> ApiResult<()> {
    let Some(number) = super::get(tx, guardian).await?.phone(app)? else {
        return Ok(());
    };
    let holder = Holder {
        person_id: guardian,
    };
    let mut follow_ups = Vec::new();
    for person_id in list_in_care(tx, app, holder).await? {
        let known_by = super::get(tx, person_id).await?.phone(app)?;
        if person_id == guardian || known_by.as_ref() != Some(&number) {
            continue;
        }
        audit::subject(person_id);
        let payload = Payload {
            guardian,
            before: digest(app, &number),
        };
        follow_ups.push(NewFollowUp {
            person_id,
            topic: TOPIC_NUMBER_FOLLOWS,
            dedupe_key: app.ids.next().to_string(),
            payload: serde_json::to_value(payload).map_err(ApiError::internal)?,
        });
    }
    outbox::insert(tx, &follow_ups, app.now()).await?;
    Ok(())
}

/// Writes the guardian's number for who is still known by the one before. Whose number it is has been
/// told.
fn follow<'a>(app: &'a App, tx: &'a Tx, follow_up: &'a FollowUp) -> Handling<'a> {
    Box::pin(async move {
        let payload: Payload = serde_json::from_value(follow_up.payload.clone())
            .context("the payload of a number that follows cannot be read")?;
        let person_id = follow_up.person_id;
        audit::subject(person_id);
        let number = super::get(tx, payload.guardian).await?.phone(app)?;
        store::lock_person(tx, person_id.get()).await?;
        let held = super::get(tx, person_id).await?.phone(app)?;
        let stays = held.is_none_or(|held| digest(app, &held) != payload.before);
        if let Some(number) = number.filter(|_| !stays) {
            store::update_phone(tx, person_id, &sealed(app, person_id, &number)).await?;
        }
        Ok(())
    })
}

/// Keyed; it outlives a change of the digest key.
fn digest(app: &App, number: &Phone) -> String {
    let digest = app
        .sealer
        .lasting_digest("number that follows", number.expose());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
