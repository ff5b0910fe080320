//! SQL of lists.

use std::collections::HashMap;

use gridpass_rules::Colour;
use gridpass_types::ids::{PersonId, RedListId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::db::Client;
use crate::red::list_model::{Impact, ListHold, ListHoldView, ListStatus, RedList, Share};

/// Enters a list.
pub async fn insert_list(db: &Client, new: &RedList) -> Result<(), Error> {
    let sql = "-- red.insert_list
        INSERT INTO red_list (list_id, place_code, status, people, held, submitted_at, submitted_by,
            submitted_unit, lapses_at, hold_reason, held_count, held_of, held_community)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let statement = db.prepare_cached(sql).await?;
    let hold = new.hold.as_ref();
    db.execute(
        &statement,
        &[
            &new.list_id,
            &new.place_code,
            &new.status.as_str(),
            &new.people,
            &new.held,
            &new.submitted_at,
            &new.submitted_by,
            &new.submitted_unit,
            &new.lapses_at,
            &hold.map(|hold| hold.reason.as_str()),
            &hold.map(|hold| hold.count),
            &hold.map(|hold| hold.of),
            &hold.and_then(|hold| hold.community.as_deref()),
        ],
    )
    .await?;
    Ok(())
}

/// A list by identity.
pub async fn find_list(db: &Client, list_id: i64) -> Result<Option<RedList>, Error> {
    let sql = "-- red.find_list
        SELECT list_id, place_code, status, people, held, submitted_at, submitted_by,
               submitted_unit, lapses_at, approved_at, approved_by, approved_unit, hold_reason, held_count, held_of,
               held_community
        FROM red_list WHERE list_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&list_id])
        .await?;
    Ok(row.as_ref().and_then(list))
}

/// A list, locked until the transaction ends.
pub async fn lock_list(db: &Client, list_id: i64) -> Result<Option<RedList>, Error> {
    let sql = "-- red.lock_list
        SELECT list_id, place_code, status, people, held, submitted_at, submitted_by,
               submitted_unit, lapses_at, approved_at, approved_by, approved_unit, hold_reason, held_count, held_of,
               held_community
        FROM red_list WHERE list_id = $1 FOR UPDATE";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&list_id])
        .await?;
    Ok(row.as_ref().and_then(list))
}

/// Lists that lie under a prefix, from `after` on.
pub async fn list_lists(
    db: &Client,
    (prefix, status): (&str, Option<ListStatus>),
    after: i64,
    limit: i64,
) -> Result<Vec<RedList>, Error> {
    let sql = "-- red.list_lists
        SELECT list_id, place_code, status, people, held, submitted_at, submitted_by,
               submitted_unit, lapses_at, approved_at, approved_by, approved_unit, hold_reason, held_count, held_of,
               held_community
        FROM red_list
        WHERE list_id > $3 AND starts_with(place_code, $1) AND ($2::text IS NULL OR status = $2)
        ORDER BY list_id LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let status = status.map(ListStatus::as_str);
    let rows = db
        .query(&statement, &[&prefix, &status, &after, &limit])
        .await?;
    Ok(rows.iter().filter_map(list).collect())
}

/// Writes what somebody above answered to a held list.
pub async fn answer_list(db: &Client, answered: &RedList) -> Result<(), Error> {
    let sql = "-- red.answer_list
        UPDATE red_list SET status = $2, approved_at = $3, approved_by = $4, approved_unit = $5
        WHERE list_id = $1 AND status = 'held'";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &answered.list_id,
            &answered.status.as_str(),
            &answered.approved_at,
            &answered.approved_by,
            &answered.approved_unit,
        ],
    )
    .await?;
    Ok(())
}

/// Lets the proposals of an approved list wait for a second person, with a day of their own.
pub async fn free_proposals(
    db: &Client,
    list_id: RedListId,
    lapses_at: Timestamp,
) -> Result<(), Error> {
    let sql = "-- red.free_proposals
        UPDATE red_proposal SET status = 'open', lapses_at = $2
        WHERE list_id = $1 AND status = 'held'";
    db.execute(&db.prepare_cached(sql).await?, &[&list_id, &lapses_at])
        .await?;
    Ok(())
}

