//! SQL of holds, their steps, and the rhythm of sources.

use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::{
    HoldKind, HoldStatus, HoldStepView, NewRhythm, RHYTHM_IMPORTS_MIN, Rhythm, StepKind, TimeHold,
};
use crate::db::Client;

/// Lock under which one node at a time looks.
const LOOK_LOCK: i64 = 0x6772_6964_0026;

/// Takes the turn to look, until the transaction ends; false when another node has it.
pub async fn try_lock_look(db: &Client) -> Result<bool, Error> {
    let sql = "-- holds.try_lock_look
        SELECT pg_try_advisory_xact_lock($1)";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&LOOK_LOCK])
        .await?;
    Ok(row.get(0))
}

/// People who count in a community.
pub async fn count_people(db: &Client, community: &str) -> Result<i64, Error> {
    let sql = "-- holds.count_people
        SELECT count(*) FROM person_state WHERE place_code ~>=~ $1 AND place_code ~<=~ ($1 || '~')";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&community])
        .await?;
    Ok(row.get(0))
}

/// Notes a hold.
pub async fn insert_hold(tx: &Client, hold: &TimeHold) -> Result<(), Error> {
    let sql = "-- holds.insert_hold
        INSERT INTO time_hold (hold_id, kind, place_code, hour_at, source, late_since, people, flips, status, held_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &hold.hold_id,
            &hold.kind.as_str(),
            &hold.place_code,
            &hold.hour_at,
            &hold.source,
            &hold.late_since,
            &hold.people,
            &hold.flips,
            &hold.status.as_str(),
            &hold.held_at,
        ],
    )
    .await?;
    Ok(())
}

/// Adds people to a hold of a place that has so many by now.
pub async fn add_flips(
    tx: &Client,
    hold_id: i64,
    (flips, people): (i64, i64),
) -> Result<(), Error> {
    let sql = "-- holds.add_flips
        UPDATE time_hold SET flips = flips + $2, people = $3 WHERE hold_id = $1";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(&statement, &[&hold_id, &flips, &people]).await?;
    Ok(())
}

/// Says where a hold stands.
pub async fn update_hold(tx: &Client, hold: &TimeHold) -> Result<(), Error> {
    let sql = "-- holds.update_hold
        UPDATE time_hold SET status = $2, kept_until = $3, decided_at = $4, decided_by = $5 WHERE hold_id = $1";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &hold.hold_id,
            &hold.status.as_str(),
            &hold.kept_until,
            &hold.decided_at,
            &hold.decided_by,
        ],
    )
    .await?;
    Ok(())
}

/// A hold, without how many are held now.
pub async fn find_hold(db: &Client, hold_id: i64) -> Result<Option<TimeHold>, Error> {
    let sql = "-- holds.find_hold
        SELECT hold_id, kind, place_code, hour_at, source, late_since, people, flips, status, held_at, kept_until,
            decided_at, decided_by
        FROM time_hold WHERE hold_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&hold_id])
        .await?;
    Ok(row.as_ref().and_then(hold))
}

/// The same, locked until the transaction ends.
pub async fn lock_hold(tx: &Client, hold_id: i64) -> Result<Option<TimeHold>, Error> {
    let sql = "-- holds.lock_hold
        SELECT hold_id, kind, place_code, hour_at, source, late_since, people, flips, status, held_at, kept_until,
            decided_at, decided_by
        FROM time_hold WHERE hold_id = $1 FOR UPDATE";
    let row = tx
        .query_opt(&tx.prepare_cached(sql).await?, &[&hold_id])
        .await?;
    Ok(row.as_ref().and_then(hold))
}

/// Holds within a jurisdiction, oldest first.
pub async fn list_holds(
    db: &Client,
    (prefix, status): (&str, Option<HoldStatus>),
    after: i64,
    limit: i64,
) -> Result<Vec<TimeHold>, Error> {
    let sql = "-- holds.list_holds
        SELECT hold_id, kind, place_code, hour_at, source, late_since, people, flips, status, held_at, kept_until,
            decided_at, decided_by
        FROM time_hold
        WHERE hold_id > $3 AND starts_with(place_code, $1) AND ($2::text IS NULL OR status = $2)
        ORDER BY hold_id LIMIT $4";
    let status = status.map(HoldStatus::as_str);
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&prefix, &status, &after, &limit])
        .await?;
    Ok(rows.iter().filter_map(hold).collect())
}

/// Holds of passages from an hour on, and every hold that is open.
pub async fn list_known(db: &Client, hour: Timestamp) -> Result<Vec<TimeHold>, Error> {
    let sql = "-- holds.list_known
        SELECT hold_id, kind, place_code, hour_at, source, late_since, people, flips, status, held_at, kept_until,
            decided_at, decided_by
        FROM time_hold WHERE status IN ('held', 'kept') OR hour_at >= $1 OR (kind = 'source' AND status <> 'over')
        ORDER BY hold_id";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&hour]).await?;
    Ok(rows.iter().filter_map(hold).collect())
}

