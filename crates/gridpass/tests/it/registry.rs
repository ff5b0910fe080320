//! Registries streamed in: created, matched, in conflict, missed, rejected.

use gridpass::access::Role;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::people::resident_number;

const HEADER: &str = "document_type,document_number,name,phone,origin,residence_status,enclosure_code,grid_code,\
household,address,employer_code,employment_status\n";
const CREDIT_CODE: &str = "9144030071526726XG";

/// A district with one enclosure (`E1`), one grid and one employer, and the data desk.
pub async fn district() -> (TestApp, Client) {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    let grid = "code,name,level,parent\n440310001001001,第一网格,grid,440310001001\n";
    desk.post_text("/api/v1/divisions/import", "text/csv", grid)
        .await
        .expect(200);
    let enclosures = "code,name,kind,community_code\nE1,金地朗悦,estate,440310001001\n";
    desk.post_text("/api/v1/enclosures/import", "text/csv", enclosures)
        .await
        .expect(200);
    let employer = json!({ "name": "坪山制造", "credit_code": CREDIT_CODE, "kind": "company", "place_code": "440310001001" });
    desk.post("/api/v1/employers", employer).await.expect(201);
    (test, desk)
}

fn row(sequence: u32, name: &str) -> String {
    format!(
        "resident_id,{},{name},13800001234,420100,verified,E1,440310001001001,H{},3栋{sequence}室,{CREDIT_CODE},declared\n",
        resident_number(sequence),
        sequence / 3,
    )
}

pub async fn import(desk: &Client, query: &str, file: impl Into<reqwest::Body>) -> Value {
    desk.post_text(
        &format!("/api/v1/registry-imports?{query}"),
        "text/csv",
        file,
    )
    .await
    .expect(200)
}

pub fn counts(view: &Value) -> [i64; 6] {
    [
        "rows",
        "created",
        "matched",
        "conflicts",
        "missed",
        "rejected",
    ]
    .map(|name| view[name].as_i64().unwrap())
}

async fn facts(test: &TestApp) -> i64 {
    test.scalar("SELECT count(*) FROM fact").await
}

#[tokio::test]
async fn a_registry_enters_people_and_again_changes_nothing() {
    let (test, desk) = district().await;
    let file: String = std::iter::once(HEADER.to_owned())
        .chain((0..4500).map(|n| row(n, "张三")))
        .collect();
    let view = import(&desk, "source=police&create=true", file.clone()).await;
    assert_eq!(counts(&view), [4500, 4500, 0, 0, 0, 0]);
    let (people, recorded) = (
        test.scalar::<i64>("SELECT count(*) FROM person").await,
        facts(&test).await,
    );
    assert_eq!((people, recorded), (4500, 3 * 4500));
    let dense: bool = test
        .scalar(
            "SELECT min(pass_serial) = 1 AND max(pass_serial) = 4500
        AND count(DISTINCT pass_serial) = 4500 FROM person",
        )
        .await;
    assert!(dense, "serials of an import have holes");
    let agree: bool = test.scalar("SELECT count(*) = 4500 FROM person p JOIN person_state s USING (person_id, pass_serial)
        WHERE s.place_code = '440310001001001' AND s.colour = 0 AND s.registry = 1 AND p.origin_province = '42'").await;
    assert!(agree, "state rows do not say what the registry said");
    let again = import(&desk, "source=police&create=true", file).await;
    assert_eq!(counts(&again), [4500, 0, 4500, 0, 0, 0]);
    assert_eq!(facts(&test).await, recorded);
    let found = desk
        .get(&format!("/api/v1/registry-imports/{}", again["import_id"]))
        .await
        .expect(200);
    assert_eq!(found, again);
}

/// Three people have enrolled; the file speaks of two of them, of one under another name, and
/// of somebody unknown.
async fn enrolled_three() -> (TestApp, Client, String) {
    let (test, desk) = district().await;
    for (sequence, name) in [(1, "张三"), (2, "李四"), (3, "付强")] {
        let body = json!({ "name": name, "document_type": "resident_id", "document_number": resident_number(sequence),
                           "phone": "13900001234" });
        test.enrol(body).await.expect(201);
    }
    let file = format!(
        "{HEADER}{}{}{}{}",
        row(1, "张三"),
        row(2, "王五"),
        row(3, "傅强"),
        row(4, "赵六")
    );
    (test, desk, file)
}

#[tokio::test]
async fn rows_that_need_an_eye_are_told_by_number() {
    let (_test, desk, file) = enrolled_three().await;
    let view = import(&desk, "source=police", file).await;
    assert_eq!(counts(&view), [4, 0, 2, 1, 1, 0]);
    let path = format!("/api/v1/registry-imports/{}/rows", view["import_id"]);
    let rows = desk.get(&path).await.expect(200);
    let told: Vec<(i64, &str, &str)> = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["row_number"].as_i64().unwrap(),
                row["outcome"].as_str().unwrap(),
                row["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (3, "conflict", "name_differs"),
            (5, "missed", "person_unknown")
        ]
    );
    assert_eq!(
        desk.get(&format!("{path}?outcome=missed"))
            .await
            .expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        desk.get(&format!("{path}?after=3&limit=1"))
            .await
            .expect(200)["items"][0]["row_number"],
        5
    );
}

