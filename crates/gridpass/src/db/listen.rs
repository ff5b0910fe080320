//! LISTEN on a connection of its own, for server-sent events.
//!
//! A notification that is sent while we are disconnected is lost, by the
//! nature of NOTIFY. The listener therefore says [`ListenEvent::Connected`]
//! after every (re)connection, and its reader then looks at the tables once.

use std::future::poll_fn;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_postgres::AsyncMessage;

use super::tls::DatabaseTls;

/// Notifications kept for a slow reader before the connection is read no more.
const QUEUE_MAX: usize = 1_024;
const BACK_OFF_MIN: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(5);

/// What a [`Listener`] tells its reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenEvent {
    /// Listening from now on; anything before may have been missed.
    Connected,
    /// Somebody sent NOTIFY.
    Notification {
        /// The channel it was sent on.
        channel: String,
        /// The text it carried, maybe empty.
        payload: String,
    },
}

/// A subscription; the connection closes when it is dropped.
pub struct Listener {
    events: mpsc::Receiver<ListenEvent>,
    task: tokio::task::JoinHandle<()>,
}

impl Listener {
    pub(super) fn spawn(
        (mut config, tls): (tokio_postgres::Config, DatabaseTls),
        channels: &[&str],
    ) -> Self {
        config.application_name("gridpass events");
        // Quoted identifiers keep the case and rule out injection.
        let statement = channels
            .iter()
            .map(|channel| format!("LISTEN \"{}\";", channel.replace('"', "\"\"")))
            .collect::<String>();
        let (sender, events) = mpsc::channel(QUEUE_MAX);
        let task = tokio::spawn(listen_forever((config, tls), statement, sender));
        Self { events, task }
    }

    /// The next event; waits as long as it takes. `None` never comes while the
    /// runtime lives.
    pub async fn next(&mut self) -> Option<ListenEvent> {
        self.events.recv().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen_forever(
    address: (tokio_postgres::Config, DatabaseTls),
    statement: String,
    sender: mpsc::Sender<ListenEvent>,
) {
    let mut back_off = BACK_OFF_MIN;
    while !sender.is_closed() {
        match listen_once(&address, &statement, &sender).await {
            Ok(()) => back_off = BACK_OFF_MIN,
            Err(error) => tracing::debug!(%error, "the event connection could not be opened"),
        }
        tokio::time::sleep(back_off).await;
        back_off = (back_off * 2).min(BACK_OFF_MAX);
    }
}

/// Connects, listens and forwards until the connection ends.
async fn listen_once(
    (config, tls): &(tokio_postgres::Config, DatabaseTls),
    statement: &str,
    sender: &mpsc::Sender<ListenEvent>,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(tls.clone()).await?;
    let (forward, mut forwarded) = mpsc::channel(QUEUE_MAX);
    let driver = tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
            if let AsyncMessage::Notification(notification) = message {
                let event = ListenEvent::Notification {
                    channel: notification.channel().to_owned(),
                    payload: notification.payload().to_owned(),
                };
                if forward.send(event).await.is_err() {
                    break;
                }
            }
        }
    });
    let abort_on_drop = AbortOnDrop(driver);
    client.batch_execute(statement).await?;
    if sender.send(ListenEvent::Connected).await.is_err() {
        return Ok(());
    }
    while let Some(event) = forwarded.recv().await {
        if sender.send(event).await.is_err() {
            break;
        }
    }
    drop(abort_on_drop);
    Ok(())
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
