//! The schema and the statements, checked against a real server.
//!
//! The driver does not check SQL at compile time, so this test prepares every statement of
//! every `store.rs` instead; and every column must be classified in `columns.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::app::TestApp;

/// Every string literal of the sources that begins with the `-- slice.function` header.
fn statements() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    visit(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut |path, text| {
            for piece in text.split("\"-- ").skip(1) {
                let body = piece.split('"').next().unwrap_or_default();
                found.push((path.to_owned(), format!("-- {body}")));
            }
        },
    );
    found
}

fn visit(directory: &Path, see: &mut dyn FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            visit(&path, see);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            see(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[tokio::test]
async fn every_statement_prepares() {
    let test = TestApp::start().await;
    let db = test.app.db.client().await.unwrap();
    let all = statements();
    assert!(all.len() > 5, "the statements were not found");
    let mut names = std::collections::BTreeSet::new();
    for (path, sql) in all {
        let name = sql.lines().next().unwrap().to_owned();
        assert!(names.insert(name.clone()), "{name} stands twice");
        if let Err(error) = db.prepare(&sql).await {
            let detail = error
                .as_db_error()
                .map_or_else(|| error.to_string(), |db| db.message().to_owned());
            panic!("{}: {name}: {detail}", path.display());
        }
    }
}

#[derive(serde::Deserialize)]
struct Column {
    class: String,
    retention: String,
}

#[tokio::test]
async fn every_column_is_classified_and_commented() {
    let test = TestApp::start().await;
    let text = include_str!("../../../../columns.toml");
    let classified: BTreeMap<String, BTreeMap<String, Column>> = toml::from_str(text).unwrap();
    let db = test.app.db.client().await.unwrap();
    let sql = "SELECT c.relname, a.attname, col_description(c.oid, a.attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'schema_migration'";
    let mut live = 0;
    for row in db.query(sql, &[]).await.unwrap() {
        let (table, column, comment): (String, String, Option<String>) =
            (row.get(0), row.get(1), row.get(2));
        assert!(comment.is_some(), "{table}.{column} has no comment");
        let entry = classified
            .get(&table)
            .and_then(|columns| columns.get(&column));
        let entry = entry.unwrap_or_else(|| panic!("{table}.{column} is not in columns.toml"));
        let classes = ["public", "internal", "personal", "sensitive", "secret"];
        assert!(classes.contains(&entry.class.as_str()), "{table}.{column}");
        assert!(!entry.retention.is_empty(), "{table}.{column}");
        live += 1;
    }
    let listed: usize = classified.values().map(BTreeMap::len).sum();
    assert_eq!(
        live, listed,
        "columns.toml lists columns that are not there"
    );
}

/// What would break on a cluster of PostgreSQL servers (docs/adr/0003): person-keyed tables
/// are keyed by person_id first, have no triggers, no sequences and no foreign keys.
#[tokio::test]
async fn person_keyed_tables_could_be_distributed() {
    let test = TestApp::start().await;
    let db = test.app.db.client().await.unwrap();
    let sql = "SELECT c.relname,
            EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
                    AND NOT (a.attnum = ANY (i.indkey::smallint[]))),
            EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
            EXISTS (SELECT 1 FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f'),
            EXISTS (SELECT 1 FROM pg_attrdef d WHERE d.adrelid = c.oid)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'person_id'
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND c.relname NOT IN ('person_identifier', 'registry_import_row')";
    let rows = db.query(sql, &[]).await.unwrap();
    assert!(rows.len() >= 10);
    for row in rows {
        let table: String = row.get(0);
        for (column, what) in [
            (1, "a unique key without person_id"),
            (2, "a trigger"),
            (3, "a foreign key"),
            (4, "a default"),
        ] {
            assert!(!row.get::<_, bool>(column), "{table} has {what}");
        }
    }
}

#[test]
fn statements_keep_to_what_a_cluster_can_do() {
    for (path, sql) in statements() {
        let name = sql.lines().next().unwrap();
        let upper = sql.to_uppercase();
        assert!(
            !upper.contains("SET_CONFIG"),
            "{}: {name}: use SET LOCAL",
            path.display()
        );
        if let Some(update) = upper.split("DO UPDATE").nth(1) {
            assert!(
                !update.contains("NOW()"),
                "{}: {name}: times are parameters",
                path.display()
            );
        }
        if upper.contains("FOR UPDATE") {
            assert!(
                !upper.contains("= ANY"),
                "{}: {name}: locks rows of several people",
                path.display()
            );
        }
    }
}
