//! Bounds of time around every handler: how long a body may pause, and how long an answer
//! may take to begin.
//!
//! Scans are left alone: their callers have signed in as devices before a body is read, and
//! the batcher has bounds of its own. Imports stream for as long as the file flows.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::timeout::TimeoutBody;

use super::code::Code;
use super::error::ApiError;

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Longest pause between two pieces of a body.
    pub body_idle: Duration,
    /// Longest time until an answer begins.
    pub handler: Duration,
}

impl Default for Times {
    /// 15 s and 60 s, the time limit of a statement.
    fn default() -> Self {
        Self {
            body_idle: Duration::from_secs(15),
            handler: Duration::from_secs(60),
        }
    }
}

/// Bounds a request: a body that pauses too long breaks off, and an answer that does not
/// begin in time is 408.
pub async fn bound(State(times): State<Times>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or("", MatchedPath::as_str);
    if path.starts_with("/api/v1/scans") {
        return next.run(request).await;
    }
    let streams = path.contains("import");
    let request = request.map(|body| Body::new(TimeoutBody::new(times.body_idle, body)));
    if streams {
        return next.run(request).await;
    }
    tokio::time::timeout(times.handler, next.run(request))
        .await
        .unwrap_or_else(|_elapsed| ApiError::new(Code::RequestTimeout).into_response())
}
