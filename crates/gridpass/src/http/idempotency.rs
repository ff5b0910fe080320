//! `Idempotency-Key`: a call sent twice is done once and answered the same, also when both
//! arrive at the same moment, on two nodes, or when the network goes before the answer.
//!
//! A call first claims its key: a row that one caller can insert. Whoever finds the row waits
//! without a connection and is given the answer; who would wait too long is told so. The claim
//! ends with a lease, so that a node that died blocks nobody for long; the call's own
//! transaction marks the claim as committed (`mark_committed`), so that neither a node that
//! was only slow nor one that died before it kept the answer lets a second call do it again.
//! The work goes on when the caller goes away: that is when the same call comes again.
//!
//! An answer is kept, sealed, for a day, under the caller and what the caller acts as: a session
//! that ended, an account that was closed and a phone that was replaced are given nothing. A key
//! that comes back with another body or query is refused, because answering the old call would
//! hide a mistake. Reads need no key; one is ignored.

mod caller;
mod store;

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::code::Code;
use super::error::{ApiError, ApiResult};
use crate::app::App;
use crate::audit;
use crate::db::{Client, DbError};
use crate::jobs::Loop;
use crate::seal::Field;

use caller::Caller;
pub use caller::{Bearer, Callers};
use store::{Claim, Kept, Standing};

/// Characters of a key at most.
const KEY_CHARS_MAX: usize = 128;
/// Bytes of an answer that is kept; creating calls answer with a few hundred.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// How long an answer is kept.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How long a call waits for one with the same key: shorter than our web apps wait for us.
const WAIT_MAX: Duration = Duration::from_secs(6);
/// Pauses between two looks, growing.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// How long a call with a key may run: the time limit of every handler.
const RUN_MAX: Duration = Duration::from_secs(60);
/// How long a claim holds when its node is gone: longer than a call may run.
const LEASE: SignedDuration = SignedDuration::from_secs(90);
/// When to come again after a call that still runs.
const COME_AGAIN_S: u32 = 5;
/// Rows removed in one statement.
const SWEEP_ROWS_MAX: i64 = 1000;

tokio::task_local! {
    static RUNNING: Arc<Claim>;
}

/// Background work: removes answers and claims that are older than a day.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "kept answers",
        period: Duration::from_secs(600),
        round: |app| Box::pin(sweep(app)),
    }]
}

async fn sweep(app: App) -> anyhow::Result<bool> {
    let db = app.db.client().await?;
    let before = app.now() - KEPT_FOR;
    let removed = store::sweep(&db, before, SWEEP_ROWS_MAX).await?;
    Ok(removed > 0)
}

/// Layer around the API.
pub async fn remember(State(app): State<App>, request: Request, next: Next) -> Response {
    match once(app, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn once(app: App, request: Request, next: Next) -> ApiResult<Response> {
    let Some(key) = key_of(&request)? else {
        return Ok(next.run(request).await);
    };
    let (parts, body) = request.into_parts();
    let caller = caller::of(&app, &parts.headers).await?;
    let (digest, body) = digest_of(&parts, body).await?;
    let claim = Claim {
        caller: caller.name.clone(),
        key,
        digest,
        number: i64::from_le_bytes(app.entropy.bytes()),
    };
    let request = Request::from_parts(parts, body);
    let work = answer(app, (caller, claim), (request, next));
    // A task of its own: whoever loses the network is about to send the same call again.
    match tokio::spawn(audit::carry(work)).await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(cut) => Err(ApiError::internal(cut)),
        },
    }
}

/// The key of a call that uses one. Reads change nothing, a scan is its own key, and an import
/// answers row by row what was there already.
fn key_of(request: &Request) -> ApiResult<Option<String>> {
    let Some(value) = request.headers().get("idempotency-key") else {
        return Ok(None);
    };
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or("", MatchedPath::as_str);
    let streams = path.starts_with("/api/v1/scans") || path.contains("import");
    if request.method().is_safe() || streams || audit::is_reading() {
        return Ok(None);
    }
    let text = value
        .to_str()
        .ok()
        .filter(|text| !text.is_empty() && text.len() <= KEY_CHARS_MAX);
    text.map(|text| Some(text.to_owned()))
        .ok_or_else(|| Code::BadHeader.into())
}

