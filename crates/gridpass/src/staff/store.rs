//! SQL of staff accounts.

use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::StaffView;
use crate::access::Role;
use crate::db::Client;

/// An account with its password hash.
pub struct Account {
    /// The account.
    pub view: StaffView,
    /// Argon2id, PHC string.
    pub password_hash: String,
}

/// A row to insert.
pub struct NewRow<'a> {
    /// Identity.
    pub staff_id: StaffId,
    /// User name.
    pub username: &'a str,
    /// Name colleagues know.
    pub display_name: &'a str,
    /// Argon2id, PHC string.
    pub password_hash: &'a str,
    /// Role.
    pub role: Role,
    /// Prefix.
    pub jurisdiction: &'a str,
    /// Organisation.
    pub unit: &'a str,
}

/// The active account of a user name.
pub async fn find_account(db: &Client, username: &str) -> Result<Option<Account>, Error> {
    let sql = "-- staff.find_account
        SELECT staff_id, username, display_name, role, jurisdiction, unit, password_hash
        FROM staff WHERE username = $1 AND active";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&username])
        .await?;
    Ok(row.and_then(|row| {
        Some(Account {
            view: view(&row)?,
            password_hash: row.get("password_hash"),
        })
    }))
}

/// An active account by identity.
pub async fn find_staff(db: &Client, staff_id: StaffId) -> Result<Option<StaffView>, Error> {
    let sql = "-- staff.find_staff
        SELECT staff_id, username, display_name, role, jurisdiction, unit FROM staff WHERE staff_id = $1 AND active";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    Ok(row.as_ref().and_then(view))
}

/// Accounts whose jurisdiction lies within `prefix`, in order of identity.
pub async fn list_staff(
    db: &Client,
    prefix: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<StaffView>, Error> {
    let sql = "-- staff.list_staff
        SELECT staff_id, username, display_name, role, jurisdiction, unit FROM staff
        WHERE staff_id > $2 AND starts_with(jurisdiction, $1) ORDER BY staff_id LIMIT $3";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&prefix, &after, &limit])
        .await?;
    Ok(rows.iter().filter_map(view).collect())
}

/// Makes an account; the constraint `staff_username_key` says the name is taken.
pub async fn insert_staff(db: &Client, row: &NewRow<'_>, now: Timestamp) -> Result<(), Error> {
    let sql = "-- staff.insert_staff
        INSERT INTO staff (staff_id, username, display_name, password_hash, role, jurisdiction, created_at, unit)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &row.staff_id.get(),
            &row.username,
            &row.display_name,
            &row.password_hash,
            &row.role.as_str(),
            &row.jurisdiction,
            &now,
            &row.unit,
        ],
    )
    .await?;
    Ok(())
}

fn view(row: &Row) -> Option<StaffView> {
    Some(StaffView {
        staff_id: StaffId::new(row.get("staff_id")),
        username: row.get("username"),
        display_name: row.get("display_name"),
        role: Role::parse(row.get("role"))?,
        jurisdiction: row.get("jurisdiction"),
        unit: row.get("unit"),
    })
}
