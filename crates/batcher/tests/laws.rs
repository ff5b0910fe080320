//! The laws of the batcher, with a sink that fails, panics and dawdles on request.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where it stopped"
)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use gridpass_batcher::{Batcher, Limits, OneLane, Sink, Slot, SubmitError, Topology};
use proptest::prelude::*;
use tokio::sync::Semaphore;

/// What the sink does with the batch that holds an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wish {
    Commit,
    Fail,
    Panic,
    /// Answers one item too few.
    Miscount,
}

/// What sinks share: what was committed, by item, and how busy they were.
#[derive(Default)]
struct Seen {
    committed: Mutex<HashMap<u32, usize>>,
    largest_batch: AtomicUsize,
    in_flight: AtomicUsize,
    in_flight_most: AtomicUsize,
    sinks_made: AtomicUsize,
}

struct FakeSink {
    seen: Arc<Seen>,
    /// A batch needs a permit to go on; tests that want to hold batches give none.
    gate: Arc<Semaphore>,
    slot: Slot,
}

impl Sink for FakeSink {
    type Item = (u32, Wish);
    type Answer = (u32, usize);
    type Error = &'static str;

    async fn commit(&mut self, items: Vec<(u32, Wish)>) -> Result<Vec<(u32, usize)>, &'static str> {
        let now = self.seen.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.seen.in_flight_most.fetch_max(now, Ordering::SeqCst);
        self.seen
            .largest_batch
            .fetch_max(items.len(), Ordering::SeqCst);
        self.gate.acquire().await.expect("never closed").forget();
        self.gate.add_permits(1);
        tokio::task::yield_now().await;
        self.seen.in_flight.fetch_sub(1, Ordering::SeqCst);
        let wishes = |wish| items.iter().any(|(_, each)| *each == wish);
        assert!(!wishes(Wish::Panic), "as wished");
        if wishes(Wish::Fail) {
            return Err("as wished");
        }
        let mut committed = self.seen.committed.lock().unwrap();
        for (item, _) in &items {
            *committed.entry(*item).or_default() += 1;
        }
        let answers = items.iter().map(|(item, _)| (*item, self.slot.lane));
        Ok(answers.skip(usize::from(wishes(Wish::Miscount))).collect())
    }
}

struct Lanes(usize);

impl Topology for Lanes {
    fn lanes(&self) -> usize {
        self.0
    }
    fn lane_of(&self, person_id: i64) -> usize {
        usize::try_from(person_id).unwrap() % self.0
    }
}

fn start(
    limits: Limits,
    lanes: Arc<dyn Topology>,
    permits: usize,
) -> (Arc<Batcher<FakeSink>>, Arc<Seen>, Arc<Semaphore>) {
    let seen = Arc::new(Seen::default());
    let gate = Arc::new(Semaphore::new(permits));
    let (seen_by_sinks, gate_of_sinks) = (seen.clone(), gate.clone());
    let batcher = Batcher::start(limits, lanes, move |slot| {
        seen_by_sinks.sinks_made.fetch_add(1, Ordering::SeqCst);
        FakeSink {
            seen: seen_by_sinks.clone(),
            gate: gate_of_sinks.clone(),
            slot,
        }
    });
    (Arc::new(batcher), seen, gate)
}

fn limits(queue: usize, batch: usize, in_flight: usize) -> Limits {
    Limits {
        queue_items_max: queue,
        batch_items_max: batch,
        batches_in_flight_max: in_flight,
    }
}

type Answered = Result<(u32, usize), SubmitError<&'static str>>;

