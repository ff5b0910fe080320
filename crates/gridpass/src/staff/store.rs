//! SQL of staff accounts and of attempts to sign in.

use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::{SignInRow, StaffView};
use super::sign_in::{TRIES_MAX, Windows};
use crate::db::Client;

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
    /// Whether its owner must change it.
    pub password_must_change: bool,
    /// Division whose security administrator answers for it.
    pub jurisdiction: &'a str,
    /// Organisation.
    pub unit: &'a str,
}

/// An attempt to sign in that was counted before anything was checked.
pub struct Ticket {
    /// Whose account.
    pub staff_id: StaffId,
    /// Argon2id, PHC string.
    pub password_hash: String,
    /// Attempts since counting began, this one included.
    pub tries: i32,
}

/// Which account is tried.
#[derive(Clone, Copy)]
pub enum Account<'a> {
    /// By user name.
    Named(&'a str),
    /// By identity.
    Of(StaffId),
}

/// Counts an attempt on an active account, atomically, so that attempts at the same moment
/// do not share a number. Counting begins anew when the window is over: the short one, or
/// the lock's once the account is locked.
pub async fn take_ticket(
    db: &Client,
    account: Account<'_>,
    windows: Windows,
) -> Result<Option<Ticket>, Error> {
    let sql = "-- staff.take_ticket
        UPDATE staff SET
            tries = CASE WHEN tries_since > CASE WHEN tries >= $3 THEN $5::timestamptz ELSE $4::timestamptz END
                         THEN LEAST(tries + 1, 1000) ELSE 1 END,
            tries_since = CASE WHEN tries > 0 AND tries_since > CASE WHEN tries >= $3 THEN $5::timestamptz ELSE $4::timestamptz END
                               THEN tries_since ELSE $6 END
        WHERE (username = $1 OR staff_id = $2) AND active
        RETURNING staff_id, password_hash, tries";
    let (name, id) = match account {
        Account::Named(name) => (Some(name), None),
        Account::Of(id) => (None, Some(id.get())),
    };
    let statement = db.prepare_cached(sql).await?;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
        &name,
        &id,
        &TRIES_MAX,
        &windows.counted_since,
        &windows.locked_since,
        &windows.now,
    ];
    let row = db.query_opt(&statement, &values).await?;
    Ok(row.map(|row| Ticket {
        staff_id: StaffId::new(row.get("staff_id")),
        password_hash: row.get("password_hash"),
        tries: row.get("tries"),
    }))
}

