//! SQL of the log.

use gridpass_ledger::{Chain, DayDigest, Hash, Link};
use gridpass_passcode::Suite;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{Error, Row};

use super::entry::{self, Entry, New};
use super::keys::Key;
use crate::db::Client;

/// Writes an entry with its MAC, and notes that it waits for its link; false when another node
/// has given the same identity at the same time.
pub async fn insert_entry(db: &Client, new: &New, key: &Key) -> Result<bool, Error> {
    let sql = "-- audit.insert_entry
        WITH written AS (
            INSERT INTO audit_entry (entry_id, at, actor, actor_id, unit, role, jurisdiction, purpose, action,
                subjects, object, result, code, origin, session, reference, key_number, mac)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            ON CONFLICT DO NOTHING RETURNING entry_id, at)
        INSERT INTO audit_pending (entry_id, at) SELECT entry_id, at FROM written";
    let e = new.entry(key.number);
    let mac = key.entry_mac(&e);
    let written = db
        .execute(
            &db.prepare_cached(sql).await?,
            &[
                &e.entry_id,
                &e.at,
                &e.actor,
                &e.actor_id,
                &e.unit,
                &e.role,
                &e.jurisdiction,
                &e.purpose,
                &e.action,
                &e.subjects,
                &e.object,
                &e.result,
                &e.code,
                &e.origin,
                &e.session,
                &e.reference,
                &e.key_number,
                &&mac[..],
            ],
        )
        .await?;
    Ok(written == 1)
}

/// An entry by identity.
pub async fn find_entry(db: &Client, entry_id: i64) -> Result<Option<Entry>, Error> {
    let sql = "-- audit.find_entry
        SELECT entry_id, at, actor, actor_id, unit, role, jurisdiction, purpose, action, subjects, object,
            result, code, origin, session, reference, key_number, mac
        FROM audit_entry WHERE entry_id = $1 ORDER BY at LIMIT 1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&entry_id])
        .await?;
    Ok(row.map(|row| entry::read(&row, 0)))
}

/// Becomes the one who links until the transaction ends; false when another node is at it.
pub async fn try_lock_chain(tx: &Client) -> Result<bool, Error> {
    let sql = "-- audit.try_lock_chain
        SELECT pg_try_advisory_xact_lock(5703419001)";
    Ok(tx
        .query_one(&tx.prepare_cached(sql).await?, &[])
        .await?
        .get(0))
}

/// Where the chain ends; after its links were dropped with old months, where the last digest
/// says.
pub async fn find_head(db: &Client) -> Result<Chain, Error> {
    let sql = "-- audit.find_head
        SELECT seq, hash FROM ((SELECT seq, hash FROM audit_link ORDER BY seq DESC LIMIT 1)
            UNION ALL (SELECT last_seq, head FROM audit_digest ORDER BY day DESC LIMIT 1)) AS ends
        ORDER BY seq DESC LIMIT 1";
    let row = db.query_opt(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(row.map_or(Chain::default(), |row| Chain {
        seq: number(&row, 0),
        head: hash(&row, 1),
    }))
}

/// Takes entries that wait for their links, oldest first: identity and time.
pub async fn take_pending(tx: &Client, limit: i64) -> Result<Vec<(i64, Timestamp)>, Error> {
    let sql = "-- audit.take_pending
        DELETE FROM audit_pending
        WHERE entry_id IN (SELECT entry_id FROM audit_pending ORDER BY entry_id LIMIT $1)
        RETURNING entry_id, at";
    let rows = tx.query(&tx.prepare_cached(sql).await?, &[&limit]).await?;
    let mut taken: Vec<(i64, Timestamp)> = rows.iter().map(|r| (r.get(0), r.get(1))).collect();
    taken.sort_unstable_by_key(|(id, _)| *id);
    Ok(taken)
}

/// Entries by identity and time, in no order.
pub async fn list_entries(db: &Client, wanted: &[(i64, Timestamp)]) -> Result<Vec<Entry>, Error> {
    let sql = "-- audit.list_entries
        SELECT e.entry_id, e.at, e.actor, e.actor_id, e.unit, e.role, e.jurisdiction, e.purpose, e.action,
            e.subjects, e.object, e.result, e.code, e.origin, e.session, e.reference, e.key_number, e.mac
        FROM audit_entry e JOIN unnest($1::bigint[], $2::timestamptz[]) AS w (entry_id, at)
            ON e.entry_id = w.entry_id AND e.at = w.at";
    let ids: Vec<i64> = wanted.iter().map(|(id, _)| *id).collect();
    let times: Vec<Timestamp> = wanted.iter().map(|(_, at)| *at).collect();
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&ids, &times])
        .await?;
    Ok(rows.iter().map(|row| entry::read(row, 0)).collect())
}

/// A link to write, with the time of its entry.
pub struct NewLink {
    /// The link.
    pub link: Link,
    /// Time of the entry.
    pub at: Timestamp,
}