#[tokio::test]
async fn enrolled_people_are_compared_not_overwritten() {
    let (test, desk, file) = enrolled_three().await;
    import(&desk, "source=police", file.clone()).await;
    let states: i64 = test
        .scalar(
            "SELECT count(*) FROM person_state WHERE registry = 2 AND colour = 1 AND residence = 0",
        )
        .await;
    assert_eq!(
        states, 1,
        "a conflict is yellow and says nothing about the residence"
    );
    let visits: i64 = test
        .scalar("SELECT count(*) FROM outbox WHERE topic = 'visit.needed' AND payload->>'cause' = 'identity_conflict'").await;
    assert_eq!(visits, 1);
    let filled: i64 = test.scalar("SELECT count(*) FROM person WHERE household_id IS NOT NULL AND address_sealed IS NOT NULL
        AND grid_code = '440310001001001'").await;
    assert_eq!(
        filled, 2,
        "what was not known is filled, for those who agree"
    );
    let before = facts(&test).await;
    import(&desk, "source=police", file.clone()).await;
    assert_eq!(facts(&test).await, before);
    import(&desk, "source=city", file).await;
    assert!(
        facts(&test).await > before,
        "another registry has its own word"
    );
}

#[tokio::test]
async fn an_old_file_does_not_undo_what_was_found_since() {
    let (test, desk) = district().await;
    let file = format!("{HEADER}{}", row(1, "张三"));
    import(&desk, "source=police&create=true", file.clone()).await;
    let person: i64 = test.scalar("SELECT person_id FROM person").await;
    let enclosure: i64 = test.scalar("SELECT enclosure_id FROM enclosure").await;
    let worker = test.caller(Role::GridWorker, "440310001001").await;
    test.advance(jiff::SignedDuration::from_secs(60));
    let gone =
        json!({ "kind": "residence", "status": "away", "enclosure": enclosure, "source": "visit" });
    worker
        .post(&format!("/api/v1/people/{person}/facts"), gone)
        .await
        .expect(201);
    let before = facts(&test).await;
    assert_eq!(
        counts(&import(&desk, "source=police&create=true", file).await),
        [1, 0, 1, 0, 0, 0]
    );
    assert_eq!(facts(&test).await, before);
    let away: i16 = test.scalar("SELECT residence FROM person_state").await;
    assert_eq!(away, 3);
}

#[tokio::test]
async fn a_number_that_stands_twice_is_compared_with_itself() {
    let (test, desk) = district().await;
    let file = format!(
        "{HEADER}{}{}{}",
        row(1, "张三"),
        row(1, "张三"),
        row(1, "李四")
    );
    assert_eq!(
        counts(&import(&desk, "source=police&create=true", file).await),
        [3, 1, 1, 1, 0, 0]
    );
    let people: i64 = test.scalar("SELECT count(*) FROM person").await;
    assert_eq!(people, 1);
}

#[tokio::test]
async fn bad_rows_are_rejected_by_number_and_the_rest_is_taken() {
    let (test, desk) = district().await;
    let mut file = format!("\u{feff}{}", HEADER.replace('\n', "\r\n")).into_bytes();
    for piece in [
        row(1, "张三").into_bytes(),
        row(2, "").into_bytes(),
        row(3, "李四").replace("E1", "E9").into_bytes(),
        row(4, "王五")
            .replace(",440310001001001,", ",440310001001009,")
            .into_bytes(),
        row(5, "赵六")
            .replace(CREDIT_CODE, "91440300MA5DA1XY3B")
            .into_bytes(),
        b"resident_id,1,\xff\xfe,,,,,,,,,\n".to_vec(),
        b"too,few\n".to_vec(),
        format!("resident_id,,{},,,,,,,,,\n", "长".repeat(9000)).into_bytes(),
        row(6, "\"钱\"\"七\"").into_bytes(),
        row(7, "孙八").trim_end().as_bytes().to_vec(),
    ] {
        file.extend_from_slice(&piece);
    }
    let view = import(&desk, "source=police&create=true", file).await;
    let rows = desk
        .get(&format!(
            "/api/v1/registry-imports/{}/rows?outcome=rejected",
            view["import_id"]
        ))
        .await
        .expect(200);
    let told: Vec<(i64, &str)> = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["row_number"].as_i64().unwrap(),
                row["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (3, "name_empty"),
            (4, "enclosure_unknown"),
            (5, "grid_unknown"),
            (6, "credit_code_checksum"),
            (7, "row_bad_utf8"),
            (8, "row_columns"),
            (9, "row_too_long"),
            (10, "name_characters")
        ]
    );
    assert_eq!(counts(&view), [10, 2, 0, 0, 0, 8]);
    assert!(
        rows["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["detail_zh"] != row["detail"])
    );
    let kept: String = test
        .scalar("SELECT string_agg(r::text, ' ') FROM registry_import_row r")
        .await;
    assert!(
        !kept.contains("王五") && !kept.contains(&resident_number(4)),
        "values of rows are kept"
    );
}

#[tokio::test]
async fn a_wrong_file_is_refused_before_anything_is_stored() {
    let (test, desk) = district().await;
    let path = "/api/v1/registry-imports?source=police&create=true";
    for (file, field, code) in [
        ("", "row 1", "header_missing"),
        (
            "name,document_number,colour\n",
            "column 3",
            "column_unknown",
        ),
        ("name,name,document_number\n", "column 2", "column_twice"),
        ("document_number,phone\n", "name", "column_missing"),
        ("张三,440399198001010013\n", "column 1", "column_unknown"),
    ] {
        let problem = desk
            .post_text(path, "text/csv", file)
            .await
            .problem(422, "registry_header_invalid");
        assert_eq!(
            (
                problem["fields"][0]["field"].as_str(),
                problem["fields"][0]["code"].as_str()
            ),
            (Some(field), Some(code))
        );
        assert!(!problem.to_string().contains("张三"));
    }
    desk.post_text(path, "application/json", HEADER)
        .await
        .problem(415, "unsupported_media_type");
    desk.post_text("/api/v1/registry-imports", "text/csv", HEADER)
        .await
        .problem(400, "bad_query");
    desk.post_text("/api/v1/registry-imports?source=%20", "text/csv", HEADER)
        .await
        .problem(422, "invalid_fields");
    test.caller(Role::GridWorker, "")
        .await
        .post_text(path, "text/csv", HEADER)
        .await
        .problem(403, "not_allowed");
    test.anonymous()
        .post_text(path, "text/csv", HEADER)
        .await
        .problem(401, "not_signed_in");
    desk.get("/api/v1/registry-imports/1")
        .await
        .problem(404, "not_found");
    desk.get("/api/v1/registry-imports/1/rows")
        .await
        .problem(404, "not_found");
    let imports: i64 = test.scalar("SELECT count(*) FROM registry_import").await;
    assert_eq!(imports, 0);
}

#[tokio::test]
async fn enclosures_outside_the_desk_are_as_unknown() {
    let (test, _) = district().await;
    let elsewhere = test.caller(Role::DataDesk, "440310002").await;
    let view = import(
        &elsewhere,
        "source=police&create=true",
        format!("{HEADER}{}", row(1, "张三")),
    )
    .await;
    assert_eq!(counts(&view), [1, 0, 0, 0, 0, 1]);
}

#[tokio::test]
async fn two_imports_at_once_make_each_person_once() {
    let (test, desk) = district().await;
    let file = |from: u32| -> String {
        std::iter::once(HEADER.to_owned())
            .chain((from..from + 3000).map(|n| row(n, "张三")))
            .collect()
    };
    let (one, other) = tokio::join!(
        import(&desk, "source=police&create=true", file(0)),
        import(&desk, "source=city&create=true", file(1500)),
    );
    let made = one["created"].as_i64().unwrap() + other["created"].as_i64().unwrap();
    assert_eq!(made, 4500);
    assert_eq!(
        one["matched"].as_i64().unwrap() + other["matched"].as_i64().unwrap(),
        1500
    );
    let people: i64 = test.scalar("SELECT count(*) FROM person_state").await;
    assert_eq!(people, 4500);
}
