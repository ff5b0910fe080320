//! SQL of declarations and of areas of risk.

use gridpass_types::ids::{PersonId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{Error, Row};

use super::model::Asked;
use super::risk::RiskArea;
use crate::db::Client;

/// A sealed answer.
pub struct AnswerRow {
    /// Identity.
    pub declaration_id: i64,
    /// When it was given.
    pub answered_at: Timestamp,
    /// The answer.
    pub answer_sealed: Vec<u8>,
}

/// Keeps an answer.
pub async fn insert_declaration(
    db: &Client,
    person_id: PersonId,
    kind: Asked,
    row: &AnswerRow,
) -> Result<(), Error> {
    let sql = "-- declarations.insert_declaration
        INSERT INTO declaration (person_id, declaration_id, kind, answered_at, answer_sealed)
        VALUES ($1, $2, $3, $4, $5)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &person_id,
            &row.declaration_id,
            &kind.as_str(),
            &row.answered_at,
            &row.answer_sealed,
        ],
    )
    .await?;
    Ok(())
}

/// A person's last answer to a question.
pub async fn find_last(
    db: &Client,
    person_id: PersonId,
    kind: Asked,
) -> Result<Option<AnswerRow>, Error> {
    let sql = "-- declarations.find_last
        SELECT declaration_id, answered_at, answer_sealed FROM declaration
        WHERE person_id = $1 AND kind = $2 ORDER BY declaration_id DESC LIMIT 1";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_opt(&statement, &[&person_id, &kind.as_str()])
        .await?;
    Ok(row.map(|row| AnswerRow {
        declaration_id: row.get(0),
        answered_at: row.get(1),
        answer_sealed: row.get(2),
    }))
}

/// Areas of risk, in order of their codes.
pub async fn list_risk_areas(db: &Client) -> Result<Vec<RiskArea>, Error> {
    let sql = "-- declarations.list_risk_areas
        SELECT area_code, name_zh, name_en, since, until FROM risk_area ORDER BY area_code LIMIT 1000";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    let read = |row: &Row| RiskArea {
        area_code: row.get(0),
        name_zh: row.get(1),
        name_en: row.get(2),
        since: row.get(3),
        until: row.get(4),
    };
    Ok(rows.iter().map(read).collect())
}

/// Writes the list in place of the one before.
pub async fn replace_risk_areas(
    db: &Client,
    areas: &[RiskArea],
    (by, now): (StaffId, Timestamp),
) -> Result<(), Error> {
    let sql = "-- declarations.delete_risk_areas
        DELETE FROM risk_area";
    db.execute(&db.prepare_cached(sql).await?, &[]).await?;
    let codes: Vec<&str> = areas.iter().map(|area| area.area_code.as_str()).collect();
    let names_zh: Vec<&str> = areas.iter().map(|area| area.name_zh.as_str()).collect();
    let names_en: Vec<&str> = areas.iter().map(|area| area.name_en.as_str()).collect();
    let since: Vec<Date> = areas.iter().map(|area| area.since).collect();
    let until: Vec<Option<Date>> = areas.iter().map(|area| area.until).collect();
    let sql = "-- declarations.insert_risk_areas
        INSERT INTO risk_area (area_code, name_zh, name_en, since, until, entered_by, entered_at)
        SELECT c, z, e, s, u, $6, $7
        FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::date[]) AS r (c, z, e, s, u)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[&codes, &names_zh, &names_en, &since, &until, &by, &now],
    )
    .await?;
    Ok(())
}
