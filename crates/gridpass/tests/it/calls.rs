//! Stops and calls at doors: one stop a household, several people in one call, sent again,
//! changed by somebody else meanwhile, not at home, handed over.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::evidence::{ELSEWHERE, HERE, assert_counts_agree, assert_states_are_derived, enclosure};
use crate::visits::need;

pub const CALLS: &str = "/api/v1/calls";

/// Somebody entered at a door, whom the rules want a visit for.
async fn newcomer(
    worker: &Client,
    enclosure: i64,
    (name, number): (&str, &str),
    address: &str,
) -> i64 {
    let new = json!({ "name": name, "document_type": "resident_id", "document_number": number,
                      "enclosure_id": enclosure, "address": address });
    let view = worker.post("/api/v1/people", new).await.expect(201);
    view["person_id"].as_i64().unwrap()
}

const LI: (&str, &str) = ("李雷", "440399198001010014");
const HAN: (&str, &str) = ("韩梅梅", "440399198202020025");
const WANG: (&str, &str) = ("王小明", "440399197003030037");

/// A resident number of the test division with its check digit.
fn number(body: &str) -> String {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = b"10X98765432"[(sum % 11) as usize] as char;
    format!("{body}{check}")
}

pub struct Street {
    pub test: TestApp,
    pub worker: Client,
    pub enclosure: i64,
    pub li: i64,
    pub han: i64,
    pub wang: i64,
}

/// Two people behind one door, one behind another.
pub async fn street() -> Street {
    let test = TestApp::with_divisions().await;
    let enclosure = enclosure(&test, HERE).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let enter = |who: (&'static str, &'static str), address: &'static str| {
        let (worker, number) = (worker.clone(), number(&who.1[..17]));
        async move { newcomer(&worker, enclosure, (who.0, &number), address).await }
    };
    let (li, han) = (enter(LI, "3栋201").await, enter(HAN, "3号楼201室").await);
    let wang = enter(WANG, "12栋1504").await;
    test.settle().await;
    Street {
        test,
        worker,
        enclosure,
        li,
        han,
        wang,
    }
}

pub async fn stops(caller: &Client, query: &str) -> Vec<Value> {
    let page = caller
        .get(&format!("/api/v1/stops{query}"))
        .await
        .expect(200);
    page["items"].as_array().unwrap().clone()
}

pub fn stop_of(stops: &[Value], person: i64) -> &Value {
    let has = |stop: &&Value| people(stop).iter().any(|one| one["person_id"] == person);
    stops.iter().find(has).expect("the person has a stop")
}

pub fn people(stop: &Value) -> &Vec<Value> {
    stop["people"].as_array().unwrap()
}

pub fn person_of(stops: &[Value], person: i64) -> &Value {
    let stop = stop_of(stops, person);
    people(stop)
        .iter()
        .find(|one| one["person_id"] == person)
        .unwrap()
}

pub fn call(test: &TestApp, call_id: i64, people: Value) -> Value {
    json!({ "call_id": call_id, "called_at": test.now(), "people": people })
}

fn verified(stops: &[Value], person: i64) -> Value {
    json!({ "person_id": person, "outcome": "verified_moved_in", "seen": person_of(stops, person)["seen"] })
}

#[tokio::test]
async fn a_household_is_one_stop_with_everybody_in_it() {
    let street = street().await;
    need(&street.test, street.li, "symptoms").await;
    let stops = stops(&street.worker, "").await;
    assert_eq!(stops.len(), 2, "one door each");
    let home = stop_of(&stops, street.li);
    assert_eq!(
        home["key"],
        stop_of(&stops, street.han)["key"],
        "written differently, the same door"
    );
    assert_eq!(home["enclosure_name"], "金地朗悦");
    assert_eq!(home["door"]["building"], "3栋");
    assert_eq!(
        (
            home["door"]["floor"].as_i64(),
            home["door"]["room"].as_str()
        ),
        (Some(2), Some("201"))
    );
    let li = person_of(&stops, street.li);
    assert_eq!(li["name"], "李雷");
    assert_eq!(li["document_number"], "4403**********0013");
    let kinds: Vec<&str> = li["visits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds.len(),
        2,
        "every need of the household in one stop: {kinds:?}"
    );
    assert!(kinds.contains(&"dwelling") && kinds.contains(&"health"));

    let mut keys = Vec::new();
    let mut after = 0;
    loop {
        let page = street
            .worker
            .get(&format!("/api/v1/stops?limit=1&after={after}"))
            .await
            .expect(200);
        keys.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|stop| stop["key"].as_i64().unwrap()),
        );
        match page["next"].as_i64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(keys.len(), 2);
    let outside = street.test.caller(Role::GridWorker, ELSEWHERE).await;
    assert!(self::stops(&outside, "").await.is_empty());
    let officer = street
        .test
        .caller(Role::SubdistrictOfficer, "440310001")
        .await;
    let seen = self::stops(&officer, "").await;
    let li = person_of(&seen, street.li);
    assert_eq!(
        (li["name"].as_str(), &li["colour"], &li["birth_year"]),
        (Some("李*"), &Value::Null, &Value::Null)
    );
    assert_eq!(
        stop_of(&seen, street.li)["door"],
        Value::Null,
        "who does not go there sees no door"
    );
}

