//! One PostgreSQL for all tests of the run, and a fresh database for each test.
//!
//! The server is a private cluster in a temporary directory without fsync: tests of
//! durability bring their own. A watchdog shell stops and removes it when this process
//! ends, however it ends, because its standard input closes then.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use gridpass::db::migrate::Migrations;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, Config, NoTls};

const TEMPLATE: &str = "gridpass_template";
static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static NEXT_DATABASE: AtomicU32 = AtomicU32::new(1);

struct Cluster {
    directory: PathBuf,
    _watchdog: Child,
}

/// Address of a new database, migrated, with nothing in it but what migrations put there.
pub async fn new_database() -> Config {
    let cluster = CLUSTER.get_or_init(start).await;
    let name = format!("t{}", NEXT_DATABASE.fetch_add(1, Ordering::Relaxed));
    let admin = connect(&cluster.address("postgres")).await;
    let sql = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY");
    admin
        .batch_execute(&sql)
        .await
        .expect("a database from the template");
    cluster.address(&name)
}

impl Cluster {
    fn address(&self, database: &str) -> Config {
        let mut config = Config::new();
        config
            .host_path(&self.directory)
            .user("gridpass")
            .dbname(database);
        config
    }
}

async fn start() -> Cluster {
    let directory = std::env::temp_dir().join(format!("gridpass-test-{}", std::process::id()));
    let watchdog = launch(&directory);
    let cluster = Cluster {
        directory,
        _watchdog: watchdog,
    };
    let admin = wait_for(&cluster.address("postgres")).await;
    admin
        .batch_execute(&format!("CREATE DATABASE {TEMPLATE}"))
        .await
        .expect("the template");
    admin
        .batch_execute("CREATE ROLE gridpass_engine LOGIN; CREATE ROLE gridpass_staff LOGIN")
        .await
        .expect("the lesser roles");
    let template = connect(&cluster.address(TEMPLATE)).await;
    let migrations = Migrations::embedded().expect("the migrations are well formed");
    migrations
        .run(&template)
        .await
        .expect("the migrations run from empty");
    cluster
}

/// Starts initdb and postgres under a watchdog shell, as an unprivileged user when root.
fn launch(directory: &Path) -> Child {
    let script = r#"
        set -e
        cd /
        "$0/initdb" -D "$1/data" -U gridpass --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$1/initdb.log" 2>&1
        "$0/postgres" -D "$1/data" -k "$1" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
            -c full_page_writes=off -c max_connections=400 -c shared_buffers=256MB -c autovacuum=off \
            >"$1/postgres.log" 2>&1 &
        server=$!
        cat >/dev/null || true
        kill -INT $server
        wait $server || true
        rm -rf "$1"
    "#;
    std::fs::create_dir_all(directory).expect("a temporary directory");
    let mut shell = Command::new("/bin/sh");
    shell
        .arg("-c")
        .arg(script)
        .arg(server_binaries())
        .arg(directory);
    shell.stdin(Stdio::piped()).stdout(Stdio::null());
    if rustix_is_root() {
        let (uid, gid) = (id_of("-u"), id_of("-g"));
        std::os::unix::fs::chown(directory, Some(uid), Some(gid))
            .expect("root may give a directory away");
        shell.uid(uid).gid(gid);
    }
    shell.spawn().expect("a shell")
}

fn rustix_is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Numeric id of the unprivileged user that Debian's package brings.
fn id_of(flag: &str) -> u32 {
    let output = Command::new("id")
        .args([flag, "postgres"])
        .output()
        .expect("id");
    let text = String::from_utf8(output.stdout).expect("a number");
    text.trim()
        .parse()
        .expect("the user postgres exists: run make setup")
}

fn server_binaries() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| {
            entries
                .flatten()
                .map(|entry| entry.path().join("bin"))
                .collect()
        })
        .unwrap_or_default();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found
        .pop()
        .expect("PostgreSQL's server binaries: run make setup")
}

async fn wait_for(address: &Config) -> Client {
    for _ in 0..600 {
        if let Ok(client) = try_connect(address).await {
            return client;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the test cluster did not start; see postgres.log in its directory");
}

async fn connect(address: &Config) -> Client {
    try_connect(address)
        .await
        .expect("the test cluster answers")
}

async fn try_connect(address: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = address.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
