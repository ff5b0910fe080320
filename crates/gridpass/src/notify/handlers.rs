//! From a notice to a text message.

use anyhow::Context;
use serde::Deserialize;

use super::{NOTICE_LIFE, TOPIC_TEXT, queue, store};
use crate::app::App;
use crate::db::Tx;
use crate::jobs::outbox::{FollowUp, Handlers, Handling};

#[derive(Deserialize)]
struct TextPayload {
    notice_id: i64,
}

/// Adds the handler that puts notices into text messages.
pub fn register(handlers: Handlers) -> Handlers {
    handlers.on(TOPIC_TEXT, write)
}

fn write<'a>(app: &'a App, tx: &'a Tx, follow_up: &'a FollowUp) -> Handling<'a> {
    Box::pin(async move {
        let payload: TextPayload = serde_json::from_value(follow_up.payload.clone())
            .context("the payload of a text cannot be read")?;
        let key = (follow_up.person_id, payload.notice_id);
        let found = store::find_notice(tx, key).await?;
        let found = found.context("a notice to send is not there")?;
        let phone = found.phone(app, follow_up.person_id)?;
        let Some(phone) = phone else {
            return Ok(store::update_text_state(tx, key, "no_phone").await?);
        };
        if !super::can_text(app) {
            return Ok(store::update_text_state(tx, key, "failed").await?);
        }
        let notice = found.notice().context("a template is not known")?;
        let expires_at = app.now() + NOTICE_LIFE;
        let sent = queue(tx, app, (&phone, &notice.words()), Some(key), expires_at).await;
        sent.map_err(anyhow::Error::new)
    })
}
