//! The proof of the audit log: whatever is done to it behind the application's back is named.

use gridpass::access::Role;
use gridpass::audit::digests::DigestsView;
use gridpass::audit::verify::{Broken, Report, verify};
use gridpass::audit::{Keys, export, verify_file};
use gridpass_ledger::Fault;
use jiff::SignedDuration;

use crate::app::TestApp;
use crate::audit::{entries, of, owner};
use crate::evidence::{HERE, person};
use crate::process::{Site, end_of, wait_for};

async fn proof(test: &TestApp, kept: Option<&DigestsView>) -> Result<Report, Broken> {
    verify(&test.app, kept).await.unwrap()
}

/// A log of some length, linked.
async fn some_log(test: &TestApp) -> i64 {
    let someone = person(test, HERE).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    for _ in 0..8 {
        worker
            .get(&format!("/api/v1/people/{someone}/decision"))
            .await
            .expect(200);
    }
    test.settle().await;
    test.scalar::<i64>("SELECT entry_id FROM audit_link WHERE seq = 4")
        .await
}

#[tokio::test]
async fn an_untouched_log_is_proved() {
    let test = TestApp::with_divisions().await;
    some_log(&test).await;
    let report = proof(&test, None).await.unwrap();
    let count = entries(&test).await.len() as u64;
    assert_eq!(
        (report.links, report.head.seq, report.waiting),
        (count, count, 0)
    );
}

#[tokio::test]
async fn whatever_is_done_behind_the_applications_back_is_named() {
    let test = TestApp::with_divisions().await;
    let entry = some_log(&test).await;
    let seq = 4;
    let owner = owner(&test).await;
    let other = test
        .scalar::<i64>("SELECT entry_id FROM audit_link WHERE seq = 5")
        .await;
    let copy = format!(
        "INSERT INTO audit_entry (entry_id, at, actor, actor_id, unit, role, jurisdiction, purpose, action, subjects,
             object, result, code, origin, session, reference, key_number, mac)
         SELECT 1, at, actor, actor_id, unit, role, jurisdiction, purpose, action, subjects,
             object, result, code, origin, session, reference, key_number, mac FROM audit_entry WHERE entry_id = {entry}"
    );
    let acts: [(&str, String, Broken); 6] = [
        (
            "changed",
            format!("UPDATE audit_entry SET actor_id = 7 WHERE entry_id = {entry}"),
            Fault::Changed { seq, entry }.into(),
        ),
        (
            "deleted",
            format!("DELETE FROM audit_entry WHERE entry_id = {entry}"),
            Fault::Deleted { seq, entry }.into(),
        ),
        (
            "deleted with its link",
            format!("DELETE FROM audit_entry WHERE entry_id = {entry}; DELETE FROM audit_link WHERE seq = {seq}"),
            Fault::Missing { seq, count: 1 }.into(),
        ),
        ("inserted", copy, Broken::Unlinked { entry: 1, count: 1 }),
        (
            "reordered",
            "UPDATE audit_link SET seq = 1000 WHERE seq = 4; UPDATE audit_link SET seq = 4 WHERE seq = 5; \
             UPDATE audit_link SET seq = 5 WHERE seq = 1000"
                .to_owned(),
            Fault::Reordered { seq, entry: other }.into(),
        ),
        (
            "a link made anew without the key",
            format!("UPDATE audit_link SET mac = sha256('x') WHERE seq = {seq}"),
            Broken::ForgedLink { seq, entry },
        ),
    ];
    for (what, sql, expected) in acts {
        owner
            .batch_execute(
                "CREATE TABLE kept_e AS TABLE audit_entry; CREATE TABLE kept_l AS TABLE audit_link",
            )
            .await
            .unwrap();
        owner.batch_execute(&sql).await.unwrap();
        assert_eq!(proof(&test, None).await, Err(expected), "{what}");
        owner
            .batch_execute(
                "TRUNCATE audit_entry, audit_link; INSERT INTO audit_entry TABLE kept_e; \
                 INSERT INTO audit_link TABLE kept_l; DROP TABLE kept_e, kept_l",
            )
            .await
            .unwrap();
        proof(&test, None).await.unwrap();
    }
}

