//! Every table has exactly one owner and stands in `columns.toml`; migrations are numbered.

use std::collections::BTreeMap;

use super::Finding;
use super::manifest::Manifest;
use super::sql::created_tables;
use super::tree::Tree;

/// The migration runner's own list, which it makes itself.
const OWN_TABLE: &str = "schema_migration";

/// Tables made by the migrations, with where.
pub fn all(tree: &Tree) -> BTreeMap<String, (String, usize)> {
    let mut tables = BTreeMap::new();
    for (path, text) in migrations(tree) {
        for (line, table) in created_tables(text) {
            tables.insert(table, (path.to_owned(), line));
        }
    }
    tables
}

fn migrations(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.files()
        .filter(|(path, _)| path.starts_with("migrations/") && path.ends_with(".sql"))
}

/// Checks owners, classification and numbering.
pub fn check(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let tables = all(tree);
    let columns: toml::Table = tree
        .text("columns.toml")
        .and_then(|text| toml::from_str(text).ok())
        .unwrap_or_default();
    let mut findings = numbering(tree);
    for (table, (path, line)) in &tables {
        let mut say = |message: String| findings.push(Finding::new(path, *line, message));
        let owners: Vec<&str> = manifest
            .owners()
            .into_iter()
            .filter_map(|(name, by)| (name == table).then_some(by))
            .collect();
        match owners.as_slice() {
            [] => say(format!(
                "table {table} has no owner: list it under one slice in slices.toml"
            )),
            [_] => {}
            many => say(format!(
                "table {table} has several owners ({}): keep one",
                many.join(", ")
            )),
        }
        if !columns.contains_key(table) {
            say(format!(
                "table {table} is not in columns.toml: classify each column"
            ));
        }
    }
    for (table, owner) in manifest.owners() {
        if table != OWN_TABLE && !tables.contains_key(table) {
            let message =
                format!("{owner} owns table {table}, which no migration makes: remove it");
            findings.push(Finding::new("slices.toml", 0, message));
        }
    }
    findings
}

fn numbering(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, (path, _)) in migrations(tree).enumerate() {
        let expected = format!("migrations/{:04}_", at + 1);
        if !path.starts_with(&expected) {
            let message = format!(
                "migrations are numbered without gaps: this one should begin with {expected}"
            );
            findings.push(Finding::new(path, 0, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::manifest::samples::two_slices;
    use super::super::tree::samples::tree;
    use super::check;

    const MIGRATION: &str =
        "CREATE TABLE fact (\n);\nCREATE TABLE visit (\n);\nCREATE TABLE outbox (\n);";
    const COLUMNS: &str = "[fact]\n[visit]\n[outbox]\n";

    fn messages(migration: (&str, &str), columns: &str) -> Vec<String> {
        let files = [migration, ("columns.toml", columns)];
        let findings = check(&tree(&files), &two_slices());
        findings
            .into_iter()
            .map(|f| format!("{}:{} {}", f.path, f.line, f.message))
            .collect()
    }

    #[test]
    fn owned_and_classified_is_fine() {
        assert_eq!(
            messages(("migrations/0001_a.sql", MIGRATION), COLUMNS),
            [""; 0]
        );
    }

    #[test]
    fn an_ownerless_table_is_found() {
        let more = format!("{MIGRATION}\nCREATE TABLE appeal (\n);");
        let found = messages(("migrations/0001_a.sql", &more), COLUMNS);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("migrations/0001_a.sql:7 table appeal has no owner"));
        assert!(found[1].contains("not in columns.toml"));
    }

    #[test]
    fn gaps_in_the_numbers_and_tables_never_made_are_found() {
        let found = messages(
            ("migrations/0002_a.sql", "CREATE TABLE fact (\n);"),
            COLUMNS,
        );
        assert!(found.iter().any(|m| m.contains("migrations/0001_")));
        assert!(
            found
                .iter()
                .any(|m| m.contains("visits owns table visit, which no migration makes"))
        );
    }
}