/// Ends the proposals of a refused list.
pub async fn end_proposals(db: &Client, refused: &RedList) -> Result<(), Error> {
    let sql = "-- red.end_proposals
        UPDATE red_proposal SET status = 'refused', decided_at = $2, decided_by = $3,
            decided_unit = $4
        WHERE list_id = $1 AND status = 'held'";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &refused.list_id,
            &refused.approved_at,
            &refused.approved_by,
            &refused.approved_unit,
        ],
    )
    .await?;
    Ok(())
}

/// Says on held lists whose day is over that they lapsed; how many.
pub async fn lapse_lists(db: &Client, now: Timestamp) -> Result<u64, Error> {
    let sql = "-- red.lapse_lists
        UPDATE red_list SET status = 'lapsed' WHERE status = 'held' AND lapses_at <= $1";
    db.execute(&db.prepare_cached(sql).await?, &[&now]).await
}

/// What a list would do, counted: by reason, by community, by colour now.
pub async fn impact(db: &Client, list_id: RedListId) -> Result<Impact, Error> {
    let sql = "-- red.impact
        SELECT 'reason' AS by, reason AS key, count(*) AS people
        FROM red_proposal WHERE list_id = $1 GROUP BY reason
        UNION ALL
        SELECT 'place', substr(place_code, 1, 12), count(*)
        FROM red_proposal WHERE list_id = $1 GROUP BY substr(place_code, 1, 12)
        UNION ALL
        SELECT 'colour', s.colour::text, count(*)
        FROM red_proposal r JOIN person_state s USING (person_id)
        WHERE r.list_id = $1 GROUP BY s.colour
        ORDER BY 1, 2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&list_id])
        .await?;
    let mut impact = Impact::default();
    for row in &rows {
        let mut share = Share {
            key: row.get("key"),
            people: row.get("people"),
        };
        match row.get("by") {
            "reason" => impact.reasons.push(share),
            "place" => impact.places.push(share),
            _ => {
                let colour = share.key.parse().ok().and_then(Colour::from_code);
                share.key = colour.map_or(share.key, |colour| colour.as_str().to_owned());
                impact.colours.push(share);
            }
        }
    }
    Ok(impact)
}

/// `None` for a row with a word of a newer version.
fn list(row: &Row) -> Option<RedList> {
    Some(RedList {
        list_id: row.get("list_id"),
        place_code: row.get("place_code"),
        status: ListStatus::parse(row.get("status"))?,
        people: row.get("people"),
        held: row.get("held"),
        submitted_at: row.get("submitted_at"),
        submitted_by: row.get("submitted_by"),
        submitted_unit: row.get("submitted_unit"),
        lapses_at: row.get("lapses_at"),
        approved_at: row.get("approved_at"),
        approved_by: row.get("approved_by"),
        approved_unit: row.get("approved_unit"),
        hold: hold(row),
        hindrance: None,
    })
}

fn hold(row: &Row) -> Option<ListHoldView> {
    let reason: Option<&str> = row.get("hold_reason");
    let number = |name| row.get::<_, Option<i64>>(name).unwrap_or(0);
    Some(ListHoldView {
        reason: ListHold::parse(reason?)?,
        count: number("held_count"),
        of: number("held_of"),
        community: row.get("held_community"),
    })
}

/// People of a usual list of a unit: the median of its last five that nobody refused; `None` while
/// there are fewer than three.
pub async fn find_usual_people(db: &Client, unit: &str) -> Result<Option<i64>, Error> {
    let sql = "-- red.find_usual_people
        SELECT CASE WHEN count(*) >= 3 THEN percentile_disc(0.5) WITHIN GROUP (ORDER BY people)::bigint END
        FROM (SELECT people FROM red_list WHERE submitted_unit = $1 AND status <> 'refused' AND people > 0
              ORDER BY submitted_at DESC LIMIT 5) AS last";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&unit])
        .await?;
    Ok(row.get(0))
}

/// People who count in communities.
pub async fn count_people(
    db: &Client,
    communities: &[&str],
) -> Result<HashMap<String, i64>, Error> {
    let sql = "-- red.count_people
        SELECT c, (SELECT count(*) FROM person_state s WHERE s.place_code ~>=~ c AND s.place_code ~<=~ (c || '~'))
        FROM unnest($1::text[]) AS u (c)";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&communities]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// The people of a list.
pub async fn list_people(db: &Client, list_id: RedListId) -> Result<Vec<PersonId>, Error> {
    let sql = "-- red.list_people
        SELECT DISTINCT person_id FROM red_proposal WHERE list_id = $1";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&list_id])
        .await?;
    Ok(rows.iter().map(|row| row.get("person_id")).collect())
}
