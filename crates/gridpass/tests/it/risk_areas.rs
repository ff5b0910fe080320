//! Areas of risk: saved only on the newest list, and every change on record.

use std::time::Duration;

use gridpass::access::Role;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};

const AREAS: &str = "/api/v1/risk-areas";
const CHANGES: &str = "/api/v1/risk-areas/changes";
/// Rounds of two saves at once.
const ROUNDS: i32 = 5;
/// How long two requests may take to wait at the lock.
const AT_LOCK_MAX: Duration = Duration::from_secs(20);

fn area(code: &str, name: &str, until: Option<&str>) -> Value {
    json!({ "area_code": code, "name_zh": name, "name_en": name, "since": "2020-01-20", "until": until })
}

async fn save(desk: &Client, version: i64, areas: &[Value]) -> Value {
    let body = json!({ "version": version, "areas": areas });
    desk.put(AREAS, body).await.expect(200)
}

async fn history(caller: &Client) -> Vec<Value> {
    let page = caller.get(CHANGES).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

/// A second desk of another unit.
async fn other_desk(test: &TestApp) -> Client {
    test.caller_of(Role::DataDesk, "440310", "市疫情防控指挥部")
        .await
}

#[tokio::test]
async fn areas_of_risk_are_the_desks() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    let empty = json!({ "version": 1, "areas": [] });
    assert_eq!(desk.get(AREAS).await.expect(200), empty);
    let hubei = area("42", "湖北省", None);
    let saved = save(&desk, 1, std::slice::from_ref(&hubei)).await;
    assert_eq!(saved, json!({ "version": 2, "areas": [hubei] }));
    assert_eq!(desk.get(AREAS).await.expect(200), saved);
    for wrong in [
        json!([hubei, hubei]),
        json!([area("420", "某地", None)]),
        json!([area("42", "某地", Some("2020-01-19"))]),
    ] {
        desk.put(AREAS, json!({ "version": 2, "areas": wrong }))
            .await
            .problem(422, "invalid_fields");
    }
    let guard = test.caller(Role::GateGuard, "440310").await;
    guard
        .put(AREAS, json!({ "version": 2, "areas": [] }))
        .await
        .problem(403, "not_allowed");
    assert_eq!(guard.get(AREAS).await.expect(200), saved);
    save(&desk, 2, &[]).await;
    let empty = json!({ "version": 3, "areas": [] });
    assert_eq!(desk.get(AREAS).await.expect(200), empty);
}

#[tokio::test]
async fn every_change_is_on_record_with_who_made_it() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    let other = other_desk(&test).await;
    let [hubei, wenzhou] = [area("42", "湖北省", None), area("3303", "温州市", None)];
    save(&desk, 1, &[hubei.clone(), wenzhou.clone()]).await;
    let ended = area("3303", "温州市", Some("2020-02-28"));
    test.advance(jiff::SignedDuration::from_mins(10));
    save(&other, 2, &[hubei.clone(), ended.clone()]).await;
    let again = save(&other, 3, &[ended.clone(), hubei.clone()]).await;
    assert_eq!(again["version"], 3, "the same list changes nothing");
    save(&desk, 3, std::slice::from_ref(&ended)).await;

    let told = history(&desk).await;
    let step = |index: usize| {
        let one = &told[index];
        (
            one["version"].as_i64().unwrap(),
            one["area_code"].as_str().unwrap(),
            &one["before"],
            &one["after"],
        )
    };
    assert_eq!(told.len(), 4);
    assert_eq!(step(0), (4, "42", &hubei, &Value::Null), "taken off");
    assert_eq!(step(1), (3, "3303", &wenzhou, &ended), "ended");
    assert_eq!(step(2), (2, "42", &Value::Null, &hubei), "came");
    assert_eq!(step(3), (2, "3303", &Value::Null, &wenzhou));
    assert_eq!(told[1]["by_unit"], "市疫情防控指挥部");
    assert!(!told[1]["by_name"].as_str().unwrap().is_empty());
    assert_eq!(told[1]["changed_at"], json!(test.now()));

    let page = desk.get(&format!("{CHANGES}?limit=3")).await.expect(200);
    let next = page["next"].as_i64().unwrap();
    let rest = desk
        .get(&format!("{CHANGES}?limit=3&after={next}"))
        .await
        .expect(200);
    assert_eq!(rest["items"], json!([told[3]]));
    assert_eq!(rest["next"], Value::Null);
    let db = test.app.db.client().await.unwrap();
    let forged = db
        .execute("UPDATE risk_area_change SET changed_by = 1", &[])
        .await;
    assert!(forged.is_err(), "what is on record stays");
}

/// Both requests wait at the lock of the list before either may go on: neither has seen what the
/// other saves.
#[tokio::test]
async fn of_two_who_save_at_once_one_is_refused_and_nothing_is_lost() {
    let test = TestApp::with_divisions().await;
    let (one, two) = (
        test.caller(Role::DataDesk, "440310").await,
        other_desk(&test).await,
    );
    for round in 1..=ROUNDS {
        let before = one.get(AREAS).await.expect(200);
        let with = |code: String| {
            let mut list = before.clone();
            list["areas"]
                .as_array_mut()
                .unwrap()
                .push(area(&code, "某地", None));
            list
        };
        let (first, second) = (with(format!("42{round:02}")), with(format!("33{round:02}")));
        let gate = test.app.db.tx().await.unwrap();
        let lock = "SELECT version FROM risk_area_list FOR UPDATE";
        gate.query_one(lock, &[]).await.unwrap();
        let release = async {
            both_wait(&test).await;
            gate.commit().await.unwrap();
        };
        let (first, second, ()) =
            tokio::join!(one.put(AREAS, first), two.put(AREAS, second), release);
        let (won, lost) = match first.status.as_u16() {
            200 => (first, second),
            _ => (second, first),
        };
        let won = won.expect(200);
        lost.problem(409, "risk_areas_changed");
        assert_eq!(won["version"], round + 1);
        assert_eq!(one.get(AREAS).await.expect(200), won);
        assert_eq!(
            won["areas"].as_array().unwrap().len(),
            usize::try_from(round).unwrap()
        );
    }
    assert_eq!(history(&one).await.len(), usize::try_from(ROUNDS).unwrap());
}

/// Waits until two sessions that use the list wait for a lock.
async fn both_wait(test: &TestApp) {
    let sql = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN (
        SELECT pid FROM pg_locks WHERE relation = 'risk_area_list'::regclass AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
    let waiting = async { while test.scalar::<i64>(sql).await < 2 {} };
    tokio::time::timeout(AT_LOCK_MAX, waiting)
        .await
        .expect("two saves at the lock");
}
