//! SQL of colouring everybody anew, in sets.

use gridpass_rules::State;
use gridpass_rules::words::{
    Case, Contact, Employment, Exempt, Health, Quarantine, Registry, Residence, Stay,
};
use gridpass_types::Colour;
use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::word;
use crate::db::Client;

/// Lock under which one node at a time does a batch.
const RECOLOUR_LOCK: i64 = 0x6772_6964_0020;

/// Takes the turn to colour, until the transaction ends; false when another node has it.
pub async fn try_lock_recolour(db: &Client) -> Result<bool, Error> {
    let sql = "-- facts.try_lock_recolour
        SELECT pg_try_advisory_xact_lock($1)";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&RECOLOUR_LOCK])
        .await?;
    Ok(row.get(0))
}

/// Transactions as they stand: every one below the first number has ended, none from the
/// second on has begun to write.
pub async fn transactions(db: &Client) -> Result<(i64, i64), Error> {
    let sql = "-- facts.transactions
        SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint
        FROM pg_current_snapshot() AS s";
    let row = db.query_one(&db.prepare_cached(sql).await?, &[]).await?;
    Ok((row.get(0), row.get(1)))
}

/// People who have the same state and were coloured alike.
#[derive(Clone, Debug)]
pub struct Situation {
    /// What their facts add up to, as far as the colour table asks.
    pub state: State,
    /// Colour as last derived.
    pub colour: Colour,
    /// Row of the colour table that gave it.
    pub rule_id: String,
}

/// Every situation under a prefix, of all or of those without catalogued facts, but for narrower places (`440310001%`), in the order in
/// which [`Mapping`] takes it.
pub async fn list_situations(
    db: &Client,
    (prefix, but): (&str, &[String]),
    all: bool,
) -> Result<Vec<Situation>, Error> {
    let sql = "-- facts.list_situations
        SELECT DISTINCT case_status, quarantine, contact, health, stay, exempt, registry, residence, employment,
            colour, rule_id
        FROM person_state WHERE starts_with(place_code, $1) AND NOT place_code LIKE ANY ($2)
            AND ($3 OR catalogued IS NULL)";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&prefix, &but, &all]).await?;
    Ok(rows.iter().map(situation).collect())
}

fn situation(row: &Row) -> Situation {
    Situation {
        state: State {
            case: word(row, 0, Case::from_code),
            quarantine: word(row, 1, Quarantine::from_code),
            contact: word(row, 2, Contact::from_code),
            health: word(row, 3, Health::from_code),
            stay: word(row, 4, Stay::from_code),
            exempt: if row.get(5) { Exempt::Yes } else { Exempt::No },
            registry: word(row, 6, Registry::from_code),
            residence: word(row, 7, Residence::from_code),
            employment: word(row, 8, Employment::from_code),
            ..State::EMPTY
        },
        colour: word(row, 9, Colour::from_code),
        rule_id: row.get(10),
    }
}

/// Situations by column, each with the colour and the row that it is to have.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Case, quarantine, contact, health, stay, registry, residence, employment, colour before.
    codes: [Vec<i16>; 9],
    exempt: Vec<bool>,
    rules_before: Vec<String>,
    colours: Vec<i16>,
    rules: Vec<String>,
}

impl Mapping {
    /// Adds a situation with what it is to have.
    pub fn push(&mut self, from: Situation, (colour, rule_id): (Colour, &str)) {
        let state = &from.state;
        let codes = [
            state.case.code(),
            state.quarantine.code(),
            state.contact.code(),
            state.health.code(),
            state.stay.code(),
            state.registry.code(),
            state.residence.code(),
            state.employment.code(),
            from.colour.code(),
        ];
        for (column, code) in self.codes.iter_mut().zip(codes) {
            column.push(code);
        }
        self.exempt.push(state.exempt == Exempt::Yes);
        self.rules_before.push(from.rule_id);
        self.colours.push(colour.code());
        self.rules.push(rule_id.to_owned());
    }

    /// Whether nothing is to change.
    pub fn is_empty(&self) -> bool {
        self.colours.is_empty()
    }
}

/// Which rows a batch looks at, and what it writes.
pub struct Batch<'a> {
    /// Prefix of the places.
    pub prefix: &'a str,
    /// Narrower places that are left out, as patterns.
    pub but: &'a [String],
    /// What changes into what.
    pub mapping: &'a Mapping,
    /// First page of the table.
    pub first_page: i64,
    /// Page before which it ends.
    pub end_page: i64,
    /// Version that gives the colours.
    pub version: i32,
    /// Identity of the tally row.
    pub tally_id: i64,
    /// Now.
    pub now: Timestamp,
    /// Whether people with catalogued facts are meant, too.
    pub all: bool,
}