/// Writes links.
pub async fn insert_links(tx: &Client, links: &[NewLink], key: &Key) -> Result<(), Error> {
    let sql = "-- audit.insert_links
        INSERT INTO audit_link (seq, at, entry_id, leaf, hash, key_number, mac)
        SELECT s, t, e, l, h, $6, m
        FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bytea[], $5::bytea[], $7::bytea[])
            AS u (s, t, e, l, h, m)";
    let seqs: Vec<i64> = links.iter().map(|n| n.link.seq.cast_signed()).collect();
    let times: Vec<Timestamp> = links.iter().map(|n| n.at).collect();
    let entries: Vec<i64> = links.iter().map(|n| n.link.entry).collect();
    let leaves: Vec<&[u8]> = links.iter().map(|n| &n.link.leaf[..]).collect();
    let hashes: Vec<&[u8]> = links.iter().map(|n| &n.link.hash[..]).collect();
    let macs: Vec<[u8; 32]> = links
        .iter()
        .map(|n| key.link_mac(n.link.seq, &n.link.hash))
        .collect();
    let macs: Vec<&[u8]> = macs.iter().map(|mac| &mac[..]).collect();
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &seqs,
            &times,
            &entries,
            &leaves,
            &hashes,
            &key.number,
            &macs,
        ],
    )
    .await?;
    Ok(())
}

/// A key as stored.
pub struct KeyRow {
    /// Number.
    pub number: i16,
    /// The suite it signs for.
    pub suite: Suite,
    /// Public half: 32 bytes of Ed25519, 65 of SM2.
    pub public_key: Vec<u8>,
    /// Sealed seed.
    pub seed_sealed: Vec<u8>,
    /// Signature of the key before; the first has none.
    pub endorsement: Option<Vec<u8>>,
}

