//! Maps of divisions: uploaded by who manages the division, drawn on every phone that works there.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::division::DivisionCode;

use super::map_model::{self, DivisionMap};
use super::store::maps::{self as rows, MapRow};
use crate::access::{ManageMaps, ReadDirectory};
use crate::app::App;
use crate::auth::{Caller, Staff};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract::{self, Body};

/// Bytes of a map as it is sent.
pub const MAP_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Maps below a division that are shown together; a community has some twenty grids.
const MAPS_BELOW_MAX: i64 = 30;
/// Enclosures that a map may name.
const ENCLOSURES_MAX: i64 = 2_000;
/// Digits of the codes of a district, a subdistrict, a community and a grid.
const DIGITS: [usize; 4] = [6, 9, 12, 15];

/// Puts the map of a division of the caller's jurisdiction in place of the one before: a GeoJSON
/// FeatureCollection. A building has the properties `enclosure` (code or name) and `building` (as
/// addresses name it), an outline of an enclosure `enclosure` only, anything else a `name`.
#[utoipa::path(put, path = "/api/v1/divisions/{code}/map", operation_id = "put_division_map", tag = "divisions",
    security(("staff" = [])), params(("code" = String, Path)),
    request_body(content = String, content_type = "application/geo+json"),
    responses((status = 200, body = DivisionMap), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn put_division_map(
    State(app): State<App>,
    staff: Staff<ManageMaps>,
    extract::Path(code): extract::Path<String>,
    body: Body,
) -> ApiResult<Json<DivisionMap>> {
    let code = drawable(&staff.caller, &code)?;
    let tx = staff.tx(&app).await?;
    if super::store::find_division(&tx, &code).await?.is_none() {
        return Err(Code::NotFound.into());
    }
    let enclosures = rows::list_drawable(&tx, &code, ENCLOSURES_MAX).await?;
    let map = MapRow {
        features: map_model::read_map(&body.0, &enclosures)?,
        division_code: code,
        uploaded_at: app.now(),
    };
    rows::upsert_map(&tx, &map, staff.caller.staff_id).await?;
    tx.commit().await?;
    Ok(Json(view(vec![map])))
}

/// The map of a place: its own, else that of the nearest division above, else those below; empty
/// where nobody has uploaded one.
#[utoipa::path(get, path = "/api/v1/divisions/{code}/map", operation_id = "get_division_map", tag = "divisions",
    security(("staff" = [])), params(("code" = String, Path)),
    responses((status = 200, body = DivisionMap), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_division_map(
    State(app): State<App>,
    staff: Staff<ReadDirectory>,
    extract::Path(code): extract::Path<String>,
) -> ApiResult<Json<DivisionMap>> {
    let code = DivisionCode::parse(&code).map_err(|_| Code::NotFound)?;
    let code = code.as_str();
    let above: Vec<&str> = DIGITS
        .into_iter()
        .filter_map(|digits| code.get(..digits))
        .collect();
    let db = staff.tx(&app).await?;
    let found = match rows::find_map_above(&db, &above).await? {
        Some(map) => vec![map],
        None => rows::list_maps_below(&db, code, MAPS_BELOW_MAX).await?,
    };
    Ok(Json(view(found)))
}

/// Takes the map of a division away; phones draw the plan of buildings again.
#[utoipa::path(delete, path = "/api/v1/divisions/{code}/map", operation_id = "delete_division_map", tag = "divisions",
    security(("staff" = [])), params(("code" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_division_map(
    State(app): State<App>,
    staff: Staff<ManageMaps>,
    extract::Path(code): extract::Path<String>,
) -> ApiResult<StatusCode> {
    let code = drawable(&staff.caller, &code)?;
    let tx = staff.tx(&app).await?;
    if rows::delete_map(&tx, &code).await? == 0 {
        return Err(Code::NotFound.into());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A division that may have a map and that the caller may change.
fn drawable(caller: &Caller, code: &str) -> ApiResult<String> {
    let code = DivisionCode::parse(code).map_err(|_| Code::NotFound)?;
    if !DIGITS.contains(&code.as_str().len()) || !caller.covers(code.as_str()) {
        return Err(Code::NotFound.into());
    }
    Ok(code.as_str().to_owned())
}

fn view(maps: Vec<MapRow>) -> DivisionMap {
    let uploaded_at = maps.iter().map(|map| map.uploaded_at).max();
    let (codes, features): (Vec<_>, Vec<_>) = maps
        .into_iter()
        .map(|map| (map.division_code, map.features))
        .unzip();
    DivisionMap {
        division_codes: codes,
        features: features.into_iter().flatten().collect(),
        uploaded_at,
    }
}
