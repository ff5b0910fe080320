//! Telling people something: in the app, and by text message.
//!
//! Invariants: a notice is written in the transaction of what it tells, so nobody is told what
//! did not happen and nothing happens untold; what is stored is a template and its parameters,
//! never a sentence with personal data; a text message waits in the database until the gateway
//! has taken it or it is too old to be worth sending, and its phone and words are sealed and go
//! with it; no request waits for the gateway.
//!
//! A slice that has something to tell adds a variant to [`Notice`] and calls [`tell`].

mod gateway;
mod handlers;
mod jobs;
mod model;
mod own_words;
mod store;

use std::time::Duration;

use gridpass_types::Phone;
use gridpass_types::ids::PersonId;
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::db::Client;
use crate::http::error::{ApiError, ApiResult};
use crate::jobs::Loop;
use crate::jobs::outbox::{self, NewFollowUp};
use crate::seal::Field;

pub use gateway::{
    Console, Gateway, GatewayConfigError, GatewayError, Sending, Texts, Webhook,
    open as open_gateway,
};
pub use handlers::register;
pub use model::{AppealUnit, ColourCause, Notice, NoticeView, TextKind, TextMessage, Words};

/// Follow-up that puts a notice into a text message.
const TOPIC_TEXT: &str = "notice.text";
/// How long a notice is worth sending.
pub const NOTICE_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// Notices shown at most.
const LIST_ROWS_MAX: i64 = 100;

/// Background work: sends the text messages that wait.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "text messages",
        period: Duration::from_secs(2),
        round: |app| Box::pin(jobs::send(app)),
    }]
}

/// Tells a person something, in the caller's transaction: shown in the app, and sent as a text
/// message where the template says so and a phone is known.
///
/// # Errors
/// When the database does not answer.
pub async fn tell(tx: &Client, app: &App, person_id: PersonId, notice: &Notice) -> ApiResult<()> {
    let notice_id = app.ids.next();
    let text_state = if notice.by_text() { "waiting" } else { "none" };
    let parameters = serde_json::to_value(notice).map_err(ApiError::internal)?;
    let row = store::NewNotice {
        key: (person_id, notice_id),
        template: notice.template(),
        parameters: &parameters,
        text_state,
        created_at: app.now(),
    };
    store::insert_notice(tx, &row).await?;
    if notice.by_text() {
        let follow_up = NewFollowUp {
            person_id,
            topic: TOPIC_TEXT,
            dedupe_key: notice_id.to_string(),
            payload: serde_json::json!({ "notice_id": notice_id }),
        };
        outbox::insert(tx, &[follow_up], app.now()).await?;
    }
    Ok(())
}

/// Tells many people the same, in the caller's transaction and in one statement.
///
/// # Errors
/// When the database does not answer.
pub async fn tell_many(
    tx: &Client,
    app: &App,
    people: &[PersonId],
    notice: &Notice,
) -> ApiResult<()> {
    let notice_id = app.ids.next();
    let text_state = if notice.by_text() { "waiting" } else { "none" };
    let parameters = serde_json::to_value(notice).map_err(ApiError::internal)?;
    let key = (people, notice_id);
    let what = (notice.template(), &parameters);
    store::insert_notices(tx, key, what, (text_state, app.now())).await?;
    if notice.by_text() {
        let follow_up = |person_id: &PersonId| NewFollowUp {
            person_id: *person_id,
            topic: TOPIC_TEXT,
            dedupe_key: notice_id.to_string(),
            payload: serde_json::json!({ "notice_id": notice_id }),
        };
        let follow_ups: Vec<NewFollowUp> = people.iter().map(follow_up).collect();
        outbox::insert(tx, &follow_ups, app.now()).await?;
    }
    Ok(())
}

/// What people were told last, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Client, people: &[PersonId]) -> ApiResult<Vec<NoticeView>> {
    let rows = store::list_notices(db, people, LIST_ROWS_MAX).await?;
    // A template that this version does not know was written by a newer one: not shown.
    Ok(rows.iter().filter_map(store::NoticeRow::view).collect())
}

/// Whether text messages can be sent from here at all.
pub fn can_text(app: &App) -> bool {
    app.part::<Texts>().gateway().is_some()
}

/// Puts words for a phone into the queue, in the caller's transaction. They are given up at
/// `expires_at`.
///
/// # Errors
/// When the database does not answer.
pub async fn text(
    tx: &Client,
    app: &App,
    phone: &Phone,
    words: &Words,
    expires_at: Timestamp,
) -> ApiResult<()> {
    queue(tx, app, (phone, words), None, expires_at).await
}

/// `of` is the person and the notice the words belong to; a code has neither.
async fn queue(
    tx: &Client,
    app: &App,
    (phone, words): (&Phone, &Words),
    of: Option<(PersonId, i64)>,
    expires_at: Timestamp,
) -> ApiResult<()> {
    // Random: two nodes may write at the same time, and there is no person in the key.
    let message_id = app.entropy.person_id();
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(words).map_err(ApiError::internal)?);
    let seal = |field, plain: &[u8]| app.sealer.seal(field, message_id, plain, &app.entropy);
    let row = store::NewText {
        message_id,
        phone_sealed: seal(Field::TextPhone, phone.expose().as_bytes()),
        words_sealed: seal(Field::TextWords, &plain),
        of,
        expires_at,
        now: app.now(),
    };
    Ok(store::insert_text(tx, &row).await?)
}
