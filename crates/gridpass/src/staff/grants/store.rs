//! SQL of grants.

use std::collections::HashMap;

use gridpass_types::ids::{GrantId, StaffId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::NewGrant;
use crate::access::Role;
use crate::auth::Scope;
use crate::db::Client;
use crate::staff::{Acting, Worker};
use crate::staff::model::GrantView;

/// Grants of an account that count now or later, in order of identity.
pub async fn list_live_grants(
    db: &Client,
    staff_id: StaffId,
    now: Timestamp,
) -> Result<Vec<GrantView>, Error> {
    list_live_grants_of(db, &[staff_id], now).await
}

/// The same of several accounts at once.
pub async fn list_live_grants_of(
    db: &Client,
    staff_ids: &[StaffId],
    now: Timestamp,
) -> Result<Vec<GrantView>, Error> {
    let sql = "-- staff.list_live_grants_of
        SELECT g.grant_id, g.staff_id, h.display_name AS holder, g.role, g.jurisdiction, g.enclosure_id, g.employer_id,
               g.valid_from, g.valid_until, g.reason, b.display_name AS granted_by, g.handed_from
        FROM staff_grant g JOIN staff h ON h.staff_id = g.staff_id LEFT JOIN staff b ON b.staff_id = g.granted_by
        WHERE g.staff_id = ANY ($1) AND g.ended_at IS NULL AND (g.valid_until IS NULL OR g.valid_until > $2)
        ORDER BY g.grant_id";
    let ids: Vec<i64> = staff_ids.iter().map(|id| id.get()).collect();
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&ids, &now])
        .await?;
    Ok(rows.iter().filter_map(view).collect())
}

/// Colleagues who may act within a prefix now, and these others; by name.
pub async fn list_who_may(
    db: &Client,
    (roles, prefix): (&[Role], &str),
    others: &[StaffId],
    now: Timestamp,
) -> Result<Vec<Worker>, Error> {
    let sql = "-- staff.list_who_may
        SELECT h.staff_id, h.display_name, min(g.jurisdiction) AS jurisdiction
        FROM staff_grant g JOIN staff h ON h.staff_id = g.staff_id
        WHERE h.active AND g.ended_at IS NULL AND g.valid_from <= $3 AND (g.valid_until IS NULL OR g.valid_until > $3)
          AND g.enclosure_id IS NULL AND g.employer_id IS NULL
          AND ((g.role = ANY($1) AND (starts_with(g.jurisdiction, $2) OR starts_with($2, g.jurisdiction)))
               OR h.staff_id = ANY($4))
        GROUP BY h.staff_id, h.display_name ORDER BY h.display_name, h.staff_id LIMIT 500";
    let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let others: Vec<i64> = others.iter().map(|id| id.get()).collect();
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&roles, &prefix, &now, &others])
        .await?;
    let read = |row: &Row| Worker {
        staff_id: row.get(0),
        display_name: row.get(1),
        jurisdiction: row.get(2),
    };
    Ok(rows.iter().map(read).collect())
}

/// Who may act at a place now in one of these roles, the narrowest grants first.
pub async fn list_acting(
    db: &Client,
    (roles, place_code): (&[Role], &str),
    now: Timestamp,
) -> Result<Vec<Acting>, Error> {
    let sql = "-- staff.list_acting
        SELECT g.staff_id, s.display_name, s.unit, g.role, g.jurisdiction
        FROM staff_grant g JOIN staff s ON s.staff_id = g.staff_id
        WHERE s.active AND g.ended_at IS NULL AND g.valid_from <= $3
          AND (g.valid_until IS NULL OR g.valid_until > $3)
          AND g.enclosure_id IS NULL AND g.employer_id IS NULL
          AND g.role = ANY ($1) AND starts_with($2, g.jurisdiction)
        ORDER BY length(g.jurisdiction) DESC, g.staff_id, g.grant_id LIMIT 300";
    let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&roles, &place_code, &now])
        .await?;
    let acting = |row: &Row| {
        Some(Acting {
            staff_id: StaffId::new(row.get(0)),
            name: row.get(1),
            unit: row.get(2),
            role: Role::parse(row.get(3))?,
            jurisdiction: row.get(4),
        })
    };
    Ok(rows.iter().filter_map(acting).collect())
}

/// Names and units of accounts.
pub async fn list_names(
    db: &Client,
    staff_ids: &[i64],
) -> Result<HashMap<i64, (String, String)>, Error> {
    if staff_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = "-- staff.list_names
        SELECT staff_id, display_name, unit FROM staff WHERE staff_id = ANY ($1)";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&staff_ids])
        .await?;
    let read = |row: &Row| (row.get(0), (row.get(1), row.get(2)));
    Ok(rows.iter().map(read).collect())
}

