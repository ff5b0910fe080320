//! HTTP: errors, extractors, paging, and the layers every request passes.

pub mod bounds;
pub mod code;
pub mod error;
pub mod extract;
pub mod idempotency;
pub mod ops;
pub mod page;
pub mod pages;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
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

/// Headers of every page and every answer but JSON: nothing from elsewhere, nothing inline, nothing framed,
/// no sensor but the camera.
static HARDENED: [(HeaderName, HeaderValue); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; img-src 'self' blob: data:; script-src 'self' 'wasm-unsafe-eval'; \
             style-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'",
        ),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(self), geolocation=(), microphone=(), payment=(), usb=(), serial=(), hid=()",
        ),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Headers of JSON: nothing in it is ever run, framed or read by other sites. A gate's answer
/// is shorter than what a page needs by half a kilobyte, thousands of times a second.
static HARDENED_DATA: [(HeaderName, HeaderValue); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// A year, for browsers that reached us by TLS.
static TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Refuses changes that another website's page asks for, and puts `HARDENED` or
/// `HARDENED_DATA` on every answer. Callers prove themselves by a token that no other site holds; this is the second
/// lock, should a browser ever be made to send it.
pub async fn harden(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = if !request.method().is_safe() && is_foreign(request.headers()) {
        ApiError::new(Code::CrossSite).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    let hardened = match is_json(headers) {
        true => &HARDENED_DATA[..],
        false => &HARDENED[..],
    };
    for (name, value) in hardened {
        headers.insert(name.clone(), value.clone());
    }
    if app.settings.tls_only {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY.clone());
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| {
        let kind = kind.as_bytes();
        kind.starts_with(b"application/json") || kind.starts_with(b"application/problem+json")
    })
}

/// Whether a browser says that a page of another origin sent this. Programs that are no
/// browsers say nothing, and hold no browser's tokens either.
fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |value: Option<&HeaderValue>| {
        value.map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase())
    };
    if let Some(site) = text(headers.get("sec-fetch-site")) {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = text(headers.get(header::ORIGIN)) else {
        return false;
    };
    let host = text(headers.get(header::HOST)).unwrap_or_default();
    origin
        .split_once("://")
        .is_none_or(|(_, from)| from != host)
}

/// The answer for addresses that do not exist.
pub async fn not_found() -> Response {
    ApiError::new(Code::NotFound).into_response()
}

/// The answer for methods an address does not have.
pub async fn method_not_allowed() -> Response {
    ApiError::new(Code::MethodNotAllowed).into_response()
}