#[tokio::test]
async fn a_row_that_waits_for_its_link_cannot_be_forged_either() {
    let test = TestApp::with_divisions().await;
    some_log(&test).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    worker
        .get("/api/v1/people/1/decision")
        .await
        .problem(404, "not_found");
    let owner = owner(&test).await;
    let changed = owner
        .execute("UPDATE audit_entry SET code = NULL WHERE entry_id = (SELECT max(entry_id) FROM audit_pending)", &[])
        .await
        .unwrap();
    assert_eq!(changed, 1);
    test.settle().await;
    let entry = test
        .scalar::<i64>("SELECT max(entry_id) FROM audit_entry")
        .await;
    let named = proof(&test, None).await.unwrap_err();
    assert!(
        matches!(named, Broken::Forged { entry: found, .. } if found == entry),
        "{named}"
    );
}

#[tokio::test]
async fn the_application_cannot_change_the_log() {
    let test = TestApp::with_divisions().await;
    some_log(&test).await;
    let db = test.app.db.client().await.unwrap();
    let tables = [
        "audit_entry",
        "audit_link",
        "audit_digest",
        "audit_entry_202003",
        "audit_link_202003",
    ];
    for table in tables {
        for act in ["DELETE FROM", "TRUNCATE", "DROP TABLE"] {
            let refused = db.batch_execute(&format!("{act} {table}")).await;
            assert!(refused.is_err(), "{act} {table}");
        }
    }
    for act in [
        "UPDATE audit_entry SET actor_id = 1",
        "UPDATE audit_link SET seq = 1",
        "UPDATE audit_digest SET first_seq = 1",
    ] {
        assert!(db.batch_execute(act).await.is_err(), "{act}");
    }
    proof(&test, None).await.unwrap();
}

async fn published(test: &TestApp) -> DigestsView {
    let anybody = test.resident().get("/.well-known/gridpass-digests").await;
    let same = test.anonymous().get("/.well-known/gridpass-digests").await;
    let view = anybody.expect(200);
    assert_eq!(view, same.expect(200));
    serde_json::from_value(view).unwrap()
}

#[tokio::test]
async fn each_day_is_signed_and_published_and_holds_the_log_to_it() {
    hold_to_signed_days(TestApp::with_divisions().await, "EdDSA").await;
}

#[tokio::test]
async fn under_guomi_each_day_is_signed_with_sm2() {
    hold_to_signed_days(TestApp::guomi_with_divisions().await, "SM2").await;
}

async fn hold_to_signed_days(test: TestApp, alg: &str) {
    some_log(&test).await;
    assert!(published(&test).await.digests.is_empty());
    let first_day = entries(&test).await.len() as u64;
    test.advance(SignedDuration::from_hours(24));
    some_log(&test).await;
    test.advance(SignedDuration::from_hours(48));
    test.settle().await;
    let kept = published(&test).await;
    let days: Vec<String> = kept
        .digests
        .iter()
        .map(|digest| digest.day.to_string())
        .collect();
    assert_eq!(days, ["2020-03-08", "2020-03-07", "2020-03-06"]);
    assert_eq!(
        kept.digests[0].entries, 0,
        "a day without entries has a digest, too"
    );
    assert_eq!(kept.digests[2].entries, first_day);
    let all = entries(&test).await.len() as u64;
    assert_eq!(kept.digests[0].last, all);
    let report = proof(&test, Some(&kept)).await.unwrap();
    assert_eq!((report.links, report.days), (all, 3));
    assert_eq!((kept.keys.len(), kept.keys[0].alg.as_str()), (1, alg));
    let refused = |change: fn(&mut DigestsView)| {
        let mut other = kept.clone();
        change(&mut other);
        other
    };
    for other in [
        refused(|kept| kept.digests[1].signature = kept.digests[2].signature.clone()),
        refused(|kept| kept.digests[1].root = kept.digests[1].head.clone()),
    ] {
        let named = proof(&test, Some(&other)).await.unwrap_err();
        assert!(matches!(named, Broken::Digest { .. }), "{named}");
    }

    // Cut off behind the application's back, with everything beside the chain that tells.
    let owner = owner(&test).await;
    owner
        .batch_execute(
            "DELETE FROM audit_entry WHERE entry_id IN (SELECT entry_id FROM audit_link WHERE seq > 3); \
             DELETE FROM audit_link WHERE seq > 3; DELETE FROM audit_digest",
        )
        .await
        .unwrap();
    proof(&test, None).await.unwrap();
    let named = proof(&test, Some(&kept)).await.unwrap_err();
    assert_eq!(
        named,
        Broken::Chain(Fault::Truncated {
            seq: 3,
            trusted: all
        })
    );
}

