//! Columns of the catalogue as SQL over `person_state.catalogued`.
//!
//! The same facts, moments and classes as in memory. Names come from approved definitions, whose
//! form is checked: small letters, digits and `_`. Nothing that somebody typed into a fact or a
//! cell gets into a statement but numbers.

use crate::catalogue::{FieldType, KnownColumn, Measure, Measured, Operation};
use crate::extra::ExtraColumn;

/// An expression whose value is the class of a column for the instant `now`, in microseconds, or
/// for the last one before a date that is held.
pub(super) fn class_sql(column: &ExtraColumn, alias: &str, now: i64) -> String {
    let now =
        &format!("least({now}, (extract(epoch FROM {alias}.held_from) * 1000000)::bigint - 1)");
    let known = &column.column;
    let none = match known.definition.operation {
        Operation::Count => column.class_of(Measured::Int(0)),
        _ => 0,
    };
    let value = value_sql(known, alias, now);
    let class = match &column.measure {
        Measure::Words(words) => {
            let words = words.iter().enumerate().skip(1);
            let whens: String = words
                .map(|(place, word)| format!(" WHEN '{word}' THEN {place}"))
                .collect();
            format!("(CASE {value}{whens} ELSE 0 END)")
        }
        _ => {
            let mut sql = String::from("(SELECT CASE WHEN m.v IS NULL THEN 0");
            for (place, point) in column.points.iter().enumerate() {
                let (below, at) = (2 * place + 1, 2 * place + 2);
                sql += &format!(" WHEN m.v < {point} THEN {below} WHEN m.v = {point} THEN {at}");
            }
            let last = 2 * column.points.len() + 1;
            format!("{sql} ELSE {last} END FROM (SELECT {value} AS v OFFSET 0) AS m)")
        }
    };
    format!("(CASE WHEN {alias}.catalogued IS NULL THEN {none} ELSE {class} END)::smallint")
}

/// What the facts add up to: a word, or a whole number as in memory.
fn value_sql(column: &KnownColumn, alias: &str, now: &str) -> String {
    let moment = moment_sql(column);
    let facts = facts_sql(column, alias, (&moment, now));
    let field = |field: &str| format!("(t.e -> 'f' ->> '{field}')");
    match &column.definition.operation {
        Operation::Exists => {
            format!("(CASE WHEN EXISTS (SELECT {facts}) THEN 'yes' END)")
        }
        Operation::Count => format!("(SELECT count(*) * 1000000 {facts})"),
        Operation::Since { .. } => {
            format!("(SELECT min(greatest({now} - {moment}, 0)) {facts})")
        }
        Operation::Greatest { field: name } => {
            format!("(SELECT max({}::bigint) {facts})", field(name))
        }
        Operation::Least { field: name } => {
            format!("(SELECT min({}::bigint) {facts})", field(name))
        }
        Operation::Last { field: name } => {
            let cast = match column.kind.field(name).map(|field| &field.value) {
                Some(FieldType::Choice { .. }) => "",
                _ => "::bigint",
            };
            format!(
                "(SELECT {}{cast} {facts} ORDER BY {moment} DESC, t.n DESC LIMIT 1)",
                field(name)
            )
        }
    }
}

/// The facts that count, as a FROM clause.
fn facts_sql(column: &KnownColumn, alias: &str, (moment, now): (&str, &str)) -> String {
    let mut tests = vec![format!("t.e ->> 'k' = '{}'", column.kind.key)];
    if let Some(filter) = &column.definition.filter {
        let words: Vec<String> = filter
            .words
            .iter()
            .map(|word| format!("'{word}'"))
            .collect();
        tests.push(format!(
            "t.e -> 'f' ->> '{}' IN ({})",
            filter.field,
            words.join(", ")
        ));
    }
    if let Some(field) = column.field() {
        tests.push(format!("t.e -> 'f' -> '{field}' IS NOT NULL"));
    }
    if let Some(valid) = column.valid() {
        tests.push(format!("{now} < {moment} + {valid}"));
    }
    format!(
        "FROM jsonb_array_elements({alias}.catalogued) WITH ORDINALITY AS t (e, n) WHERE {}",
        tests.join(" AND ")
    )
}

/// When a fact happened, in microseconds.
fn moment_sql(column: &KnownColumn) -> String {
    let Some(key) = &column.kind.time else {
        return "(t.e ->> 'r')::bigint".to_owned();
    };
    let field = format!("(t.e -> 'f' ->> '{key}')::bigint");
    match column.kind.field(key).map(|field| &field.value) {
        Some(FieldType::Date) => format!(
            "({field} * 86400000000 - {})",
            gridpass_types::clock::DISTRICT_OFFSET_SECONDS * 1_000_000
        ),
        _ => field,
    }
}
