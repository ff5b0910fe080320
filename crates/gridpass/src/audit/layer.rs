//! The layer around the API that records calls.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gridpass_types::ids::PersonId;
use utoipa::openapi::OpenApi;

use super::context::{Context, Origin};
use super::operations::{self, Kind, Operation};
use crate::app::App;
use crate::http::code::Code;
use crate::http::error::ApiError;
use crate::seal::token_digest;

/// Hex digits of a session's digest that an entry keeps.
const SESSION_DIGITS: usize = 8;
/// Characters of an identity in an address that an entry repeats.
const ID_CHARS_MAX: usize = 40;

/// Which operation answers an address and a method.
#[derive(Default)]
pub struct Routes(HashMap<String, Vec<(Method, &'static Operation)>>);

impl Routes {
    /// From the API descriptions of a listener.
    ///
    /// # Panics
    /// When an operation is not declared in [`operations`]: a mistake that any test finds.
    pub fn new(description: &OpenApi) -> Arc<Self> {
        let mut routes = Self::default();
        for (path, item) in &description.paths.paths {
            let methods = [
                (Method::GET, &item.get),
                (Method::PUT, &item.put),
                (Method::POST, &item.post),
                (Method::DELETE, &item.delete),
                (Method::PATCH, &item.patch),
            ];
            for (method, operation) in methods {
                let Some(id) = operation
                    .as_ref()
                    .and_then(|one| one.operation_id.as_deref())
                else {
                    continue;
                };
                let declared = operations::find(id)
                    .unwrap_or_else(|| panic!("declare {id} in audit/operations.rs"));
                let of_path = routes.0.entry(path.clone()).or_default();
                of_path.push((method, declared));
            }
        }
        Arc::new(routes)
    }

    fn find(&self, request: &Request) -> Option<&'static Operation> {
        let path = request.extensions().get::<MatchedPath>()?;
        let of_path = self.0.get(path.as_str())?;
        // A HEAD is answered by the handler of GET and tells whether something is there.
        let asked = match request.method() {
            &Method::HEAD => &Method::GET,
            method => method,
        };
        let found = of_path.iter().find(|(method, _)| method == asked);
        found.map(|(_, operation)| *operation)
    }
}

/// Runs the request with a context, and records what must be recorded before its answer
/// leaves. An answer that cannot be recorded is not given.
pub async fn record(
    State((app, routes)): State<(App, Arc<Routes>)>,
    request: Request,
    next: Next,
) -> Response {
    let found = routes.find(&request);
    let operation = match found {
        Some(operation) if !matches!(operation.kind, Kind::Exempt(_)) => operation,
        // Gates' scans pass here without another look.
        _ => return next.run(request).await,
    };
    let (mut parts, body) = request.into_parts();
    let named = Named::by(&mut parts).await;
    let context = Context::request(app, operation, origin(&parts), named);
    let request = Request::from_parts(parts, body);
    let response = context.clone().run(next.run(request)).await;
    let code = response.extensions().get::<Code>().copied();
    match finish(&context, operation, response.status(), code).await {
        Ok(()) => response,
        Err(error) => {
            tracing::error!(%error, operation = operation.id, "an answer is held back: its audit entry cannot be written");
            ApiError::new(Code::AuditUnavailable).into_response()
        }
    }
}

async fn finish(
    context: &Arc<Context>,
    operation: &Operation,
    status: StatusCode,
    code: Option<Code>,
) -> Result<(), crate::db::DbError> {
    if status.is_success() {
        let about_people = matches!(operation.kind, Kind::Read | Kind::Change);
        debug_assert!(
            !about_people || context.has_named(),
            "{} shows or changes personal data and names nobody: call audit::subject",
            operation.id
        );
        return match operation.kind {
            Kind::Read | Kind::Supervise => context.write_alone("shown", None).await,
            Kind::Change | Kind::Manage if !context.is_written() => {
                context.write_alone("unchanged", None).await
            }
            // People whom the answer to a change shows besides.
            Kind::Change if context.has_waiting() => context.write_alone("shown", None).await,
            _ => Ok(()),
        };
    }
    let refused = match status {
        StatusCode::FORBIDDEN => true,
        StatusCode::NOT_FOUND => operation.kind != Kind::Plain,
        _ => false,
    };
    if !refused {
        return Ok(());
    }
    context.write_alone("refused", code.map(Code::as_str)).await
}

/// What an address names.
#[derive(Default)]
pub(super) struct Named {
    /// The person of `{person_id}`.
    pub person: Option<PersonId>,
    /// Everything else: `gate_id/12`.
    pub object: Option<String>,
}

impl Named {
    async fn by(parts: &mut Parts) -> Self {
        let Ok(ids) = RawPathParams::from_request_parts(parts, &()).await else {
            return Self::default();
        };
        let mut named = Self::default();
        for (name, value) in &ids {
            let number: Option<i64> = value.parse().ok();
            if number.is_some_and(|number| number > PersonId::MAX.get()) {
                // No identity of ours: somebody's document number, perhaps, which is not kept.
                continue;
            }
            if name == "person_id" {
                named.person = number.map(PersonId::new);
            } else if value.len() <= ID_CHARS_MAX && value.bytes().all(is_id) {
                let object = named.object.get_or_insert_default();
                if !object.is_empty() {
                    object.push(' ');
                }
                object.push_str(name);
                object.push('/');
                object.push_str(value);
            }
        }
        named
    }
}

fn is_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.'
}

fn origin(request: &Parts) -> Origin {
    let address = request.extensions.get::<ConnectInfo<SocketAddr>>();
    Origin {
        address: address.map(|ConnectInfo(address)| address.ip().to_string()),
        session: session(&request.headers),
    }
}

/// The beginning of the token's digest: tells two sessions apart and opens nothing.
fn session(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let digest = token_digest(value.strip_prefix("Bearer ")?);
    let mut digits = super::digests::hex(&digest[..SESSION_DIGITS / 2]);
    digits.truncate(SESSION_DIGITS);
    Some(digits)
}
