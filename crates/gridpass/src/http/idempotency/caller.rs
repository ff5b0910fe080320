//! Whose key it is: the token, if it opens anything now, and what its bearer acts as.

use std::future::Future;
use std::pin::Pin;

use axum::http::{HeaderMap, header};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::audit::Actor;
use crate::auth::{self, STAFF_TOKEN_PREFIX};
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::seal::token_digest;

/// Hex digits of a caller's name.
const NAME_BYTES: usize = 16;

/// What a live token proves: who acts; an error of status 401 when it opens nothing.
pub type Bearer = fn(App, String) -> Pin<Box<dyn Future<Output = ApiResult<Actor>> + Send>>;

/// The kinds of tokens that slices give, by their beginnings. Those of staff are known here.
#[derive(Default)]
pub struct Callers(Vec<(&'static str, Bearer)>);

impl Callers {
    /// Adds a kind.
    #[must_use]
    pub fn with(mut self, prefix: &'static str, bearer: Bearer) -> Self {
        self.0.push((prefix, bearer));
        self
    }
}

/// Who sent a call with a key.
pub(super) struct Caller {
    /// Names it without naming a person.
    pub name: String,
    /// Who acts; `None` for who has not signed in, or not any more.
    pub actor: Option<Actor>,
}

/// The caller of a request. A token that ended is a caller of its own, so that no answer to the
/// live one is given to it; calls before signing in share one name, and their keys must be
/// random to be of use.
pub(super) async fn of(app: &App, headers: &HeaderMap) -> ApiResult<Caller> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(Caller {
            name: name(&[b"anonymous"]),
            actor: None,
        });
    };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("Bearer "));
    let Some((actor, under)) = live(app, token.unwrap_or_default()).await? else {
        return Ok(Caller {
            name: name(&[b"ended", value.as_bytes()]),
            actor: None,
        });
    };
    Ok(Caller {
        name: name(&[b"live", value.as_bytes(), under.as_bytes()]),
        actor: Some(actor),
    })
}

fn name(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    crate::audit::digests::hex(&hasher.finalize()[..NAME_BYTES])
}

/// Who acts by a token, and as what; `None` when it opens nothing.
async fn live(app: &App, token: &str) -> ApiResult<Option<(Actor, String)>> {
    if token.starts_with(STAFF_TOKEN_PREFIX) {
        return staff(app, token).await;
    }
    let callers = app.part::<Callers>();
    let kind = callers
        .0
        .iter()
        .find(|(prefix, _)| token.starts_with(prefix));
    let Some((_, bearer)) = kind else {
        return Ok(None);
    };
    match bearer(app.clone(), token.to_owned()).await {
        Ok(actor) => Ok(Some((actor, String::new()))),
        Err(error) if error.code().status() == axum::http::StatusCode::UNAUTHORIZED => Ok(None),
        Err(error) => Err(error),
    }
}

/// A session acts under one grant; under another it is not given what that one was shown.
async fn staff(app: &App, token: &str) -> ApiResult<Option<(Actor, String)>> {
    let Some(session) = auth::find_session(app, &token_digest(token)).await? else {
        return Ok(None);
    };
    let acting = session.acting.as_ref().map(|caller| caller.grant_id);
    // What is missing is part of it: an answer to a finished session is not for one that has to
    // present its second factor anew.
    let under = format!("{acting:?} {:?}", session.needs);
    let actor = match session.clone().finished() {
        Ok(caller) => Actor::staff(&caller),
        Err(_) => Actor::account(session.staff_id, Some(&session.unit), session.home.clone()),
    };
    Ok(Some((actor, under)))
}

/// Refuses an answer to somebody who had not signed in when the token in it opens nothing any
/// more: a phone that was replaced, a session that ended.
pub(super) async fn check_tokens(app: &App, answer: &[u8]) -> ApiResult<()> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(answer) else {
        return Ok(());
    };
    for value in fields.values().filter_map(Value::as_str) {
        let callers = app.part::<Callers>();
        let known = callers
            .0
            .iter()
            .any(|(prefix, _)| value.starts_with(prefix));
        let token = known || value.starts_with(STAFF_TOKEN_PREFIX);
        if token && live(app, value).await?.is_none() {
            return Err(Code::SessionExpired.into());
        }
    }
    Ok(())
}
