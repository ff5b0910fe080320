//! The master keys: rotated under traffic, retired when nothing needs them, and refused when
//! they are no secret.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use gridpass::access::Role;
use gridpass::config::secrets::Secrets;
use gridpass::ids::Entropy;
use gridpass::keys::{self, Keeper, columns::COLUMNS};
use gridpass::seal::Which;
use gridpass_types::clock::ManualClock;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::people::{applicant, resident_number};
use crate::process::{Site, end_of};
use crate::scans::support::{Phone, phone, scan, scene};

/// People in the registry of these tests: more than two batches.
const PEOPLE: u32 = 1_100;

fn registry() -> String {
    let mut file = String::from("document_number,name,phone,household,address\n");
    for sequence in 100..100 + PEOPLE {
        let number = resident_number(sequence);
        file.push_str(&format!(
            "{number},张三,13800001234,H{},3栋\n",
            sequence / 3
        ));
    }
    file
}

/// Imports the registry at a node, by somebody who signed in when both clocks agreed.
async fn import(desk: &str, node: &TestApp) -> Value {
    let desk = node.with_token(desk);
    let path = "/api/v1/registry-imports?source=police&create=true";
    desk.post_text(path, "text/csv", registry())
        .await
        .expect(200)
}

/// Gives a node these keys, as reading its source would.
async fn give(node: &TestApp, secrets: &Secrets) {
    let keeper = node.app.part::<Keeper>();
    keeper.replace(secrets.clone());
    keys::apply(&node.app, &keeper).await.unwrap();
}

async fn by_first_key(test: &TestApp) -> i64 {
    let counts = keys::count_values(&test.app).await.unwrap();
    counts
        .iter()
        .filter(|(_, number, _)| *number == 1)
        .map(|(.., values)| values)
        .sum()
}

