//! SQL of gates, lanes and devices.

pub mod codes;
pub mod reports;
pub mod shifts;

use std::collections::HashMap;

use gridpass_passcode::PublicKey;
use gridpass_rules::AreaStatus;
use gridpass_types::ids::{DeviceId, EmployerId, EnclosureId, GateId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::device::Device;
use super::directory::DeviceInfo;
use super::model::{GateView, Lane, LaneDirection, RegisteredDevice};
use crate::auth::Reach;
use crate::db::Client;

/// Place of an enclosure: its community, as a leaf code; and its name.
pub async fn find_enclosure_place(
    db: &Client,
    id: EnclosureId,
) -> Result<Option<(String, String)>, Error> {
    let sql = "-- gates.find_enclosure_place
        SELECT rpad(community_code, 15, '0'), name FROM enclosure WHERE enclosure_id = $1";
    let row = db.query_opt(&db.prepare_cached(sql).await?, &[&id]).await?;
    Ok(row.map(|row| (row.get(0), row.get(1))))
}

/// Place of an employer, and its name.
pub async fn find_employer_place(
    db: &Client,
    id: EmployerId,
) -> Result<Option<(String, String)>, Error> {
    let sql = "-- gates.find_employer_place
        SELECT place_code, name FROM employer WHERE employer_id = $1";
    let row = db.query_opt(&db.prepare_cached(sql).await?, &[&id]).await?;
    Ok(row.map(|row| (row.get(0), row.get(1))))
}

/// Enters a gate.
pub async fn insert_gate(
    db: &Client,
    gate: &GateView,
    code_secret_sealed: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- gates.insert_gate
        INSERT INTO gate (gate_id, name, place_code, enclosure_id, employer_id, code_secret_sealed, active, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &gate.gate_id,
            &gate.name,
            &gate.place_code,
            &gate.enclosure_id,
            &gate.employer_id,
            &code_secret_sealed,
            &gate.active,
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// Writes a gate's name and whether it is open.
pub async fn update_gate(db: &Client, gate: &GateView) -> Result<(), Error> {
    let sql = "-- gates.update_gate
        UPDATE gate SET name = $2, active = $3 WHERE gate_id = $1";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&gate.gate_id, &gate.name, &gate.active])
        .await?;
    Ok(())
}

/// Puts these lanes in the place of a gate's lanes.
pub async fn replace_lanes(db: &Client, gate_id: GateId, lanes: &[Lane]) -> Result<(), Error> {
    let sql = "-- gates.delete_lanes
        DELETE FROM gate_lane WHERE gate_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&gate_id])
        .await?;
    let numbers: Vec<i16> = lanes.iter().map(|lane| lane.lane).collect();
    let directions: Vec<&str> = lanes.iter().map(|lane| lane.direction.as_str()).collect();
    let sql = "-- gates.insert_lanes
        INSERT INTO gate_lane (gate_id, lane, direction)
        SELECT $1, l, d FROM unnest($2::smallint[], $3::text[]) AS u (l, d)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&gate_id, &numbers, &directions])
        .await?;
    Ok(())
}

/// A gate by identity.
pub async fn find_gate(db: &Client, id: GateId) -> Result<Option<GateView>, Error> {
    let sql = "-- gates.find_gate
        SELECT g.gate_id, g.name, g.place_code, g.enclosure_id, g.employer_id, g.active,
            coalesce(e.name, m.name) AS owner,
            ARRAY(SELECT lane FROM gate_lane l WHERE l.gate_id = g.gate_id ORDER BY lane) AS lanes,
            ARRAY(SELECT direction FROM gate_lane l WHERE l.gate_id = g.gate_id ORDER BY lane) AS directions
        FROM gate g LEFT JOIN enclosure e USING (enclosure_id) LEFT JOIN employer m USING (employer_id)
        WHERE g.gate_id = $1";
    let row = db.query_opt(&db.prepare_cached(sql).await?, &[&id]).await?;
    Ok(row.as_ref().map(gate_view))
}

