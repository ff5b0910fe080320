//! SQL of signing keys and of what of the issued credentials counts.

use gridpass_passcode::{KeyId, Suite};
use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::db::Client;

/// A signing key as stored.
pub struct KeyRow {
    /// Identity.
    pub id: KeyId,
    /// The suite it signs for.
    pub suite: Suite,
    /// Public half: 32 bytes of Ed25519, 65 of SM2.
    pub public_key: Vec<u8>,
    /// Sealed seed; `None` once it may not sign any more.
    pub private_key_sealed: Option<Vec<u8>>,
    /// From when it signs.
    pub not_before: Timestamp,
    /// From when it does not.
    pub not_after: Timestamp,
}

/// Keys that sign, or signed at or after `since`, in order of their beginning.
pub async fn list_keys(db: &Client, since: Timestamp) -> Result<Vec<KeyRow>, Error> {
    let sql = "-- passes.list_keys
        SELECT kid, suite, public_key, private_key_sealed, not_before, not_after
        FROM pass_key WHERE not_after >= $1 ORDER BY not_before, kid";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&since]).await?;
    Ok(rows.iter().filter_map(key_row).collect())
}

fn key_row(row: &Row) -> Option<KeyRow> {
    // The table's checks make both conversions succeed.
    Some(KeyRow {
        id: KeyId(row.get::<_, &[u8]>("kid").try_into().ok()?),
        suite: Suite::from_name(row.get("suite"))?,
        public_key: row.get("public_key"),
        private_key_sealed: row.get("private_key_sealed"),
        not_before: row.get("not_before"),
        not_after: row.get("not_after"),
    })
}

/// Stores a new key.
pub async fn insert_key(db: &Client, row: &KeyRow, now: Timestamp) -> Result<(), Error> {
    let sql = "-- passes.insert_key
        INSERT INTO pass_key (kid, suite, public_key, private_key_sealed, not_before, not_after, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &&row.id.0[..],
            &row.suite.as_str(),
            &row.public_key,
            &row.private_key_sealed,
            &row.not_before,
            &row.not_after,
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// Ends every other key's period at `end`, unless it ends sooner.
pub async fn end_other_keys(db: &Client, newest: &KeyId, end: Timestamp) -> Result<(), Error> {
    let sql = "-- passes.end_other_keys
        UPDATE pass_key SET not_after = $2 WHERE kid <> $1 AND not_after > $2 AND not_before < $2";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&&newest.0[..], &end]).await?;
    Ok(())
}

/// What of a person's credentials counts.
#[derive(Clone, Debug)]
pub struct PassRow {
    /// Phones' credentials issued before this do not count.
    pub not_before: Timestamp,
    /// Paper passes issued before this do not count.
    pub paper_not_before: Timestamp,
    /// Key of the phone that may ask for credentials.
    pub device_key: Option<Vec<u8>>,
    /// When the phone's last credential was issued.
    pub credential_issued_at: Option<Timestamp>,
    /// When the last paper pass was issued.
    pub paper_issued_at: Option<Timestamp>,
    /// Keys of guardians' phones that show the pass no more.
    pub void_keys: Vec<Vec<u8>>,
    /// When such a phone ended last.
    pub carried_from: Option<Timestamp>,
}

/// A person's row, locked until the transaction ends; made when it is not there.
pub async fn lock_pass(db: &Client, person_id: PersonId) -> Result<PassRow, Error> {
    let sql = "-- passes.insert_pass
        INSERT INTO pass (person_id, not_before, paper_not_before)
        VALUES ($1, to_timestamp(0), to_timestamp(0)) ON CONFLICT DO NOTHING";
    db.execute(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    let sql = "-- passes.lock_pass
        SELECT not_before, paper_not_before, device_key, credential_issued_at, paper_issued_at,
               coalesce(void_keys, '{}'), carried_from
        FROM pass WHERE person_id = $1 FOR UPDATE";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(PassRow {
        not_before: row.get(0),
        paper_not_before: row.get(1),
        device_key: row.get(2),
        credential_issued_at: row.get(3),
        paper_issued_at: row.get(4),
        void_keys: row.get(5),
        carried_from: row.get(6),
    })
}

/// Notes the key of a guardian's phone; answers the one before, if there was one.
pub async fn replace_carrier_key(
    db: &Client,
    (person_id, guardian_id): (PersonId, PersonId),
    device_key: &[u8],
    now: Timestamp,
) -> Result<Option<Vec<u8>>, Error> {
    let sql = "-- passes.find_carrier_key
        SELECT device_key FROM carrier_key WHERE person_id = $1 AND guardian_id = $2";
    let statement = db.prepare_cached(sql).await?;
    let before = db
        .query_opt(&statement, &[&person_id, &guardian_id])
        .await?;
    let before: Option<Vec<u8>> = before.map(|row| row.get(0));
    if before.as_deref() != Some(device_key) {
        let sql = "-- passes.replace_carrier_key
            INSERT INTO carrier_key (person_id, guardian_id, device_key, since) VALUES ($1, $2, $3, $4)
            ON CONFLICT (person_id, guardian_id) DO UPDATE SET device_key = $3, since = $4";
        let statement = db.prepare_cached(sql).await?;
        db.execute(&statement, &[&person_id, &guardian_id, &device_key, &now])
            .await?;
    }
    Ok(before)
}

/// Forgets the keys of everybody who carried the person's pass.
pub async fn delete_carrier_keys(db: &Client, person_id: PersonId) -> Result<(), Error> {
    let sql = "-- passes.delete_carrier_keys
        DELETE FROM carrier_key WHERE person_id = $1";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&person_id]).await?;
    Ok(())
}

/// Forgets the key of one who carried the person's pass; answers it, if there was one.
pub async fn take_carrier_key(
    db: &Client,
    (person_id, guardian_id): (PersonId, PersonId),
) -> Result<Option<Vec<u8>>, Error> {
    let sql = "-- passes.take_carrier_key
        DELETE FROM carrier_key WHERE person_id = $1 AND guardian_id = $2 RETURNING device_key";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_opt(&statement, &[&person_id, &guardian_id])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// Writes a person's row.
pub async fn update_pass(db: &Client, person_id: PersonId, row: &PassRow) -> Result<(), Error> {
    let sql = "-- passes.update_pass
        UPDATE pass SET not_before = $2, paper_not_before = $3, device_key = $4,
            credential_issued_at = $5, paper_issued_at = $6, void_keys = nullif($7::bytea[], '{}'), carried_from = $8
        WHERE person_id = $1";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &person_id,
            &row.not_before,
            &row.paper_not_before,
            &row.device_key,
            &row.credential_issued_at,
            &row.paper_issued_at,
            &row.void_keys,
            &row.carried_from,
        ],
    )
    .await?;
    Ok(())
}

/// Withdrawn passes that somebody may still show: serial, and before when phones' and paper
/// passes of it do not count, in order of serial. Withdrawals before the two times given concern
/// only what has run out since.
pub async fn list_revocations(
    db: &Client,
    (phones_since, paper_since): (Timestamp, Timestamp),
) -> Result<Vec<(i32, Timestamp, Timestamp)>, Error> {
    let sql = "-- passes.list_revocations
        SELECT s.pass_serial, greatest(p.not_before, p.carried_from), p.paper_not_before
        FROM pass p JOIN person_state s USING (person_id)
        WHERE p.not_before > $1 OR p.carried_from > $1 OR p.paper_not_before > $2
        ORDER BY s.pass_serial";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&phones_since, &paper_since]).await?;
    Ok(rows
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect())
}
