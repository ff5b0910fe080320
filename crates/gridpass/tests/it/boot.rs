//! Starting, crashing, stopping and refusing to start, with the real binary.

use std::net::TcpListener;
use std::path::Path;

use gridpass::db::embedded::RunningCluster;
use rustix::process::Signal;
use tokio_postgres::NoTls;

use crate::cluster;
use crate::process::{Site, database_processes, end_of, send, wait_for};

/// Every file below a directory with its size, to see that nothing changed.
fn listing(dir: &Path) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let metadata = entry.metadata().unwrap();
        found.push((entry.path().display().to_string(), metadata.len()));
        if metadata.is_dir() {
            found.extend(listing(&entry.path()));
        }
    }
    found.sort();
    found
}

async fn database_of(site: &Site) -> tokio_postgres::Client {
    let running = RunningCluster::join(&site.data_dir()).unwrap();
    let config = running.config();
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_starts_again_and_an_asked_one_leaves_nothing_running() {
    // Too long for the address of a Unix socket.
    let site = Site::at(&"deep-below/".repeat(12));
    let first = site.serve(&[]);
    assert!(first.is_ready().await);
    let mut command = site.command(&["staff", "create", "--username", "first-admin"]);
    let created = end_of(command.args(["--role", "security_admin"]));
    let stderr = String::from_utf8_lossy(&created.stderr).into_owned();
    assert!(created.status.success(), "{stderr}");
    assert_eq!(created.stdout.len(), 21, "a password and a line end");
    let repeated = end_of(&mut command);
    assert_eq!(repeated.status.code(), Some(65), "the name is taken");

    let second_start = site.refusal(site.command(&["serve"]), 75);
    assert!(
        second_start.contains("in use by another gridpass"),
        "{second_start}"
    );

    first.kill();
    let again = site.serve(&[]);
    assert!(again.is_ready().await);
    let count: i64 = database_of(&site)
        .await
        .query_one("SELECT count(*) FROM staff", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(count, 1, "what was acknowledged before the crash is there");

    assert!(again.terminate().success());
    assert_eq!(database_processes(&site.data_dir()), [0; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_never_started_again_leaves_no_database_running() {
    let site = Site::new();
    site.serve(&[]).kill();
    let dir = site.data_dir();
    wait_for("the end of the database", || {
        database_processes(&dir).is_empty().then_some(())
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_database_is_started_again_while_the_server_runs() {
    let site = Site::new();
    let server = site.serve(&[]);
    let before = server.postmaster();
    assert!(database_processes(&site.data_dir()).contains(&before));
    send(before, Signal::KILL);
    while server.is_ready().await {
        tokio::task::yield_now().await;
    }
    let begun = std::time::Instant::now();
    while !server.is_ready().await {
        assert!(begun.elapsed().as_secs() < 60, "{}", site.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let after = server.postmaster();
    assert_ne!(before, after);
    assert!(server.terminate().success());
    assert_eq!(database_processes(&site.data_dir()), [0; 0]);
}

#[test]
fn a_foreign_directory_is_refused_untouched() {
    let site = Site::new();
    std::fs::create_dir(site.data_dir()).unwrap();
    std::fs::write(site.data_dir().join("thesis.txt"), "mine").unwrap();
    let before = listing(&site.data_dir());
    let said = site.refusal(site.command(&["serve"]), 78);
    assert!(
        said.contains("was not made by gridpass") && said.contains("--data-dir"),
        "{said}"
    );
    assert_eq!(listing(&site.data_dir()), before);
}

#[test]
fn a_text_gateway_without_secret_or_far_away_is_refused() {
    let site = Site::new();
    let near = ["serve", "--sms-webhook-url", "http://127.0.0.1:9/sms"];
    let said = site.refusal(site.command(&near), 78);
    assert!(said.contains("GRIDPASS_SMS_WEBHOOK_SECRET"), "{said}");
    let mut far = site.command(&["serve", "--sms-webhook-url", "http://sms.example.com/"]);
    far.env("GRIDPASS_SMS_WEBHOOK_SECRET", "sixteen characters");
    let said = site.refusal(far, 78);
    assert!(said.contains("private network"), "{said}");
    assert!(!site.data_dir().exists());
}

#[test]
fn a_missing_server_is_refused_and_nothing_is_created() {
    let site = Site::new();
    let mut command = site.command(&["serve"]);
    command.env("GRIDPASS_PG_BIN", "/nonexistent/bin");
    let said = site.refusal(command, 72);
    assert!(
        said.contains("no PostgreSQL server was found in /nonexistent/bin"),
        "{said}"
    );
    assert!(said.contains("apt-get install postgresql"), "{said}");
    assert!(!site.data_dir().exists());
}

#[test]
fn a_taken_port_is_refused_before_anything_is_created() {
    let site = Site::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--public-addr", "--staff-addr"] {
        let said = site.refusal(site.command(&["serve", flag, &address]), 74);
        assert!(said.contains(&address) && said.contains(flag), "{said}");
    }
    let same = [
        "serve",
        "--public-addr",
        "127.0.0.1:9",
        "--staff-addr",
        "127.0.0.1:9",
    ];
    assert!(
        site.refusal(site.command(&same), 78)
            .contains("must differ")
    );
    assert!(!site.data_dir().exists());
}

#[test]
fn data_of_another_major_version_is_refused_untouched() {
    let site = Site::new();
    let cluster = site.data_dir().join("postgres");
    std::fs::create_dir_all(&cluster).unwrap();
    let marker = "layout_version = 1\ncluster_id = \"0123456789abcdef\"\n";
    std::fs::write(site.data_dir().join("gridpass.toml"), marker).unwrap();
    std::fs::write(cluster.join("PG_VERSION"), "99\n").unwrap();
    let before = listing(&site.data_dir());
    let said = site.refusal(site.command(&["serve"]), 76);
    assert!(said.contains("was written by PostgreSQL 99"), "{said}");
    std::fs::remove_file(cluster.join("PG_VERSION")).unwrap();
    let said = site.refusal(site.command(&["serve"]), 65);
    assert!(
        said.contains("is damaged") && said.contains("backup"),
        "{said}"
    );
    assert_eq!(listing(&site.data_dir()).len(), before.len() - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_from_the_future_lost_secrets_and_a_torn_cluster_are_refused() {
    let site = Site::new();
    let server = site.serve(&["--mode", "demo"]);
    let database = database_of(&site).await;
    let future = "INSERT INTO schema_migration VALUES (9999, 'future', 'none')";
    database.batch_execute(future).await.unwrap();
    drop(database);
    assert!(server.terminate().success());

    let production = site.refusal(site.command(&["serve"]), 78);
    assert!(
        production.contains("published keys of the demo"),
        "{production}"
    );

    let demo = || site.command(&["serve", "--mode", "demo"]);
    let said = site.refusal(demo(), 76);
    assert!(said.contains("at version 9999"), "{said}");
    assert_eq!(database_processes(&site.data_dir()), [0; 0]);

    let secrets = site.data_dir().join("secrets.toml");
    let kept = std::fs::read(&secrets).unwrap();
    std::fs::remove_file(&secrets).unwrap();
    let said = site.refusal(demo(), 65);
    assert!(said.contains("secrets.toml is missing"), "{said}");
    assert!(!secrets.exists());

    std::fs::write(&secrets, kept).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&secrets, mode).unwrap();
    std::fs::write(site.data_dir().join("postgres/global/pg_control"), "torn").unwrap();
    let said = site.refusal(demo(), 65);
    assert!(
        said.contains("does not start") && said.contains("backup"),
        "{said}"
    );
    assert_eq!(database_processes(&site.data_dir()), [0; 0]);
}

#[test]
fn a_database_that_cannot_be_used_is_refused_and_nothing_is_created() {
    let site = Site::new();
    // Bound and closed again: nobody listens there.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut command = site.command(&["serve"]);
    command.env(
        "DATABASE_URL",
        format!("postgres://me:hunter2@{address}/pass"),
    );
    let said = site.refusal(command, 69);
    assert!(said.contains(&address.to_string()), "{said}");
    assert!(!said.contains("hunter2"), "{said}");

    let mut command = site.command(&["serve"]);
    command.env("DATABASE_URL", "mysql://me:hunter2@there/pass");
    let said = site.refusal(command, 78);
    assert!(
        said.contains("DATABASE_URL") && !said.contains("hunter2"),
        "{said}"
    );
    assert!(!site.data_dir().exists());

    let clock = ["serve", "--simulated-clock", "2020-03-06T00:00:00Z"];
    assert!(
        site.refusal(site.command(&clock), 78)
            .contains("--mode demo")
    );
    assert!(!site.data_dir().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_own_server_is_used_through_its_url() {
    let config = cluster::new_database().await;
    let tokio_postgres::config::Host::Unix(socket) = &config.get_hosts()[0] else {
        panic!("the test cluster listens on a socket");
    };
    let host = socket.display().to_string().replace('/', "%2F");
    let url = format!(
        "postgres://gridpass@{host}/{}",
        config.get_dbname().unwrap()
    );
    let site = Site::new();
    let server = site.serve(&["--database-url", &url]);
    assert!(server.is_ready().await);
    assert!(!site.data_dir().join("postgres").exists());
    assert!(site.data_dir().join("secrets.toml").exists());
    assert!(server.terminate().success());
}

#[test]
fn rules_are_tested_without_a_database() {
    let site = Site::new();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/2020-03");
    let run = |cases: &Path| {
        let mut command = site.command(&["rules", "test", "--cases"]);
        command.arg(cases);
        command.arg("--colour").arg(rules.join("colour.csv"));
        end_of(command.arg("--gate").arg(rules.join("gate.csv")))
    };
    let passed = run(&rules.join("cases.jsonl"));
    let said = String::from_utf8(passed.stdout).unwrap();
    assert_eq!(passed.status.code(), Some(0), "{said}");
    assert!(said.trim_end().ends_with("passed, 0 failed"), "{said}");

    let wrong = site.data_dir().with_extension("jsonl");
    let cases = std::fs::read_to_string(rules.join("cases.jsonl")).unwrap();
    let mut case: serde_json::Value = serde_json::from_str(cases.lines().next().unwrap()).unwrap();
    case["expect"]["rule"] = "no such rule".into();
    std::fs::write(&wrong, case.to_string()).unwrap();
    let failed = run(&wrong);
    assert_eq!(failed.status.code(), Some(1));
    let said = String::from_utf8(failed.stdout).unwrap();
    assert!(
        said.contains("expected") && said.ends_with("0 passed, 1 failed\n"),
        "{said}"
    );

    let missing = run(Path::new("/nonexistent.jsonl"));
    assert_eq!(missing.status.code(), Some(66));
    assert!(!site.data_dir().exists());
}

#[test]
fn the_description_is_printed_without_a_database() {
    let site = Site::new();
    let printed = end_of(&mut site.command(&["openapi"]));
    assert!(printed.status.success());
    let description: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert!(description["paths"]["/healthz"].is_object());
}
