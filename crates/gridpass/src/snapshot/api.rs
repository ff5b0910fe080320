//! Handing out the snapshot, and the gate table that goes with it.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gridpass_rules::words::{Check, Checked};
use gridpass_rules::{Action, Colour, Direction, GateContext, Reason, Relation, RuleSet};
use gridpass_types::ids::RuleSetVersion;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Snapshots;
use super::model::Held;
use crate::app::App;
use crate::gates::{Device, Directory, GateInfo};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::rules::InForce;

/// Says up to when the answer is complete, also when nothing changed.
const AS_OF: &str = "x-snapshot-as-of";

/// From which version.
#[derive(Deserialize, IntoParams)]
pub struct SnapshotQuery {
    /// The version the gate holds; everything when absent.
    since: Option<i64>,
}

/// Everybody's colour by serial, or what changed since a version. The form of the bytes is
/// described in `docs/snapshot.md`; the ETag is the version.
#[utoipa::path(get, path = "/api/v1/device/snapshot", operation_id = "get_colour_snapshot", tag = "gates",
    security(("device" = []), ("shift" = [])), params(SnapshotQuery),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 304),
              (status = 401, body = Problem), (status = 503, body = Problem)))]
pub async fn get_colour_snapshot(
    State(app): State<App>,
    _device: Device,
    headers: HeaderMap,
    extract::Query(query): extract::Query<SnapshotQuery>,
) -> ApiResult<Response> {
    let held = app.part::<Snapshots>().latest().ok_or(Code::Overloaded)?;
    let tag = format!("\"{}\"", held.version);
    let told = [
        (header::ETAG.as_str(), tag.clone()),
        (AS_OF, held.as_of.to_string()),
    ];
    let same = headers.get(header::IF_NONE_MATCH);
    if same.is_some_and(|value| value.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, told).into_response());
    }
    Ok((told, octets(&held, query.since)).into_response())
}

fn octets(held: &Held, since: Option<i64>) -> Response {
    let changes = since.and_then(|version| held.since(version));
    let mut answer = changes.unwrap_or_else(|| held.full()).into_response();
    let octets = HeaderValue::from_static("application/octet-stream");
    answer.headers_mut().insert(header::CONTENT_TYPE, octets);
    answer
}

/// What the gate table says in one situation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TableRow {
    /// Colour of the pass.
    pub colour: Colour,
    /// Which way.
    pub direction: Direction,
    /// What the person has to do with the gate; who is without network asks.
    pub relation: Relation,
    /// Whether the reading is a fever.
    pub fever: bool,
    /// What the guard does.
    pub action: Action,
    /// Why.
    pub gate_reason: Reason,
    /// What to check on the spot.
    pub checks: Vec<Check>,
}

/// The table of a device's gate, for when nobody can be asked.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct DeviceTable {
    /// Version in force at the gate.
    pub rule_set_version: RuleSetVersion,
    /// Every situation once.
    pub rows: Vec<TableRow>,
}

/// The gate table in force at the calling device's gate, worked out for every situation there.
#[utoipa::path(get, path = "/api/v1/device/table", operation_id = "get_device_table", tag = "gates",
    security(("device" = []), ("shift" = [])),
    responses((status = 200, body = DeviceTable), (status = 401, body = Problem)))]
pub async fn get_device_table(
    State(app): State<App>,
    device: Device,
) -> ApiResult<Json<DeviceTable>> {
    let db = app.db.client().await?;
    let directory = app.part::<Directory>().current(&app, &db).await?;
    let gate = directory.gate_of(device.device_id).map_err(ApiError::new)?;
    let scopes = app.part::<InForce>().current(&db).await?;
    let rules = scopes.at(&gate.place_code);
    Ok(Json(DeviceTable {
        rule_set_version: rules.version,
        rows: rows(rules, gate),
    }))
}

/// A reading that is no fever, and one that is.
const READINGS: [(bool, f64); 2] = [(false, 36.5), (true, 38.0)];

fn rows(rules: &RuleSet, gate: &GateInfo) -> Vec<TableRow> {
    let mut rows = Vec::new();
    for &colour in Colour::ALL {
        for direction in [Direction::In, Direction::Out] {
            for relation in [Relation::LivesHere, Relation::WorksHere, Relation::Visitor] {
                for (fever, celsius) in READINGS {
                    let decided = rules.decide_gate(&GateContext {
                        colour,
                        area: gate.area,
                        direction,
                        relation,
                        checked: Checked::No,
                        temperature: Some(celsius),
                    });
                    rows.push(TableRow {
                        colour,
                        direction,
                        relation,
                        fever,
                        action: decided.action,
                        gate_reason: decided.reason,
                        checks: decided.checks.to_vec(),
                    });
                }
            }
        }
    }
    rows
}
