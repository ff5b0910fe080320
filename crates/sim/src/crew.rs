//! The people who work: guards at their gates, a grid worker, the response team.
//! What they do is what the apps do, over the same calls.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::{Timestamp, civil::Date};
use serde_json::{Value, json};

use crate::api::{self, BatchView, ScanView, Visit};
use crate::client::{self, Client};
use crate::random::Stream;
use crate::shifts::{Roster, Watch};
use crate::state::State;
use crate::upload::{DeviceKey, KeptScan};
use crate::world::people::Person;

/// Whom a guard has in front of them.
#[derive(Clone, Debug)]
pub enum Shown {
    /// The text of a QR code.
    Presentation(String),
    /// A document number, typed.
    Number(String),
}

/// A reading at a gate.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// When, by the device's clock.
    pub at: Timestamp,
    /// Whether the person goes in.
    pub inward: bool,
    /// Tenths of a degree Celsius.
    pub decidegrees: u64,
}

/// A guard's device.
#[derive(Clone, Debug)]
pub struct Guard {
    watch: Watch,
    /// The device by itself, which needs nobody to upload.
    device: Client,
    key: DeviceKey,
}

impl Guard {
    /// Scans a person online.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn scan(&self, shown: &Shown, reading: Reading) -> Result<ScanView> {
        let mut body = json!({
            "at": reading.at, "direction": if reading.inward { "in" } else { "out" },
            "temperature": reading.decidegrees as f64 / 10.0,
        });
        match shown {
            Shown::Presentation(text) => body["presentation"] = text.as_str().into(),
            Shown::Number(number) => {
                body["document_type"] = "resident_id".into();
                body["document_number"] = number.as_str().into();
            }
        }
        self.watch.post("/api/v1/scans", &body).await
    }

    /// Records an on-the-spot check of a yellow pass.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn check(&self, person_id: i64, at: Timestamp, passed: bool) -> Result<()> {
        let body = json!({
            "person_id": person_id, "at": at, "passed": passed,
            "travel_history": if passed { "none" } else { "hit" },
            "travel_cities": if passed { None } else { Some("武汉") },
        });
        self.watch
            .post::<Value>("/api/v1/gate-checks", &body)
            .await
            .map(drop)
    }

    /// Uploads what the gate kept while it was without network.
    ///
    /// # Errors
    /// When the server refuses the upload as a whole.
    pub async fn upload(&self, batch_id: i64, scans: &[KeptScan]) -> Result<BatchView> {
        let body = crate::upload::body(batch_id, scans)?;
        let signature = self.key.sign(&body);
        self.device
            .post_signed("/api/v1/scans/batch", &body, &signature)
            .await
    }
}

/// Everybody at work.
#[derive(Clone, Debug)]
pub struct Crew {
    /// Residents' listener.
    pub public: Client,
    /// The data desk.
    pub desk: Client,
    grid_worker: Client,
    /// Doctor, police officer, community worker: three units.
    response_team: [Client; 3],
    guards: Vec<Guard>,
    home_gates: Vec<Vec<usize>>,
    work_gates: HashMap<usize, usize>,
    enclosures: Vec<i64>,
}

impl Crew {
    /// Signs everybody in.
    ///
    /// # Errors
    /// When an account or a device of the state file does not work any more.
    pub async fn assemble(state: &State) -> Result<Self> {
        let staff = Client::new(&state.staff)?;
        let roster = Arc::new(Roster::of(state)?);
        let mut home_gates = vec![Vec::new(); state.enclosures.len()];
        let mut work_gates = HashMap::new();
        let mut guards = Vec::with_capacity(state.gates.len());
        for (index, gate) in state.gates.iter().enumerate() {
            if let Some(gates) = gate
                .enclosure
                .and_then(|enclosure| home_gates.get_mut(enclosure))
            {
                gates.push(index);
            }
            if let Some(employer) = gate.employer {
                work_gates.insert(employer, index);
            }
            guards.push(Guard {
                watch: Watch::at(&roster, gate),
                device: staff.with_token(&gate.device_token),
                key: DeviceKey::of(gate)?,
            });
        }
        Ok(Self {
            public: Client::new(&state.public)?,
            desk: api::sign_in_as(&staff, state.account("data_desk")?).await?,
            grid_worker: api::sign_in_as(&staff, state.account("grid_worker")?).await?,
            response_team: team(&staff, state).await?,
            guards,
            home_gates,
            work_gates,
            enclosures: state.enclosures.clone(),
        })
    }

    /// Signs the staff in again: a session does not outlast a jump of the clock.
    ///
    /// # Errors
    /// As [`Crew::assemble`].
    pub async fn sign_in_again(&mut self, state: &State) -> Result<()> {
        let staff = Client::new(&state.staff)?;
        self.desk = api::sign_in_as(&staff, state.account("data_desk")?).await?;
        self.grid_worker = api::sign_in_as(&staff, state.account("grid_worker")?).await?;
        self.response_team = team(&staff, state).await?;
        Ok(())
    }

    /// A guard by number.
    pub fn guard(&self, gate: usize) -> &Guard {
        &self.guards[gate]
    }

    /// Number of gates.
    pub const fn gates(&self) -> usize {
        self.guards.len()
    }

    /// A gate of the person's home.
    ///
    /// # Errors
    /// When the enclosure has no gate, which a load never leaves so.
    pub fn home_gate(&self, person: &Person, random: &mut Stream) -> Result<usize> {
        let gates = self
            .home_gates
            .get(person.enclosure)
            .filter(|gates| !gates.is_empty());
        Ok(*random.pick(gates.context("the state file has no gate for an enclosure; load again")?))
    }

