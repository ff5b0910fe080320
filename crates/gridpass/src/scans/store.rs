//! SQL of scans. The statements of the hot path are constants, because its connections
//! prepare them once and pipeline them.

mod at_gate;
pub mod checks;

pub use at_gate::{find_latest, list_feverish, list_readings, was_shown};

use gridpass_rules::State;
use gridpass_rules::words::{
    Case, Checked, Contact, Employment, Exempt, Health, Quarantine, Registry, Residence, Stay,
};
use gridpass_types::ids::{EmployerId, EnclosureId, GateId, PassSerial, PersonId};
use jiff::Timestamp;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::columns::{FollowColumns, ScanColumns};
use super::model::{LeafCode, ScanKey, Shown};
use super::proofs::Proof;
use crate::db::Client;
use crate::facts;
use crate::http::code::Code;

/// What a scan needs to know of people. Parameter: their identities.
pub const READ_SUBJECTS: &str = "-- scans.read_subjects
    SELECT s.person_id, s.pass_serial, s.case_status, s.quarantine, s.contact, s.health, s.stay,
        s.exempt, s.registry, s.residence, s.employment, s.checked, s.enclosure_id, s.employer_ids,
        s.valid_from, s.valid_until, s.changed_at, p.not_before, p.paper_not_before, s.place_code,
        s.catalogued, s.held_from, p.void_keys
    FROM person_state s LEFT JOIN pass p USING (person_id) WHERE s.person_id = ANY ($1)";

/// The versions that caches are compared with: directory, rules, open shifts.
pub const READ_VERSIONS: &str = "-- scans.read_versions
    SELECT value FROM epoch WHERE name IN ('directory', 'rules', 'shifts') ORDER BY name";

/// Stores scans that are believed to be new, and their tally. Fails as a whole with a
/// violated unique key when one of them is known; looking first costs a third of the
/// statement. Parameters: `ScanColumns::params_with_cells`.
pub const ADD_SCANS: &str = "-- scans.add_scans
    WITH ins AS (
        INSERT INTO scan (person_id, at, gate_id, received_at, device_id, rule_set_version, gate_rule_set_version, direction,
            colour, action, rung, shown_colour, temperature_decicelsius, colour_rule, gate_rule)
        SELECT p, a, g, $13, d, v, gv, w, c, x, r, s, t, cr, gr
        FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::smallint[],
            $6::smallint[], $7::smallint[], $8::smallint[], $9::smallint[], $10::smallint[],
            $11::text[], $12::text[], $14::integer[], $17::integer[])
            AS u (p, a, g, d, w, c, x, r, s, t, cr, gr, v, gv))
    INSERT INTO scan_tally (lane, tally_id, gate_ids, minutes, cells) VALUES ($15, $16, $3, $18, $19)";

/// As [`ADD_SCANS`], and writes the follow-ups of these scans.
/// Parameters: those of `ScanColumns::params_with_cells`, then `FollowColumns::params_without_scans`.
pub const ADD_SCANS_AND_FOLLOW_UPS: &str = "-- scans.add_scans_and_follow_ups
    WITH ins AS (
        INSERT INTO scan (person_id, at, gate_id, received_at, device_id, rule_set_version, gate_rule_set_version, direction,
            colour, action, rung, shown_colour, temperature_decicelsius, colour_rule, gate_rule)
        SELECT p, a, g, $13, d, v, gv, w, c, x, r, s, t, cr, gr
        FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::smallint[],
            $6::smallint[], $7::smallint[], $8::smallint[], $9::smallint[], $10::smallint[],
            $11::text[], $12::text[], $14::integer[], $17::integer[])
            AS u (p, a, g, d, w, c, x, r, s, t, cr, gr, v, gv)),
    follow AS (
        INSERT INTO outbox (person_id, topic, dedupe_key, payload, created_at)
        SELECT p, t, k, b::jsonb, $13
        FROM unnest($20::bigint[], $21::text[], $22::text[], $23::text[]) AS f (p, t, k, b)
        ON CONFLICT DO NOTHING)
    INSERT INTO scan_tally (lane, tally_id, gate_ids, minutes, cells) VALUES ($15, $16, $3, $18, $19)";

