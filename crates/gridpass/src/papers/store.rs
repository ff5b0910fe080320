//! SQL of papers.

use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::{IssuedPaper, PaperKind};
use crate::db::Client;

/// Keeps a paper.
pub async fn insert_paper(db: &Client, paper: &IssuedPaper) -> Result<(), Error> {
    let sql = "-- papers.insert_paper
        INSERT INTO issued_paper (person_id, paper_id, kind, order_id, place_code, issued_at, issued_by, issued_unit)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &paper.person_id,
            &paper.paper_id,
            &paper.kind.as_str(),
            &paper.order_id,
            &paper.place_code,
            &paper.issued_at,
            &paper.issued_by,
            &paper.issued_unit,
        ],
    )
    .await?;
    Ok(())
}

/// A paper by person and number.
pub async fn find_paper(
    db: &Client,
    (person_id, paper_id): (i64, i64),
) -> Result<Option<IssuedPaper>, Error> {
    let sql = "-- papers.find_paper
        SELECT person_id, paper_id, kind, order_id, place_code, issued_at, issued_by, issued_unit, withdrawn_at
        FROM issued_paper WHERE person_id = $1 AND paper_id = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &paper_id])
        .await?;
    Ok(row.as_ref().and_then(paper))
}

/// A paper by its number alone, with the sealed name: for whoever holds the paper.
pub async fn find_by_number(
    db: &Client,
    paper_id: i64,
) -> Result<Option<(IssuedPaper, Option<Vec<u8>>)>, Error> {
    let sql = "-- papers.find_by_number
        SELECT i.person_id, i.paper_id, i.kind, i.order_id, i.place_code, i.issued_at, i.issued_by,
               i.issued_unit, i.withdrawn_at, p.name_sealed
        FROM issued_paper i LEFT JOIN person p USING (person_id) WHERE i.paper_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&paper_id])
        .await?;
    Ok(row.and_then(|row| Some((paper(&row)?, row.get("name_sealed")))))
}

/// Papers under a prefix, newest first from before `after` on, with sealed names.
pub async fn list_papers(
    db: &Client,
    (prefix, person_id): (&str, Option<i64>),
    after: i64,
    limit: i64,
) -> Result<Vec<(IssuedPaper, Option<Vec<u8>>)>, Error> {
    let sql = "-- papers.list_papers
        SELECT i.person_id, i.paper_id, i.kind, i.order_id, i.place_code, i.issued_at, i.issued_by,
               i.issued_unit, i.withdrawn_at, p.name_sealed
        FROM issued_paper i LEFT JOIN person p USING (person_id)
        WHERE starts_with(i.place_code, $1) AND ($2::bigint IS NULL OR i.person_id = $2)
          AND ($3::bigint = 0 OR i.paper_id < $3)
        ORDER BY i.paper_id DESC LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&prefix, &person_id, &after, &limit])
        .await?;
    let both = |row: &Row| Some((paper(row)?, row.get("name_sealed")));
    Ok(rows.iter().filter_map(both).collect())
}

/// Takes a paper back; false when it was before.
pub async fn withdraw_paper(
    db: &Client,
    (person_id, paper_id): (PersonId, i64),
    (by, now): (i64, Timestamp),
) -> Result<bool, Error> {
    let sql = "-- papers.withdraw_paper
        UPDATE issued_paper SET withdrawn_at = $3, withdrawn_by = $4
        WHERE person_id = $1 AND paper_id = $2 AND withdrawn_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    let changed = db
        .execute(&statement, &[&person_id, &paper_id, &now, &by])
        .await?;
    Ok(changed == 1)
}

/// Names of a leaf division and those above it, from the district down.
pub async fn list_division_names(db: &Client, place_code: &str) -> Result<Vec<String>, Error> {
    let sql = "-- papers.list_division_names
        SELECT name FROM division WHERE starts_with($1, division_code) ORDER BY length(division_code)";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&place_code])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Name of an enclosure.
pub async fn find_enclosure_name(db: &Client, enclosure_id: i64) -> Result<Option<String>, Error> {
    let sql = "-- papers.find_enclosure_name
        SELECT name FROM enclosure WHERE enclosure_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&enclosure_id])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

fn paper(row: &Row) -> Option<IssuedPaper> {
    Some(IssuedPaper {
        person_id: row.get("person_id"),
        paper_id: row.get("paper_id"),
        name: None,
        kind: PaperKind::parse(row.get("kind"))?,
        order_id: row.get("order_id"),
        place_code: row.get("place_code"),
        issued_at: row.get("issued_at"),
        issued_by: row.get("issued_by"),
        issued_unit: row.get("issued_unit"),
        withdrawn_at: row.get("withdrawn_at"),
    })
}
