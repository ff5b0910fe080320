//! The directory of gates: enter, change, list, look up.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::ids::GateId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::directory::Directory;
use super::model::{GateChange, GateDetail, GateView, NewGate};
use super::store;
use crate::access::{ManageGates, ReadDirectory};
use crate::app::App;
use crate::auth::{Authorised, Caller, Staff};
use crate::db::Client;
use crate::directory;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::seal::Field;

/// Enters a gate of an enclosure or an employer within the caller's jurisdiction.
#[utoipa::path(post, path = "/api/v1/gates", operation_id = "create_gate", tag = "gates",
    security(("staff" = [])), request_body = NewGate,
    responses((status = 201, body = GateView), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn create_gate(
    State(app): State<App>,
    staff: Staff<ManageGates>,
    extract::Json(input): extract::Json<NewGate>,
) -> ApiResult<(StatusCode, Json<GateView>)> {
    input.validate()?;
    let tx = app.db.tx().await?;
    let (place_code, owner) = owner_of(&tx, &staff.caller, &input).await?;
    let gate = GateView {
        gate_id: GateId::new(app.ids.next()),
        place_code,
        owner: Some(owner),
        name: input.name.trim().to_owned(),
        enclosure_id: input.enclosure_id,
        employer_id: input.employer_id,
        active: true,
        lanes: input.lanes,
    };
    let secret: [u8; 32] = app.entropy.bytes();
    let id = gate.gate_id.get();
    let sealed = app
        .sealer
        .seal(Field::GateCodeSecret, id, &secret, &app.entropy);
    store::insert_gate(&tx, &gate, &sealed, app.now()).await?;
    store::replace_lanes(&tx, gate.gate_id, &gate.lanes).await?;
    directory::bump(&tx).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(gate)))
}

/// The place of a new gate and whose it is: its enclosure's community, or its employer's address.
/// What lies outside the caller's jurisdiction is as if unknown.
async fn owner_of(db: &Client, caller: &Caller, input: &NewGate) -> ApiResult<(String, String)> {
    let mut owner = None;
    if let Some(id) = input.employer_id {
        let found = store::find_employer_place(db, id).await?;
        owner = Some(
            found
                .filter(|(code, _)| caller.covers(code))
                .ok_or(Code::EmployerUnknown)?,
        );
    }
    if let Some(id) = input.enclosure_id {
        let found = store::find_enclosure_place(db, id).await?;
        owner = Some(
            found
                .filter(|(code, _)| caller.covers(code))
                .ok_or(Code::EnclosureUnknown)?,
        );
    }
    owner.ok_or_else(|| Code::EnclosureUnknown.into())
}

/// Changes a gate's name or lanes, or closes it.
#[utoipa::path(patch, path = "/api/v1/gates/{gate_id}", operation_id = "update_gate", tag = "gates",
    security(("staff" = [])), params(("gate_id" = i64, Path)), request_body = GateChange,
    responses((status = 200, body = GateView), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn update_gate(
    State(app): State<App>,
    gate: Authorised<GateView, ManageGates>,
    extract::Json(change): extract::Json<GateChange>,
) -> ApiResult<Json<GateView>> {
    change.validate()?;
    let mut gate = gate.entity;
    let tx = app.db.tx().await?;
    if let Some(lanes) = change.lanes {
        store::replace_lanes(&tx, gate.gate_id, &lanes).await?;
        gate.lanes = lanes;
    }
    gate.name = change.name.map_or(gate.name, |name| name.trim().to_owned());
    gate.active = change.active.unwrap_or(gate.active);
    store::update_gate(&tx, &gate).await?;
    directory::bump(&tx).await?;
    tx.commit().await?;
    let db = app.db.client().await?;
    app.part::<Directory>().current(&app, &db).await?;
    Ok(Json(gate))
}

/// Which gates to list.
#[derive(Deserialize, IntoParams)]
pub struct GateQuery {
    /// Division code prefix; the caller's jurisdiction when absent.
    prefix: Option<String>,
}

/// Gates under a prefix within the caller's jurisdiction.
#[utoipa::path(get, path = "/api/v1/gates", operation_id = "list_gates", tag = "gates",
    security(("staff" = [])), params(GateQuery, PageQuery),
    responses((status = 200, body = Page<GateView>), (status = 403, body = Problem)))]
pub async fn list_gates(
    State(app): State<App>,
    staff: Staff<ReadDirectory>,
    extract::Query(query): extract::Query<GateQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<GateView>>> {
    let limit = page.limit();
    let items = match staff.caller.reach(query.prefix.as_deref()) {
        Some(reach) => {
            let db = app.db.client().await?;
            store::list_gates(&db, &reach, page.after(), limit).await?
        }
        None => Vec::new(),
    };
    Ok(Json(Page::new(items, limit, |gate| gate.gate_id.get())))
}

/// One gate with its devices.
#[utoipa::path(get, path = "/api/v1/gates/{gate_id}", operation_id = "get_gate", tag = "gates",
    security(("staff" = [])), params(("gate_id" = i64, Path)),
    responses((status = 200, body = GateDetail), (status = 404, body = Problem)))]
pub async fn get_gate(
    State(app): State<App>,
    gate: Authorised<GateView, ReadDirectory>,
) -> ApiResult<Json<GateDetail>> {
    let db = app.db.client().await?;
    let devices = store::list_devices(&db, gate.entity.gate_id).await?;
    Ok(Json(GateDetail {
        gate: gate.entity,
        devices,
    }))
}
