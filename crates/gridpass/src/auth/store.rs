//! SQL of sessions.

use gridpass_types::ids::{EmployerId, EnclosureId, GrantId, SessionId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::{Error, Row};
use utoipa::ToSchema;

use super::session::Found;
use super::{Caller, Scope};
use crate::access::Role;
use crate::db::Client;

/// The live session of a token's digest, with the grant it acts under if that counts now.
/// Live is: not over, not ended, used since `idle_since`, of an active account.
pub(super) async fn find_session(
    db: &Client,
    digest: &[u8],
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Option<Found>, Error> {
    let sql = "-- auth.find_session
        SELECT t.session_id, t.staff_id, t.last_seen_at, t.factor_at IS NOT NULL AS factor_presented,
               t.by_provider, s.unit, s.jurisdiction AS home, s.totp_confirmed_at IS NOT NULL AS has_factor, s.password_must_change, s.ten_donts_version,
               g.grant_id, g.role, g.jurisdiction, g.enclosure_id, g.employer_id
        FROM staff_session t JOIN staff s USING (staff_id)
        LEFT JOIN staff_grant g ON g.grant_id = t.grant_id AND g.ended_at IS NULL
             AND g.valid_from <= $2 AND (g.valid_until IS NULL OR g.valid_until > $2)
        WHERE t.token_digest = $1 AND t.expires_at > $2 AND t.last_seen_at > $3 AND t.revoked_at IS NULL AND s.active";
    let row = db
        .query_opt(
            &db.prepare_cached(sql).await?,
            &[&digest, &now, &idle_since],
        )
        .await?;
    Ok(row.as_ref().map(found))
}

/// Whether somebody ended the session of a token's digest, or closed its account.
pub(super) async fn is_revoked(db: &Client, digest: &[u8]) -> Result<bool, Error> {
    let sql = "-- auth.is_revoked
        SELECT EXISTS (SELECT FROM staff_session t JOIN staff s USING (staff_id)
                       WHERE t.token_digest = $1 AND (t.revoked_at IS NOT NULL OR NOT s.active))";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&digest])
        .await?;
    Ok(row.get(0))
}

/// Whether a live session acts under a grant that counts now.
pub(super) async fn acts_still(
    db: &Client,
    (session_id, grant_id): (SessionId, GrantId),
    (now, idle_since): (Timestamp, Timestamp),
) -> Result<bool, Error> {
    let sql = "-- auth.acts_still
        SELECT EXISTS (SELECT FROM staff_session t JOIN staff s USING (staff_id)
            JOIN staff_grant g ON g.grant_id = t.grant_id AND g.ended_at IS NULL
                AND g.valid_from <= $3 AND (g.valid_until IS NULL OR g.valid_until > $3)
            WHERE t.session_id = $1 AND t.grant_id = $2 AND t.expires_at > $3 AND t.last_seen_at > $4
              AND t.revoked_at IS NULL AND s.active)";
    let row = db
        .query_one(
            &db.prepare_cached(sql).await?,
            &[&session_id.get(), &grant_id.get(), &now, &idle_since],
        )
        .await?;
    Ok(row.get(0))
}

fn found(row: &Row) -> Found {
    Found {
        session_id: SessionId::new(row.get("session_id")),
        staff_id: StaffId::new(row.get("staff_id")),
        unit: unit_of(row.get("unit"), row.get("staff_id")),
        home: row.get("home"),
        by_provider: row.get("by_provider"),
        last_seen_at: row.get("last_seen_at"),
        factor_presented: row.get("factor_presented"),
        has_factor: row.get("has_factor"),
        password_must_change: row.get("password_must_change"),
        ten_donts_version: row.get("ten_donts_version"),
        acting: acting(row),
    }
}

fn acting(row: &Row) -> Option<Caller> {
    let grant_id: Option<i64> = row.get("grant_id");
    let staff_id: i64 = row.get("staff_id");
    Some(Caller {
        grant_id: GrantId::new(grant_id?),
        staff_id: StaffId::new(staff_id),
        role: Role::parse(row.get("role"))?,
        jurisdiction: row.get("jurisdiction"),
        unit: unit_of(row.get("unit"), staff_id),
        scope: scope(row.get("enclosure_id"), row.get("employer_id")),
    })
}

/// How far a grant reaches, from its two columns.
pub fn scope(enclosure_id: Option<i64>, employer_id: Option<i64>) -> Scope {
    match (enclosure_id, employer_id) {
        (Some(id), _) => Scope::Enclosure(EnclosureId::new(id)),
        (None, Some(id)) => Scope::Employer(EmployerId::new(id)),
        (None, None) => Scope::Division,
    }
}

/// Accounts from before units have none; each counts as a unit of its own.
fn unit_of(stored: String, staff_id: i64) -> String {
    if stored.is_empty() {
        format!("#{staff_id}")
    } else {
        stored
    }
}

/// Writes down that a session is in use.
pub(super) async fn touch_session(
    db: &Client,
    session_id: SessionId,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- auth.touch_session
        UPDATE staff_session SET last_seen_at = $2 WHERE session_id = $1 AND last_seen_at < $2";
    db.execute(&db.prepare_cached(sql).await?, &[&session_id.get(), &now])
        .await?;
    Ok(())
}

/// A session to open.
pub struct NewSession<'a> {
    /// Identity.
    pub session_id: SessionId,
    /// SHA-256 of its token.
    pub digest: &'a [u8],
    /// Whose.
    pub staff_id: StaffId,
    /// The grant it acts under, if there is only one.
    pub grant_id: Option<GrantId>,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When a second factor was presented, if it was already.
    pub factor_at: Option<Timestamp>,
    /// Whether the identity provider let the person in, rather than the password.
    pub by_provider: bool,
    /// What the browser calls itself.
    pub client: &'a str,
}

/// Opens a session.
pub async fn insert_session(
    db: &Client,
    new: &NewSession<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- auth.insert_session
        INSERT INTO staff_session
            (token_digest, staff_id, created_at, expires_at, session_id, grant_id, last_seen_at, factor_at, client,
             by_provider)
        VALUES ($1, $2, $3, $4, $5, $6, $3, $7, $8, $9)";
    let statement = db.prepare_cached(sql).await?;
    let grant_id = new.grant_id.map(GrantId::get);
    db.execute(
        &statement,
        &[
            &new.digest,
            &new.staff_id.get(),
            &now,
            &new.expires_at,
            &new.session_id.get(),
            &grant_id,
            &new.factor_at,
            &new.client,
            &new.by_provider,
        ],
    )
    .await?;
    Ok(())
}

/// Says that the second factor was presented.
pub async fn set_factor(db: &Client, session_id: SessionId, now: Timestamp) -> Result<(), Error> {
    let sql = "-- auth.set_factor
        UPDATE staff_session SET factor_at = $2 WHERE session_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&session_id.get(), &now])
        .await?;
    Ok(())
}