#[tokio::test]
async fn one_call_serves_a_household_and_counts_once() {
    let street = street().await;
    let stops = stops(&street.worker, "?mine=true").await;
    let mut han = verified(&stops, street.han);
    han["health"] = json!({ "temperature": 36.5, "symptoms": [] });
    han["needs"] = json!(["medicine"]);
    han["note"] = json!("降压药快用完了");
    let body = call(&street.test, 7, json!([verified(&stops, street.li), han]));
    let view = street.worker.post(CALLS, body.clone()).await.expect(200);
    for result in view["results"].as_array().unwrap() {
        assert_eq!(result["status"], "saved");
        assert_eq!(result["decision"]["colour"], "green");
    }
    let facts = "SELECT count(*) FROM fact WHERE source = 'visit'";
    assert_eq!(street.test.scalar::<i64>(facts).await, 3);
    let again = street.worker.post(CALLS, body.clone()).await.expect(200);
    assert!(
        again["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["status"] == "repeated")
    );
    assert_eq!(
        street.test.scalar::<i64>(facts).await,
        3,
        "sent again it counts once"
    );
    let other = street.test.caller(Role::GridWorker, HERE).await;
    let taken = other.post(CALLS, body).await.expect(200);
    assert_eq!(
        taken["results"][0]["code"], "conflict",
        "somebody else's number is not theirs"
    );

    let left = self::stops(&street.worker, "").await;
    let han = person_of(&left, street.han);
    assert_eq!(
        han["visits"][0]["cause"], "needs_medicine",
        "what is missing is a visit of its own"
    );
    assert_eq!(han["last_outcome"], "verified_moved_in");
    let served = json!([{ "person_id": street.han, "outcome": "checked", "seen": {},
        "served": [han["visits"][0]["visit_id"]] }]);
    street
        .worker
        .post(CALLS, call(&street.test, 8, served))
        .await
        .expect(200);
    let left = self::stops(&street.worker, "").await;
    assert_eq!(left.len(), 1, "only the other door is left");
    let page = street.worker.get("/api/v1/stops").await.expect(200);
    assert_eq!(page["done_today"], 2);
    let note: Vec<u8> = street
        .test
        .scalar("SELECT note_sealed FROM door_call WHERE note_sealed IS NOT NULL")
        .await;
    assert!(!String::from_utf8_lossy(&note).contains("降压药"));
    assert_states_are_derived(&street.test).await;
    assert_counts_agree(&street.test).await;
}

#[tokio::test]
async fn a_call_that_broke_off_goes_on_where_it_was() {
    let street = street().await;
    let stops = stops(&street.worker, "").await;
    let first = call(&street.test, 9, json!([verified(&stops, street.li)]));
    street.worker.post(CALLS, first).await.expect(200);
    let whole = json!([verified(&stops, street.li), verified(&stops, street.han)]);
    let view = street
        .worker
        .post(CALLS, call(&street.test, 9, whole))
        .await
        .expect(200);
    let statuses: Vec<&Value> = view["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["status"])
        .collect();
    assert_eq!(statuses, ["repeated", "saved"]);
    let count = "SELECT count(*) FROM fact WHERE source = 'visit'";
    assert_eq!(street.test.scalar::<i64>(count).await, 2);
}

#[tokio::test]
async fn what_somebody_else_changed_is_a_conflict_and_not_lost() {
    let street = street().await;
    let stops = stops(&street.worker, "").await;
    let (wang, seen) = (street.wang, person_of(&stops, street.wang)["seen"].clone());
    let other = street.test.caller(Role::GridWorker, HERE).await;
    street.test.advance(SignedDuration::from_mins(5));
    let there = enclosure(&street.test, HERE).await;
    let theirs = json!([{ "person_id": wang, "outcome": "verified_moved_in", "enclosure_id": there, "seen": seen,
        "address": "12栋1505" }]);
    let view = other
        .post(CALLS, call(&street.test, 1, theirs))
        .await
        .expect(200);
    assert_eq!(view["results"][0]["status"], "saved");

    let mine = json!({ "person_id": wang, "outcome": "verified_moved_in", "enclosure_id": street.enclosure, "seen": seen,
        "address": "12栋1506" });
    let view = street
        .worker
        .post(CALLS, call(&street.test, 2, json!([mine])))
        .await
        .expect(200);
    let result = &view["results"][0];
    assert_eq!(result["status"], "conflict", "{view}");
    let conflicts = result["conflicts"].as_array().unwrap();
    assert_eq!(
        (
            conflicts[0]["field"].as_str(),
            conflicts[0]["theirs"].as_str()
        ),
        (Some("residence"), Some("verified"))
    );
    assert_eq!(conflicts[0]["enclosure_name"], "金地朗悦");
    assert_eq!(
        (
            conflicts[1]["field"].as_str(),
            conflicts[1]["theirs"].as_str()
        ),
        (Some("address"), Some("12栋1505"))
    );
    assert!(conflicts[0]["changed_by"].is_string());
    assert_eq!(
        street
            .test
            .scalar::<i64>("SELECT count(*) FROM door_call")
            .await,
        1,
        "nothing of it was recorded"
    );

    // The worker has looked at what stands there and goes over it.
    let mut over = mine.clone();
    over["seen"] = result["seen"].clone();
    let view = street
        .worker
        .post(CALLS, call(&street.test, 2, json!([over])))
        .await
        .expect(200);
    assert_eq!(view["results"][0]["status"], "saved");
    assert_eq!(view["results"][0]["decision"]["colour"], "green");
    // Who says the same as stands there is in nobody's way.
    let view = other
        .post(CALLS, call(&street.test, 3, json!([mine])))
        .await
        .expect(200);
    assert_eq!(view["results"][0]["status"], "saved");
    assert_states_are_derived(&street.test).await;
}

#[tokio::test]
async fn nobody_at_home_is_tried_again_and_then_put_before_the_lead() {
    let street = street().await;
    let next = street.test.now() + SignedDuration::from_hours(10);
    let absent = json!([{ "person_id": street.wang, "outcome": "absent", "reason": "at_work", "seen": {}, "next_try_at": next }]);
    for call_id in 1..=3 {
        street
            .worker
            .post(CALLS, call(&street.test, call_id, absent.clone()))
            .await
            .expect(200);
        let stops = stops(&street.worker, "").await;
        let visit = &person_of(&stops, street.wang)["visits"][0];
        assert_eq!(visit["tries"], call_id);
        assert_eq!(
            visit["next_try_at"].as_str(),
            Some(next.to_string().as_str())
        );
        assert_eq!(visit["escalated_at"].is_string(), call_id == 3);
    }
    let escalated = stops(&street.worker, "?only=escalated").await;
    assert_eq!(escalated.len(), 1);
    let refused = json!([{ "person_id": street.wang, "outcome": "not_executable", "reason": "refused", "seen": {} }]);
    street
        .worker
        .post(CALLS, call(&street.test, 4, refused))
        .await
        .expect(200);
    let ended = street
        .worker
        .get("/api/v1/visits?status=not_executable")
        .await
        .expect(200);
    assert_eq!(ended["items"][0]["person_id"], street.wang);
    let reason: String = street
        .test
        .scalar("SELECT end_reason FROM visit WHERE status = 'not_executable'")
        .await;
    assert_eq!(reason, "refused");
}

#[tokio::test]
async fn one_workers_thermometer_makes_nobody_red() {
    let street = street().await;
    let stops = stops(&street.worker, "").await;
    let mut li = verified(&stops, street.li);
    li["health"] = json!({ "temperature": 38.4, "symptoms": ["cough"] });
    let view = street
        .worker
        .post(CALLS, call(&street.test, 5, json!([li])))
        .await
        .expect(200);
    assert_eq!(view["results"][0]["status"], "saved", "{view}");
    let decision = &view["results"][0]["decision"];
    assert_eq!(
        (decision["colour"].as_str(), decision["reason"].as_str()),
        (Some("yellow"), Some("symptoms"))
    );
    street.test.settle().await;
    let again = self::stops(&street.worker, "").await;
    assert_eq!(
        person_of(&again, street.li)["visits"][0]["cause"],
        "symptoms",
        "somebody looks after it"
    );
}

#[tokio::test]
async fn bad_calls_say_what_is_wrong_and_strangers_are_out_of_reach() {
    let street = street().await;
    let someone = json!({ "person_id": street.li, "outcome": "checked", "seen": {} });
    let twice = call(&street.test, 1, json!([someone, someone]));
    let problem = street
        .worker
        .post(CALLS, twice)
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["fields"][0]["code"], "people_count");
    let mut old = call(&street.test, 1, json!([someone]));
    old["called_at"] = json!("2020-02-01T00:00:00Z");
    street
        .worker
        .post(CALLS, old)
        .await
        .problem(422, "invalid_fields");
    let outside = street.test.caller(Role::GridWorker, ELSEWHERE).await;
    let view = outside
        .post(CALLS, call(&street.test, 1, json!([someone])))
        .await
        .expect(200);
    assert_eq!(
        (
            view["results"][0]["status"].as_str(),
            view["results"][0]["code"].as_str()
        ),
        (Some("refused"), Some("not_found"))
    );
    let guard = street.test.caller(Role::GateGuard, HERE).await;
    guard
        .post(CALLS, call(&street.test, 1, json!([someone])))
        .await
        .problem(403, "not_allowed");
}
