//! For those who run the system: is it alive, is it ready, what are its numbers.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::code::Code;
use super::error::{ApiError, ApiResult};
use super::extract;
use crate::app::App;
use crate::metrics::Kind;

/// Operations offered on both listeners.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_health))
        .routes(routes!(get_readiness))
        .routes(routes!(get_time))
}

/// Operations offered to staff's side only.
pub fn staff_router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_metrics))
        .routes(routes!(set_clock))
}

/// Whether the process is alive.
#[utoipa::path(get, path = "/healthz", operation_id = "get_health", tag = "operations",
    responses((status = 200, description = "alive", body = String)))]
async fn get_health() -> &'static str {
    "ok"
}

/// What is ready and what is not.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// Whether everything is ready.
    pub ready: bool,
    /// Parts that are not ready.
    pub not_ready: Vec<String>,
}

/// Whether requests can be answered, and if not, why.
#[utoipa::path(get, path = "/readyz", operation_id = "get_readiness", tag = "operations",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
async fn get_readiness(State(app): State<App>) -> Response {
    let mut not_ready = Vec::new();
    if app.db.ping().await.is_err() {
        not_ready.push("database".to_owned());
    }
    app.metrics.database_up.set(i64::from(not_ready.is_empty()));
    let status = if not_ready.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(Readiness {
            ready: not_ready.is_empty(),
            not_ready,
        }),
    )
        .into_response()
}

/// Numbers in the form Prometheus reads.
#[utoipa::path(get, path = "/metrics", operation_id = "get_metrics", tag = "operations",
    responses((status = 200, description = "numbers", body = String)))]
async fn get_metrics(State(app): State<App>) -> Response {
    for (pool, status) in ["general", "scans", "staff"]
        .into_iter()
        .zip(app.db.pool_status())
    {
        let gauge = app
            .metrics
            .database_connections
            .get_or_create(&Kind { kind: pool });
        gauge.set(i64::try_from(status.open - status.idle.min(status.open)).unwrap_or(i64::MAX));
    }
    app.metrics
        .database_up
        .set(i64::from(app.db.ping().await.is_ok()));
    (
        [(
            header::CONTENT_TYPE,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        )],
        app.metrics.encode(),
    )
        .into_response()
}

/// The server's time.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct TimeView {
    /// Now, UTC.
    pub now: Timestamp,
}

/// The server's time, for clients that check their own clock.
#[utoipa::path(get, path = "/api/v1/time", operation_id = "get_time", tag = "operations",
    responses((status = 200, body = TimeView)))]
async fn get_time(State(app): State<App>) -> Json<TimeView> {
    Json(TimeView { now: app.now() })
}

/// Where to put the simulated clock.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockInput {
    /// The new time.
    pub now: Timestamp,
}

/// Moves the simulated clock of a demo; refused unless the server was started with one.
#[utoipa::path(put, path = "/api/v1/clock", operation_id = "set_clock", tag = "operations",
    request_body = ClockInput, responses((status = 200, body = TimeView), (status = 403)))]
async fn set_clock(
    State(app): State<App>,
    extract::Json(input): extract::Json<ClockInput>,
) -> ApiResult<Json<TimeView>> {
    let clock = app.simulated_clock().ok_or(ApiError::new(Code::DemoOnly))?;
    clock.set(input.now);
    app.work_waiting.notify_waiters();
    Ok(Json(TimeView { now: app.now() }))
}
