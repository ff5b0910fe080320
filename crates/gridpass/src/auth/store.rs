//! SQL of sessions.

use crate::db::Client;
use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use tokio_postgres::Error;

use super::Caller;
use crate::access::Role;

/// The caller whose live session has this token digest.
pub async fn find_caller(
    db: &Client,
    digest: &[u8],
    now: Timestamp,
) -> Result<Option<Caller>, Error> {
    let sql = "-- auth.find_caller
        SELECT s.staff_id, s.role, s.jurisdiction, s.unit
        FROM staff_session t JOIN staff s USING (staff_id)
        WHERE t.token_digest = $1 AND t.expires_at > $2 AND t.revoked_at IS NULL AND s.active";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&digest, &now])
        .await?;
    Ok(row.and_then(|row| {
        let role = Role::parse(row.get("role"))?;
        let staff_id: i64 = row.get("staff_id");
        Some(Caller {
            staff_id: StaffId::new(staff_id),
            role,
            jurisdiction: row.get("jurisdiction"),
            unit: unit_of(row.get("unit"), staff_id),
        })
    }))
}

/// Accounts from before units have none; each counts as a unit of its own.
fn unit_of(stored: String, staff_id: i64) -> String {
    if stored.is_empty() {
        format!("#{staff_id}")
    } else {
        stored
    }
}

/// Opens a session.
pub async fn insert_session(
    db: &Client,
    digest: &[u8],
    staff_id: StaffId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let sql = "-- auth.insert_session
        INSERT INTO staff_session (token_digest, staff_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&digest, &staff_id.get(), &now, &expires_at],
    )
    .await?;
    Ok(())
}

/// Ends a session.
pub async fn revoke_session(db: &Client, digest: &[u8], now: Timestamp) -> Result<(), Error> {
    let sql = "-- auth.revoke_session
        UPDATE staff_session SET revoked_at = $2 WHERE token_digest = $1 AND revoked_at IS NULL";
    db.execute(&db.prepare_cached(sql).await?, &[&digest, &now])
        .await?;
    Ok(())
}