/// What an account handed over and what still counts of it, in order of identity.
pub async fn list_hand_overs(
    db: &Client,
    staff_id: StaffId,
    now: Timestamp,
) -> Result<Vec<GrantView>, Error> {
    let sql = "-- staff.list_hand_overs
        SELECT g.grant_id, g.staff_id, h.display_name AS holder, g.role, g.jurisdiction, g.enclosure_id, g.employer_id,
               g.valid_from, g.valid_until, g.reason, b.display_name AS granted_by, g.handed_from
        FROM staff_grant g JOIN staff h ON h.staff_id = g.staff_id LEFT JOIN staff b ON b.staff_id = g.granted_by
        WHERE g.granted_by = $1 AND g.handed_from IS NOT NULL AND g.ended_at IS NULL AND g.valid_until > $2
        ORDER BY g.grant_id";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&staff_id.get(), &now])
        .await?;
    Ok(rows.iter().filter_map(view).collect())
}

fn view(row: &Row) -> Option<GrantView> {
    Some(GrantView {
        grant_id: GrantId::new(row.get("grant_id")),
        staff_id: StaffId::new(row.get("staff_id")),
        holder: row.get("holder"),
        role: Role::parse(row.get("role"))?,
        jurisdiction: row.get("jurisdiction"),
        enclosure_id: row.get("enclosure_id"),
        employer_id: row.get("employer_id"),
        valid_from: row.get("valid_from"),
        valid_until: row.get("valid_until"),
        reason: row.get("reason"),
        granted_by: row.get("granted_by"),
        handed_from: row.get::<_, Option<i64>>("handed_from").map(GrantId::new),
    })
}

/// Inserts a grant.
pub async fn insert_grant(
    db: &Client,
    grant_id: GrantId,
    new: &NewGrant,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- staff.insert_grant
        INSERT INTO staff_grant (grant_id, staff_id, role, jurisdiction, enclosure_id, employer_id, valid_from,
                                 valid_until, reason, granted_by, granted_at, handed_from)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let (enclosure, employer) = match new.scope {
        Scope::Division => (None, None),
        Scope::Enclosure(id) => (Some(id.get()), None),
        Scope::Employer(id) => (None, Some(id.get())),
    };
    let granted_by = new.granted_by.map(StaffId::get);
    let handed_from = new.handed_from.map(GrantId::get);
    let statement = db.prepare_cached(sql).await?;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 12] = [
        &grant_id.get(),
        &new.staff_id.get(),
        &new.role.as_str(),
        &new.jurisdiction,
        &enclosure,
        &employer,
        &new.valid_from,
        &new.valid_until,
        &new.reason,
        &granted_by,
        &now,
        &handed_from,
    ];
    db.execute(&statement, &values).await?;
    Ok(())
}

/// Ends a grant of an account and what was handed over from it; false when it has none such
/// that counts.
pub async fn end_grant(
    db: &Client,
    (staff_id, grant_id): (StaffId, GrantId),
    ended_by: StaffId,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- staff.end_grant
        UPDATE staff_grant SET ended_at = $4, ended_by = $3
        WHERE ((grant_id = $2 AND staff_id = $1) OR handed_from = (SELECT grant_id FROM staff_grant WHERE grant_id = $2 AND staff_id = $1))
          AND ended_at IS NULL";
    let ended = db
        .execute(
            &db.prepare_cached(sql).await?,
            &[&staff_id.get(), &grant_id.get(), &ended_by.get(), &now],
        )
        .await?;
    Ok(ended > 0)
}

/// Ends what an account handed over; false when it handed over no such grant that counts.
pub async fn end_hand_over(
    db: &Client,
    grant_id: GrantId,
    ended_by: StaffId,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- staff.end_hand_over
        UPDATE staff_grant SET ended_at = $3, ended_by = $2
        WHERE grant_id = $1 AND granted_by = $2 AND handed_from IS NOT NULL AND ended_at IS NULL";
    let ended = db
        .execute(
            &db.prepare_cached(sql).await?,
            &[&grant_id.get(), &ended_by.get(), &now],
        )
        .await?;
    Ok(ended == 1)
}

/// Ends every grant of an account, and what was handed over from them.
pub async fn end_all_grants(
    db: &Client,
    staff_id: StaffId,
    ended_by: StaffId,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- staff.end_all_grants
        UPDATE staff_grant SET ended_at = $3, ended_by = $2
        WHERE (staff_id = $1 OR handed_from IN (SELECT grant_id FROM staff_grant WHERE staff_id = $1)) AND ended_at IS NULL";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&staff_id.get(), &ended_by.get(), &now],
    )
    .await?;
    Ok(())
}
