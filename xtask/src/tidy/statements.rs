//! SQL stands in `store.rs`, is headed with its slice and function, and writes only the
//! slice's own tables. Reads of others' tables are declared, so that the coupling is seen.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::lexer::Literal;
use super::manifest::{Manifest, SOURCES};
use super::sql::{self, Statement, Verb};
use super::tables;
use super::tree::Tree;

/// What the statements of one module do.
#[derive(Default)]
struct Deeds<'a> {
    shared_writes: BTreeSet<(&'a str, String, Verb)>,
    reads: BTreeMap<&'a str, BTreeSet<String>>,
    sql_files: BTreeSet<&'a str>,
}

/// Checks every string literal of the application's sources that is a statement.
pub fn check(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let tables: BTreeSet<String> = tables::all(tree).into_keys().collect();
    let mut findings = Vec::new();
    let mut deeds = Deeds::default();
    for (path, lexed) in tree.rust() {
        let Some(module) = Manifest::module_of(path) else {
            continue;
        };
        for literal in &lexed.literals {
            if !sql::is_statement(&literal.text) {
                continue;
            }
            let say = |message: String| Finding::new(path, literal.line, message);
            deeds.sql_files.insert(path);
            findings.extend(placed(path, module, manifest, literal).map(say));
            let statement = sql::parse(&literal.text);
            findings.extend(
                writes(module, manifest, &tables, &statement, &mut deeds)
                    .into_iter()
                    .map(say),
            );
            findings.extend(
                reads(module, manifest, &tables, &statement, &mut deeds)
                    .into_iter()
                    .map(say),
            );
        }
    }
    findings.extend(shrink(tree, manifest, &deeds));
    findings
}

/// Whether the statement stands where it may and is headed with its module.
fn placed(path: &str, module: &str, manifest: &Manifest, literal: &Literal) -> Option<String> {
    let inside = path.strip_prefix(SOURCES)?;
    let in_store = inside.ends_with("/store.rs") || inside.contains("/store/");
    let excused = manifest
        .sql_file
        .iter()
        .any(|file| covers(&file.name, inside));
    if !in_store && !excused {
        return Some("SQL stands in store.rs: move the statement there".to_owned());
    }
    let is_slice = manifest.slice.contains_key(module);
    match sql::parse(&literal.text).header {
        None if is_slice => Some(format!(
            "a statement's first line is \"-- {module}.function\": add it, the log and the statistics show it"
        )),
        Some((slice, _)) if is_slice && slice != module => Some(format!(
            "the statement is headed {slice} but stands in {module}: correct the header"
        )),
        _ => None,
    }
}

/// Whether an excuse covers a file: by its name, or by its folder, written with `/`.
fn covers(name: &str, file: &str) -> bool {
    name == file || (name.ends_with('/') && file.starts_with(name))
}

fn writes<'a>(
    module: &'a str,
    manifest: &Manifest,
    tables: &BTreeSet<String>,
    statement: &Statement,
    deeds: &mut Deeds<'a>,
) -> Vec<String> {
    let mut messages = Vec::new();
    for (verb, table) in &statement.writes {
        if !tables.contains(table) {
            continue;
        }
        let owner = manifest.owner(table).unwrap_or("nobody");
        if owner == module {
            continue;
        }
        deeds.shared_writes.insert((module, table.clone(), *verb));
        let agreed = manifest.shared_write.iter().any(|shared| {
            shared.table == *table && shared.by == module && shared.verb == verb.as_str()
        });
        if !agreed {
            messages.push(format!(
                "{module} writes {table} ({}), which {owner} owns: call {owner}, or write an outbox row",
                verb.as_str()
            ));
        }
    }
    messages
}

fn reads<'a>(
    module: &'a str,
    manifest: &Manifest,
    tables: &BTreeSet<String>,
    statement: &Statement,
    deeds: &mut Deeds<'a>,
) -> Vec<String> {
    let mut messages = Vec::new();
    for table in &statement.reads {
        if !tables.contains(table) || manifest.owner(table) == Some(module) {
            continue;
        }
        deeds.reads.entry(module).or_default().insert(table.clone());
        let declared = manifest
            .slice
            .get(module)
            .is_none_or(|slice| slice.reads.contains(table));
        if !declared {
            messages.push(format!(
                "{module} reads {table} of another slice: declare it under reads in slices.toml"
            ));
        }
    }
    messages
}

