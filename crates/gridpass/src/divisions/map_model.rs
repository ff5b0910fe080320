//! Maps: reading GeoJSON (RFC 7946), and what is kept of it.
//!
//! Kept is what is drawn: outlines in degrees of WGS 84, rounded to some centimetres, with the
//! enclosure, the building or a label. Anything else in the file is dropped.

use std::collections::{BTreeMap, BTreeSet};

use gridpass_types::fold_place;
use gridpass_types::ids::EnclosureId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Things on a map at most.
const FEATURES_MAX: usize = 2_000;
/// Positions of all outlines at most.
const POSITIONS_MAX: usize = 20_000;
/// Characters of a building's name or a label at most.
const LABEL_CHARS_MAX: usize = 40;
/// A division is no wider and no higher than this, in degrees; a district has some 0.4.
const EXTENT_DEGREES_MAX: f64 = 2.0;
/// Decimals kept of a degree: 0.000001 is 11 cm.
const SCALE: f64 = 1_000_000.0;
/// Faults that are told at most.
const FAULTS_TOLD_MAX: usize = 100;

/// An enclosure that a map may name.
pub struct KnownEnclosure {
    /// Identity.
    pub enclosure_id: EnclosureId,
    /// Short code used in files.
    pub code: Option<String>,
    /// Name as posted at its gate.
    pub name: String,
}

/// Something on a map: a building, the outline of an enclosure, or a landmark with a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MapFeature {
    /// The enclosure it is, or lies in.
    pub enclosure_id: Option<EnclosureId>,
    /// The building, as addresses name it: `3栋`.
    pub building: Option<String>,
    /// What to write at it.
    pub label: Option<String>,
    /// Its outlines, each a closed ring of longitude and latitude; a hole is a ring inside another.
    /// Empty for a point.
    pub rings: Vec<Vec<[f64; 2]>>,
    /// Longitude and latitude, where it is a point.
    pub point: Option<[f64; 2]>,
}

/// The map of a place.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DivisionMap {
    /// The divisions whose maps these are: the place's own, the nearest above, or those below.
    pub division_codes: Vec<String>,
    /// What is on them.
    pub features: Vec<MapFeature>,
    /// When the newest was uploaded; absent where there is none.
    pub uploaded_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Collection {
    r#type: String,
    crs: Option<Value>,
    features: Vec<Value>,
}

#[derive(Deserialize)]
struct RawFeature {
    geometry: Option<RawGeometry>,
    #[serde(default)]
    properties: Option<RawProperties>,
}

#[derive(Deserialize)]
struct RawGeometry {
    r#type: String,
    #[serde(default)]
    coordinates: Value,
}

#[derive(Default, Deserialize)]
struct RawProperties {
    enclosure: Option<String>,
    building: Option<String>,
    name: Option<String>,
}