#[tokio::test]
async fn an_export_is_proved_without_the_database() {
    let test = TestApp::with_divisions().await;
    some_log(&test).await;
    test.advance(SignedDuration::from_hours(48));
    test.settle().await;
    let kept = published(&test).await;
    assert_eq!(kept.digests.len(), 2);
    let mut file = Vec::new();
    let db = test.app.db.client().await.unwrap();
    let count = export(&db, &mut file).await.unwrap();
    let check = |file: &[u8]| verify_file(file, Some(&kept)).unwrap();
    assert_eq!(check(&file).unwrap().links, count);
    let text = String::from_utf8(file).unwrap();
    let changed = text.replacen("grid_worker", "team_police", 1);
    assert!(matches!(
        check(changed.as_bytes()),
        Err(Broken::Chain(Fault::Changed { .. }))
    ));
    let cut: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("\"link\":3,"))
        .collect();
    let missing = Broken::Chain(Fault::Missing { seq: 3, count: 1 });
    assert_eq!(check(cut.join("\n").as_bytes()), Err(missing));
    let forged = text.replacen("\"last\":", "\"last\":1", 1);
    assert!(matches!(
        check(forged.as_bytes()),
        Err(Broken::Digest { .. })
    ));
}

#[tokio::test]
async fn a_new_key_is_vouched_for_by_the_old_which_goes_on_proving() {
    let test = TestApp::with_divisions().await;
    let other_node = TestApp::start_on(test.config.clone(), test.clock.clone()).await;
    some_log(&test).await;
    test.advance(SignedDuration::from_hours(24));
    test.settle().await;
    let kept = published(&test).await;
    assert_eq!((kept.keys.len(), kept.digests.len()), (1, 1));

    let keys = test.app.part::<Keys>();
    assert_eq!(keys.rotate(&test.app).await.unwrap(), 2);
    some_log(&test).await;
    // The other node goes on with the key it knows until it looks, and publishes both at once.
    assert_eq!(other_node.app.part::<Keys>().newest().number, 1);
    assert_eq!(published(&other_node).await.keys.len(), 2);
    // A clock's tick apart, or two nodes could give the same identities.
    test.advance(SignedDuration::from_secs(60));
    some_log(&other_node).await;
    assert_eq!(other_node.app.part::<Keys>().newest().number, 2);
    test.advance(SignedDuration::from_secs(60));
    some_log(&other_node).await;
    test.advance(SignedDuration::from_hours(48));
    test.settle().await;

    let now = published(&test).await;
    let numbers: Vec<i16> = now.digests.iter().map(|digest| digest.key_number).collect();
    assert_eq!(numbers, [2, 2, 1]);
    assert!(now.keys[0].endorsement.is_none() && now.keys[1].endorsement.is_some());
    let used = "SELECT count(DISTINCT key_number) FROM audit_entry";
    assert_eq!(test.scalar::<i64>(used).await, 2);
    // What was kept before the change still proves all that came after it.
    for node in [&test, &other_node] {
        for held_to in [None, Some(&kept), Some(&now)] {
            assert_eq!(proof(node, held_to).await.unwrap().days, 3);
        }
    }
    let mut file = Vec::new();
    export(&test.app.db.client().await.unwrap(), &mut file)
        .await
        .unwrap();
    assert_eq!(
        verify_file(&file[..], Some(&kept)).unwrap().unwrap().days,
        3
    );

    // A key that the old one does not vouch for signs nothing that counts.
    let owner = owner(&test).await;
    owner
        .batch_execute("UPDATE audit_key SET endorsement = NULL WHERE key_number = 2")
        .await
        .unwrap();
    let named = proof(&test, Some(&kept)).await.unwrap_err();
    assert!(matches!(named, Broken::Digest { .. }), "{named}");
    let text = String::from_utf8(file).unwrap();
    let unvouched = text.replace("\"endorsement\":\"", "\"endorsement\":\"A");
    let named = verify_file(unvouched.as_bytes(), Some(&kept)).unwrap();
    assert!(matches!(named, Err(Broken::Digest { .. })));
}

