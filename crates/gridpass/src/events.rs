//! Live events across nodes: written with NOTIFY in the transaction that causes them, heard
//! by every node, handed to the pages that are open.
//!
//! An event says that something changed and where, never about whom: whoever hears it reads
//! the list again through the API, with its checks. Notifications sent while a node was not
//! listening are lost, so the node then tells its pages to read anew (`resync`).

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use crate::app::LiveEvent;
use crate::db::{Client, Db, ListenEvent};

/// The channel of NOTIFY.
const CHANNEL: &str = "gridpass_events";
/// Topic that tells a page to read its lists anew.
pub const RESYNC: &str = "resync";
/// Topic of alerts.
pub const ALERT: &str = "alert";
/// Topic of alerts of somebody held at a gate, for those whom no other alerts concern.
pub const HELD: &str = "held";
/// Topic of visits.
pub const VISIT: &str = "visit";
/// Topic of daily checks, announced openings and needs of people under observation.
pub const OBSERVATION: &str = "observation";
/// Topic of proposals that wait for a second person.
pub const RED: &str = "red";
/// Topic of rules: something came into force, was held or rolled back.
pub const RULES: &str = "rules";
/// Topic of holds on passing time and of sources.
pub const HOLDS: &str = "holds";
/// Topic of counts.
pub const STATS: &str = "stats";
/// Topic of appeals.
pub const APPEAL: &str = "appeal";
/// Somebody lifted the masks of a person.
pub const BREAK_GLASS: &str = "break_glass";

/// An event as it travels between nodes.
#[derive(Serialize, Deserialize)]
struct Message {
    topic: String,
    place_code: String,
    body: String,
}

/// Tells every node in the caller's transaction: heard once it commits, never if not.
///
/// # Errors
/// When the database does not answer.
pub async fn notify(tx: &Client, event: &LiveEvent) -> Result<(), tokio_postgres::Error> {
    let message = Message {
        topic: event.topic.to_owned(),
        place_code: event.place_code.clone(),
        body: event.body.to_string(),
    };
    let payload = serde_json::to_string(&message).expect("three strings always serialise");
    let sql = "-- events.notify
        SELECT pg_notify($1, $2)";
    tx.execute(&tx.prepare_cached(sql).await?, &[&CHANNEL, &payload])
        .await?;
    Ok(())
}

/// Hears what all nodes tell, until it is dropped.
pub struct Feed(JoinHandle<()>);

impl Drop for Feed {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Feed {
    /// Starts listening and passes on to `events`.
    pub fn start(db: &Db, events: broadcast::Sender<LiveEvent>) -> Self {
        let mut listener = db.listen(&[CHANNEL]);
        Self(tokio::spawn(async move {
            while let Some(heard) = listener.next().await {
                let event = match heard {
                    ListenEvent::Connected => Some(resync()),
                    ListenEvent::Notification { payload, .. } => read(&payload),
                };
                if let Some(event) = event {
                    let _nobody_listens = events.send(event);
                }
            }
        }))
    }
}

/// Tells every page of this node to read anew.
fn resync() -> LiveEvent {
    LiveEvent {
        topic: RESYNC,
        place_code: String::new(),
        body: "{}".into(),
    }
}

/// Reads a message; one of a newer node with a topic not known here is left out.
fn read(payload: &str) -> Option<LiveEvent> {
    let message: Message = serde_json::from_str(payload).ok()?;
    let topic = [
        ALERT,
        HELD,
        VISIT,
        RED,
        RULES,
        HOLDS,
        STATS,
        BREAK_GLASS,
        OBSERVATION,
    ]
    .into_iter()
    .find(|topic| *topic == message.topic)?;
    Some(LiveEvent {
        topic,
        place_code: message.place_code,
        body: message.body.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_topics_are_passed_on() {
        let known = r#"{"topic":"alert","place_code":"440310001001000","body":"{}"}"#;
        assert_eq!(read(known).unwrap().topic, ALERT);
        assert!(read(&known.replace("alert", "gossip")).is_none());
        assert!(read("{").is_none());
    }
}
