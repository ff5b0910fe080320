//! HTTP: errors, extractors, paging, and the layers every request passes.

pub mod code;
pub mod error;
pub mod extract;
pub mod idempotency;
pub mod ops;
pub mod page;
pub mod pages;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::metrics::Kind;
use code::Code;
use error::ApiError;

/// Bytes a JSON body may have unless a route says otherwise.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request, counts it and logs it: route, status, time; never a value of
/// path, query or body. Successful scans are logged at debug level only, because at
/// twenty thousand a second the log would cost more than the scans.
pub async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let began = std::time::Instant::now();
    let mut response = next.run(request).await;
    let status = response.status();
    app.metrics
        .requests
        .get_or_create(&Kind {
            kind: class(status),
        })
        .inc();
    let request_id = app.ids.next();
    response
        .headers_mut()
        .insert(REQUEST_ID.clone(), HeaderValue::from(request_id));
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let elapsed_us = began.elapsed().as_micros() as u64;
    if status.is_server_error() {
        tracing::warn!(request_id, %method, route, status = status.as_u16(), elapsed_us, "request");
    } else if route.starts_with("/api/v1/scans") || method == axum::http::Method::GET {
        tracing::debug!(request_id, %method, route, status = status.as_u16(), elapsed_us, "request");
    } else {
        tracing::info!(request_id, %method, route, status = status.as_u16(), elapsed_us, "request");
    }
    response
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

/// Headers of every page and answer: nothing from elsewhere, nothing inline, nothing framed.
pub async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; img-src 'self' blob: data:; script-src 'self' 'wasm-unsafe-eval'; \
             style-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        ),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The answer for addresses that do not exist.
pub async fn not_found() -> Response {
    ApiError::new(Code::NotFound).into_response()
}

/// The answer for methods an address does not have.
pub async fn method_not_allowed() -> Response {
    ApiError::new(Code::MethodNotAllowed).into_response()
}
