//! Files that wait for a person before they change many colours.

use gridpass::access::Role;
use gridpass::app::HoldLimit;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, Setup, TestApp};
use crate::evidence::assert_counts_agree;
use crate::people::resident_number;

const HEADER: &str = "document_type,document_number,name,phone,origin,residence_status,enclosure_code,grid_code,\
household,address,employer_code,employment_status\n";

async fn district() -> (TestApp, Client) {
    let setup = Setup {
        hold: HoldLimit {
            share_percent: 20,
            people_min: 3,
        },
        ..Setup::default()
    };
    let test = TestApp::with(setup).await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    let tree = include_str!("../../../../data/divisions/pingshan.csv");
    desk.post_text("/api/v1/divisions/import", "text/csv", tree)
        .await
        .expect(200);
    let enclosures = "code,name,kind,community_code\nE1,金地朗悦,estate,440310001001\n";
    desk.post_text("/api/v1/enclosures/import", "text/csv", enclosures)
        .await
        .expect(200);
    (test, desk)
}

fn file(rows: std::ops::Range<u32>, name: &str) -> String {
    let row = |sequence: u32| {
        let number = resident_number(sequence);
        format!("resident_id,{number},{name},,420100,verified,E1,,,3栋{sequence}室,,\n")
    };
    std::iter::once(HEADER.to_owned())
        .chain(rows.map(row))
        .collect()
}

async fn import(desk: &Client, query: &str, file: String) -> crate::answer::Answer {
    let path = format!("/api/v1/registry-imports?{query}");
    desk.post_text(&path, "text/csv", file).await
}

async fn greens(test: &TestApp) -> i64 {
    test.scalar("SELECT count(*) FROM person_state WHERE colour = 0")
        .await
}

#[tokio::test]
async fn a_file_that_flips_too_many_is_held_until_a_second_person_releases_it() {
    let (test, desk) = district().await;
    let first = import(&desk, "source=police&create=true", file(0..10, "张三")).await;
    assert_eq!(first.expect(200)["held"], Value::Null);
    assert_eq!(greens(&test).await, 10);
    let facts = async || test.scalar::<i64>("SELECT count(*) FROM fact").await;
    let before = facts().await;
    // Two of ten are few; four more within the hour are not.
    let few = import(&desk, "source=police", file(0..2, "李四"))
        .await
        .expect(200);
    assert_eq!((&few["held"], &few["conflicts"]), (&Value::Null, &json!(2)));
    let wrong = file(2..6, "李四");
    let held = import(&desk, "source=police", wrong.clone())
        .await
        .expect(200);
    assert_eq!(
        (&held["held"]["reason"], &held["held"]["community"]),
        (&json!("flips"), &json!("440310001001"))
    );
    assert_eq!(
        (&held["held"]["count"], &held["held"]["of"]),
        (&json!(6), &json!(10))
    );
    assert_eq!(held["rows"], 0, "nothing of the chunk is taken");
    test.settle().await;
    assert_eq!(greens(&test).await, 8, "old colours stay");
    assert_eq!(facts().await, before + 2);

    let id = held["import_id"].as_i64().unwrap();
    let again = format!("source=police&released={id}");
    let early = import(&desk, &again, wrong.clone()).await;
    early.problem(409, "import_not_released");
    let path = format!("/api/v1/registry-imports/{id}/release");
    let note = json!({ "note": "已与派出所核对" });
    let own = desk.post(&path, note.clone()).await;
    own.problem(409, "import_same_account");
    let lead = test.caller(Role::CommunityLead, "440310001001").await;
    lead.post(&path, note.clone())
        .await
        .problem(403, "not_allowed");
    let officer = test.caller(Role::SubdistrictOfficer, "440310001").await;
    officer
        .post(&path, json!({ "note": "" }))
        .await
        .problem(422, "invalid_fields");
    let released = officer.post(&path, note.clone()).await.expect(200);
    assert!(released["held"]["released_at"].is_string());
    let twice = officer.post(&path, note).await;
    twice.problem(404, "not_found");
    let other = format!("source=transport&released={id}");
    let other = import(&desk, &other, wrong.clone()).await;
    other.problem(409, "import_not_released");
    let done = import(&desk, &again, wrong.clone()).await.expect(200);
    assert_eq!(
        (&done["held"], &done["conflicts"], &done["releases"]),
        (&Value::Null, &json!(4), &json!(id))
    );
    assert_eq!(greens(&test).await, 4);
    let used = import(&desk, &again, wrong).await;
    used.problem(409, "import_not_released");
    let list = officer.get("/api/v1/registry-imports").await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 4);
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn a_file_of_unusual_size_is_held() {
    let (_test, desk) = district().await;
    for _ in 0..3 {
        let usual = import(&desk, "source=police", file(0..20, "张三")).await;
        assert_eq!(usual.expect(200)["held"], Value::Null);
    }
    let empty = import(&desk, "source=police", HEADER.to_owned())
        .await
        .expect(200);
    assert_eq!(
        (&empty["held"]["reason"], &empty["held"]["of"]),
        (&json!("empty"), &json!(20))
    );
    let huge = import(&desk, "source=police", file(0..12_001, "张三")).await;
    let huge = huge.expect(200);
    assert_eq!(huge["held"]["reason"], "size");
    let taken = huge["rows"].as_i64().unwrap();
    assert!((1..=10_000).contains(&taken), "what came before stays");
    // Another source has no usual size yet.
    let new = import(&desk, "source=transport", HEADER.to_owned())
        .await
        .expect(200);
    assert_eq!(new["held"], Value::Null);
}

#[tokio::test]
async fn small_files_of_one_hour_add_up() {
    let (test, desk) = district().await;
    let first = import(&desk, "source=police&create=true", file(0..10, "张三")).await;
    assert_eq!(first.expect(200)["held"], Value::Null);
    let wrong = |rows| file(rows, "李四");
    for rows in [0..1, 1..2] {
        let few = import(&desk, "source=police", wrong(rows)).await;
        assert_eq!(few.expect(200)["held"], Value::Null);
        test.advance(SignedDuration::from_mins(20));
    }
    // The third within the hour, of another source: three of ten are too many.
    let third = import(&desk, "source=transport", wrong(2..3)).await;
    let third = third.expect(200);
    assert_eq!(
        (
            &third["held"]["reason"],
            &third["held"]["count"],
            &third["held"]["of"]
        ),
        (&json!("flips"), &json!(3), &json!(10))
    );
    assert_eq!(greens(&test).await, 8);
    // Released, it is carried out; what a person let through counts against nobody.
    let officer = test.caller(Role::SubdistrictOfficer, "440310001").await;
    let id = &third["import_id"];
    let path = format!("/api/v1/registry-imports/{id}/release");
    let note = json!({ "note": "已核对" });
    officer.post(&path, note).await.expect(200);
    let again = format!("source=transport&released={id}");
    let again = import(&desk, &again, wrong(2..3)).await;
    assert_eq!(again.expect(200)["held"], Value::Null);
    // Once the first is an hour old, one more is only two.
    test.advance(SignedDuration::from_mins(25));
    let later = import(&desk, "source=police", wrong(3..4)).await;
    assert_eq!(later.expect(200)["held"], Value::Null);
    assert_eq!(greens(&test).await, 6);
    assert_counts_agree(&test).await;
}