/// `None` for a row with a word of a newer version.
fn hold(row: &Row) -> Option<TimeHold> {
    Some(TimeHold {
        hold_id: row.get("hold_id"),
        kind: HoldKind::parse(row.get("kind"))?,
        place_code: row.get("place_code"),
        hour_at: row.get("hour_at"),
        source: row.get("source"),
        late_since: row.get("late_since"),
        people: row.get("people"),
        flips: row.get("flips"),
        held_now: 0,
        status: HoldStatus::parse(row.get("status"))?,
        held_at: row.get("held_at"),
        kept_until: row.get("kept_until"),
        decided_at: row.get("decided_at"),
        decided_by: row.get("decided_by"),
    })
}

/// Notes a step.
pub async fn insert_step(
    tx: &Client,
    (hold_id, step_id): (i64, i64),
    (kind, people): (StepKind, i64),
    (at, by, note): (Timestamp, Option<StaffId>, &str),
) -> Result<(), Error> {
    let sql = "-- holds.insert_step
        INSERT INTO time_hold_step (hold_id, step_id, kind, people, at, by_staff, note)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[&hold_id, &step_id, &kind.as_str(), &people, &at, &by, &note],
    )
    .await?;
    Ok(())
}

/// Steps of a hold, oldest first.
pub async fn list_steps(db: &Client, hold_id: i64) -> Result<Vec<HoldStepView>, Error> {
    let sql = "-- holds.list_steps
        SELECT kind, people, at, by_staff, note FROM time_hold_step WHERE hold_id = $1 ORDER BY step_id LIMIT 200";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&hold_id])
        .await?;
    let step = |row: &Row| HoldStepView {
        kind: row.get(0),
        people: row.get(1),
        at: row.get(2),
        by_staff: row.get(3),
        note: row.get(4),
    };
    Ok(rows.iter().map(step).collect())
}

/// Every source that somebody gave a rhythm or that has imported often enough to have one. What
/// was held is not heard.
pub async fn list_rhythms(db: &Client) -> Result<Vec<Rhythm>, Error> {
    let sql = "-- holds.list_rhythms
        WITH came AS (
            SELECT source, started_at, row_number() OVER (PARTITION BY source ORDER BY started_at DESC) AS nth,
                date_part('epoch', started_at - lag(started_at) OVER (PARTITION BY source ORDER BY started_at))
                    AS gap_s
            FROM registry_import WHERE finished_at IS NOT NULL AND held_at IS NULL),
        known AS (
            SELECT source, max(started_at) AS imported_at, CASE WHEN count(*) >= $1
                THEN percentile_disc(0.5) WITHIN GROUP (ORDER BY gap_s)::bigint END AS between_s
            FROM came WHERE nth <= 6 GROUP BY source)
        SELECT source, r.every_hours, r.note, r.set_at, k.between_s, k.imported_at
        FROM known k FULL JOIN source_rhythm r USING (source)
        WHERE r.source IS NOT NULL OR k.between_s IS NOT NULL
        ORDER BY source LIMIT 500";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&RHYTHM_IMPORTS_MIN])
        .await?;
    let read = |row: &Row| Rhythm {
        source: row.get(0),
        configured: row
            .get::<_, Option<i16>>(1)
            .map(|hours| (hours, row.get(2), row.get(3))),
        between_imports_s: row.get(4),
        imported_at: row.get(5),
    };
    Ok(rows.iter().map(read).collect())
}

/// When a source last recorded a fact, not looking further back than `since`.
pub async fn find_last_fact(
    db: &Client,
    source: &str,
    since: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let sql = "-- holds.find_last_fact
        SELECT max(recorded_at) FROM fact WHERE source = $1 AND recorded_at >= $2";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&source, &since])
        .await?;
    Ok(row.get(0))
}

/// Says how often a source is to be heard of.
pub async fn set_rhythm(
    tx: &Client,
    (rhythm, every_hours): (&NewRhythm, i16),
    (by, now): (StaffId, Timestamp),
) -> Result<(), Error> {
    let sql = "-- holds.set_rhythm
        INSERT INTO source_rhythm (source, every_hours, note, set_at, set_by) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (source) DO UPDATE SET every_hours = excluded.every_hours, note = excluded.note,
            set_at = excluded.set_at, set_by = excluded.set_by";
    let statement = tx.prepare_cached(sql).await?;
    let (source, note) = (rhythm.source.trim(), rhythm.note.trim());
    tx.execute(&statement, &[&source, &every_hours, &note, &now, &by])
        .await?;
    Ok(())
}

/// Goes by a source's imports again.
pub async fn delete_rhythm(tx: &Client, source: &str) -> Result<(), Error> {
    let sql = "-- holds.delete_rhythm
        DELETE FROM source_rhythm WHERE source = $1";
    tx.execute(&tx.prepare_cached(sql).await?, &[&source])
        .await?;
    Ok(())
}
