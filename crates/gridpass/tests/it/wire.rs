//! What an application says to its database, heard on the wire: a proxy between the two that
//! notes each statement that is executed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::AbortHandle;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// In place of a version in a connection's first message.
const TLS_REQUEST: u32 = 80_877_103;

/// A proxy in front of a database.
pub struct Wire {
    /// The database's address by way of the proxy.
    pub config: Config,
    heard: Arc<Mutex<Vec<String>>>,
    task: AbortHandle,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Wire {
    /// Listens in on the way to `database`, which is reached by a Unix socket.
    pub async fn tap(database: &Config) -> Self {
        let Some(Host::Unix(directory)) = database.get_hosts().first() else {
            panic!("the test cluster listens on a Unix socket");
        };
        let socket = directory.join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let notes = heard.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.unwrap();
                tokio::spawn(relay(client, server, notes.clone()));
            }
        });
        let mut config = Config::new();
        config.host("127.0.0.1").port(port);
        config.user(database.get_user().unwrap());
        config.dbname(database.get_dbname().unwrap());
        Self {
            config,
            heard,
            task: task.abort_handle(),
        }
    }

    /// Names of the statements executed since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

async fn relay(client: TcpStream, server: UnixStream, heard: Arc<Mutex<Vec<String>>>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move {
        let _closed = tokio::io::copy(&mut from_server, &mut to_client).await;
    });
    let mut listening = Listening::default();
    let mut piece = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from_client.read(&mut piece).await {
        // Noted before it is sent on: whoever has an answer finds the note.
        heard
            .lock()
            .unwrap()
            .extend(listening.hear(&piece[..count]));
        if to_server.write_all(&piece[..count]).await.is_err() {
            break;
        }
    }
    back.abort();
}

/// The frontend's side of a connection (PostgreSQL's protocol 3.0).
#[derive(Default)]
struct Listening {
    buffer: Vec<u8>,
    started: bool,
    statements: HashMap<String, String>,
    bound: String,
}

impl Listening {
    /// Takes bytes; the names of statements whose execution they ask for.
    fn hear(&mut self, bytes: &[u8]) -> Vec<String> {
        self.buffer.extend_from_slice(bytes);
        let mut executed = Vec::new();
        loop {
            // The first message of a connection has no type.
            let head = usize::from(self.started);
            let Some(length) = self.buffer.get(head..head + 4) else {
                return executed;
            };
            let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
            if self.buffer.len() < head + length {
                return executed;
            }
            let message: Vec<u8> = self.buffer.drain(..head + length).collect();
            if self.started {
                executed.extend(self.understand(message[0], &message[5..]));
            } else {
                // Asking for TLS comes before the beginning proper; the answer here is no.
                self.started = message[4..8] != TLS_REQUEST.to_be_bytes();
            }
        }
    }

    fn understand(&mut self, kind: u8, body: &[u8]) -> Option<String> {
        let mut texts = body
            .split(|byte| *byte == 0)
            .map(|text| String::from_utf8_lossy(text).into_owned());
        match kind {
            b'P' => {
                let (name, sql) = (texts.next()?, texts.next()?);
                let title = sql.lines().next().unwrap_or_default().to_owned();
                self.statements.insert(name, title);
                None
            }
            b'B' => {
                self.bound = texts.nth(1)?;
                None
            }
            b'E' => {
                let title = self.statements.get(&self.bound)?;
                title.strip_prefix("-- ").map(str::to_owned)
            }
            _ => None,
        }
    }
}
