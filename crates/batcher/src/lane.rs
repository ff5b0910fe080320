//! One queue and the workers that empty it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::unwind::contain;
use crate::{Limits, Sink, SubmitError};

type AnswerTo<S> = oneshot::Sender<Result<<S as Sink>::Answer, SubmitError<<S as Sink>::Error>>>;
type Entry<S> = (<S as Sink>::Item, AnswerTo<S>);

/// Why an item was not queued.
pub(crate) enum Refused {
    Full,
    Closed,
}

struct Queue<S: Sink> {
    entries: VecDeque<Entry<S>>,
    closed: bool,
}

/// A bounded queue; workers sleep on `arrived` while it is empty.
pub(crate) struct Lane<S: Sink> {
    queue: Mutex<Queue<S>>,
    arrived: Notify,
    limits: Limits,
}

impl<S: Sink> Lane<S> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            queue: Mutex::new(Queue {
                entries: VecDeque::with_capacity(limits.queue_items_max.min(8192)),
                closed: false,
            }),
            arrived: Notify::new(),
            limits,
        }
    }

    pub(crate) fn push(&self, item: S::Item, answer: AnswerTo<S>) -> Result<(), Refused> {
        {
            let mut queue = self.lock();
            if queue.closed {
                return Err(Refused::Closed);
            }
            if queue.entries.len() >= self.limits.queue_items_max {
                return Err(Refused::Full);
            }
            queue.entries.push_back((item, answer));
        }
        self.arrived.notify_one();
        Ok(())
    }

    pub(crate) fn queued(&self) -> usize {
        self.lock().entries.len()
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_waiters();
        // One worker may be between finding the queue empty and falling asleep.
        self.arrived.notify_one();
    }

    /// Commits batches until the lane is closed and empty.
    pub(crate) async fn work(&self, make_sink: impl Fn() -> S) {
        let mut sink = None;
        while let Some((items, answers)) = self.next_batch().await {
            let ready = sink.get_or_insert_with(&make_sink);
            let expected = answers.len();
            match contain(ready.commit(items)).await {
                Ok(Ok(given)) if given.len() == expected => {
                    for (answer, to) in given.into_iter().zip(answers) {
                        // A caller that went away does not read its answer.
                        let _gone = to.send(Ok(answer));
                    }
                }
                Ok(Err(error)) => refuse::<S>(answers, &SubmitError::Failed(error)),
                // A sink that loses count of its answers is as broken as one that panics.
                Ok(Ok(_)) | Err(_) => {
                    sink = None;
                    refuse::<S>(answers, &SubmitError::Panicked);
                }
            }
        }
    }

    /// What is waiting, as soon as anything is; `None` once closed and empty.
    async fn next_batch(&self) -> Option<(Vec<S::Item>, Vec<AnswerTo<S>>)> {
        loop {
            let arrived = self.arrived.notified();
            {
                let mut queue = self.lock();
                let count = queue.entries.len().min(self.limits.batch_items_max.max(1));
                if count > 0 {
                    let batch = queue.entries.drain(..count).unzip();
                    if !queue.entries.is_empty() {
                        // More than a batch is waiting: another slot may be asleep.
                        self.arrived.notify_one();
                    }
                    return Some(batch);
                }
                if queue.closed {
                    // Wakes the next worker of this lane, which ends likewise.
                    self.arrived.notify_one();
                    return None;
                }
            }
            arrived.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue<S>> {
        // Nothing that can panic runs under this lock, so a poisoned one is still whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refuse<S: Sink>(answers: Vec<AnswerTo<S>>, error: &SubmitError<S::Error>) {
    for to in answers {
        let _gone = to.send(Err(error.clone()));
    }
}
