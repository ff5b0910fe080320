//! SQL of declarations.

pub mod areas;

use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::Asked;
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

/// A person's answers, newest first.
pub async fn list_declarations(
    db: &Client,
    person_id: PersonId,
    rows_max: i64,
) -> Result<Vec<AnswerRow>, Error> {
    let sql = "-- declarations.list_declarations
        SELECT declaration_id, answered_at, answer_sealed FROM declaration
        WHERE person_id = $1 ORDER BY declaration_id DESC LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &rows_max]).await?;
    Ok(rows.iter().map(answer).collect())
}

fn answer(row: &Row) -> AnswerRow {
    AnswerRow {
        declaration_id: row.get(0),
        answered_at: row.get(1),
        answer_sealed: row.get(2),
    }
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
    Ok(row.as_ref().map(answer))
}
