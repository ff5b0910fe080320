//! Catching a panic inside a future, so that a faulty batch ends its callers' waiting
//! and not the worker.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// A future panicked; the panic hook has reported it.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Runs `future` to its end, or to its panic. After a panic the future is dropped and
/// what it borrowed must not be used again, which is why the worker makes a new sink.
pub(crate) async fn contain<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(_panic) => Poll::Ready(Err(Panicked)),
        },
    )
    .await
}
