//! `Idempotency-Key`: a creating call sent twice is done once and answered the same.
//!
//! The layer runs around routes that opt in. The first call's answer is kept, sealed,
//! for a day under the caller and the key. A key that comes back with another body is
//! refused, because answering the old call would hide a mistake.

use crate::db::Client;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::code::Code;
use super::error::{ApiError, ApiResult};
use crate::app::App;
use crate::audit;
use crate::seal::Field;

/// Characters of a key at most.
const KEY_CHARS_MAX: usize = 128;
/// Bytes of an answer that is kept; creating calls answer with a few hundred.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Layer for creating calls.
pub async fn remember(State(app): State<App>, request: Request, next: Next) -> Response {
    match remember_or_run(app, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn remember_or_run(app: App, request: Request, next: Next) -> ApiResult<Response> {
    let Some(key) = key_of(request.headers())? else {
        return Ok(next.run(request).await);
    };
    let caller = caller_of(request.headers());
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, super::BODY_BYTES_MAX)
        .await
        .map_err(|_| ApiError::new(Code::BodyTooLarge))?;
    let digest = request_digest(&parts.method, parts.uri.path(), &body);
    let db = app.db.client().await?;
    if let Some(kept) = find(&db, &caller, &key).await? {
        let answer = replay(&app, &kept, &digest)?;
        if let Some(entry_id) = kept.entry_id {
            audit::repeats(&db, entry_id).await?;
        }
        return Ok(answer);
    }
    drop(db);
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if !response.status().is_success() {
        return Ok(response);
    }
    keep(
        &app,
        Kept {
            caller,
            key,
            digest,
        },
        response,
    )
    .await
}

struct Kept {
    caller: String,
    key: String,
    digest: [u8; 32],
}

async fn keep(app: &App, kept: Kept, response: Response) -> ApiResult<Response> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_BYTES_MAX)
        .await
        .map_err(|error| ApiError::internal(anyhow::Error::new(error)))?;
    let sealed = app.sealer.seal(Field::Answer, 0, &body, &app.entropy);
    let db = app.db.client().await?;
    let status = i16::try_from(parts.status.as_u16()).expect("an HTTP status has three digits");
    insert(&db, &kept, status, &sealed, app.now()).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replay(app: &App, kept: &Found, asked: &[u8; 32]) -> ApiResult<Response> {
    if kept.digest != asked {
        return Err(Code::IdempotencyKeyReused.into());
    }
    let body = Bytes::from(app.sealer.open(Field::Answer, 0, &kept.sealed)?);
    let status = u16::try_from(kept.status)
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.unwrap_or(StatusCode::OK);
    Ok((status, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

fn key_of(headers: &HeaderMap) -> ApiResult<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .ok()
        .filter(|text| !text.is_empty() && text.len() <= KEY_CHARS_MAX);
    text.map(|text| Some(text.to_owned()))
        .ok_or_else(|| Code::BadHeader.into())
}

/// The bearer token's digest names the caller without naming a person; calls before
/// sign-in share one name, and their keys must be random to be of use.
fn caller_of(headers: &HeaderMap) -> String {
    let token = headers
        .get(header::AUTHORIZATION)
        .map_or(&b"anonymous"[..], |value| value.as_bytes());
    let digest: [u8; 32] = Sha256::digest(token).into();
    digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn request_digest(method: &axum::http::Method, path: &str, body: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(method.as_str());
    hasher.update([0]);
    hasher.update(path);
    hasher.update([0]);
    hasher.update(body);
    hasher.finalize().into()
}

/// A kept answer.
struct Found {
    digest: Vec<u8>,
    status: i16,
    sealed: Vec<u8>,
    entry_id: Option<i64>,
}

async fn find(db: &Client, caller: &str, key: &str) -> ApiResult<Option<Found>> {
    let sql = "-- idempotency.find
        SELECT request_sha256, status, answer_sealed, entry_id FROM idempotency WHERE caller = $1 AND key = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&caller, &key])
        .await?;
    Ok(row.map(|row| Found {
        digest: row.get(0),
        status: row.get(1),
        sealed: row.get(2),
        entry_id: row.get(3),
    }))
}

async fn insert(
    db: &Client,
    kept: &Kept,
    status: i16,
    sealed: &[u8],
    now: jiff::Timestamp,
) -> ApiResult<()> {
    let sql = "-- idempotency.insert
        INSERT INTO idempotency (caller, key, request_sha256, status, answer_sealed, created_at, entry_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &kept.caller,
            &kept.key,
            &&kept.digest[..],
            &status,
            &sealed,
            &now,
            &audit::entry_of(),
        ],
    )
    .await?;
    Ok(())
}
