//! Moving a schema forward, and refusing to, on a real database.

use gridpass::db::migrate::{MigrateError, Migrations};
use tokio_postgres::{Client, Config, NoTls};

use crate::cluster;

/// A database whose own migrations are out of sight: an empty schema comes
/// first and alone in the search path.
async fn empty() -> Config {
    let mut config = cluster::new_database().await;
    connect(&config)
        .await
        .batch_execute("CREATE SCHEMA fresh")
        .await
        .unwrap();
    config.options("-c search_path=fresh");
    config
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn migrations(files: &[(&str, &str)]) -> Migrations {
    let owned = files
        .iter()
        .map(|(file, sql)| ((*file).to_owned(), (*sql).to_owned()));
    Migrations::from_files(owned).unwrap()
}

async fn count(client: &Client, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    client.query_one(&sql, &[]).await.unwrap().get(0)
}

const FIRST: (&str, &str) = (
    "0001_first.sql",
    "CREATE TABLE a (n integer);\nINSERT INTO a VALUES (1); -- ; not here\nINSERT INTO a VALUES (2);",
);
const SECOND: (&str, &str) = (
    "0002_second.sql",
    "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END; $$;\n\
     INSERT INTO a VALUES (3);",
);

#[tokio::test]
async fn each_file_is_applied_once_and_in_order() {
    let client = connect(&empty().await).await;
    let report = migrations(&[FIRST]).run(&client).await.unwrap();
    assert_eq!((report.applied, report.version), (vec![1], 1));
    let both = migrations(&[SECOND, FIRST]);
    assert_eq!(both.run(&client).await.unwrap().applied, [2]);
    assert_eq!(both.run(&client).await.unwrap().applied, [0; 0]);
    assert_eq!(count(&client, "a").await, 3);
    assert_eq!(count(&client, "schema_migration").await, 2);
}

#[tokio::test]
async fn a_failing_file_leaves_no_trace_and_names_its_line() {
    let client = connect(&empty().await).await;
    let broken = (
        "0002_broken.sql",
        "INSERT INTO a VALUES (9);\n\nINSERT INTO absent VALUES (1);",
    );
    let refused = migrations(&[FIRST, broken]).run(&client).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "migration 0002_broken.sql failed at line 3: relation \"absent\" does not exist"
    );
    assert_eq!(
        count(&client, "a").await,
        2,
        "the first file stays, the second is undone"
    );
    assert_eq!(
        migrations(&[FIRST, SECOND])
            .run(&client)
            .await
            .unwrap()
            .applied,
        [2]
    );
}

#[tokio::test]
async fn a_newer_schema_a_changed_file_and_a_hole_are_refused() {
    let client = connect(&empty().await).await;
    let both = migrations(&[FIRST, SECOND]);
    both.run(&client).await.unwrap();
    let refused = migrations(&[FIRST]).run(&client).await;
    assert!(matches!(
        refused,
        Err(MigrateError::TooNew { found: 2, known: 1 })
    ));
    let edited = migrations(&[("0001_first.sql", "SELECT 1"), SECOND]);
    let refused = edited.run(&client).await;
    assert!(matches!(
        refused,
        Err(MigrateError::Changed { version: 1, .. })
    ));
    let hole = "DELETE FROM schema_migration WHERE version = 1";
    client.batch_execute(hole).await.unwrap();
    let refused = both.run(&client).await;
    assert!(matches!(refused, Err(MigrateError::Gap { version: 1 })));
}

#[tokio::test]
async fn nodes_that_start_together_apply_each_file_once() {
    let config = empty().await;
    let both = migrations(&[FIRST, SECOND]);
    let nodes: [Client; 4] = [
        connect(&config).await,
        connect(&config).await,
        connect(&config).await,
        connect(&config).await,
    ];
    let [a, b, c, d] = &nodes;
    let (a, b, c, d) = tokio::join!(both.run(a), both.run(b), both.run(c), both.run(d));
    let applied: usize = [a, b, c, d]
        .map(|report| report.unwrap().applied.len())
        .iter()
        .sum();
    assert_eq!(applied, 2);
    assert_eq!(count(&nodes[0], "a").await, 3);
}
