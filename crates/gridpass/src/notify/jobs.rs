//! Sends what waits: a few at a time, later again when the gateway is away, and never for ever.

use futures_util::StreamExt as _;
use gridpass_types::Phone;
use jiff::SignedDuration;

use super::gateway::{Gateway, GatewayError, Texts};
use super::model::{TextMessage, Words};
use super::store::{self, Claimed};
use crate::app::App;
use crate::metrics::Kind;
use crate::seal::Field;

/// Messages taken in one round.
const CLAIM_ROWS_MAX: i64 = 64;
/// Messages under way at once.
const SENDING_MAX: usize = 8;
/// How long a node has to send what it took before another one may. All of a round must fit:
/// 64 messages, 8 at a time, 5 s each.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Tries of one message.
const ATTEMPTS_MAX: i16 = 8;
/// Longest pause between tries.
const PAUSE_MAX_S: i64 = 600;

/// What became of a try.
enum Outcome {
    Sent,
    Later,
    GivenUp,
}

/// Sends the messages that are due; true when some were, since there may be more.
pub async fn send(app: App) -> anyhow::Result<bool> {
    let texts = app.part::<Texts>();
    let Some(gateway) = texts.gateway() else {
        return Ok(false);
    };
    let now = app.now();
    let claimed = {
        let db = app.db.client().await?;
        store::claim_texts(&db, now, now + LEASE, CLAIM_ROWS_MAX).await?
    };
    let some = !claimed.is_empty();
    let mut tries = futures_util::stream::iter(claimed)
        .map(|claimed| {
            let app = app.clone();
            async move { send_one(&app, gateway, claimed).await }
        })
        .buffer_unordered(SENDING_MAX);
    while let Some(done) = tries.next().await {
        done?;
    }
    Ok(some)
}

async fn send_one(app: &App, gateway: &dyn Gateway, claimed: Claimed) -> anyhow::Result<()> {
    let outcome = attempt(app, gateway, &claimed).await?;
    let db = app.db.client().await?;
    let (kind, state) = match outcome {
        Outcome::Sent => ("sent", "sent"),
        Outcome::GivenUp => ("given_up", "failed"),
        Outcome::Later => {
            let next_at = app.now() + pause_after(claimed.attempts);
            store::delay_text(&db, claimed.message_id, next_at).await?;
            count(app, "put_off");
            return Ok(());
        }
    };
    if let Some(key) = claimed.of {
        store::update_text_state(&db, key, state).await?;
    }
    // Last: whatever stops us before is done again.
    store::delete_text(&db, claimed.message_id).await?;
    count(app, kind);
    Ok(())
}

async fn attempt(app: &App, gateway: &dyn Gateway, claimed: &Claimed) -> anyhow::Result<Outcome> {
    if claimed.expires_at <= app.now() {
        return Ok(Outcome::GivenUp);
    }
    let message = open(app, claimed)?;
    let (message_id, attempts) = (claimed.message_id, claimed.attempts);
    match gateway.send(&message, app.now()).await {
        Ok(()) => Ok(Outcome::Sent),
        Err(error @ GatewayError::Unavailable(_)) if attempts < ATTEMPTS_MAX => {
            tracing::warn!(message_id, attempts, %error, "a text message is put off");
            Ok(Outcome::Later)
        }
        Err(error) => {
            tracing::warn!(message_id, attempts, %error, "a text message is given up");
            Ok(Outcome::GivenUp)
        }
    }
}

fn open(app: &App, claimed: &Claimed) -> anyhow::Result<TextMessage> {
    let id = claimed.message_id;
    let words = app
        .sealer
        .open(Field::TextWords, id, &claimed.words_sealed)?;
    let words: Words = serde_json::from_slice(&zeroize::Zeroizing::new(words))?;
    let phone = app
        .sealer
        .open_text(Field::TextPhone, id, &claimed.phone_sealed)?;
    Ok(TextMessage {
        message_id: id,
        kind: claimed.kind(),
        phone: Phone::parse(&zeroize::Zeroizing::new(phone))?,
        words,
    })
}

fn count(app: &App, kind: &'static str) {
    app.metrics.texts.get_or_create(&Kind { kind }).inc();
}

/// 2, 4, 8 … seconds.
fn pause_after(attempts: i16) -> SignedDuration {
    let exponent = u32::try_from(attempts.clamp(1, 16)).unwrap_or(1);
    SignedDuration::from_secs((1_i64 << exponent).min(PAUSE_MAX_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end_at_ten_minutes() {
        let pauses: Vec<i64> = (1..=10).map(|n| pause_after(n).as_secs()).collect();
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600]);
    }
}
