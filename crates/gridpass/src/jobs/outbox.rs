//! The relay from `outbox` rows to the handlers of their topics.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use crate::db::Client;
use anyhow::Context;
use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use serde_json::Value;

use crate::app::App;
use crate::audit;
use crate::db::Tx;
use crate::metrics::Kind;

/// Rows taken in one go.
const RELAY_ROWS_MAX: i64 = 256;

/// A follow-up to handle.
#[derive(Clone, Debug)]
pub struct FollowUp {
    /// The person concerned.
    pub person_id: PersonId,
    /// Which handler.
    pub topic: String,
    /// Same cause, same key.
    pub dedupe_key: String,
    /// Ids, codes and times.
    pub payload: Value,
    /// When it was caused.
    pub created_at: Timestamp,
}

/// A follow-up to write.
#[derive(Clone, Debug)]
pub struct NewFollowUp {
    /// The person concerned.
    pub person_id: PersonId,
    /// Which handler.
    pub topic: &'static str,
    /// Same cause, same key; a second row with it is dropped.
    pub dedupe_key: String,
    /// Ids, codes and times; no personal data.
    pub payload: Value,
}

/// What a handler's future is.
pub type Handling<'a> = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + 'a>>;
/// Handles one follow-up inside the relay's transaction.
pub type Handler = for<'a> fn(&'a App, &'a Tx, &'a FollowUp) -> Handling<'a>;

/// Topic → handler, filled in at boot.
#[derive(Default)]
pub struct Handlers(HashMap<&'static str, Handler>);

impl Handlers {
    /// Adds a topic's handler.
    #[must_use]
    pub fn on(mut self, topic: &'static str, handler: Handler) -> Self {
        self.0.insert(topic, handler);
        self
    }
}

/// Writes follow-ups in the caller's transaction.
pub async fn insert(
    db: &Client,
    rows: &[NewFollowUp],
    now: Timestamp,
) -> Result<(), tokio_postgres::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let people: Vec<i64> = rows.iter().map(|row| row.person_id.get()).collect();
    let topics: Vec<&str> = rows.iter().map(|row| row.topic).collect();
    let keys: Vec<&str> = rows.iter().map(|row| row.dedupe_key.as_str()).collect();
    let payloads: Vec<&Value> = rows.iter().map(|row| &row.payload).collect();
    let sql = "-- outbox.insert
        INSERT INTO outbox (person_id, topic, dedupe_key, payload, created_at)
        SELECT p, t, k, b, $5 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::jsonb[]) AS u (p, t, k, b)
        ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&people, &topics, &keys, &payloads, &now])
        .await?;
    Ok(())
}

/// Relays what is pending; true when something was done, since handling may cause more.
pub async fn relay(app: App) -> anyhow::Result<bool> {
    let handlers = app.part::<Handlers>();
    let pending = {
        let db = app.db.client().await?;
        list_pending(&db).await?
    };
    let some = !pending.is_empty();
    let mut failed = false;
    for follow_up in pending {
        // One that cannot be handled must not hold up those behind it.
        let relayed = audit::as_job(&app, "follow-up", relay_one(&app, &handlers, &follow_up));
        if let Err(error) = relayed.await {
            tracing::warn!(topic = follow_up.topic, error = %error, "follow-up failed, will try again");
            failed = true;
        }
    }
    Ok(some && !failed)
}

async fn relay_one(app: &App, handlers: &Handlers, follow_up: &FollowUp) -> anyhow::Result<()> {
    let tx = app.db.tx().await?;
    if mark_done(&tx, follow_up, app.now()).await? {
        let (topic, handler) = handlers
            .0
            .get_key_value(follow_up.topic.as_str())
            .context("unknown topic")?;
        audit::subject(follow_up.person_id);
        audit::object(format!("follow-up/{topic}"));
        handler(app, &tx, follow_up).await?;
        tx.commit().await?;
        app.metrics
            .follow_ups
            .get_or_create(&Kind { kind: topic })
            .inc();
    }
    Ok(())
}

async fn list_pending(db: &Client) -> anyhow::Result<Vec<FollowUp>> {
    let sql = "-- outbox.list_pending
        SELECT person_id, topic, dedupe_key, payload, created_at FROM outbox
        WHERE done_at IS NULL ORDER BY created_at LIMIT $1";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&RELAY_ROWS_MAX])
        .await?;
    let read = |row: &tokio_postgres::Row| FollowUp {
        person_id: PersonId::new(row.get(0)),
        topic: row.get(1),
        dedupe_key: row.get(2),
        payload: row.get(3),
        created_at: row.get(4),
    };
    Ok(rows.iter().map(read).collect())
}

async fn mark_done(
    db: &Client,
    row: &FollowUp,
    now: Timestamp,
) -> Result<bool, tokio_postgres::Error> {
    let sql = "-- outbox.mark_done
        UPDATE outbox SET done_at = $4
        WHERE person_id = $1 AND topic = $2 AND dedupe_key = $3 AND done_at IS NULL";
    let key: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&row.person_id.get(), &row.topic, &row.dedupe_key, &now];
    Ok(db.execute(&db.prepare_cached(sql).await?, &key).await? == 1)
}