/// Every key.
pub async fn list_keys(db: &Client) -> Result<Vec<KeyRow>, Error> {
    let sql = "-- audit.list_keys
        SELECT key_number, suite, public_key, seed_sealed, endorsement FROM audit_key ORDER BY key_number";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    let read = |row: &Row| {
        Some(KeyRow {
            number: row.get(0),
            // The table's check makes it one of the two.
            suite: Suite::from_name(row.get(1))?,
            public_key: row.get(2),
            seed_sealed: row.get(3),
            endorsement: row.get(4),
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// Stores a key; false when its number is taken.
pub async fn insert_key(db: &Client, row: &KeyRow, now: Timestamp) -> Result<bool, Error> {
    let sql = "-- audit.insert_key
        INSERT INTO audit_key (key_number, suite, public_key, seed_sealed, made_at, endorsement)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    let inserted = db
        .execute(
            &statement,
            &[
                &row.number,
                &row.suite.as_str(),
                &row.public_key,
                &row.seed_sealed,
                &now,
                &row.endorsement,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// Makes the partitions of a month unless they are there.
pub async fn make_month(db: &Client, month: Date) -> Result<(), Error> {
    let sql = "-- audit.make_month
        SELECT make_audit_month($1)";
    db.execute(&db.prepare_cached(sql).await?, &[&month])
        .await?;
    Ok(())
}

/// A digest with its signature.
#[derive(Clone)]
pub struct SignedDigest {
    /// What is signed.
    pub digest: DayDigest,
    /// Key.
    pub key_number: i16,
    /// By that key: 64 bytes.
    pub signature: Vec<u8>,
}

/// Digests of days before `before`, newest first.
pub async fn list_digests(
    db: &Client,
    before: Option<Date>,
    limit: i64,
) -> Result<Vec<SignedDigest>, Error> {
    let sql = "-- audit.list_digests
        SELECT day, first_seq, last_seq, root, head, previous, key_number, signature FROM audit_digest
        WHERE $1::date IS NULL OR day < $1 ORDER BY day DESC LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&before, &limit])
        .await?;
    let read = |row: &Row| SignedDigest {
        digest: DayDigest {
            day: row.get::<_, Date>(0).to_string(),
            first: number(row, 1),
            last: number(row, 2),
            root: hash(row, 3),
            head: hash(row, 4),
            previous: hash(row, 5),
        },
        key_number: row.get(6),
        signature: row.get(7),
    };
    Ok(rows.iter().map(read).collect())
}

/// Stores a digest; false when the day has one.
pub async fn insert_digest(
    db: &Client,
    day: Date,
    signed: &SignedDigest,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- audit.insert_digest
        INSERT INTO audit_digest (day, first_seq, last_seq, root, head, previous, key_number, signature, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    let digest = &signed.digest;
    let statement = db.prepare_cached(sql).await?;
    let done = db
        .execute(
            &statement,
            &[
                &day,
                &digest.first.cast_signed(),
                &digest.last.cast_signed(),
                &&digest.root[..],
                &&digest.head[..],
                &&digest.previous[..],
                &signed.key_number,
                &signed.signature,
                &now,
            ],
        )
        .await?;
    Ok(done == 1)
}

/// Time of the first link after a number.
pub async fn find_next_time(db: &Client, after: u64) -> Result<Option<Timestamp>, Error> {
    let sql = "-- audit.find_next_time
        SELECT at FROM audit_link WHERE seq > $1 ORDER BY seq LIMIT 1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&after.cast_signed()])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// The first link after a number whose entry is of `from` or later.
pub async fn find_first_since(
    db: &Client,
    after: u64,
    from: Timestamp,
) -> Result<Option<u64>, Error> {
    let sql = "-- audit.find_first_since
        SELECT min(seq) FROM audit_link WHERE seq > $1 AND at >= $2";
    let row = db
        .query_one(
            &db.prepare_cached(sql).await?,
            &[&after.cast_signed(), &from],
        )
        .await?;
    Ok(row.get::<_, Option<i64>>(0).map(i64::cast_unsigned))
}

/// Number, leaf and hash of links after a number and up to another, in order.
pub async fn list_leaves(
    db: &Client,
    (after, last): (u64, u64),
    limit: i64,
) -> Result<Vec<(u64, Hash, Hash)>, Error> {
    let sql = "-- audit.list_leaves
        SELECT seq, leaf, hash FROM audit_link WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
    let rows = db
        .query(
            &db.prepare_cached(sql).await?,
            &[&after.cast_signed(), &last.cast_signed(), &limit],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| (number(row, 0), hash(row, 1), hash(row, 2)))
        .collect())
}

/// A stored link with its entry, if there is one.
pub struct Linked {
    /// Number.
    pub seq: u64,
    /// Identity of the entry.
    pub entry_id: i64,
    /// Leaf.
    pub leaf: Hash,
    /// Hash.
    pub hash: Hash,
    /// Key of the MAC.
    pub key_number: i16,
    /// MAC.
    pub mac: Vec<u8>,
    /// The entry.
    pub entry: Option<Entry>,
}

/// Links after a number, in order, with their entries.
pub async fn list_linked(db: &Client, after: u64, limit: i64) -> Result<Vec<Linked>, Error> {
    let sql = "-- audit.list_linked
        SELECT l.seq, l.entry_id, l.leaf, l.hash, l.key_number, l.mac,
            e.entry_id, e.at, e.actor, e.actor_id, e.unit, e.role, e.jurisdiction, e.purpose, e.action,
            e.subjects, e.object, e.result, e.code, e.origin, e.session, e.reference, e.key_number, e.mac
        FROM (SELECT seq, at, entry_id, leaf, hash, key_number, mac FROM audit_link
              WHERE seq > $1 ORDER BY seq LIMIT $2) AS l
            LEFT JOIN audit_entry e ON e.entry_id = l.entry_id AND e.at = l.at
        ORDER BY l.seq";
    let rows = db
        .query(
            &db.prepare_cached(sql).await?,
            &[&after.cast_signed(), &limit],
        )
        .await?;
    let read = |row: &Row| Linked {
        seq: number(row, 0),
        entry_id: row.get(1),
        leaf: hash(row, 2),
        hash: hash(row, 3),
        key_number: row.get(4),
        mac: row.get(5),
        entry: row
            .get::<_, Option<i64>>(6)
            .map(|_there| entry::read(row, 6)),
    };
    Ok(rows.iter().map(read).collect())
}

/// An entry without a link that does not wait for one either: how many there are, and the
/// first.
pub async fn count_unlinked(db: &Client) -> Result<(i64, Option<i64>), Error> {
    let sql = "-- audit.count_unlinked
        SELECT count(*), min(e.entry_id) FROM audit_entry e
        WHERE NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.entry_id = e.entry_id AND l.at = e.at)
          AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.entry_id = e.entry_id AND p.at = e.at)";
    let row = db.query_one(&db.prepare_cached(sql).await?, &[]).await?;
    Ok((row.get(0), row.get(1)))
}

/// One snapshot for all that follows in the transaction, and all the time it takes.
pub async fn begin_snapshot(tx: &Client) -> Result<(), Error> {
    tx.batch_execute(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = 0",
    )
    .await
}

/// Entries that wait for their links.
pub async fn count_pending(db: &Client) -> Result<u64, Error> {
    let sql = "-- audit.count_pending
        SELECT count(*) FROM audit_pending";
    let row = db.query_one(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(number(&row, 0))
}

fn number(row: &Row, column: usize) -> u64 {
    row.get::<_, i64>(column).cast_unsigned()
}

/// A hash; the table's checks keep it 32 bytes long.
fn hash(row: &Row, column: usize) -> Hash {
    let bytes: &[u8] = row.get(column);
    bytes.try_into().unwrap_or_default()
}