/// What is excused or declared and no longer needed: these lists only shrink.
fn shrink(tree: &Tree, manifest: &Manifest, deeds: &Deeds<'_>) -> Vec<Finding> {
    let say = |message: String| Finding::new("slices.toml", 0, message);
    let mut findings = Vec::new();
    for file in &manifest.sql_file {
        let mut inside = deeds
            .sql_files
            .iter()
            .filter_map(|path| path.strip_prefix(SOURCES));
        if !inside.any(|path| covers(&file.name, path)) || file.why.is_empty() {
            findings.push(say(format!(
                "sql_file {} holds no SQL, or says no why: remove it",
                file.name
            )));
        }
    }
    for shared in &manifest.shared_write {
        let needed = deeds.shared_writes.iter().any(|(by, table, verb)| {
            *by == shared.by && *table == shared.table && verb.as_str() == shared.verb
        });
        if !needed || shared.why.is_empty() {
            findings.push(say(format!(
                "shared_write {} by {} is not used, or says no why: remove it",
                shared.table, shared.by
            )));
        }
    }
    for (name, slice) in &manifest.slice {
        let there = tree.has(&format!("{SOURCES}{name}.rs"));
        let read = deeds.reads.get(name.as_str());
        for table in &slice.reads {
            if there && !read.is_some_and(|tables| tables.contains(table)) {
                findings.push(say(format!(
                    "{name} reads {table} no more: remove it from reads"
                )));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::manifest::samples::two_slices;
    use super::super::tree::samples::tree;
    use super::check;

    const MIGRATION: (&str, &str) = (
        "migrations/0001_a.sql",
        "CREATE TABLE fact (\n);\nCREATE TABLE visit (\n);\nCREATE TABLE outbox (\n);",
    );
    const VISITS: (&str, &str) = (
        "crates/gridpass/src/visits/store.rs",
        "fn a() { q(\"-- visits.a\n INSERT INTO visit SELECT 1 FROM fact\") }
         fn b() { q(\"-- visits.b\n INSERT INTO outbox VALUES (1)\") }",
    );
    const JOBS: (&str, &str) = (
        "crates/gridpass/src/jobs/outbox.rs",
        "fn a() { q(\"-- outbox.a\n UPDATE outbox SET done_at = $1\") }",
    );

    fn messages(more: &[(&str, &str)]) -> Vec<String> {
        let mut files = vec![
            MIGRATION,
            VISITS,
            JOBS,
            ("crates/gridpass/src/visits.rs", ""),
        ];
        files.extend(more);
        let findings = check(&tree(&files), &two_slices());
        findings
            .into_iter()
            .map(|f| format!("{}:{} {}", f.path, f.line, f.message))
            .collect()
    }

    #[test]
    fn own_tables_agreed_writes_and_declared_reads_are_fine() {
        assert_eq!(messages(&[]), [""; 0]);
    }

    #[test]
    fn a_write_to_anothers_table_is_found() {
        let bad = (
            "crates/gridpass/src/visits/store/more.rs",
            "f(\"-- visits.c\nUPDATE fact SET a = 1\")",
        );
        let found = messages(&[bad]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("more.rs:1 visits writes fact (update), which facts owns"));
    }

    #[test]
    fn sql_outside_a_store_and_without_a_header_is_found() {
        let api = (
            "crates/gridpass/src/visits/api.rs",
            "\nf(\"SELECT a FROM visit\")",
        );
        assert!(messages(&[api])[0].contains("api.rs:2 SQL stands in store.rs"));
        let bare = (
            "crates/gridpass/src/facts/store.rs",
            "f(\"SELECT a FROM fact\")",
        );
        assert!(messages(&[bare])[0].contains("first line is \"-- facts.function\""));
        let wrong = (
            "crates/gridpass/src/facts/store.rs",
            "f(\"-- visits.x\nSELECT a FROM fact\")",
        );
        assert!(messages(&[wrong])[0].contains("headed visits but stands in facts"));
    }

    #[test]
    fn an_undeclared_read_is_found() {
        let bad = (
            "crates/gridpass/src/facts/store.rs",
            "f(\"-- facts.x\nSELECT a FROM visit\")",
        );
        assert!(messages(&[bad])[0].contains("facts reads visit of another slice"));
    }

    #[test]
    fn excuses_that_nobody_needs_are_found() {
        let findings = check(
            &tree(&[MIGRATION, ("crates/gridpass/src/visits.rs", "")]),
            &two_slices(),
        );
        assert_eq!(findings.len(), 3);
    }
}
