//! SQL of employers.

use gridpass_types::ids::EmployerId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::{EmployerGate, EmployerKind, EmployerView, NewEmployer};
use crate::auth::Reach;
use crate::db::Client;

/// Name of the constraint that keeps credit codes apart.
pub const CREDIT_CODE_KEY: &str = "employer_credit_code_key";

/// An employer by identity.
pub async fn find_employer(db: &Client, employer_id: i64) -> Result<Option<EmployerView>, Error> {
    let sql = "-- employers.find_employer
        SELECT employer_id, name, credit_code, kind, place_code, enclosure_id
        FROM employer WHERE employer_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&employer_id])
        .await?;
    Ok(row.as_ref().and_then(view))
}

/// Employers under a prefix, in order of identity.
pub async fn list_employers(
    db: &Client,
    (reach, name): (&Reach, Option<&str>),
    after: i64,
    limit: i64,
) -> Result<Vec<EmployerView>, Error> {
    let sql = "-- employers.list_employers
        SELECT employer_id, name, credit_code, kind, place_code, enclosure_id FROM employer
        WHERE starts_with(place_code, $1) AND ($4::bigint IS NULL OR enclosure_id = $4) AND ($5::bigint IS NULL OR employer_id = $5)
          AND ($6::text IS NULL OR strpos(name, $6) > 0) AND employer_id > $2 ORDER BY employer_id LIMIT $3";
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
    Ok(rows.iter().filter_map(view).collect())
}

/// Gates in use of an employer.
pub async fn list_gates(db: &Client, employer_id: EmployerId) -> Result<Vec<EmployerGate>, Error> {
    let sql = "-- employers.list_gates
        SELECT gate_id, name FROM gate WHERE employer_id = $1 AND active ORDER BY gate_id";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&employer_id])
        .await?;
    let read = |row: &Row| EmployerGate {
        gate_id: row.get(0),
        name: row.get(1),
    };
    Ok(rows.iter().map(read).collect())
}

/// Identities by credit code.
pub async fn list_by_credit_codes(
    db: &Client,
    credit_codes: &[String],
) -> Result<Vec<(String, EmployerId)>, Error> {
    let sql = "-- employers.list_by_credit_codes
        SELECT credit_code, employer_id FROM employer WHERE credit_code = ANY($1)";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&credit_codes])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Registers an employer.
pub async fn insert_employer(
    db: &Client,
    employer_id: EmployerId,
    new: &NewEmployer,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- employers.insert_employer
        INSERT INTO employer (employer_id, credit_code, name, kind, place_code, enclosure_id, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let statement = db.prepare_cached(sql).await?;
    let place_code = new.division.leaf();
    db.execute(
        &statement,
        &[
            &employer_id,
            &new.credit_code.as_str(),
            &new.name,
            &new.kind.as_str(),
            &place_code,
            &new.enclosure_id,
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// What became of the rows of a file.
#[derive(Debug, Default)]
pub struct Upserted {
    /// New employers.
    pub created: u64,
    /// Employers that changed.
    pub updated: u64,
}

/// Registers employers by credit code; those that are there and differ are changed.
pub async fn upsert_employers(
    db: &Client,
    rows: &[NewEmployer],
    ids: &[i64],
    now: Timestamp,
) -> Result<Upserted, Error> {
    let codes: Vec<&str> = rows.iter().map(|row| row.credit_code.as_str()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
    let places: Vec<String> = rows
        .iter()
        .map(|row| row.division.leaf().as_str().to_owned())
        .collect();
    let enclosures: Vec<Option<i64>> = rows
        .iter()
        .map(|row| row.enclosure_id.map(|id| id.get()))
        .collect();
    let sql = "-- employers.upsert_employers
        WITH done AS (
            INSERT INTO employer AS e (employer_id, credit_code, name, kind, place_code, enclosure_id, created_at)
            SELECT i, c, n, k, p, x, $7
            FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
                AS u (i, c, n, k, p, x)
            ON CONFLICT (credit_code) DO UPDATE SET name = excluded.name, kind = excluded.kind,
                place_code = excluded.place_code, enclosure_id = excluded.enclosure_id
            WHERE (e.name, e.kind, e.place_code, e.enclosure_id)
                IS DISTINCT FROM (excluded.name, excluded.kind, excluded.place_code, excluded.enclosure_id)
            RETURNING employer_id = ANY($1) AS created)
        SELECT count(*) FILTER (WHERE created), count(*) FILTER (WHERE NOT created) FROM done";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(
            &statement,
            &[&ids, &codes, &names, &kinds, &places, &enclosures, &now],
        )
        .await?;
    Ok(Upserted {
        created: row.get::<_, i64>(0).cast_unsigned(),
        updated: row.get::<_, i64>(1).cast_unsigned(),
    })
}

fn view(row: &Row) -> Option<EmployerView> {
    Some(EmployerView {
        employer_id: row.get("employer_id"),
        name: row.get("name"),
        credit_code: row.get("credit_code"),
        kind: EmployerKind::parse(row.get("kind"))?,
        place_code: row.get("place_code"),
        enclosure_id: row.get("enclosure_id"),
    })
}