/// Stores scans, counts those that were new in the tally, and answers how many that are;
/// if not all, also which. Parameters: `ScanColumns::params`.
pub const INSERT_SCANS: &str = "-- scans.insert_scans
    WITH ins AS (
        INSERT INTO scan (person_id, at, gate_id, received_at, device_id, rule_set_version, gate_rule_set_version, direction,
            colour, action, rung, shown_colour, temperature_decicelsius, colour_rule, gate_rule)
        SELECT p, a, g, $13, d, v, gv, w, c, x, r, s, t, cr, gr
        FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::smallint[],
            $6::smallint[], $7::smallint[], $8::smallint[], $9::smallint[], $10::smallint[],
            $11::text[], $12::text[], $14::integer[], $17::integer[])
            AS u (p, a, g, d, w, c, x, r, s, t, cr, gr, v, gv)
        ON CONFLICT DO NOTHING
        RETURNING person_id, at, gate_id, (colour * 100 + action * 10 + direction * 2
            + CASE WHEN temperature_decicelsius >= 373 THEN 1 ELSE 0 END)::smallint AS cell),
    tally AS (
        INSERT INTO scan_tally (lane, tally_id, gate_ids, minutes, cells)
        SELECT $15, $16, array_agg(gate_id), array_agg(floor(date_part('epoch', at) / 60)::integer), array_agg(cell)
        FROM ins HAVING count(*) > 0)
    SELECT n, (SELECT array_agg(person_id) FROM ins WHERE n < cardinality($1)),
        (SELECT array_agg(at) FROM ins WHERE n < cardinality($1)),
        (SELECT array_agg(gate_id) FROM ins WHERE n < cardinality($1))
    FROM (SELECT count(*) AS n FROM ins) AS counted";

/// As [`INSERT_SCANS`], and writes the follow-ups of those scans that were new.
/// Parameters: those of `ScanColumns::params`, then `FollowColumns::params`.
pub const INSERT_SCANS_AND_FOLLOW_UPS: &str = "-- scans.insert_scans_and_follow_ups
    WITH ins AS (
        INSERT INTO scan (person_id, at, gate_id, received_at, device_id, rule_set_version, gate_rule_set_version, direction,
            colour, action, rung, shown_colour, temperature_decicelsius, colour_rule, gate_rule)
        SELECT p, a, g, $13, d, v, gv, w, c, x, r, s, t, cr, gr
        FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::smallint[],
            $6::smallint[], $7::smallint[], $8::smallint[], $9::smallint[], $10::smallint[],
            $11::text[], $12::text[], $14::integer[], $17::integer[])
            AS u (p, a, g, d, w, c, x, r, s, t, cr, gr, v, gv)
        ON CONFLICT DO NOTHING
        RETURNING person_id, at, gate_id, (colour * 100 + action * 10 + direction * 2
            + CASE WHEN temperature_decicelsius >= 373 THEN 1 ELSE 0 END)::smallint AS cell),
    tally AS (
        INSERT INTO scan_tally (lane, tally_id, gate_ids, minutes, cells)
        SELECT $15, $16, array_agg(gate_id), array_agg(floor(date_part('epoch', at) / 60)::integer), array_agg(cell)
        FROM ins HAVING count(*) > 0),
    follow AS (
        INSERT INTO outbox (person_id, topic, dedupe_key, payload, created_at)
        SELECT f.p, f.t, f.k, f.b::jsonb, $13
        FROM unnest($18::bigint[], $19::timestamptz[], $20::bigint[], $21::text[], $22::text[], $23::text[])
            AS f (p, a, g, t, k, b)
        JOIN ins ON ins.person_id = f.p AND ins.at = f.a AND ins.gate_id = f.g
        ON CONFLICT DO NOTHING)
    SELECT n, (SELECT array_agg(person_id) FROM ins WHERE n < cardinality($1)),
        (SELECT array_agg(at) FROM ins WHERE n < cardinality($1)),
        (SELECT array_agg(gate_id) FROM ins WHERE n < cardinality($1))
    FROM (SELECT count(*) AS n FROM ins) AS counted";

/// What a scan needs to know of a person.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The person.
    pub person_id: PersonId,
    /// Serial of the pass.
    pub pass_serial: PassSerial,
    /// Leaf division where the person counts; which rules count follows from it.
    pub place: LeafCode,
    /// The state in its interval.
    pub state: State,
    /// From when the state holds.
    pub valid_from: Timestamp,
    /// Until when it holds, not included.
    pub valid_until: Option<Timestamp>,
    /// When the row was last written, by any node's clock.
    pub changed_at: Timestamp,
    held_from: Option<Timestamp>,
    not_before: Option<Timestamp>,
    paper_not_before: Option<Timestamp>,
    void_keys: Option<Vec<Vec<u8>>>,
}

