//! Many callers, few commits: [`Batcher::submit`] returns after the commit that holds it.
//!
//! A durable write costs a flush to disk however little it holds, so what arrives while
//! one batch is being committed goes into the next. Nobody lingers: a batch starts the
//! moment a slot is free and holds whatever is waiting then, one item at night and
//! hundreds in the morning.
//!
//! Laws, each with a test:
//! - every item submitted is answered exactly once, with its own answer or an error;
//! - everything is bounded: a full queue refuses at once, and never makes anybody wait;
//! - a batch that fails or panics answers all of its callers with that and nobody else;
//! - a caller that goes away does not take its item back: what was queued is committed;
//! - closing refuses new items, commits what is queued, and then ends.
//!
//! The crate knows neither HTTP nor SQL. What a batch does is the caller's [`Sink`]; to
//! which lane a person belongs is the caller's [`Topology`].

mod lane;
mod topology;
mod unwind;

use std::sync::Arc;

use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinSet;

use lane::{Lane, Refused};
pub use topology::{OneLane, Topology};

/// Commits batches. There is one sink per slot, so it may own a connection.
pub trait Sink: Send + 'static {
    /// What callers submit.
    type Item: Send + 'static;
    /// What a caller is answered.
    type Answer: Send + 'static;
    /// Why a whole batch failed; every caller of the batch gets a copy.
    type Error: Clone + Send + 'static;

    /// Commits `items` and answers each, in the same order. When it returns `Ok` every
    /// answer is as durable as it will ever be.
    fn commit(
        &mut self,
        items: Vec<Self::Item>,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, Self::Error>> + Send;
}

/// Which worker a sink is made for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Slot {
    /// The lane, from 0.
    pub lane: usize,
    /// The worker of that lane, from 0.
    pub worker: usize,
}

/// Bounds of every lane.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Items that may wait in a lane; one more is refused.
    pub queue_items_max: usize,
    /// Items a batch holds at most.
    pub batch_items_max: usize,
    /// Batches of a lane committed at the same time.
    pub batches_in_flight_max: usize,
}

impl Default for Limits {
    /// 8,192 waiting (a third of a second of a city's rush), 512 a batch, 2 in flight.
    fn default() -> Self {
        Self {
            queue_items_max: 8192,
            batch_items_max: 512,
            batches_in_flight_max: 2,
        }
    }
}

/// Why an item has no answer of its own.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SubmitError<E> {
    /// Too many items wait already; try again a little later. Nothing was done.
    #[error("the queue is full")]
    Full,
    /// The batcher is closing. Nothing was done.
    #[error("the queue is closed")]
    Closed,
    /// The batch that held the item failed.
    #[error("the batch failed")]
    Failed(E),
    /// The batch that held the item panicked; it may or may not have been committed.
    #[error("the batch panicked")]
    Panicked,
}

/// Accepts items and hands them to sinks in batches.
pub struct Batcher<S: Sink> {
    lanes: Vec<Arc<Lane<S>>>,
    topology: Arc<dyn Topology>,
    workers: Mutex<JoinSet<()>>,
}

impl<S: Sink> Batcher<S> {
    /// Starts the workers of every lane on the present runtime. `make_sink` is called
    /// once for each slot, and again after a sink panicked.
    pub fn start(
        limits: Limits,
        topology: Arc<dyn Topology>,
        make_sink: impl Fn(Slot) -> S + Send + Sync + 'static,
    ) -> Self {
        let make_sink = Arc::new(make_sink);
        let mut workers = JoinSet::new();
        let mut lanes = Vec::with_capacity(topology.lanes());
        for lane_number in 0..topology.lanes() {
            let lane = Arc::new(Lane::new(limits));
            for worker in 0..limits.batches_in_flight_max.max(1) {
                let slot = Slot {
                    lane: lane_number,
                    worker,
                };
                let (lane, make_sink) = (lane.clone(), make_sink.clone());
                workers.spawn(async move { lane.work(|| make_sink(slot)).await });
            }
            lanes.push(lane);
        }
        Self {
            lanes,
            topology,
            workers: Mutex::new(workers),
        }
    }

    /// Queues an item of `person_id`'s lane and waits for its answer.
    ///
    /// # Errors
    /// [`SubmitError::Full`] and [`SubmitError::Closed`] at once and without effect;
    /// the others when the batch that held it did not succeed.
    pub async fn submit(
        &self,
        person_id: i64,
        item: S::Item,
    ) -> Result<S::Answer, SubmitError<S::Error>> {
        let lane = self.topology.lane_of(person_id) % self.lanes.len().max(1);
        let (answer, answered) = oneshot::channel();
        match self.lanes[lane].push(item, answer) {
            Ok(()) => answered.await.unwrap_or(Err(SubmitError::Panicked)),
            Err(Refused::Full) => Err(SubmitError::Full),
            Err(Refused::Closed) => Err(SubmitError::Closed),
        }
    }

    /// Items waiting for a batch, over all lanes.
    pub fn queued(&self) -> usize {
        self.lanes.iter().map(|lane| lane.queued()).sum()
    }

    /// Refuses new items, commits what is queued, and returns when the last batch has
    /// answered.
    pub async fn close(&self) {
        for lane in &self.lanes {
            lane.close();
        }
        let mut workers = self.workers.lock().await;
        while workers.join_next().await.is_some() {}
    }
}