/// Takes back the count of a right password whose second factor is still to come: guessing
/// codes must not be bought with knowing the password.
pub async fn give_back(db: &Client, staff_id: StaffId) -> Result<(), Error> {
    let sql = "-- staff.give_back
        UPDATE staff SET tries = tries - 1 WHERE staff_id = $1 AND tries > 0";
    db.execute(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    Ok(())
}

/// Forgets wrong attempts: signed in, or unlocked.
pub async fn clear_tries(db: &Client, staff_id: StaffId) -> Result<(), Error> {
    let sql = "-- staff.clear_tries
        UPDATE staff SET tries = 0, tries_since = NULL WHERE staff_id = $1 AND tries > 0";
    db.execute(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    Ok(())
}

/// An active account.
pub async fn find_staff(
    db: &Client,
    staff_id: StaffId,
    windows: Windows,
) -> Result<Option<StaffView>, Error> {
    let sql = "-- staff.find_staff
        SELECT staff_id, username, display_name, unit, jurisdiction, password_must_change,
               tries >= $2 AND tries_since > $3 AS locked, totp_confirmed_at IS NOT NULL AS second_factor
        FROM staff WHERE staff_id = $1 AND active";
    let row = db
        .query_opt(
            &db.prepare_cached(sql).await?,
            &[&staff_id.get(), &TRIES_MAX, &windows.locked_since],
        )
        .await?;
    Ok(row.as_ref().map(view))
}

/// An active account of a unit, by user name.
pub async fn find_colleague(
    db: &Client,
    username: &str,
    unit: &str,
) -> Result<Option<StaffId>, Error> {
    let sql = "-- staff.find_colleague
        SELECT staff_id FROM staff WHERE username = $1 AND unit = $2 AND unit <> '' AND active";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&username, &unit])
        .await?;
    Ok(row.map(|row| StaffId::new(row.get("staff_id"))))
}

/// Locks an active account's row, so that two grants at once see each other.
pub async fn lock_staff(db: &Client, staff_id: StaffId) -> Result<bool, Error> {
    let sql = "-- staff.lock_staff
        SELECT staff_id FROM staff WHERE staff_id = $1 AND active FOR UPDATE";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    Ok(row.is_some())
}

/// Active accounts that the security administrator of `prefix` answers for, in order of
/// identity; without their grants.
pub async fn list_staff(
    db: &Client,
    prefix: &str,
    (after, limit): (i64, i64),
    windows: Windows,
) -> Result<Vec<StaffView>, Error> {
    let sql = "-- staff.list_staff
        SELECT staff_id, username, display_name, unit, jurisdiction, password_must_change,
               tries >= $4 AND tries_since > $5 AS locked, totp_confirmed_at IS NOT NULL AS second_factor
        FROM staff WHERE staff_id > $2 AND starts_with(jurisdiction, $1) AND active
        ORDER BY staff_id LIMIT $3";
    let rows = db
        .query(
            &db.prepare_cached(sql).await?,
            &[&prefix, &after, &limit, &TRIES_MAX, &windows.locked_since],
        )
        .await?;
    Ok(rows.iter().map(view).collect())
}

fn view(row: &Row) -> StaffView {
    StaffView {
        staff_id: StaffId::new(row.get("staff_id")),
        username: row.get("username"),
        display_name: row.get("display_name"),
        unit: row.get("unit"),
        jurisdiction: row.get("jurisdiction"),
        locked: row.get::<_, Option<bool>>("locked").unwrap_or(false),
        second_factor: row.get("second_factor"),
        password_must_change: row.get("password_must_change"),
        identity: None,
        grants: Vec::new(),
    }
}

/// Makes an account; the constraint `staff_username_key` says the name is taken.
pub async fn insert_staff(db: &Client, row: &NewRow<'_>, now: Timestamp) -> Result<(), Error> {
    let sql = "-- staff.insert_staff
        INSERT INTO staff (staff_id, username, display_name, password_hash, password_must_change,
                           password_set_at, jurisdiction, created_at, unit)
        VALUES ($1, $2, $3, $4, $5, $7, $6, $7, $8)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &row.staff_id.get(),
            &row.username,
            &row.display_name,
            &row.password_hash,
            &row.password_must_change,
            &row.jurisdiction,
            &now,
            &row.unit,
        ],
    )
    .await?;
    Ok(())
}

/// Sets a password, and forgets wrong attempts.
pub async fn set_password(
    db: &Client,
    staff_id: StaffId,
    (password_hash, must_change): (&str, bool),
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- staff.set_password
        UPDATE staff SET password_hash = $2, password_must_change = $3, password_set_at = $4, tries = 0, tries_since = NULL
        WHERE staff_id = $1";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&staff_id.get(), &password_hash, &must_change, &now],
    )
    .await?;
    Ok(())
}

/// Closes an account.
pub async fn close_staff(db: &Client, staff_id: StaffId) -> Result<(), Error> {
    let sql = "-- staff.close_staff
        UPDATE staff SET active = false WHERE staff_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    Ok(())
}

/// Remembers that the ten rules were confirmed.
pub async fn set_ten_donts(
    db: &Client,
    staff_id: StaffId,
    version: i32,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- staff.set_ten_donts
        UPDATE staff SET ten_donts_version = $2, ten_donts_at = $3 WHERE staff_id = $1 AND ten_donts_version < $2";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&staff_id.get(), &version, &now],
    )
    .await?;
    Ok(())
}

/// Writes an attempt into the history.
pub async fn insert_sign_in(db: &Client, staff_id: StaffId, row: &SignInRow) -> Result<(), Error> {
    let sql = "-- staff.insert_sign_in
        INSERT INTO staff_sign_in (sign_in_id, staff_id, happened_at, outcome, client) VALUES ($1, $2, $3, $4, $5)";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[
            &row.sign_in_id,
            &staff_id.get(),
            &row.happened_at,
            &row.outcome,
            &row.client,
        ],
    )
    .await?;
    Ok(())
}

/// The last 100 attempts on an account, newest first.
pub async fn list_sign_ins(db: &Client, staff_id: StaffId) -> Result<Vec<SignInRow>, Error> {
    let sql = "-- staff.list_sign_ins
        SELECT sign_in_id, happened_at, outcome, client FROM staff_sign_in
        WHERE staff_id = $1 ORDER BY sign_in_id DESC LIMIT 100";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    let view = |row: &Row| SignInRow {
        sign_in_id: row.get("sign_in_id"),
        happened_at: row.get("happened_at"),
        outcome: row.get("outcome"),
        client: row.get("client"),
    };
    Ok(rows.iter().map(view).collect())
}
