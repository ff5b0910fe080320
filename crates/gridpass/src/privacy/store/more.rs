//! SQL of the rest of a person's own data. Other slices' tables are only read, by the person's key.

use gridpass_types::ids::PersonId;
use tokio_postgres::{Error, Row};

use crate::db::Client;
use crate::privacy::more::{HeldLink, HeldNeed, HeldOpening, HeldPaper, HeldPhone, HeldReading};

/// Readings of daily checks, newest first.
pub async fn list_readings(
    db: &Client,
    person_id: PersonId,
    rows_max: i64,
) -> Result<Vec<HeldReading>, Error> {
    let sql = "-- privacy.list_readings
        SELECT at, decicelsius, symptoms, recorded_by IS NULL FROM daily_check
        WHERE person_id = $1 ORDER BY at DESC LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &rows_max]).await?;
    let read = |row: &Row| HeldReading {
        at: row.get(0),
        temperature: f64::from(row.get::<_, i16>(1)) / 10.0,
        symptoms: row.get(2),
        own: row.get(3),
    };
    Ok(rows.iter().map(read).collect())
}

/// Openings that were announced, newest first.
pub async fn list_openings(
    db: &Client,
    person_id: PersonId,
    rows_max: i64,
) -> Result<Vec<HeldOpening>, Error> {
    let sql = "-- privacy.list_openings
        SELECT purpose, from_at, until_at, withdrawn_at FROM door_opening
        WHERE person_id = $1 ORDER BY opening_id DESC LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &rows_max]).await?;
    let read = |row: &Row| HeldOpening {
        purpose: row.get(0),
        from_at: row.get(1),
        until_at: row.get(2),
        withdrawn_at: row.get(3),
    };
    Ok(rows.iter().map(read).collect())
}

/// What was asked for with its identity and sealed note, newest first.
pub async fn list_needs(
    db: &Client,
    person_id: PersonId,
    rows_max: i64,
) -> Result<Vec<(i64, Option<Vec<u8>>, HeldNeed)>, Error> {
    let sql = "-- privacy.list_needs
        SELECT need_id, note_sealed, kind, status, asked_at FROM need
        WHERE person_id = $1 ORDER BY need_id DESC LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &rows_max]).await?;
    let read = |row: &Row| {
        let need = HeldNeed {
            kind: row.get(2),
            note: None,
            status: row.get(3),
            asked_at: row.get(4),
        };
        (row.get(0), row.get(1), need)
    };
    Ok(rows.iter().map(read).collect())
}

/// Papers that were issued, the pass on paper among them, newest first.
pub async fn list_papers(
    db: &Client,
    person_id: PersonId,
    rows_max: i64,
) -> Result<Vec<HeldPaper>, Error> {
    let sql = "-- privacy.list_papers
        SELECT kind, issued_at, issued_unit, withdrawn_at FROM issued_paper WHERE person_id = $1
        UNION ALL
        SELECT 'pass', paper_issued_at, NULL, NULL FROM pass WHERE person_id = $1 AND paper_issued_at IS NOT NULL
        ORDER BY 2 DESC LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &rows_max]).await?;
    let read = |row: &Row| HeldPaper {
        kind: row.get(0),
        issued_at: row.get(1),
        unit: row.get(2),
        withdrawn_at: row.get(3),
    };
    Ok(rows.iter().map(read).collect())
}

/// Phones that carry the person's pass, and those whose pass the person's phone carries.
pub async fn list_links(
    db: &Client,
    person_id: PersonId,
    rows_max: i64,
) -> Result<Vec<HeldLink>, Error> {
    let sql = "-- privacy.list_links
        SELECT false, basis, since, ended_at FROM pass_carrier WHERE person_id = $1
        UNION ALL
        SELECT true, NULL, created_at, ended_at FROM guardian_link WHERE person_id = $1 AND dependant_id > 0
        ORDER BY 3 DESC LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &rows_max]).await?;
    let read = |row: &Row| HeldLink {
        carries: row.get(0),
        basis: row.get(1),
        since: row.get(2),
        ended_at: row.get(3),
    };
    Ok(rows.iter().map(read).collect())
}

/// Phones that may show the pass, newest first.
pub async fn list_phones(
    db: &Client,
    person_id: PersonId,
    rows_max: i64,
) -> Result<Vec<HeldPhone>, Error> {
    let sql = "-- privacy.list_phones
        SELECT created_at, revoked_at FROM holder_session
        WHERE person_id = $1 ORDER BY created_at DESC LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &rows_max]).await?;
    let read = |row: &Row| HeldPhone {
        since: row.get(0),
        ended_at: row.get(1),
    };
    Ok(rows.iter().map(read).collect())
}