/// What is wrong with one thing: its code and words.
type Fault = (&'static str, &'static str, &'static str);

const NOT_A_MAP: Fault = (
    "map_not_collection",
    "the file is no GeoJSON FeatureCollection",
    "文件不是 GeoJSON FeatureCollection",
);
const OTHER_CRS: Fault = (
    "map_crs",
    "only WGS 84 degrees are taken; leave out crs",
    "仅支持 WGS 84 经纬度，请去掉 crs",
);
const EMPTY: Fault = ("map_empty", "there is nothing on it", "地图没有内容");
const TOO_MANY: Fault = (
    "map_too_large",
    "at most 2,000 features with 20,000 positions",
    "最多 2000 个要素、20000 个坐标点",
);
const TOO_WIDE: Fault = (
    "map_too_wide",
    "it is wider than two degrees: are these degrees?",
    "范围超过 2 度，请确认坐标为经纬度",
);
const GEOMETRY: Fault = (
    "geometry_unknown",
    "a Polygon, a MultiPolygon or a Point is needed",
    "应为 Polygon、MultiPolygon 或 Point",
);
const POSITION: Fault = (
    "position_invalid",
    "longitude -180 to 180, latitude -90 to 90",
    "坐标应为经度（-180 至 180）、纬度（-90 至 90）",
);
const RING: Fault = (
    "ring_open",
    "an outline has at least four positions and ends where it begins",
    "轮廓至少 4 个点，且首尾相同",
);
const PROPERTIES: Fault = (
    "properties_invalid",
    "enclosure, building and name are texts",
    "enclosure、building、name 应为文本",
);
const ENCLOSURE: Fault = (
    "enclosure_unknown",
    "no enclosure of this code or name in the division",
    "辖区内没有该编号或名称的围合区",
);
const BUILDING: Fault = (
    "building_invalid",
    "a building needs its enclosure and a name of 1 to 40 characters",
    "楼栋须注明所属围合区，名称 1 至 40 字",
);
const BUILDING_TWICE: Fault = (
    "building_twice",
    "this building stands on the map already",
    "该楼栋重复",
);
const LABEL: Fault = (
    "label_length",
    "a name has 1 to 40 characters",
    "名称应为 1 至 40 字",
);

/// Reads a map. `enclosures` are those it may name, by code or by name.
///
/// # Errors
/// [`Code::MapInvalid`] with what is wrong, by the feature's place in the file from 1.
pub fn read_map(file: &[u8], enclosures: &[KnownEnclosure]) -> ApiResult<Vec<MapFeature>> {
    crate::http::extract::refuse_nul(file)?;
    let parsed: Value = serde_json::from_slice(file)
        .map_err(|error| crate::http::extract::json_problem(file, &error))?;
    read_collection(parsed, enclosures)
        .map_err(|faults| ApiError::new(Code::MapInvalid).with_fields(faults))
}

fn read_collection(
    parsed: Value,
    enclosures: &[KnownEnclosure],
) -> Result<Vec<MapFeature>, Vec<FieldError>> {
    let collection: Collection = serde_json::from_value(parsed).map_err(|_| whole(NOT_A_MAP))?;
    if collection.r#type != "FeatureCollection" {
        return Err(whole(NOT_A_MAP));
    }
    if collection.crs.is_some_and(|crs| !is_wgs84(&crs)) {
        return Err(whole(OTHER_CRS));
    }
    if collection.features.len() > FEATURES_MAX {
        return Err(whole(TOO_MANY));
    }
    let features = read_features(collection.features, &by_word(enclosures))?;
    check_extent(&features).map_err(whole)?;
    Ok(features)
}

fn read_features(
    raw: Vec<Value>,
    known: &BTreeMap<&str, EnclosureId>,
) -> Result<Vec<MapFeature>, Vec<FieldError>> {
    let (mut features, mut faults) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let read = feature(raw, known).and_then(|one| {
            let building = one.building.as_deref().map(building_key);
            let again = one
                .enclosure_id
                .zip(building)
                .is_some_and(|building| !seen.insert(building));
            if again { Err(BUILDING_TWICE) } else { Ok(one) }
        });
        match read {
            Ok(feature) => features.push(feature),
            Err(fault) if faults.len() < FAULTS_TOLD_MAX => {
                faults.push(field(format!("feature {}", index + 1), fault));
            }
            Err(_) => {}
        }
    }
    if faults.is_empty() {
        Ok(features)
    } else {
        Err(faults)
    }
}

fn check_extent(features: &[MapFeature]) -> Result<(), Fault> {
    let all = || {
        features
            .iter()
            .flat_map(|one| one.rings.iter().flatten().chain(&one.point))
    };
    let count = all().count();
    if count == 0 {
        return Err(EMPTY);
    }
    if count > POSITIONS_MAX {
        return Err(TOO_MANY);
    }
    let wide = |axis: usize| {
        let (low, high) = all().fold((f64::MAX, f64::MIN), |(low, high), position| {
            (low.min(position[axis]), high.max(position[axis]))
        });
        high - low > EXTENT_DEGREES_MAX
    };
    if wide(0) || wide(1) {
        return Err(TOO_WIDE);
    }
    Ok(())
}

/// The system that older files name although it is the only one: CRS 84.
fn is_wgs84(crs: &Value) -> bool {
    crs.is_null()
        || crs
            .pointer("/properties/name")
            .and_then(Value::as_str)
            .is_some_and(|name| name.ends_with("CRS84") || name.ends_with("4326"))
}

fn by_word(enclosures: &[KnownEnclosure]) -> BTreeMap<&str, EnclosureId> {
    let names = enclosures
        .iter()
        .map(|one| (one.name.as_str(), one.enclosure_id));
    let codes = enclosures
        .iter()
        .filter_map(|one| Some((one.code.as_deref()?, one.enclosure_id)));
    names.chain(codes).collect()
}

