//! SQL of the maps of divisions.

use jiff::Timestamp;
use tokio_postgres::types::Json;
use tokio_postgres::{Error, Row};

use super::super::map_model::{KnownEnclosure, MapFeature};
use crate::db::Client;

/// A map as it is stored.
pub struct MapRow {
    /// The division it shows.
    pub division_code: String,
    /// What is drawn.
    pub features: Vec<MapFeature>,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
}

/// Enclosures in a division, and in the community around it when the division is a grid.
pub async fn list_drawable(
    db: &Client,
    code: &str,
    enclosures_max: i64,
) -> Result<Vec<KnownEnclosure>, Error> {
    let sql = "-- divisions.list_drawable
        SELECT enclosure_id, code, name FROM enclosure
        WHERE starts_with(community_code, left($1, 12)) ORDER BY enclosure_id LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&code, &enclosures_max]).await?;
    let known = |row: &Row| KnownEnclosure {
        enclosure_id: row.get("enclosure_id"),
        code: row.get("code"),
        name: row.get("name"),
    };
    Ok(rows.iter().map(known).collect())
}

/// Writes a division's map over the one before.
pub async fn upsert_map(
    db: &Client,
    map: &MapRow,
    uploaded_by: gridpass_types::ids::StaffId,
) -> Result<(), Error> {
    let sql = "-- divisions.upsert_map
        INSERT INTO division_map (division_code, features, uploaded_at, uploaded_by)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (division_code) DO UPDATE
        SET features = excluded.features, uploaded_at = excluded.uploaded_at, uploaded_by = excluded.uploaded_by";
    let statement = db.prepare_cached(sql).await?;
    let features = Json(&map.features);
    db.execute(
        &statement,
        &[
            &map.division_code,
            &features,
            &map.uploaded_at,
            &uploaded_by,
        ],
    )
    .await?;
    Ok(())
}

/// The map that shows a place: its own, or that of the nearest division above.
pub async fn find_map_above(db: &Client, codes: &[&str]) -> Result<Option<MapRow>, Error> {
    let sql = "-- divisions.find_map_above
        SELECT division_code, features, uploaded_at FROM division_map
        WHERE division_code = ANY($1) ORDER BY length(division_code) DESC LIMIT 1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&codes])
        .await?;
    Ok(row.as_ref().map(map))
}

/// The maps of the divisions below one, in order of code.
pub async fn list_maps_below(db: &Client, code: &str, maps_max: i64) -> Result<Vec<MapRow>, Error> {
    let sql = "-- divisions.list_maps_below
        SELECT division_code, features, uploaded_at FROM division_map
        WHERE starts_with(division_code, $1) ORDER BY division_code LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&code, &maps_max]).await?;
    Ok(rows.iter().map(map).collect())
}

/// Takes a division's map away; how many there were.
pub async fn delete_map(db: &Client, code: &str) -> Result<u64, Error> {
    let sql = "-- divisions.delete_map
        DELETE FROM division_map WHERE division_code = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&code]).await
}

fn map(row: &Row) -> MapRow {
    let Json(features) = row.get("features");
    MapRow {
        division_code: row.get("division_code"),
        features,
        uploaded_at: row.get("uploaded_at"),
    }
}