/// Gates under a prefix, in order of identity.
pub async fn list_gates(
    db: &Client,
    reach: &Reach,
    after: i64,
    limit: i64,
) -> Result<Vec<GateView>, Error> {
    let sql = "-- gates.list_gates
        SELECT g.gate_id, g.name, g.place_code, g.enclosure_id, g.employer_id, g.active,
            coalesce(e.name, m.name) AS owner,
            ARRAY(SELECT lane FROM gate_lane l WHERE l.gate_id = g.gate_id ORDER BY lane) AS lanes,
            ARRAY(SELECT direction FROM gate_lane l WHERE l.gate_id = g.gate_id ORDER BY lane) AS directions
        FROM gate g LEFT JOIN enclosure e USING (enclosure_id) LEFT JOIN employer m USING (employer_id)
        WHERE starts_with(g.place_code, $1) AND ($4::bigint IS NULL OR g.enclosure_id = $4)
            AND ($5::bigint IS NULL OR g.employer_id = $5) AND g.gate_id > $2 ORDER BY g.gate_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(
            &statement,
            &[
                &reach.prefix,
                &after,
                &limit,
                &reach.enclosure_id,
                &reach.employer_id,
            ],
        )
        .await?;
    Ok(rows.iter().map(gate_view).collect())
}

fn gate_view(row: &Row) -> GateView {
    let lanes: Vec<i16> = row.get("lanes");
    let directions: Vec<&str> = row.get("directions");
    let lanes = lanes.into_iter().zip(directions);
    GateView {
        gate_id: row.get("gate_id"),
        name: row.get("name"),
        place_code: row.get("place_code"),
        enclosure_id: row.get("enclosure_id"),
        employer_id: row.get("employer_id"),
        owner: row.get("owner"),
        active: row.get("active"),
        lanes: lanes
            .filter_map(|(lane, word)| {
                Some(Lane {
                    lane,
                    direction: LaneDirection::parse(word)?,
                })
            })
            .collect(),
    }
}

/// A device to insert.
pub struct NewDeviceRow<'a> {
    /// Identity.
    pub device_id: DeviceId,
    /// Its gate.
    pub gate_id: GateId,
    /// Name.
    pub name: &'a str,
    /// SHA-256 of its token.
    pub token_digest: &'a [u8],
    /// Its key for uploads, if registered.
    pub public_key: Option<&'a PublicKey>,
}

/// Enrols a device.
pub async fn insert_device(
    db: &Client,
    row: &NewDeviceRow<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- gates.insert_device
        INSERT INTO gate_device (device_id, gate_id, name, token_digest, public_key, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let key = row.public_key.map(|key| key.to_bytes().to_vec());
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &row.device_id,
            &row.gate_id,
            &row.name,
            &row.token_digest,
            &key,
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// Writes a device's key.
pub async fn update_device_key(db: &Client, id: DeviceId, key: &PublicKey) -> Result<(), Error> {
    let sql = "-- gates.update_device_key
        UPDATE gate_device SET public_key = $2 WHERE device_id = $1";
    let key = key.to_bytes().to_vec();
    db.execute(&db.prepare_cached(sql).await?, &[&id, &key])
        .await?;
    Ok(())
}

/// Revokes a device; there is no way back.
pub async fn revoke_device(db: &Client, id: DeviceId) -> Result<(), Error> {
    let sql = "-- gates.revoke_device
        UPDATE gate_device SET active = false WHERE device_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&id]).await?;
    Ok(())
}

/// A device by identity, with its gate's place.
pub async fn find_device(db: &Client, id: DeviceId) -> Result<Option<RegisteredDevice>, Error> {
    let sql = "-- gates.find_device
        SELECT d.device_id, d.gate_id, d.name, d.active, d.public_key IS NOT NULL AS has_key, g.place_code, g.employer_id,
            r.at AS reported_at, r.app_version, r.waiting, r.snapshot_as_of
        FROM gate_device d JOIN gate g USING (gate_id) LEFT JOIN device_report r USING (device_id)
        WHERE d.device_id = $1";
    let row = db.query_opt(&db.prepare_cached(sql).await?, &[&id]).await?;
    Ok(row.as_ref().map(registered_device))
}