/// A row that was coloured anew.
pub struct Recoloured {
    /// Who.
    pub person_id: PersonId,
    /// Colour before.
    pub before: Colour,
    /// Colour now.
    pub colour: Colour,
    /// Row of the colour table that gave it.
    pub rule_id: String,
}

/// Pages of the table of states.
pub async fn count_pages(db: &Client) -> Result<i64, Error> {
    let sql = "-- facts.count_pages
        SELECT pg_relation_size('person_state') / current_setting('block_size')::bigint";
    let row = db.query_one(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(row.get(0))
}

/// One statement, so that rows, counts and answer are of one moment.
const RECOLOUR_PAGES: &str = "-- facts.recolour_pages
        WITH map AS MATERIALIZED (
            SELECT * FROM unnest($5::smallint[], $6::smallint[], $7::smallint[], $8::smallint[], $9::smallint[],
                $10::boolean[], $11::smallint[], $12::smallint[], $13::smallint[], $14::smallint[], $15::text[],
                $16::smallint[], $17::text[])
                AS m (case_status, quarantine, contact, health, stay, exempt, registry, residence, employment,
                      colour, rule_id, new_colour, new_rule)),
        due AS MATERIALIZED (
            SELECT s.person_id, s.colour AS old, m.new_colour, m.new_rule
            FROM person_state s JOIN map m USING (case_status, quarantine, contact, health, stay, exempt, registry,
                residence, employment, colour, rule_id)
            WHERE s.ctid >= $1::text::tid AND s.ctid < $2::text::tid
                AND starts_with(s.place_code, $3) AND NOT s.place_code LIKE ANY ($4)
                AND ($21 OR s.catalogued IS NULL)
            FOR UPDATE OF s SKIP LOCKED),
        done AS (
            UPDATE person_state s SET colour = d.new_colour, rule_id = d.new_rule, rule_set_version = $18,
                changed_at = $19
            FROM due d WHERE s.person_id = d.person_id
            RETURNING s.person_id, s.place_code, s.residence * 10 + s.quarantine AS kind, d.old, s.colour,
                s.rule_id),
        moved AS (
            SELECT place_code, cell, sum(delta)::integer AS delta FROM (
                SELECT place_code, (old * 100 + kind)::smallint AS cell, -1 AS delta FROM done WHERE old <> colour
                UNION ALL
                SELECT place_code, (colour * 100 + kind)::smallint, 1 FROM done WHERE old <> colour) AS d
            GROUP BY place_code, cell HAVING sum(delta) <> 0),
        tally AS (
            INSERT INTO state_tally (lane, tally_id, place_codes, cells, deltas)
            SELECT 0, $20, array_agg(place_code), array_agg(cell), array_agg(delta) FROM moved
            HAVING count(*) > 0)
        SELECT person_id, old, colour, rule_id FROM done";

/// Colours the rows of some pages anew and writes what that changes in the counts, in one
/// statement. Rows that somebody else has locked are left for the next pass, so this never
/// waits while it holds locks.
pub async fn recolour_pages(db: &Client, batch: &Batch<'_>) -> Result<Vec<Recoloured>, Error> {
    let statement = db.prepare_cached(RECOLOUR_PAGES).await?;
    let [
        case,
        quarantine,
        contact,
        health,
        stay,
        registry,
        residence,
        employment,
        colour,
    ] = &batch.mapping.codes;
    let from = format!("({},0)", batch.first_page);
    let end = format!("({},0)", batch.end_page);
    let rows = db
        .query(
            &statement,
            &[
                &from,
                &end,
                &batch.prefix,
                &batch.but,
                case,
                quarantine,
                contact,
                health,
                stay,
                &batch.mapping.exempt,
                registry,
                residence,
                employment,
                colour,
                &batch.mapping.rules_before,
                &batch.mapping.colours,
                &batch.mapping.rules,
                &batch.version,
                &batch.now,
                &batch.tally_id,
                &batch.all,
            ],
        )
        .await?;
    let recoloured = |row: &Row| Recoloured {
        person_id: row.get(0),
        before: word(row, 1, Colour::from_code),
        colour: word(row, 2, Colour::from_code),
        rule_id: row.get(3),
    };
    Ok(rows.iter().map(recoloured).collect())
}

/// Pages that one batch looks at: some ten thousand people.
pub const BATCH_PAGES: i64 = 256;
