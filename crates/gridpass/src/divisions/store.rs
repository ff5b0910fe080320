//! SQL of divisions and enclosures.

pub mod maps;

use gridpass_rules::AreaStatus;
use gridpass_types::division::Level;
use gridpass_types::ids::EnclosureId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::{DivisionView, EnclosureKind, EnclosureView, NewEnclosure, PublicEnclosure};
use crate::auth::Reach;
use crate::db::Client;

/// Divisions under a prefix, of one level if asked, in order of code.
pub async fn list_divisions(
    db: &Client,
    prefix: &str,
    level: Option<Level>,
    after: &str,
    limit: i64,
) -> Result<Vec<DivisionView>, Error> {
    let sql = "-- divisions.list_divisions
        SELECT division_code, name, level, parent_code, phone FROM division
        WHERE starts_with(division_code, $1) AND division_code > $2 AND ($3::text IS NULL OR level = $3)
        ORDER BY division_code LIMIT $4";
    let level = level.map(Level::as_str);
    let rows = db
        .query(
            &db.prepare_cached(sql).await?,
            &[&prefix, &after, &level, &limit],
        )
        .await?;
    Ok(rows.iter().filter_map(division).collect())
}

/// A division by code.
pub async fn find_division(db: &Client, code: &str) -> Result<Option<DivisionView>, Error> {
    let sql = "-- divisions.find_division
        SELECT division_code, name, level, parent_code, phone FROM division WHERE division_code = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&code])
        .await?;
    Ok(row.as_ref().and_then(division))
}

/// The divisions around a place, from the top down.
pub async fn list_around(db: &Client, place_code: &str) -> Result<Vec<DivisionView>, Error> {
    let codes: Vec<&str> = [6, 9, 12, 15]
        .into_iter()
        .filter_map(|digits| place_code.get(..digits))
        .collect();
    let sql = "-- divisions.list_around
        SELECT division_code, name, level, parent_code, phone FROM division
        WHERE division_code = ANY ($1) ORDER BY length(division_code)";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&codes]).await?;
    Ok(rows.iter().filter_map(division).collect())
}

/// Sets the public phone of a division.
pub async fn update_phone(db: &Client, code: &str, phone: Option<&str>) -> Result<u64, Error> {
    let sql = "-- divisions.update_phone
        UPDATE division SET phone = $2 WHERE division_code = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&code, &phone])
        .await
}

/// Those of the given codes that stand in the tree.
pub async fn list_known(db: &Client, codes: &[&str]) -> Result<Vec<String>, Error> {
    let sql = "-- divisions.list_known
        SELECT division_code FROM division WHERE division_code = ANY($1)";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&codes]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Enters or changes divisions, in the order given.
pub async fn upsert_divisions(
    db: &Client,
    rows: &[&DivisionView],
    now: Timestamp,
) -> Result<(), Error> {
    let codes: Vec<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let levels: Vec<&str> = rows.iter().map(|row| row.level.as_str()).collect();
    let parents: Vec<Option<&str>> = rows.iter().map(|row| row.parent.as_deref()).collect();
    let sql = "-- divisions.upsert_divisions
        INSERT INTO division (division_code, name, level, parent_code, created_at)
        SELECT c, n, l, p, $5 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS u (c, n, l, p)
        ON CONFLICT (division_code) DO UPDATE SET name = excluded.name, parent_code = excluded.parent_code";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&codes, &names, &levels, &parents, &now],
    )
    .await?;
    Ok(())
}

/// An enclosure by identity.
pub async fn find_enclosure(
    db: &Client,
    enclosure_id: i64,
) -> Result<Option<EnclosureView>, Error> {
    let sql = "-- divisions.find_enclosure
        SELECT enclosure_id, code, name, kind, community_code, area_status, contact
        FROM enclosure WHERE enclosure_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&enclosure_id])
        .await?;
    Ok(row.as_ref().and_then(enclosure))
}

/// Enclosures whose community lies under a prefix, in order of identity.
pub async fn list_enclosures(
    db: &Client,
    (reach, name): (&Reach, Option<&str>),
    after: i64,
    limit: i64,
) -> Result<Vec<EnclosureView>, Error> {
    let sql = "-- divisions.list_enclosures
        SELECT enclosure_id, code, name, kind, community_code, area_status, contact FROM enclosure
        WHERE starts_with(community_code, $1) AND ($4::bigint IS NULL OR enclosure_id = $4) AND $5::bigint IS NULL
          AND ($6::text IS NULL OR strpos(name, $6) > 0) AND enclosure_id > $2 ORDER BY enclosure_id LIMIT $3";
    let rows = db
        .query(
            &db.prepare_cached(sql).await?,
            &[
                &reach.prefix,
                &after,
                &limit,
                &reach.enclosure_id,
                &reach.employer_id,
                &name,
            ],
        )
        .await?;
    Ok(rows.iter().filter_map(enclosure).collect())
}