fn feature(raw: Value, known: &BTreeMap<&str, EnclosureId>) -> Result<MapFeature, Fault> {
    // Texts of the properties apart from the shape, so that the fault names the right one.
    if let Some(properties) = raw.get("properties") {
        serde_json::from_value::<Option<RawProperties>>(properties.clone())
            .map_err(|_| PROPERTIES)?;
    }
    let raw: RawFeature = serde_json::from_value(raw).map_err(|_| GEOMETRY)?;
    let properties = raw.properties.unwrap_or_default();
    let (rings, point) = shape(raw.geometry.ok_or(GEOMETRY)?)?;
    let enclosure_id = match named(properties.enclosure) {
        Some(word) => Some(*known.get(word.as_str()).ok_or(ENCLOSURE)?),
        None => None,
    };
    let building = named(properties.building);
    let label = named(properties.name);
    let long = |text: &Option<String>| {
        text.as_ref().is_some_and(|text| {
            text.chars().count() > LABEL_CHARS_MAX || text.chars().any(char::is_control)
        })
    };
    if long(&building) || (building.is_some() && enclosure_id.is_none()) {
        return Err(BUILDING);
    }
    if long(&label) {
        return Err(LABEL);
    }
    Ok(MapFeature {
        enclosure_id,
        building,
        label,
        rings,
        point,
    })
}

fn named(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

type Rings = Vec<Vec<[f64; 2]>>;

fn shape(geometry: RawGeometry) -> Result<(Rings, Option<[f64; 2]>), Fault> {
    let read = geometry.coordinates;
    match geometry.r#type.as_str() {
        "Point" => {
            let raw: Vec<f64> = serde_json::from_value(read).map_err(|_| POSITION)?;
            Ok((Vec::new(), Some(position(&raw)?)))
        }
        "Polygon" => Ok((rings(read)?, None)),
        "MultiPolygon" => {
            let parts: Vec<Value> = serde_json::from_value(read).map_err(|_| POSITION)?;
            let mut all = Vec::new();
            for part in parts {
                all.extend(rings(part)?);
            }
            Ok((all, None))
        }
        _ => Err(GEOMETRY),
    }
}

fn rings(read: Value) -> Result<Rings, Fault> {
    let raw: Vec<Vec<Vec<f64>>> = serde_json::from_value(read).map_err(|_| POSITION)?;
    if raw.is_empty() {
        return Err(RING);
    }
    raw.iter().map(|ring| outline(ring)).collect()
}

fn outline(raw: &[Vec<f64>]) -> Result<Vec<[f64; 2]>, Fault> {
    let ring: Vec<[f64; 2]> = raw
        .iter()
        .map(|one| position(one))
        .collect::<Result<_, _>>()?;
    if ring.len() < 4 || ring.first() != ring.last() {
        return Err(RING);
    }
    Ok(ring)
}

/// Longitude and latitude; a height is dropped.
fn position(raw: &[f64]) -> Result<[f64; 2], Fault> {
    let &[longitude, latitude, ..] = raw else {
        return Err(POSITION);
    };
    if !(-180.0..=180.0).contains(&longitude) || !(-90.0..=90.0).contains(&latitude) {
        return Err(POSITION);
    }
    let rounded = |degrees: f64| (degrees * SCALE).round() / SCALE;
    Ok([rounded(longitude), rounded(latitude)])
}

/// The same building written differently gives the same key: `3栋`, `3号楼`, `3#`, `03`. The field
/// app's `buildingKey` does the same.
fn building_key(building: &str) -> String {
    const ENDS: [&str; 6] = ["号楼", "栋", "座", "幢", "楼", "#"];
    let text = fold_place(building);
    let bare = ENDS
        .iter()
        .find_map(|end| text.strip_suffix(end))
        .unwrap_or(&text);
    bare.trim_start_matches('0').to_lowercase()
}

fn field(name: String, (code, en, zh): Fault) -> FieldError {
    FieldError::new(name, code, en, zh)
}

fn whole(fault: Fault) -> Vec<FieldError> {
    vec![field("file".to_owned(), fault)]
}

#[cfg(test)]
mod tests;