/// What is asked, in one digest. A file is not read for it: it may be large, and its length tells
/// it from another one well enough.
async fn digest_of(parts: &Parts, body: Body) -> ApiResult<([u8; 32], Body)> {
    let mut hasher = Sha256::new();
    let asked = parts
        .uri
        .path_and_query()
        .map_or("", |asked| asked.as_str());
    for part in [parts.method.as_str(), asked] {
        hasher.update(part);
        hasher.update([0]);
    }
    let text = |name| {
        parts
            .headers
            .get(name)
            .map_or(&b""[..], HeaderValue::as_bytes)
    };
    let content_type = text(header::CONTENT_TYPE);
    if !content_type.is_empty() && !content_type.starts_with(b"application/json") {
        hasher.update(text(header::CONTENT_LENGTH));
        return Ok((hasher.finalize().into(), body));
    }
    let body = to_bytes(body, super::BODY_BYTES_MAX)
        .await
        .map_err(|_| ApiError::new(Code::BodyTooLarge))?;
    hasher.update(&body);
    Ok((hasher.finalize().into(), Body::from(body)))
}

/// Runs the call, or waits for the one that runs already. No connection is held meanwhile.
async fn answer(
    app: App,
    (caller, claim): (Caller, Claim),
    (request, next): (Request, Next),
) -> ApiResult<Response> {
    let began = Instant::now();
    let mut pause = PAUSE_MIN;
    loop {
        match take(&app, &claim).await? {
            Standing::Mine => return run(&app, claim, (request, next)).await,
            Standing::Answered(kept) => return again(&app, &caller, (&claim, kept)).await,
            Standing::Other => return Err(Code::IdempotencyKeyReused.into()),
            Standing::Lost => return Err(Code::IdempotencyAnswerLost.into()),
            Standing::Runs if began.elapsed() >= WAIT_MAX => {
                let busy = ApiError::new(Code::IdempotencyKeyInUse);
                return Err(busy.retry_after(COME_AGAIN_S));
            }
            Standing::Runs => {}
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Claims the key, or says how it stands.
async fn take(app: &App, claim: &Claim) -> ApiResult<Standing> {
    let db = app.db.client().await?;
    let (now, since) = (app.now(), app.now() - KEPT_FOR);
    if let Some(kept) = store::find(&db, claim, since).await? {
        return Ok(Standing::Answered(kept));
    }
    // Looked at before it is tried: whoever waits writes nothing.
    if let Some(standing) = store::standing(&db, claim, (now, since)).await? {
        return Ok(standing);
    }
    if !store::claim(&db, claim, (now, now + LEASE), since).await? {
        return Ok(Standing::Runs);
    }
    // The answer of another call may have been kept just before its claim was given up.
    match store::find(&db, claim, since).await? {
        Some(kept) => {
            store::release(&db, claim, true).await?;
            Ok(Standing::Answered(kept))
        }
        None => Ok(Standing::Mine),
    }
}

async fn run(app: &App, claim: Claim, (request, next): (Request, Next)) -> ApiResult<Response> {
    let claim = Arc::new(claim);
    let work = tokio::time::timeout(RUN_MAX, next.run(request));
    let work = AssertUnwindSafe(RUNNING.scope(claim.clone(), work)).catch_unwind();
    match work.await {
        Ok(Ok(response)) if response.status().is_success() => {
            Ok(finish(app, &claim, response).await)
        }
        Ok(Ok(response)) => {
            let refused = !response.status().is_server_error();
            end(app, &claim, refused).await;
            Ok(response)
        }
        Ok(Err(_elapsed)) => {
            end(app, &claim, false).await;
            Err(Code::RequestTimeout.into())
        }
        Err(panic) => {
            end(app, &claim, false).await;
            resume_unwind(panic)
        }
    }
}

/// Keeps the answer and gives it. It is given also when it cannot be kept: the change is made,
/// and the claim says so to whoever asks again.
async fn finish(app: &App, claim: &Claim, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let small = |bytes: u64| bytes <= ANSWER_BYTES_MAX as u64;
    if !body.size_hint().upper().is_some_and(small) {
        end(app, claim, false).await;
        return Response::from_parts(parts, body);
    }
    let body = match to_bytes(body, ANSWER_BYTES_MAX).await {
        Ok(body) => body,
        Err(error) => return ApiError::internal(anyhow::Error::new(error)).into_response(),
    };
    if let Err(error) = keep(app, claim, (&parts, &body)).await {
        tracing::warn!(%error, "an answer could not be kept for its Idempotency-Key");
    }
    Response::from_parts(parts, Body::from(body))
}

async fn keep(
    app: &App,
    claim: &Claim,
    (parts, body): (&axum::http::response::Parts, &Bytes),
) -> ApiResult<()> {
    let (subjects, object) = audit::named();
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let kept = Kept {
        digest: claim.digest.to_vec(),
        status: i16::try_from(parts.status.as_u16()).expect("an HTTP status has three digits"),
        content_type: content_type
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        sealed: app.sealer.seal(Field::Answer, 0, body, &app.entropy),
        entry_id: audit::entry_of(),
        subjects: Some(subjects),
        object,
    };
    let db = app.db.client().await?;
    Ok(store::keep(&db, claim, &kept, app.now()).await?)
}

/// Ends a claim without an answer. A refused call may be sent again. One that was cut off may be,
/// too, unless it had committed: then nobody knows its answer, and doing it twice would be worse.
async fn end(app: &App, claim: &Claim, refused: bool) {
    let ended = async {
        let db = app.db.client().await?;
        store::release(&db, claim, refused).await?;
        store::end_lease(&db, claim, app.now()).await?;
        Ok::<_, DbError>(())
    };
    if let Err(error) = ended.await {
        tracing::warn!(%error, "the claim of an Idempotency-Key ends with its lease");
    }
}

/// Gives a kept answer, if what it opens is open still. Whom it shows is named to the audit log.
async fn again(app: &App, caller: &Caller, (claim, kept): (&Claim, Kept)) -> ApiResult<Response> {
    if kept.digest != claim.digest {
        return Err(Code::IdempotencyKeyReused.into());
    }
    let body = Bytes::from(app.sealer.open(Field::Answer, 0, &kept.sealed)?);
    if caller.actor.is_none() {
        caller::check_tokens(app, &body).await?;
    }
    if let Some(entry_id) = kept.entry_id {
        let db = app.db.client().await?;
        audit::repeats(&db, entry_id).await?;
    }
    if let Some(people) = kept.subjects {
        audit::repeats_showing(people, kept.object);
    }
    if let Some(actor) = &caller.actor {
        audit::actor(|| actor.clone());
    }
    let status = u16::try_from(kept.status)
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok());
    let mut response = (status.unwrap_or(StatusCode::OK), body).into_response();
    let content_type = kept
        .content_type
        .and_then(|value| HeaderValue::from_str(&value).ok());
    match content_type {
        Some(value) => response.headers_mut().insert(header::CONTENT_TYPE, value),
        None => response.headers_mut().remove(header::CONTENT_TYPE),
    };
    Ok(response)
}

/// Says in the transaction of a call with a key that its change is made. Nothing outside one.
///
/// # Errors
/// When another call took the key over meanwhile: then nothing may be committed.
pub(crate) async fn mark_committed(tx: &Client) -> Result<(), DbError> {
    let Ok(claim) = RUNNING.try_with(Arc::clone) else {
        return Ok(());
    };
    match store::mark_committed(tx, &claim).await? {
        true => Ok(()),
        false => Err(DbError::Unavailable(
            "another call took this Idempotency-Key over",
        )),
    }
}