    /// The gate of the person's employer, if it runs one.
    pub fn work_gate(&self, person: &Person) -> Option<usize> {
        self.work_gates.get(&person.employer?).copied()
    }

    /// The server's id of the enclosure a person lives in.
    pub fn enclosure_id(&self, person: &Person) -> i64 {
        self.enclosures[person.enclosure]
    }

    /// Waits until the server has worked off what decisions asked for: visits are made from
    /// them a moment later, and the month must not depend on how long a moment is.
    ///
    /// # Errors
    /// When the server's numbers cannot be read, or its work does not end.
    pub async fn settle(&self) -> Result<()> {
        const STEP: Duration = Duration::from_millis(200);
        const STEPS_MAX: usize = 3_000;
        let mut before = None;
        for _ in 0..STEPS_MAX {
            let done = self.desk.metric_sum("gridpass_follow_ups_total").await?;
            if before == Some(done) {
                return Ok(());
            }
            before = Some(done);
            tokio::time::sleep(STEP).await;
        }
        anyhow::bail!("the server does not come to the end of its follow-up work")
    }

    /// Open visits after the one with id `after`, and where to go on.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn open_visits(&self, after: i64, visits_max: usize) -> Result<Vec<Visit>> {
        api::list_after(
            &self.grid_worker,
            "/api/v1/visits?status=open",
            after,
            visits_max,
        )
        .await
    }

    /// The server's id of some enclosure.
    pub fn any_enclosure(&self, random: &mut Stream) -> i64 {
        *random.pick(&self.enclosures)
    }

    /// Ends a visit with "verified and moved in" at that enclosure. A visit that somebody else ended
    /// meanwhile is left alone; answers whether this call ended it.
    ///
    /// # Errors
    /// When the server refuses for another reason.
    pub async fn verify_home(&self, visit: &Visit, enclosure_id: i64) -> Result<bool> {
        let path = format!(
            "/api/v1/visits/{}/{}/complete",
            visit.person_id, visit.visit_id
        );
        let body = json!({"outcome": "verified_moved_in", "enclosure_id": enclosure_id});
        done_unless_late(self.grid_worker.post::<Value>(&path, &body).await)
    }

    /// Starts home quarantine for fourteen days, proposed by one of the team and confirmed by
    /// another; `None` when there is an order already, or all have proposed their hour's share.
    ///
    /// # Errors
    /// When the server refuses for another reason.
    pub async fn quarantine(&self, person_id: i64, start: Date) -> Result<Option<i64>> {
        #[derive(serde::Deserialize)]
        struct Proposed {
            proposal_id: i64,
        }
        #[derive(serde::Deserialize)]
        struct Confirmed {
            order_id: i64,
        }
        let end = start.checked_add(jiff::Span::new().days(14))?;
        let body = json!({
            "person_id": person_id, "reason": "close_contact",
            "measure": {"step": "start_quarantine", "place": "home", "start": start, "end": end},
            "evidence": {"kind": "order_document", "reference": format!("坪隔 {start}-{:04}", person_id % 10_000)},
        });
        for (proposer, second) in self.pairs() {
            let proposed = proposer
                .post::<Proposed>("/api/v1/red-proposals", &body)
                .await;
            match proposed {
                Ok(Proposed { proposal_id }) => {
                    let path = format!("/api/v1/red-proposals/{person_id}/{proposal_id}/confirm");
                    let confirmed: Confirmed = second.post(&path, &json!({})).await?;
                    return Ok(Some(confirmed.order_id));
                }
                // One person may stop only so many within an hour; a colleague goes on.
                Err(error) if client::refused_with(&error, 429) => {}
                Err(error) if client::refused_with(&error, 409) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Who proposes and who confirms: people of different units.
    fn pairs(&self) -> [(&Client, &Client); 3] {
        let [doctor, police, worker] = &self.response_team;
        [(doctor, police), (police, worker), (worker, doctor)]
    }

    /// Ends a quarantine on a doctor's discharge; answers whether this call ended it.
    ///
    /// # Errors
    /// When the server refuses for another reason than that it has ended.
    pub async fn release(&self, person_id: i64, order_id: i64) -> Result<bool> {
        let path = format!("/api/v1/quarantine-orders/{person_id}/{order_id}/release");
        done_unless_late(
            self.response_team[0]
                .post::<Value>(&path, &json!({"end_reason": "completed", "ground": "medical_discharge", "document": "诊断2020-0317"}))
                .await,
        )
    }
}

/// The response team signs in.
async fn team(staff: &Client, state: &State) -> Result<[Client; 3]> {
    Ok([
        api::sign_in_as(staff, state.account("team_doctor")?).await?,
        api::sign_in_as(staff, state.account("team_police")?).await?,
        api::sign_in_as(staff, state.account("team_worker")?).await?,
    ])
}

/// Somebody at a screen may have been quicker; that is no error.
fn done_unless_late(result: Result<Value>) -> Result<bool> {
    match result {
        Ok(_) => Ok(true),
        Err(error) if client::refused_with(&error, 404) || client::refused_with(&error, 409) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// A temperature: nearly always between 36.0 and 36.9, one in `fever_one_in` a fever.
pub fn temperature(random: &mut Stream, fever_one_in: u64) -> u64 {
    if random.below(fever_one_in) == 0 {
        374 + random.below(12)
    } else {
        360 + random.below(10)
    }
}
