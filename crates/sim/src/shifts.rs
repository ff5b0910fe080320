//! Guards go on duty: a device scans with the token of a guard's shift, and only uploads with
//! its own.

use std::sync::Arc;

use anyhow::{Context, Result};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::api;
use crate::client::{self, Client};
use crate::state::{Account, Gate, State};

/// Roles that may keep a gate; the first is who usually does.
const KEEPERS: [&str; 3] = ["gate_guard", "community_lead", "employer_manager"];
/// Shifts begun at the same time.
const AT_ONCE: usize = 16;

/// Who goes on duty at every gate of the district.
#[derive(Debug)]
pub struct Roster {
    staff: Client,
    account: Account,
    session: Mutex<Option<Client>>,
}

#[derive(Deserialize)]
struct Started {
    shift_token: String,
}

impl Roster {
    /// The account that reaches furthest of those that may keep gates.
    ///
    /// # Errors
    /// When the state file has none.
    pub fn of(state: &State) -> Result<Self> {
        let keeper = |account: &&Account| KEEPERS.contains(&account.role.as_str());
        let reach = |account: &&Account| (account.jurisdiction.len(), account.role != KEEPERS[0]);
        let account = state.accounts.iter().filter(keeper).min_by_key(reach);
        Ok(Self {
            staff: Client::new(&state.staff)?,
            account: account
                .context("the state file has no account that may keep a gate; load again")?
                .clone(),
            session: Mutex::new(None),
        })
    }

    /// Begins a shift with a gate's device; answers the token it shows from now on.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn open(&self, gate: &Gate) -> Result<String> {
        match self.begin(false, gate).await {
            // The session has ended, as it does when the clock jumps.
            Err(error) if client::refused_with_code(&error, "session_expired") => {
                self.begin(true, gate).await
            }
            started => started,
        }
    }

    async fn begin(&self, anew: bool, gate: &Gate) -> Result<String> {
        let session = self.session(anew).await?;
        let path = format!("/api/v1/gates/{}/shifts", gate.gate_id);
        let started: Started = session.post_as_device(&path, &gate.device_token).await?;
        Ok(started.shift_token)
    }

    async fn session(&self, anew: bool) -> Result<Client> {
        let mut session = self.session.lock().await;
        match session.as_ref() {
            Some(open) if !anew => Ok(open.clone()),
            _ => {
                let opened = api::sign_in_as(&self.staff, &self.account).await?;
                *session = Some(opened.clone());
                Ok(opened)
            }
        }
    }
}

/// Tokens of shifts begun at these gates, in their order.
///
/// # Errors
/// When the server refuses one.
pub async fn open_all(state: &State) -> Result<Vec<String>> {
    let roster = Roster::of(state)?;
    futures_util::stream::iter(&state.gates)
        .map(|gate| roster.open(gate))
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

/// A gate's device and the guard on duty with it, relieved when the shift is over.
#[derive(Clone, Debug)]
pub struct Watch {
    roster: Arc<Roster>,
    gate: Arc<Gate>,
    on_duty: Arc<Mutex<Option<Client>>>,
}

impl Watch {
    /// A gate where nobody is on duty yet.
    pub fn at(roster: &Arc<Roster>, gate: &Gate) -> Self {
        Self {
            roster: Arc::clone(roster),
            gate: Arc::new(gate.clone()),
            on_duty: Arc::default(),
        }
    }

    /// Sends JSON as the guard on duty; once more as the next one when the shift had ended.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T> {
        let guard = self.guard(None).await?;
        match guard.post(path, body).await {
            Err(error) if client::refused_with_code(&error, "shift_needed") => {
                self.guard(Some(&guard)).await?.post(path, body).await
            }
            done => done,
        }
    }

    /// The guard on duty; another one than `over`, whose shift is.
    async fn guard(&self, over: Option<&Client>) -> Result<Client> {
        let mut on_duty = self.on_duty.lock().await;
        match on_duty.as_ref() {
            Some(guard) if over.is_none_or(|over| !over.is_same_caller(guard)) => Ok(guard.clone()),
            _ => {
                let token = self.roster.open(&self.gate).await?;
                let guard = self.roster.staff.with_token(&token);
                *on_duty = Some(guard.clone());
                Ok(guard)
            }
        }
    }
}