/// Enclosures whose name contains a text.
pub async fn search_enclosures(
    db: &Client,
    text: &str,
    limit: i64,
) -> Result<Vec<PublicEnclosure>, Error> {
    let sql = "-- divisions.search_enclosures
        SELECT enclosure_id, name FROM enclosure WHERE strpos(name, $1) > 0 ORDER BY length(name), name LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&text, &limit])
        .await?;
    let read = |row: &Row| PublicEnclosure {
        enclosure_id: EnclosureId::new(row.get(0)),
        name: row.get(1),
    };
    Ok(rows.iter().map(read).collect())
}

/// Enters an enclosure.
pub async fn insert_enclosure(
    db: &Client,
    id: EnclosureId,
    new: &NewEnclosure,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- divisions.insert_enclosure
        INSERT INTO enclosure (enclosure_id, code, name, kind, community_code, area_status, contact, created_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";
    let status = new.area_status.unwrap_or(AreaStatus::Normal).code();
    let kind = new.kind.as_str();
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &id.get(),
            &new.code,
            &new.name,
            &kind,
            &new.community_code,
            &status,
            &new.contact,
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// Enters enclosures by code; those that are there get the new name, kind and community.
/// Answers how many were new.
pub async fn upsert_enclosures(
    db: &Client,
    rows: &[NewEnclosure],
    ids: &[i64],
    now: Timestamp,
) -> Result<u64, Error> {
    let codes: Vec<Option<&str>> = rows.iter().map(|row| row.code.as_deref()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
    let communities: Vec<&str> = rows.iter().map(|row| row.community_code.as_str()).collect();
    let sql = "-- divisions.upsert_enclosures
        WITH done AS (
            INSERT INTO enclosure (enclosure_id, code, name, kind, community_code, created_at, changed_at)
            SELECT i, c, n, k, m, $6, $6
            FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) AS u (i, c, n, k, m)
            ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind,
                community_code = excluded.community_code, changed_at = excluded.changed_at
            RETURNING created_at = changed_at AS created)
        SELECT count(*) FILTER (WHERE created) FROM done";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(
            &statement,
            &[&ids, &codes, &names, &kinds, &communities, &now],
        )
        .await?;
    Ok(row.get::<_, i64>(0).cast_unsigned())
}

/// Writes an enclosure's changed fields.
pub async fn update_enclosure(
    db: &Client,
    changed: &EnclosureView,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- divisions.update_enclosure
        UPDATE enclosure SET name = $2, area_status = $3, contact = $4, changed_at = $5 WHERE enclosure_id = $1";
    let id = changed.enclosure_id.get();
    let status = changed.area_status.code();
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[&id, &changed.name, &status, &changed.contact, &now],
    )
    .await?;
    Ok(())
}

/// Notes from when on enclosures are managed as they are, where that is new. What happened at a
/// gate can then be decided again later.
pub async fn note_areas(db: &Client, now: Timestamp) -> Result<(), Error> {
    let sql = "-- divisions.note_areas
        INSERT INTO enclosure_area (enclosure_id, since, area_status)
        SELECT e.enclosure_id, $1, e.area_status FROM enclosure e
        WHERE e.area_status IS DISTINCT FROM (
            SELECT a.area_status FROM enclosure_area a WHERE a.enclosure_id = e.enclosure_id
            ORDER BY a.since DESC LIMIT 1)
        ON CONFLICT (enclosure_id, since) DO UPDATE SET area_status = excluded.area_status";
    db.execute(&db.prepare_cached(sql).await?, &[&now]).await?;
    Ok(())
}

/// Every enclosure, for the cache.
pub async fn list_all_enclosures(db: &Client) -> Result<Vec<EnclosureView>, Error> {
    let sql = "-- divisions.list_all_enclosures
        SELECT enclosure_id, code, name, kind, community_code, area_status, contact FROM enclosure";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(rows.iter().filter_map(enclosure).collect())
}

fn division(row: &Row) -> Option<DivisionView> {
    Some(DivisionView {
        code: row.get("division_code"),
        name: row.get("name"),
        level: Level::from_word(row.get("level"))?,
        parent: row.get("parent_code"),
        phone: row.get("phone"),
    })
}

fn enclosure(row: &Row) -> Option<EnclosureView> {
    Some(EnclosureView {
        enclosure_id: EnclosureId::new(row.get("enclosure_id")),
        code: row.get("code"),
        name: row.get("name"),
        kind: EnclosureKind::parse(row.get("kind"))?,
        community_code: row.get("community_code"),
        area_status: AreaStatus::from_code(row.get("area_status"))?,
        contact: row.get("contact"),
    })
}
