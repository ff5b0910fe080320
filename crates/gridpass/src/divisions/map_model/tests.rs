//! Reading maps: what is kept, and what is told about a file at fault.

use super::*;
use serde_json::json;

fn known() -> Vec<KnownEnclosure> {
    vec![KnownEnclosure {
        enclosure_id: EnclosureId::new(7),
        code: Some("E1".into()),
        name: "金地朗悦".into(),
    }]
}

fn square(at: f64) -> Value {
    json!([[
        [at, 22.7],
        [at + 0.001, 22.7],
        [at + 0.001, 22.701],
        [at, 22.7]
    ]])
}

fn thing(geometry: Value, properties: Value) -> Value {
    json!({ "type": "Feature", "geometry": geometry, "properties": properties })
}

fn polygon(at: f64, properties: Value) -> Value {
    thing(
        json!({ "type": "Polygon", "coordinates": square(at) }),
        properties,
    )
}

fn read(features: Value) -> ApiResult<Vec<MapFeature>> {
    let file = json!({ "type": "FeatureCollection", "features": features });
    read_map(file.to_string().as_bytes(), &known())
}

/// The code of the first fault and where it is.
fn fault(file: &Value) -> (String, String) {
    let faults = read_collection(file.clone(), &known()).unwrap_err();
    (faults[0].field.clone(), faults[0].code.clone())
}

#[test]
fn outlines_points_and_parts_are_read_by_code_or_name() {
    let parts = json!({ "type": "MultiPolygon", "coordinates": [square(114.31), square(114.32)] });
    let point = json!({ "type": "Point", "coordinates": [114.345_678_91, 22.7, 31.5] });
    let features = read(json!([
        polygon(
            114.3,
            json!({ "enclosure": "E1", "building": " 3栋 ", "colour": "red" })
        ),
        thing(parts, json!({ "enclosure": "金地朗悦", "building": "4栋" })),
        thing(point, json!({ "name": "东门" })),
        polygon(114.33, Value::Null),
    ]))
    .unwrap();
    assert_eq!(features[0].building.as_deref(), Some("3栋"));
    assert_eq!(features[0].enclosure_id, Some(EnclosureId::new(7)));
    assert_eq!(features[1].rings.len(), 2);
    assert_eq!(features[2].point, Some([114.345_679, 22.7]));
    assert_eq!(features[2].label.as_deref(), Some("东门"));
    assert_eq!(features[3].label, None);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let collection = |features: Value| json!({ "type": "FeatureCollection", "features": features });
    let good = polygon(114.3, json!({ "enclosure": "E1", "building": "3栋" }));
    let of = |bad: Value| fault(&collection(json!([good, bad])));
    let second = |code: &str| ("feature 2".to_owned(), code.to_owned());
    let open = json!([[[114.3, 22.7], [114.4, 22.7], [114.4, 22.8], [114.3, 22.8]]]);
    let shape = |geometry: Value| thing(geometry, json!({}));
    assert_eq!(
        of(shape(json!({ "type": "Polygon", "coordinates": open }))),
        second("ring_open")
    );
    assert_eq!(
        of(shape(json!({ "type": "LineString", "coordinates": [] }))),
        second("geometry_unknown")
    );
    assert_eq!(
        of(shape(
            json!({ "type": "Point", "coordinates": [500_000.0, 2_500_000.0] })
        )),
        second("position_invalid")
    );
    assert_eq!(of(shape(Value::Null)), second("geometry_unknown"));
    assert_eq!(
        of(polygon(114.3, json!({ "enclosure": "别处" }))),
        second("enclosure_unknown")
    );
    assert_eq!(
        of(polygon(114.3, json!({ "building": "3栋" }))),
        second("building_invalid")
    );
    for again in ["03号楼", "３棟", "3#"] {
        let twice = json!({ "enclosure": "E1", "building": again });
        assert_eq!(of(polygon(114.3, twice)), second("building_twice"));
    }
    assert_eq!(
        of(polygon(114.3, json!({ "name": "长".repeat(41) }))),
        second("label_length")
    );
    assert_eq!(
        of(polygon(114.3, json!({ "name": 3 }))),
        second("properties_invalid")
    );
}

#[test]
fn a_file_that_is_no_map_of_a_division_is_refused_whole() {
    let file = |code: &str| ("file".to_owned(), code.to_owned());
    assert_eq!(
        fault(&json!({ "type": "Topology" })),
        file("map_not_collection")
    );
    assert_eq!(fault(&json!([1, 2])), file("map_not_collection"));
    let with = |features: Value| json!({ "type": "FeatureCollection", "features": features });
    assert_eq!(fault(&with(json!([]))), file("map_empty"));
    assert_eq!(
        fault(&with(json!([
            polygon(114.3, json!({})),
            polygon(10.0, json!({}))
        ]))),
        file("map_too_wide")
    );
    let many: Vec<Value> = (0..=FEATURES_MAX)
        .map(|_| polygon(114.3, json!({})))
        .collect();
    assert_eq!(fault(&with(json!(many))), file("map_too_large"));
    let ring: Vec<[f64; 2]> = vec![[114.3, 22.7]; POSITIONS_MAX + 1];
    let long = thing(
        json!({ "type": "Polygon", "coordinates": [ring] }),
        json!({}),
    );
    assert_eq!(fault(&with(json!([long]))), file("map_too_large"));
    let mut other = with(json!([polygon(114.3, json!({}))]));
    other["crs"] =
        json!({ "type": "name", "properties": { "name": "urn:ogc:def:crs:EPSG::4490" } });
    assert_eq!(fault(&other), file("map_crs"));
    other["crs"] =
        json!({ "type": "name", "properties": { "name": "urn:ogc:def:crs:OGC:1.3:CRS84" } });
    assert!(read_map(other.to_string().as_bytes(), &known()).is_ok());
}