impl Subject {
    /// Reads a row of [`READ_SUBJECTS`].
    pub fn from_row(row: &Row) -> Self {
        let employers: Vec<i64> = row.get(13);
        let flag = |at| row.get::<_, bool>(at);
        let state = State {
            case: word(row, 2, Case::from_code),
            quarantine: word(row, 3, Quarantine::from_code),
            contact: word(row, 4, Contact::from_code),
            health: word(row, 5, Health::from_code),
            stay: word(row, 6, Stay::from_code),
            exempt: if flag(7) { Exempt::Yes } else { Exempt::No },
            registry: word(row, 8, Registry::from_code),
            residence: word(row, 9, Residence::from_code),
            employment: word(row, 10, Employment::from_code),
            checked: if flag(11) { Checked::Yes } else { Checked::No },
            enclosure: row.get::<_, Option<i64>>(12).map(EnclosureId::new),
            employers: employers.into_iter().map(EmployerId::new).collect(),
            catalogued: facts::evidence(row, 20),
        };
        Self {
            person_id: PersonId::new(row.get(0)),
            pass_serial: PassSerial::new(row.get(1)),
            place: LeafCode::of(row.get(19)),
            state,
            valid_from: row.get(14),
            valid_until: row.get(15),
            changed_at: row.get(16),
            held_from: row.get(21),
            not_before: row.get(17),
            paper_not_before: row.get(18),
            void_keys: row.get(22),
        }
    }

    /// Whether the stored state is that of an instant; if not, it is derived from facts.
    pub fn holds_at(&self, at: Timestamp) -> bool {
        self.valid_from <= at && self.valid_until.is_none_or(|until| at < until)
    }

    /// The instant whose dates count at `at`: that one, or the one just before a date that is
    /// held.
    pub fn counted_at(&self, at: Timestamp) -> Timestamp {
        facts::counted_at(self.held_from, at)
    }

    /// Whether what was shown still counts.
    ///
    /// # Errors
    /// [`Code::PassRevoked`] when it was replaced or withdrawn.
    pub fn check_shown(&self, shown: Shown) -> Result<(), Code> {
        let (issued_at, not_before) = match shown {
            Shown::Phone(_, Some(key)) if self.is_void(&key) => return Err(Code::PassRevoked),
            Shown::Phone(issued_at, _) => (issued_at, self.not_before),
            Shown::Paper(issued_at) => (issued_at, self.paper_not_before),
            Shown::Nothing => return Ok(()),
        };
        match not_before {
            Some(not_before) if issued_at < not_before => Err(Code::PassRevoked),
            _ => Ok(()),
        }
    }

    /// Whether the phone of this key carried the pass and does so no more.
    fn is_void(&self, key: &[u8]) -> bool {
        let mut void = self.void_keys.iter().flatten();
        void.any(|void| void == key)
    }
}

fn word<T>(row: &Row, at: usize, read: fn(i16) -> Option<T>) -> T {
    read(row.get(at)).expect("a CHECK keeps the code within the word list")
}

/// People as scans see them, in no order; unknown people are left out.
pub async fn list_subjects(db: &Client, people: &[i64]) -> Result<Vec<Subject>, Error> {
    let rows = db
        .query(&db.prepare_cached(READ_SUBJECTS).await?, &[&people])
        .await?;
    Ok(rows.iter().map(Subject::from_row).collect())
}

/// Locks a person's state row until the transaction ends; `false` when there is none.
pub async fn lock_person(db: &Client, person_id: PersonId) -> Result<bool, Error> {
    let sql = "-- scans.lock_person
        SELECT 1 FROM person_state WHERE person_id = $1 FOR UPDATE";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(row.is_some())
}

/// What scans that are to be stored are believed to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Not stored yet, as nearly always.
    New,
    /// Stored already, perhaps.
    Any,
}

/// Which of the scans handed in were new.
pub enum Inserted {
    /// All of them.
    All,
    /// These.
    Only(std::collections::HashSet<ScanKey>),
}

