//! Every route, in one place.
//!
//! Two listeners, so that residents and staff live on different origins: the public one
//! answers residents' phones, the staff one consoles, phones in the field, gates and neighbours.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::audit;
use crate::http::{self, ops, pages};
use crate::{
    alerts, appeals, backtest, break_glass, catalogue, declarations, divisions, duty, employers,
    facts, gates, holds, inspections, keys, limits, observation, oversight, papers, passes, people,
    phone_codes, privacy, quarantine, red, register, registry, rules, scans, shadow, snapshot,
    staff, stats, visits,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "GridPass",
        description = "Electronic passes, checked at every gate.",
        license(name = "Apache-2.0")
    ),
    components(schemas(http::error::Problem))
)]
struct Description;

/// Routes of the public listener.
fn public_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(ops::router())
        .merge(audit::digests::router())
        .merge(declarations::public_router())
        .merge(divisions::public_router())
        .merge(passes::public_router())
        .merge(people::public_router())
        .merge(phone_codes::public_router())
        .merge(privacy::public_router())
        .merge(scans::public_router())
        .merge(appeals::public_router())
        .merge(observation::public_router())
        .merge(oversight::public_router())
}

/// Routes of the staff listener.
fn staff_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(ops::router())
        .merge(audit::digests::router())
        .merge(ops::staff_router())
        .merge(keys::router())
        .merge(staff::router())
        .merge(declarations::router())
        .merge(divisions::router())
        .merge(gates::router())
        .merge(duty::router())
        .merge(snapshot::router())
        .merge(register::router())
        .merge(inspections::router())
        .merge(passes::router())
        .merge(scans::router())
        .merge(shadow::router())
        .merge(holds::router())
        .merge(facts::router())
        .merge(rules::router())
        .merge(catalogue::router())
        .merge(backtest::router())
        .merge(visits::router())
        .merge(quarantine::router())
        .merge(red::router())
        .merge(alerts::router())
        .merge(observation::router())
        .merge(papers::router())
        .merge(appeals::router())
        .merge(break_glass::router())
        .merge(employers::router())
        .merge(people::router())
        .merge(registry::router())
        .merge(stats::router())
        .merge(oversight::router())
}

/// The routers of the public and the staff listener.
pub fn build(app: &App) -> (Router, Router) {
    let web = &app.settings.web_dir;
    let public = with_api_layers(app, public_routes());
    let public = pages::serve(public, "/my", &web.join("resident/dist"));
    let public = pages::serve(public, "", &web.join("pass/dist"));
    let staff = with_api_layers(app, staff_routes());
    let staff = match app.settings.bench_baseline {
        true => staff.merge(scans::naive::router()),
        false => staff,
    };
    let staff = pages::serve(staff, "/gate", &web.join("gate/dist"));
    let staff = pages::serve(staff, "/field", &web.join("field/dist"));
    let staff = pages::serve(staff, "", &web.join("console/dist"));
    let finish = |router: Router<App>| {
        router
            .layer(from_fn_with_state(app.clone(), http::observe))
            .layer(from_fn_with_state(app.clone(), http::harden))
            .with_state(app.clone())
    };
    (finish(public), finish(staff))
}

/// Bounds and idempotency around the API; unknown API addresses answer with a problem
/// rather than with a page.
fn with_api_layers(app: &App, routes: OpenApiRouter<App>) -> Router<App> {
    let (router, description) = routes.split_for_parts();
    let recorded = (app.clone(), audit::layer::Routes::new(&description));
    let router = router
        .layer(from_fn_with_state(app.clone(), http::idempotency::remember))
        .layer(DefaultBodyLimit::max(http::BODY_BYTES_MAX))
        // Outside the idempotency layer: an answer given again is a showing, too.
        .layer(from_fn_with_state(recorded, audit::layer::record))
        .layer(from_fn_with_state(
            http::bounds::Times::default(),
            http::bounds::bound,
        ));
    with_budgets(app, router)
        .route("/api/{*rest}", any(http::not_found))
        .fallback(http::not_found)
        .method_not_allowed_fallback(http::method_not_allowed)
}

/// A budget for each client, unless the operator lifted it.
fn with_budgets(app: &App, router: Router<App>) -> Router<App> {
    let limits = &app.settings.limits;
    if limits.client_requests_per_s == 0 {
        return router;
    }
    let guard = limits::Guard::new(
        app.clock.clone(),
        limits.client_requests_per_s,
        limits.client_address_header.clone(),
    );
    router.layer(from_fn_with_state(Arc::new(guard), limits::guard))
}

/// The OpenAPI description of both listeners, as committed in `docs/openapi.json`.
pub fn description() -> utoipa::openapi::OpenApi {
    let (_, public) = public_routes().split_for_parts();
    let (_, staff) = staff_routes().split_for_parts();
    let mut description = Description::openapi();
    description.merge(public);
    description.merge(staff);
    let components = description.components.get_or_insert_default();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    for caller in ["staff", "device", "shift", "holder", "sensor"] {
        components.add_security_scheme(caller, bearer.clone());
    }
    description
}
