//! The handle to the database: bounds, transactions, errors, events.

use std::time::Duration;

use gridpass::db::{Db, DbConfig, DbError, DbErrorKind, ListenEvent, Logins};

use crate::cluster;

async fn small() -> Db {
    let mut config = DbConfig::new(Logins::separate(cluster::new_database().await));
    config.connections_max = 1;
    config.hot_connections_max = 1;
    config.acquire_timeout = Duration::from_millis(50);
    config.statement_timeout = Duration::from_millis(200);
    Db::connect(config).await.unwrap()
}

#[tokio::test]
async fn a_full_pool_says_busy_and_scans_keep_a_pool_of_their_own() {
    let db = small().await;
    let held = db.client().await.unwrap();
    let refused = db.client().await.err().unwrap();
    assert_eq!(refused.kind(), DbErrorKind::Busy);
    assert!(refused.is_temporary());
    db.hot_client()
        .await
        .unwrap()
        .batch_execute("SELECT 1")
        .await
        .unwrap();
    drop(held);
    db.ping().await.unwrap();
    db.close();
    assert_eq!(
        db.client().await.err().unwrap().kind(),
        DbErrorKind::Unavailable
    );
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back_and_its_connection_reused() {
    let db = small().await;
    db.client()
        .await
        .unwrap()
        .batch_execute("CREATE TEMP TABLE t (n integer PRIMARY KEY CHECK (n > 0))")
        .await
        .unwrap();
    let tx = db.tx().await.unwrap();
    tx.batch_execute("INSERT INTO t VALUES (1)").await.unwrap();
    drop(tx);
    let tx = db.tx().await.unwrap();
    tx.batch_execute("INSERT INTO t VALUES (1)").await.unwrap();
    tx.commit().await.unwrap();
    let client = db.client().await.unwrap();
    let kind = |sql| {
        let client = &client;
        async move { DbError::from(client.batch_execute(sql).await.unwrap_err()).kind() }
    };
    assert_eq!(
        kind("INSERT INTO t VALUES (1)").await,
        DbErrorKind::Conflict("t_pkey".into())
    );
    assert_eq!(
        kind("INSERT INTO t VALUES (0)").await,
        DbErrorKind::Refused("t_n_check".into())
    );
    assert_eq!(kind("SELECT pg_sleep(5)").await, DbErrorKind::TimedOut);
    assert_eq!(kind("SELECT * FROM absent").await, DbErrorKind::Internal);
}

#[tokio::test]
async fn sessions_speak_utc_and_errors_quote_no_row() {
    let db = small().await;
    let client = db.client().await.unwrap();
    let zone: String = client.query_one("SHOW timezone", &[]).await.unwrap().get(0);
    assert_eq!(zone, "UTC");
    client
        .batch_execute("CREATE TEMP TABLE p (phone text UNIQUE)")
        .await
        .unwrap();
    let insert = "INSERT INTO p VALUES ('13800138000')";
    client.batch_execute(insert).await.unwrap();
    let error = DbError::from(client.batch_execute(insert).await.unwrap_err());
    assert!(!error.to_string().contains("13800138000"), "{error}");
}

#[tokio::test]
async fn events_arrive_and_the_listener_reconnects_by_itself() {
    let db = small().await;
    let mut listener = db.listen(&["Alerts"]);
    assert_eq!(listener.next().await, Some(ListenEvent::Connected));
    let client = db.client().await.unwrap();
    let notify = "NOTIFY \"Alerts\", 'red'";
    client.batch_execute(notify).await.unwrap();
    let red = ListenEvent::Notification {
        channel: "Alerts".into(),
        payload: "red".into(),
    };
    assert_eq!(listener.next().await, Some(red.clone()));
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE application_name = 'gridpass events' AND datname = current_database()";
    client.batch_execute(end).await.unwrap();
    assert_eq!(listener.next().await, Some(ListenEvent::Connected));
    client.batch_execute(notify).await.unwrap();
    assert_eq!(listener.next().await, Some(red));
}