impl Inserted {
    /// Reads the answer of an inserting statement for this many scans.
    pub fn from_row(row: &Row, handed_in: usize) -> Self {
        let count: i64 = row.get(0);
        if usize::try_from(count).is_ok_and(|count| count == handed_in) {
            return Self::All;
        }
        let people: Vec<i64> = row.get::<_, Option<_>>(1).unwrap_or_default();
        let at: Vec<Timestamp> = row.get::<_, Option<_>>(2).unwrap_or_default();
        let gates: Vec<i64> = row.get::<_, Option<_>>(3).unwrap_or_default();
        let keys = people.into_iter().zip(at).zip(gates);
        let key = |((person_id, at), gate_id)| ScanKey {
            person_id: PersonId::new(person_id),
            at,
            gate_id: GateId::new(gate_id),
        };
        Self::Only(keys.map(key).collect())
    }

    /// Whether this scan was new.
    pub fn contains(&self, key: &ScanKey) -> bool {
        match self {
            Self::All => true,
            Self::Only(keys) => keys.contains(key),
        }
    }
}

/// Stores scans that are believed to be new, in the caller's transaction; `false` when one
/// of them is known, and the transaction has failed.
pub async fn add_scans(
    db: &Client,
    scans: &ScanColumns<'_>,
    follow: &FollowColumns,
) -> Result<bool, Error> {
    let mut params = scans.params_with_cells();
    let sql = if follow.is_empty() {
        ADD_SCANS
    } else {
        params.extend(follow.params_without_scans());
        ADD_SCANS_AND_FOLLOW_UPS
    };
    match db.execute(&db.prepare_cached(sql).await?, &params).await {
        Err(error) if is_known(&error) => Ok(false),
        done => done.map(|_| true),
    }
}

/// Whether scans could not be added because one of them is known.
pub fn is_known(error: &Error) -> bool {
    error.code() == Some(&SqlState::UNIQUE_VIOLATION)
}

/// Stores scans with their tally and their follow-ups, in the caller's transaction.
pub async fn insert_scans(
    db: &Client,
    scans: &ScanColumns<'_>,
    follow: &FollowColumns,
) -> Result<Inserted, Error> {
    let row = if follow.is_empty() {
        let statement = db.prepare_cached(INSERT_SCANS).await?;
        db.query_one(&statement, &scans.params()).await?
    } else {
        let statement = db.prepare_cached(INSERT_SCANS_AND_FOLLOW_UPS).await?;
        let params: Vec<&(dyn ToSql + Sync)> =
            scans.params().into_iter().chain(follow.params()).collect();
        db.query_one(&statement, &params).await?
    };
    Ok(Inserted::from_row(&row, scans.len()))
}

/// A scan as stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Identity.
    pub key: ScanKey,
    /// Serial of the person's pass.
    pub pass_serial: PassSerial,
    /// Version that decided the colour.
    pub rule_set_version: i32,
    /// Version that decided the action, where it was another.
    pub gate_rule_set_version: Option<i32>,
    /// What the guard was told, by code.
    pub action: i16,
    /// Whether a phone's code was checked by the server at once.
    pub by_live_code: bool,
    /// Row of the colour table.
    pub colour_rule: String,
    /// Row of the gate table.
    pub gate_rule: String,
}

/// The stored ones of these scans, in no order. The bounds of the times let the planner
/// leave out all other days.
pub async fn list_stored(db: &Client, keys: &[ScanKey]) -> Result<Vec<Stored>, Error> {
    let Some(from) = keys.iter().map(|key| key.at).min() else {
        return Ok(Vec::new());
    };
    let to = keys.iter().map(|key| key.at).max().unwrap_or(from);
    let people: Vec<i64> = keys.iter().map(|key| key.person_id.get()).collect();
    let at: Vec<Timestamp> = keys.iter().map(|key| key.at).collect();
    let gates: Vec<i64> = keys.iter().map(|key| key.gate_id.get()).collect();
    let sql = "-- scans.list_stored
        SELECT s.person_id, s.at, s.gate_id, p.pass_serial, s.rule_set_version, s.action, s.colour_rule, s.gate_rule,
            s.gate_rule_set_version, s.rung = 0 AS by_live_code
        FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[]) AS u (person_id, at, gate_id)
        JOIN scan s ON s.person_id = u.person_id AND s.at = u.at AND s.gate_id = u.gate_id
            AND s.at BETWEEN $4 AND $5
        JOIN person_state p ON p.person_id = s.person_id";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&people, &at, &gates, &from, &to])
        .await?;
    let read = |row: &Row| Stored {
        key: ScanKey {
            person_id: row.get(0),
            at: row.get(1),
            gate_id: row.get(2),
        },
        pass_serial: row.get(3),
        rule_set_version: row.get(4),
        action: row.get(5),
        colour_rule: row.get(6),
        gate_rule: row.get(7),
        gate_rule_set_version: row.get(8),
        by_live_code: row.get(9),
    };
    Ok(rows.iter().map(read).collect())
}