#[tokio::test]
async fn entries_that_commit_at_the_same_time_are_linked_once_each() {
    let test = TestApp::with_divisions().await;
    let other_node = TestApp::start_on(test.config.clone(), test.clock.clone()).await;
    let someone = person(&test, HERE).await;
    let path = format!("/api/v1/people/{someone}/decision");
    let mut calls = tokio::task::JoinSet::new();
    for node in [&test, &other_node] {
        for _ in 0..4 {
            // Made at one node: two with one clock would give two accounts one number.
            let worker = test.caller(Role::GridWorker, HERE).await;
            let worker = node.with_token(worker.token());
            let path = path.clone();
            calls.spawn(async move {
                for _ in 0..12 {
                    worker.get(&path).await.expect(200);
                }
            });
        }
    }
    // Both nodes link while entries keep coming.
    while !calls.is_empty() {
        tokio::select! {
            done = calls.join_next() => done.unwrap().unwrap(),
            () = async { tokio::join!(test.settle(), other_node.settle()); } => {}
        }
    }
    test.settle().await;
    let report = proof(&test, None).await.unwrap();
    assert_eq!(of(&test, "get_decision").await.len(), 96);
    assert_eq!(report.links, entries(&test).await.len() as u64);
    let linked = "SELECT count(*) - count(DISTINCT entry_id) FROM audit_link";
    assert_eq!(test.scalar::<i64>(linked).await, 0);
    assert_eq!(report.waiting, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_proves_the_log_and_names_what_is_broken() {
    let site = Site::new();
    let server = site.serve(&[]);
    let mut create = site.command(&["staff", "create", "--username", "first-admin"]);
    let created = end_of(create.args(["--role", "security_admin"]));
    assert!(created.status.success());
    let said = |command: &[&str]| {
        let output = end_of(&mut site.command(command));
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    // The command wrote the entry; the server links it within half a second.
    let proved = wait_for("the entry's link", || {
        let (code, out) = said(&["audit", "verify"]);
        assert_eq!(code, Some(0), "{out}");
        out.contains("OK: 1 entries, 0 signed days, 0 waiting")
            .then_some(out)
    });
    assert!(proved.contains("head 1 "));
    let file = site.data_dir().with_extension("jsonl");
    let name = file.to_str().unwrap();
    let (code, out) = said(&["audit", "export", "--file", name]);
    assert_eq!((code, out.as_str()), (Some(0), "1 entries written\n"));
    assert_eq!(said(&["audit", "verify", "--file", name]).0, Some(0));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("command/staff_create"));
    std::fs::write(
        &file,
        text.replace("\"actor\":\"system\"", "\"actor\":\"nobody\""),
    )
    .unwrap();
    let (code, out) = said(&["audit", "verify", "--file", name]);
    assert_eq!(code, Some(1));
    assert!(
        out.starts_with("BROKEN: entry ") && out.contains("was changed"),
        "{out}"
    );
    let (code, out) = said(&["keys", "rotate", "--which", "audit"]);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("audit key 2 writes"), "{out}");
    wait_for("the link of the change of keys", || {
        let (code, out) = said(&["audit", "verify"]);
        assert_eq!(code, Some(0), "{out}");
        out.contains("OK: 2 entries, 0 signed days, 0 waiting")
            .then_some(())
    });
    assert!(server.terminate().success());
}