async fn submit_all(batcher: &Arc<Batcher<FakeSink>>, wishes: &[Wish]) -> Vec<Answered> {
    let mut tasks = Vec::new();
    for (number, wish) in wishes.iter().enumerate() {
        let (batcher, wish) = (batcher.clone(), *wish);
        let number = u32::try_from(number).unwrap();
        tasks.push(tokio::spawn(async move {
            batcher.submit(i64::from(number), (number, wish)).await
        }));
    }
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn on_runtime<T>(threads: usize, test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test)
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![20 => Just(Wish::Commit), 2 => Just(Wish::Fail), 1 => Just(Wish::Panic), 1 => Just(Wish::Miscount)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Each item has exactly one answer; an answer of its own means committed once; a
    /// refusal means not committed; nothing is committed twice.
    #[test]
    fn each_item_is_answered_exactly_once(
        wishes in prop::collection::vec(wish(), 1..200),
        queue in 1usize..64, batch in 1usize..16, in_flight in 1usize..4, lanes in 1usize..4,
    ) {
        on_runtime(2, async {
            let (batcher, seen, _gate) = start(limits(queue, batch, in_flight), Arc::new(Lanes(lanes)), 1);
            let answers = submit_all(&batcher, &wishes).await;
            batcher.close().await;
            prop_assert_eq!(answers.len(), wishes.len());
            let committed = seen.committed.lock().unwrap();
            for (number, answer) in answers.iter().enumerate() {
                let times = committed.get(&u32::try_from(number).unwrap()).copied().unwrap_or(0);
                prop_assert!(times <= 1);
                match answer {
                    Ok((item, lane)) => {
                        prop_assert_eq!((*item as usize, *lane, times), (number, number % lanes, 1));
                    }
                    Err(SubmitError::Full | SubmitError::Failed(_)) => prop_assert_eq!(times, 0),
                    Err(SubmitError::Panicked) => {}
                    Err(SubmitError::Closed) => prop_assert!(false, "nobody had closed it"),
                }
            }
            prop_assert!(seen.largest_batch.load(Ordering::SeqCst) <= batch);
            prop_assert!(seen.in_flight_most.load(Ordering::SeqCst) <= in_flight * lanes);
            prop_assert_eq!(batcher.queued(), 0);
            Ok(())
        })?;
    }

    /// Closing in the middle: what was accepted is committed, the rest is told so.
    #[test]
    fn closing_loses_nothing_accepted(items in 1usize..200, after in 0usize..200) {
        on_runtime(2, async {
            let (batcher, seen, _gate) = start(limits(1000, 8, 2), Arc::new(OneLane), 1);
            let wishes = vec![Wish::Commit; items];
            let closing = { let batcher = batcher.clone(); async move {
                for _ in 0..after { tokio::task::yield_now().await; }
                batcher.close().await;
            }};
            let (answers, ()) = tokio::join!(submit_all(&batcher, &wishes), closing);
            let accepted = answers.iter().filter(|answer| answer.is_ok()).count();
            prop_assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(SubmitError::Closed))));
            prop_assert_eq!(seen.committed.lock().unwrap().len(), accepted);
            Ok(())
        })?;
    }
}

#[test]
fn a_full_queue_refuses_at_once_and_recovers() {
    on_runtime(1, async {
        let (batcher, _seen, gate) = start(limits(4, 2, 1), Arc::new(OneLane), 0);
        let mut waiting = Vec::new();
        // One batch in flight, held at the gate; then four more fill the queue.
        for number in 0..5 {
            let mut sent = Box::pin(batcher.submit(1, (number, Wish::Commit)));
            assert!(poll_once(&mut sent).await.is_none());
            if number == 0 {
                while batcher.queued() > 0 {
                    tokio::task::yield_now().await;
                }
            }
            waiting.push(sent);
        }
        assert_eq!(
            batcher.submit(1, (9, Wish::Commit)).await,
            Err(SubmitError::Full)
        );
        gate.add_permits(1);
        for (number, sent) in waiting.into_iter().enumerate() {
            assert_eq!(sent.await, Ok((u32::try_from(number).unwrap(), 0)));
        }
        assert!(batcher.submit(1, (10, Wish::Commit)).await.is_ok());
    });
}

#[test]
fn a_caller_that_goes_away_does_not_take_its_item_back() {
    on_runtime(1, async {
        let (batcher, seen, gate) = start(limits(4, 4, 1), Arc::new(OneLane), 0);
        {
            let mut sent = Box::pin(batcher.submit(1, (7, Wish::Commit)));
            assert!(poll_once(&mut sent).await.is_none());
        }
        gate.add_permits(1);
        batcher.close().await;
        assert_eq!(seen.committed.lock().unwrap().get(&7), Some(&1));
        assert_eq!(
            batcher.submit(1, (8, Wish::Commit)).await,
            Err(SubmitError::Closed)
        );
    });
}

#[test]
fn a_panic_makes_a_new_sink_and_spares_the_next_batch() {
    on_runtime(1, async {
        let (batcher, seen, _gate) = start(limits(4, 1, 1), Arc::new(OneLane), 1);
        assert!(batcher.submit(1, (1, Wish::Commit)).await.is_ok());
        assert_eq!(
            batcher.submit(1, (2, Wish::Panic)).await,
            Err(SubmitError::Panicked)
        );
        assert!(batcher.submit(1, (3, Wish::Commit)).await.is_ok());
        assert_eq!(
            batcher.submit(1, (4, Wish::Fail)).await,
            Err(SubmitError::Failed("as wished"))
        );
        assert!(batcher.submit(1, (5, Wish::Commit)).await.is_ok());
        assert_eq!(seen.sinks_made.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn what_waits_while_a_batch_is_in_flight_goes_together() {
    on_runtime(1, async {
        let (batcher, seen, gate) = start(limits(100, 64, 1), Arc::new(OneLane), 0);
        let mut sent = Vec::new();
        for number in 0..51 {
            let mut each = Box::pin(batcher.submit(1, (number, Wish::Commit)));
            assert!(poll_once(&mut each).await.is_none());
            while number == 0 && batcher.queued() > 0 {
                tokio::task::yield_now().await;
            }
            sent.push(each);
        }
        gate.add_permits(1);
        for each in sent {
            assert!(each.await.is_ok());
        }
        assert_eq!(seen.largest_batch.load(Ordering::SeqCst), 50);
    });
}

/// Polls once; `None` when the future is not ready yet.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(cx) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