async fn states(test: &TestApp, which: &str) -> Vec<String> {
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let view = admin.get("/api/v1/master-keys").await.expect(200);
    let of = view["keys"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|key| key["which"] == which);
    of.map(|key| key["state"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_key_is_changed_under_traffic_on_two_nodes() {
    let (test, post, first) = scene().await;
    // A node whose clock will fall behind: it writes with the old keys for longer. A second
    // apart, because identities are made from the time.
    let clock = ManualClock::new(test.now() + SignedDuration::from_secs(1));
    let behind = TestApp::start_on(test.config.clone(), clock).await;
    // Nodes of the tests draw from one seed; drawing ahead keeps their people apart.
    for _ in 0..4096 {
        behind.app.entropy.bytes::<4096>();
    }
    let desk = test.caller(Role::DataDesk, "440310").await;
    assert_eq!(import(desk.token(), &test).await["created"], PEOPLE);
    let households: i64 = test
        .scalar("SELECT count(DISTINCT household_id) FROM person")
        .await;
    let first_form = test.with_code(applicant("李四", 60, "13800001234")).await;
    test.resident()
        .post_with_key("/api/v1/people/enrol", "k1", first_form.clone())
        .await
        .expect(201);
    let sealed_before = by_first_key(&test).await;
    assert!(sealed_before > 3 * i64::from(PEOPLE));

    let mut secrets = Secrets::clone(&test.app.part::<Keeper>().secrets());
    let from = test.now() + SignedDuration::from_mins(5);
    for which in Which::ALL {
        secrets.add(which, from, &Entropy::seeded(9)).unwrap();
    }
    give(&test, &secrets).await;
    give(&behind, &secrets).await;
    assert_eq!(states(&test, "sealing").await, ["active", "pending"]);

    test.advance(SignedDuration::from_mins(5));
    give(&test, &secrets).await;
    test.settle().await;
    // The same number on both nodes at once, each with another key, is one person's: whoever comes
    // second gets a pass beside it that does not hold the number.
    for sequence in 70..80 {
        let (one, other) = tokio::join!(
            test.enrol(applicant("王五", sequence, &format!("138{sequence:08}"))),
            behind.enrol(applicant("王五", sequence, &format!("139{sequence:08}"))),
        );
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 201]);
    }
    let beside: i64 = test.scalar("SELECT count(*) FROM number_claim").await;
    assert_eq!(beside, 10);
    // A code asked for at one node counts at the other, though each has another key.
    let form = test.with_code(applicant("赵六", 81, "13800001234")).await;
    let resident = behind.resident();
    resident
        .post("/api/v1/people/enrol", form)
        .await
        .expect(201);
    let late = phone(&behind, 90, post.enclosure_id).await;
    assert!(
        by_first_key(&test).await > 0,
        "the node behind wrote with the old key"
    );
    let again = import(desk.token(), &behind).await;
    assert_eq!(
        (&again["matched"], &again["created"]),
        (&json!(PEOPLE), &json!(0))
    );
    test.settle().await;
    assert_eq!(
        states(&test, "sealing").await,
        ["retiring", "active"],
        "not settled yet"
    );
    everybody_is_served((&test, &test), &post, [&first, &late]).await;

    behind.advance(SignedDuration::from_mins(16));
    give(&behind, &secrets).await;
    test.advance(SignedDuration::from_mins(11));
    test.settle().await;
    assert_eq!(by_first_key(&test).await, 0);
    for which in ["sealing", "digest"] {
        assert_eq!(states(&test, which).await, ["retired", "active"]);
    }
    let old: i64 = test
        .scalar(
            "SELECT (SELECT count(*) FROM person WHERE coalesce(digest_key, 1) = 1)
            + (SELECT count(*) FROM person_identifier WHERE coalesce(digest_key, 1) = 1)",
        )
        .await;
    assert_eq!(old, 0);
    let numbers: bool = test
        .scalar(
            "SELECT (SELECT count(*) FROM person) - (SELECT count(*) FROM number_claim)
                = (SELECT count(*) FROM person_identifier)",
        )
        .await;
    assert!(
        numbers,
        "each person who holds a number has it under one key"
    );
    give(&behind, &secrets).await;
    everybody_is_served((&test, &test), &post, [&first, &late]).await;
    everybody_is_served((&test, &behind), &post, []).await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    assert_eq!(import(desk.token(), &test).await["created"], 0);
    let after: i64 = test
        .scalar("SELECT count(DISTINCT household_id) FROM person")
        .await;
    assert_eq!(after, households, "households outlive the digest key");
    let replayed = test
        .resident()
        .post_with_key("/api/v1/people/enrol", "k1", first_form)
        .await;
    replayed.expect(201);

    test.advance(SignedDuration::from_hours(25));
    test.settle().await;
    assert_eq!(states(&test, "pass").await, ["retired", "active"]);
    let kept: i64 = test
        .scalar("SELECT count(*) FROM master_key WHERE retired_at IS NOT NULL")
        .await;
    assert_eq!(kept, 3);
}

/// Phones with credentials from before the change pass, and people are found by number.
async fn everybody_is_served<const N: usize>(
    (test, node): (&TestApp, &TestApp),
    post: &crate::gates::Post,
    phones: [&Phone; N],
) {
    for phone in phones {
        scan(test, post, phone).await;
    }
    let worker = test.caller(Role::GridWorker, "440310").await;
    let worker = node.with_token(worker.token());
    for sequence in [1, 70, 100, 99 + PEOPLE] {
        let body = json!({ "document_number": resident_number(sequence) });
        let found = worker.post("/api/v1/people/search", body).await.expect(200);
        assert!(found.to_string().contains("\"name\":"), "{found}");
    }
    // Signing keys and gate codes open, too.
    let admin = test.caller(Role::SystemAdmin, "").await;
    let admin = node.with_token(admin.token());
    admin
        .post("/api/v1/specimen-passes", json!({}))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_wrong_a_missing_and_an_outdated_key_are_refused() {
    let test = TestApp::start().await;
    let keeper = test.app.part::<Keeper>();
    let right = Secrets::clone(&keeper.secrets());
    let refusal = |secrets: Secrets| {
        let (app, keeper) = (test.app.clone(), keeper.clone());
        async move {
            keeper.replace(secrets);
            keys::apply(&app, &keeper).await.unwrap_err().to_string()
        }
    };
    let other = refusal(Secrets::single([9; 32], [2; 32], [3; 32])).await;
    assert!(other.contains("sealing 1 is not the one"), "{other}");
    let mut newer = right.clone();
    newer
        .add(Which::Sealing, test.now(), &Entropy::seeded(4))
        .unwrap();
    give(&test, &newer).await;
    let missing = refusal(right.clone()).await;
    assert!(missing.contains("sealing 2 is missing"), "{missing}");
    give(&test, &newer).await;
    test.advance(SignedDuration::from_mins(11));
    test.settle().await;
    let mut forgotten = newer.clone();
    forgotten.forget(Which::Sealing, 1);
    give(&test, &forgotten).await;
    assert_eq!(states(&test, "sealing").await, ["active"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suite_is_chosen_once() {
    let site = Site::new();
    let server = site.serve(&["--suite", "guomi"]);
    let file = site.data_dir().join("secrets.toml");
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept.contains("suite = \"guomi\""));
    assert!(server.terminate().success());
    assert!(
        site.serve(&[]).terminate().success(),
        "the suite is written with the keys"
    );
    let said = site.refusal(site.command(&["serve", "--suite", "standard"]), 78);
    assert!(
        said.contains("for the suite guomi, which never changes"),
        "{said}"
    );
    std::fs::write(&file, kept.replace("guomi", "standard")).unwrap();
    let said = site.refusal(site.command(&["serve"]), 70);
    assert!(
        said.contains("is not the one that this database was sealed with"),
        "{said}"
    );
}

#[tokio::test]
async fn only_the_security_administrator_sees_the_keys() {
    let test = TestApp::start().await;
    test.anonymous()
        .get("/api/v1/master-keys")
        .await
        .problem(401, "not_signed_in");
    for role in [Role::SystemAdmin, Role::AuditAdmin, Role::DataDesk] {
        let caller = test.caller(role, "").await;
        caller
            .get("/api/v1/master-keys")
            .await
            .problem(403, "not_allowed");
    }
    assert_eq!(states(&test, "digest").await, ["active"]);
}

#[tokio::test]
async fn every_sealed_column_is_sealed_anew() {
    let test = TestApp::start().await;
    let db = test.app.db.client().await.unwrap();
    let sql = "SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name LIKE '%\\_sealed' AND table_name NOT LIKE 'scan\\_2%'";
    let rows = db.query(sql, &[]).await.unwrap();
    let live: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let listed: BTreeSet<String> = COLUMNS
        .iter()
        .map(|column| column.name.to_owned())
        .collect();
    assert_eq!(live, listed, "list every sealed column in keys/columns.rs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_rotated_on_the_command_line_beside_a_running_server() {
    let site = Site::new();
    let server = site.serve(&[]);
    let file = site.data_dir().join("secrets.toml");
    let run = |words: &[&str]| {
        let output = end_of(&mut site.command(&[&["keys"], words].concat()));
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            stderr,
        )
    };
    for which in ["sealing", "digest", "pass", "signing"] {
        let (code, _, said) = run(&["rotate", "--which", which, "--lead", "60"]);
        assert_eq!(code, Some(0), "{said}");
    }
    let (code, _, said) = run(&["rotate", "--which", "digest"]);
    assert_eq!(code, Some(65));
    assert!(said.contains("digest 2 is not in use yet"), "{said}");
    let (_, listed, _) = run(&["list"]);
    assert_eq!(listed.matches("pending").count(), 3, "{listed}");
    let (_, status, _) = run(&["status"]);
    assert!(
        status.contains("pass_key.private_key_sealed: 2 values by key 1"),
        "{status}"
    );
    let (code, _, said) = run(&["forget", "--which", "sealing", "--number", "1"]);
    assert_eq!(code, Some(65));
    assert!(said.contains("sealing 1 is not retired"), "{said}");
    let kept = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    for line in kept
        .lines()
        .filter_map(|line| line.strip_prefix("key = \""))
    {
        let key = line.trim_end_matches('"');
        assert!(!listed.contains(key) && !status.contains(key) && !site.log().contains(key));
    }
    assert!(server.is_ready().await);
    assert!(server.terminate().success());
    assert!(
        site.serve(&[]).terminate().success(),
        "it starts with rotated keys"
    );
}

#[test]
fn production_refuses_keys_that_are_no_secret_from_every_source() {
    let outside = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str, mode: u32| {
        let path = outside.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    };
    let random = Secrets::random(&Entropy::seeded(1)).to_text().to_string();
    let demo = Secrets::demo().to_text().to_string();
    let first = random.find("\nkey = \"").unwrap() + 8;
    let typed = random.replacen(&random[first..first + 64], &"31".repeat(32), 1);
    let good = write("good.toml", &random, 0o600);
    let open = write("open.toml", &random, 0o644);
    let published = write("demo.toml", &demo, 0o600);
    let weak = write(
        "weak.toml",
        &random.replace("[[pass]]", "[[sealing]]"),
        0o600,
    );
    let cat = |path: &str| format!("cat {path}");
    let printing = cat(&published);
    let site = Site::new();
    let file = "GRIDPASS_SECRETS_FILE";
    let command = "GRIDPASS_KEYS_COMMAND";
    for (variables, code, expected) in [
        (vec![(file, &*published)], 78, "published keys of the demo"),
        (
            vec![("GRIDPASS_KEYS", &*demo)],
            78,
            "published keys of the demo",
        ),
        (
            vec![(command, &*printing)],
            78,
            "published keys of the demo",
        ),
        (vec![(file, &*open)], 77, "chmod 600"),
        (vec![(file, &*weak)], 65, "no [[pass]]"),
        (vec![("GRIDPASS_KEYS", &*typed)], 65, "random and different"),
        (
            vec![("GRIDPASS_KEYS", "1234567890123456")],
            65,
            "is not as expected",
        ),
        (vec![(command, "false")], 69, "failed"),
        (
            vec![(command, "/no/such/vault --token x")],
            69,
            "cannot be started",
        ),
        (
            vec![("GRIDPASS_KEYS", &*random), (file, &*good)],
            78,
            "give one of them only",
        ),
    ] {
        let mut serve = site.command(&["serve"]);
        serve.envs(variables);
        let said = site.refusal(serve, code);
        assert!(said.contains(expected), "{said}");
        assert!(
            !said.contains("3131") && !said.contains("1234567890123456"),
            "{said}"
        );
        assert!(!said.contains("--token"), "{said}");
    }
    assert!(!site.data_dir().exists(), "nothing was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_come_from_a_command_and_from_the_environment() {
    let outside = tempfile::tempdir().unwrap();
    let vault = outside.path().join("ring.toml");
    let text = Secrets::random(&Entropy::seeded(1)).to_text().to_string();
    std::fs::write(&vault, &text).unwrap();
    let site = Site::new();
    let command = format!("cat {}", vault.display());
    let server = site.serve(&["--keys-command", &command]);
    assert!(server.is_ready().await);
    assert!(!site.data_dir().join("secrets.toml").exists());
    let mut rotate = site.command(&["keys", "rotate", "--which", "sealing"]);
    rotate.env("GRIDPASS_KEYS_COMMAND", &command);
    let said = site.refusal(rotate, 78);
    assert!(said.contains("which gridpass does not write"), "{said}");
    assert!(server.terminate().success());

    let mut list = site.command(&["keys", "list"]);
    list.env("GRIDPASS_KEYS", &text);
    let listed = String::from_utf8(end_of(&mut list).stdout).unwrap();
    assert_eq!(listed.matches("active").count(), 4, "{listed}");
    let other = Secrets::random(&Entropy::seeded(2)).to_text().to_string();
    let mut wrong = site.command(&["serve"]);
    wrong.env("GRIDPASS_KEYS", other);
    let said = site.refusal(wrong, 70);
    assert!(
        said.contains("is not the one that this database was sealed with"),
        "{said}"
    );
}
