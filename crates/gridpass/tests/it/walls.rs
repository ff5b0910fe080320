//! The second wall: what the database itself refuses to the roles under which it is used.

mod rows;

use gridpass::db::{Db, DbConfig, Logins, migrate, roles};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use crate::app::TestApp;
use crate::cluster;

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn current_role(client: &Client) -> String {
    let row = client.query_one("SELECT current_user::text", &[]).await;
    row.unwrap().get(0)
}

#[tokio::test]
async fn the_engine_makes_no_tables_and_edits_no_history() {
    let test = TestApp::start().await;
    let engine = test.app.db.client().await.unwrap();
    assert_eq!(current_role(&engine).await, roles::ENGINE);
    let partition: String = test
        .scalar("SELECT relname::text FROM pg_class WHERE relname ~ '^scan_[0-9]{8}$' LIMIT 1")
        .await;
    for sql in [
        "CREATE TABLE mine (n integer)",
        "DROP TABLE fact",
        "ALTER TABLE fact DISABLE ROW LEVEL SECURITY",
        "UPDATE fact SET body = '{}'",
        "UPDATE fact SET recorded_at = recorded_at",
        "DELETE FROM fact",
        "TRUNCATE fact",
        "UPDATE scan SET colour = 0",
        "DELETE FROM scan",
        "DELETE FROM late_red",
        "UPDATE rule_set SET colour_csv = ''",
        "DELETE FROM rule_set_activation",
        "SELECT * FROM schema_migration",
        "SET ROLE gridpass",
        "SET ROLE gridpass_staff",
        &format!("SELECT * FROM {partition}"),
        &format!("DELETE FROM {partition}"),
    ] {
        let refused = engine.batch_execute(sql).await.unwrap_err();
        let code = refused.code();
        assert_eq!(
            code,
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{sql}: {refused}"
        );
    }
    let odd = "SELECT make_scan_partition('fact', now(), now())";
    assert!(engine.batch_execute(odd).await.is_err(), "only partitions");
}

#[tokio::test]
async fn on_an_own_server_a_connection_takes_its_role_and_keeps_it() {
    let config = cluster::new_database().await;
    let logins = Logins::through(config.clone());
    for (login, role) in [
        (&logins.engine, roles::ENGINE),
        (&logins.staff, roles::STAFF),
    ] {
        let client = connect(login).await;
        assert_eq!(current_role(&client).await, role);
        client.batch_execute("RESET ROLE").await.unwrap();
        assert_eq!(current_role(&client).await, role, "after RESET ROLE");
    }
    let db = Db::connect(DbConfig::new(logins)).await.unwrap();
    assert_eq!(
        current_role(&db.client().await.unwrap()).await,
        roles::ENGINE
    );
    let owner = db.owner().await.unwrap();
    assert_eq!(current_role(&owner).await, "gridpass");
}

#[tokio::test]
async fn a_login_that_may_not_make_roles_is_told_what_to_run() {
    let config = cluster::new_database().await;
    let admin = connect(&config).await;
    let name = config.get_dbname().unwrap();
    let login = format!("{name}_login");
    let own = format!("CREATE ROLE {login} LOGIN; ALTER DATABASE {name} OWNER TO {login}");
    admin.batch_execute(&own).await.unwrap();
    let mut plain = config.clone();
    plain.user(&login);
    let client = connect(&plain).await;
    let refused = roles::ensure(&client).await.unwrap_err().to_string();
    let grant = format!("GRANT gridpass_engine, gridpass_staff TO \"{login}\"");
    assert!(refused.contains(&grant), "{refused}");
    admin.batch_execute(&grant).await.unwrap();
    roles::ensure(&client).await.unwrap();
}

/// Migrations run from empty under a login that is no superuser, as on most servers.
#[tokio::test]
async fn the_owner_need_not_be_a_superuser() {
    let config = cluster::new_database().await;
    let admin = connect(&config).await;
    let name = format!("{}_plain", config.get_dbname().unwrap());
    let login = format!("{name}_login");
    admin
        .batch_execute(&format!(
            "CREATE ROLE {login} LOGIN; GRANT gridpass_engine, gridpass_staff TO {login}"
        ))
        .await
        .unwrap();
    let database = format!("CREATE DATABASE {name} OWNER {login}");
    admin.batch_execute(&database).await.unwrap();
    let mut owner = config.clone();
    owner.user(&login).dbname(&name);
    let db = Db::connect(DbConfig::new(Logins::through(owner)))
        .await
        .unwrap();
    let migrations = migrate::Migrations::embedded().unwrap();
    migrations.run(&db.owner().await.unwrap()).await.unwrap();
    let engine = db.client().await.unwrap();
    let made = "SELECT make_scan_partition('scan_20200306', '2020-03-06', '2020-03-07')";
    engine.batch_execute(made).await.unwrap();
    engine
        .batch_execute("SELECT count(*) FROM scan")
        .await
        .unwrap();
}