/// Chooses the grant a session acts under.
pub async fn set_grant(db: &Client, session_id: SessionId, grant_id: GrantId) -> Result<(), Error> {
    let sql = "-- auth.set_grant
        UPDATE staff_session SET grant_id = $2 WHERE session_id = $1";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&session_id.get(), &grant_id.get()],
    )
    .await?;
    Ok(())
}

/// Ends sessions of an account: one, or all but one. Answers how many there were.
pub async fn revoke_sessions(
    db: &Client,
    staff_id: StaffId,
    which: Which,
    now: Timestamp,
) -> Result<u64, Error> {
    let sql = "-- auth.revoke_sessions
        UPDATE staff_session SET revoked_at = $4
        WHERE staff_id = $1 AND revoked_at IS NULL
          AND ($2::bigint IS NULL OR session_id = $2) AND ($3::bigint IS NULL OR session_id <> $3)";
    let (one, kept) = match which {
        Which::All => (None, None),
        Which::One(id) => (Some(id.get()), None),
        Which::AllBut(id) => (None, Some(id.get())),
    };
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&staff_id.get(), &one, &kept, &now],
    )
    .await
}

/// Which sessions of an account.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// Every one.
    All,
    /// This one.
    One(SessionId),
    /// Every other one.
    AllBut(SessionId),
}

/// A live session, as its owner or the security administrator sees it.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SessionRow {
    /// Identity; says nothing about the token.
    pub session_id: SessionId,
    /// When signed in.
    pub created_at: Timestamp,
    /// When last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// What the browser calls itself.
    pub client: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The live sessions of an account, newest first, 100 at most.
pub async fn list_sessions(
    db: &Client,
    staff_id: StaffId,
    (now, idle_since): (Timestamp, Timestamp),
    current: Option<SessionId>,
) -> Result<Vec<SessionRow>, Error> {
    let sql = "-- auth.list_sessions
        SELECT session_id, created_at, last_seen_at, expires_at, client FROM staff_session
        WHERE staff_id = $1 AND expires_at > $2 AND last_seen_at > $3 AND revoked_at IS NULL
        ORDER BY session_id DESC LIMIT 100";
    let rows = db
        .query(
            &db.prepare_cached(sql).await?,
            &[&staff_id.get(), &now, &idle_since],
        )
        .await?;
    let view = |row: &Row| {
        let session_id = SessionId::new(row.get("session_id"));
        SessionRow {
            session_id,
            created_at: row.get("created_at"),
            last_seen_at: row.get("last_seen_at"),
            expires_at: row.get("expires_at"),
            client: row.get("client"),
            current: current == Some(session_id),
        }
    };
    Ok(rows.iter().map(view).collect())
}