/// Which recorded scans to list.
pub struct ListQuery {
    /// Where.
    pub gate_id: GateId,
    /// From this time on.
    pub from: Timestamp,
    /// Up to this time, not included.
    pub to: Timestamp,
    /// Continue before this scan.
    pub after: (Timestamp, i64),
    /// How many.
    pub limit: i64,
}

/// Scans of a gate, newest first.
pub async fn list_scans(db: &Client, query: &ListQuery) -> Result<Vec<Row>, Error> {
    let sql = "-- scans.list_scans
        SELECT person_id, at, received_at, device_id, direction, colour, action, rung, shown_colour,
            colour_rule, gate_rule
        FROM scan WHERE gate_id = $1 AND at >= $2 AND at < $3 AND (at, person_id) < ($4, $5)
        ORDER BY at DESC, person_id DESC LIMIT $6";
    let statement = db.prepare_cached(sql).await?;
    let (at, person_id) = query.after;
    db.query(
        &statement,
        &[
            &query.gate_id,
            &query.from,
            &query.to,
            &at,
            &person_id,
            &query.limit,
        ],
    )
    .await
}

/// Scans of a person in a span of time, its end not included, newest first, with the gate's name.
pub async fn list_person_scans(
    db: &Client,
    person_id: PersonId,
    (from, before): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let sql = "-- scans.list_person_scans
        SELECT s.at, s.gate_id, g.name, s.direction, s.colour, s.action
        FROM scan s JOIN gate g USING (gate_id)
        WHERE s.person_id = $1 AND s.at >= $2 AND s.at < $3
        ORDER BY s.at DESC LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    db.query(&statement, &[&person_id, &from, &before, &limit])
        .await
}

/// Takes proofs out, to be checked in the same transaction.
pub async fn take_proofs(db: &Client, proofs_max: i64) -> Result<Vec<Proof>, Error> {
    let sql = "-- scans.take_proofs
        WITH due AS (SELECT person_id, at, gate_id FROM scan_proof ORDER BY person_id, at, gate_id LIMIT $1
            FOR UPDATE SKIP LOCKED)
        DELETE FROM scan_proof p USING due
        WHERE p.person_id = due.person_id AND p.at = due.at AND p.gate_id = due.gate_id
        RETURNING p.person_id, p.at, p.gate_id, p.presentation";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&proofs_max]).await?;
    let read = |row: &Row| Proof::new(row.get(0), row.get(1), row.get(2), row.get(3));
    Ok(rows.iter().map(read).collect())
}

/// Advisory lock under which partitions are made: nodes take turns.
const PARTITIONS_LOCK: i64 = 0x6772_6964_0010;

/// Waits for the turn to make partitions, until the transaction ends.
pub async fn lock_partitions(db: &Client) -> Result<(), Error> {
    let sql = "-- scans.lock_partitions
        SELECT pg_advisory_xact_lock($1)";
    db.execute(&db.prepare_cached(sql).await?, &[&PARTITIONS_LOCK])
        .await?;
    Ok(())
}

/// Makes the partition of a day unless it is there.
pub async fn make_partition(
    db: &Client,
    name: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<(), Error> {
    let sql = "-- scans.make_partition
        SELECT make_scan_partition($1, $2, $3)";
    db.execute(&db.prepare_cached(sql).await?, &[&name, &from, &to])
        .await?;
    Ok(())
}

/// Gives a closed day its index by gate unless it has it.
pub async fn index_partition(db: &Client, name: &str) -> Result<bool, Error> {
    let sql = "-- scans.index_partition
        SELECT index_scan_partition($1)";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&name])
        .await?;
    Ok(row.get(0))
}