/// Devices of a gate, in order of identity.
pub async fn list_devices(db: &Client, gate_id: GateId) -> Result<Vec<RegisteredDevice>, Error> {
    let sql = "-- gates.list_devices
        SELECT d.device_id, d.gate_id, d.name, d.active, d.public_key IS NOT NULL AS has_key, g.place_code, g.employer_id,
            r.at AS reported_at, r.app_version, r.waiting, r.snapshot_as_of
        FROM gate_device d JOIN gate g USING (gate_id) LEFT JOIN device_report r USING (device_id)
        WHERE d.gate_id = $1 ORDER BY d.device_id";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&gate_id])
        .await?;
    Ok(rows.iter().map(registered_device).collect())
}

fn registered_device(row: &Row) -> RegisteredDevice {
    RegisteredDevice {
        device_id: row.get("device_id"),
        gate_id: row.get("gate_id"),
        name: row.get("name"),
        active: row.get("active"),
        has_key: row.get("has_key"),
        place_code: row.get("place_code"),
        employer_id: row.get("employer_id"),
        report: reports::report(row),
    }
}

/// A gate as the cache reads it.
pub struct GateRow {
    /// Identity.
    pub gate_id: GateId,
    /// Name.
    pub name: String,
    /// Leaf division code.
    pub place_code: String,
    /// The enclosure whose gate it is.
    pub enclosure_id: Option<EnclosureId>,
    /// Its name.
    pub enclosure_name: Option<String>,
    /// The employer whose gate it is.
    pub employer_id: Option<EmployerId>,
    /// Its name.
    pub employer_name: Option<String>,
    /// How the enclosure is managed; normal without one.
    pub area: AreaStatus,
    /// Whether it is open.
    pub active: bool,
    /// Sealed key of its rotating code.
    pub code_secret_sealed: Vec<u8>,
}

/// Every gate, for the cache.
pub async fn list_all_gates(db: &Client) -> Result<Vec<GateRow>, Error> {
    let sql = "-- gates.list_all_gates
        SELECT g.gate_id, g.name, g.place_code, g.enclosure_id, e.name AS enclosure_name,
            g.employer_id, m.name AS employer_name, coalesce(e.area_status, 0::smallint) AS area_status,
            g.active, g.code_secret_sealed
        FROM gate g LEFT JOIN enclosure e USING (enclosure_id) LEFT JOIN employer m USING (employer_id)";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    let read = |row: &Row| GateRow {
        gate_id: row.get("gate_id"),
        name: row.get("name"),
        place_code: row.get("place_code"),
        enclosure_id: row.get("enclosure_id"),
        enclosure_name: row.get("enclosure_name"),
        employer_id: row.get("employer_id"),
        employer_name: row.get("employer_name"),
        area: AreaStatus::from_code(row.get("area_status")).unwrap_or(AreaStatus::Normal),
        active: row.get("active"),
        code_secret_sealed: row.get("code_secret_sealed"),
    };
    Ok(rows.iter().map(read).collect())
}

/// Every lane, by gate, in order of their numbers.
pub async fn list_all_lanes(db: &Client) -> Result<HashMap<GateId, Vec<Lane>>, Error> {
    let sql = "-- gates.list_all_lanes
        SELECT gate_id, lane, direction FROM gate_lane ORDER BY gate_id, lane";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    let mut lanes: HashMap<GateId, Vec<Lane>> = HashMap::new();
    for row in rows {
        if let Some(direction) = LaneDirection::parse(row.get("direction")) {
            let lane = Lane {
                lane: row.get("lane"),
                direction,
            };
            lanes.entry(row.get("gate_id")).or_default().push(lane);
        }
    }
    Ok(lanes)
}

/// Every device, for the cache; one whose stored key cannot be read has none.
pub async fn list_all_devices(db: &Client) -> Result<Vec<DeviceInfo>, Error> {
    let sql = "-- gates.list_all_devices
        SELECT device_id, gate_id, name, token_digest, public_key, active FROM gate_device";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    let read = |row: &Row| {
        let key: Option<&[u8]> = row.get("public_key");
        let key = key.and_then(|key| key.try_into().ok());
        Some(DeviceInfo {
            device: Device {
                device_id: row.get("device_id"),
                gate_id: row.get("gate_id"),
                name: row.get::<_, &str>("name").into(),
                shift_id: None,
            },
            token_digest: row.get::<_, &[u8]>("token_digest").try_into().ok()?,
            public_key: key.and_then(|key| PublicKey::from_bytes(key).ok()),
            active: row.get("active"),
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}
