//! Standard address codes: from a register, from a counter, corrected at the door, and gone with it.

use gridpass::access::Role;
use serde_json::{Value, json};

use crate::calls::{CALLS, call, person_of, stop_of, stops, street};
use crate::evidence::HERE;
use crate::people::resident_number;
use crate::registry::{counts, district, import};

#[tokio::test]
async fn an_address_code_comes_with_its_door_and_goes_with_it() {
    let street = street().await;
    let code = "4403990010010010001001505";
    let before = stops(&street.worker, "").await;
    assert_eq!(stop_of(&before, street.wang)["address_code"], Value::Null);
    let correct = |call_id: i64, part: Value| {
        let (test, worker, wang) = (&street.test, &street.worker, street.wang);
        async move {
            let seen = person_of(&stops(worker, "").await, wang)["seen"].clone();
            let mut input = json!({ "person_id": wang, "outcome": "checked", "seen": seen });
            for (name, value) in part.as_object().unwrap() {
                input[name] = value.clone();
            }
            worker
                .post(CALLS, call(test, call_id, json!([input])))
                .await
        }
    };
    let view = correct(
        1,
        json!({ "address": "12栋1505", "address_code": "４４０３９９ 0010010010001001505" }),
    )
    .await;
    assert_eq!(view.expect(200)["results"][0]["status"], "saved");
    let now = stops(&street.worker, "").await;
    let now = stop_of(&now, street.wang);
    assert_eq!(
        (now["address_code"].as_str(), now["door"]["text"].as_str()),
        (Some(code), Some("12栋1505"))
    );
    let clear: i64 = street
        .test
        .scalar("SELECT count(*) FROM person WHERE position('440399001'::bytea IN address_code_sealed) > 0")
        .await;
    assert_eq!(clear, 0, "it is sealed");
    let lead = street.test.caller(Role::CommunityLead, HERE).await;
    let path = format!("/api/v1/people/{}", street.wang);
    assert_eq!(lead.get(&path).await.expect(200)["address_code"], code);

    // What cannot be a code, or has no door, is refused.
    let short = correct(
        2,
        json!({ "address": "12栋1506", "address_code": "440399" }),
    )
    .await
    .expect(200);
    assert_eq!(short["results"][0]["status"], "refused", "{short}");
    let alone = correct(3, json!({ "address_code": code }))
        .await
        .problem(422, "invalid_fields");
    assert_eq!(alone["fields"][0]["code"], "address_missing");
    // Another door without a code has none: the old code is not its own.
    let view = correct(4, json!({ "address": "12栋1507" }))
        .await
        .expect(200);
    assert_eq!(view["results"][0]["status"], "saved");
    let now = stops(&street.worker, "").await;
    let now = stop_of(&now, street.wang);
    assert_eq!(now["address_code"], Value::Null);
}

#[tokio::test]
async fn a_register_gives_rooms_their_codes_and_what_is_held_stays() {
    let (test, desk) = district().await;
    let header = "document_number,name,enclosure_code,address,address_code\n";
    let row = |sequence: u32, name: &str, code: &str| {
        format!(
            "{},{name},E1,3栋{sequence}0{sequence}室,{code}\n",
            resident_number(sequence)
        )
    };
    let first = "4403990010010010001000101";
    let file = header.to_owned()
        + &row(1, "张三", first)
        + &row(2, "李四", "")
        + &row(3, "王五", "44039900100100100010001");
    let view = import(&desk, "source=police&create=true", file).await;
    assert_eq!(counts(&view), [3, 2, 0, 0, 0, 1]);
    let path = format!("/api/v1/registry-imports/{}/rows", view["import_id"]);
    let rows = desk.get(&path).await.expect(200);
    assert_eq!(rows["items"][0]["code"], "address_code_digits");
    assert_eq!(rows["items"][0]["fields"], json!(["address_code"]));

    let lead = test.caller(Role::CommunityLead, "440310001001").await;
    let code_of = |sequence: u32| {
        let lead = lead.clone();
        async move {
            let body = json!({ "document_type": "resident_id", "document_number": resident_number(sequence) });
            let found = lead.post("/api/v1/people/search", body).await.expect(200);
            found["address_code"].clone()
        }
    };
    assert_eq!(code_of(1).await, first);
    assert_eq!(code_of(2).await, Value::Null);

    // Another register fills what was missing and changes nothing that is held.
    let second = "4403990010010010001000202";
    let file = header.to_owned() + &row(1, "张三", second) + &row(2, "李四", second);
    let view = import(&desk, "source=city", file).await;
    assert_eq!(counts(&view), [2, 0, 2, 0, 0, 0]);
    assert_eq!(code_of(1).await, first);
    assert_eq!(code_of(2).await, second);
}

#[tokio::test]
async fn a_newcomer_at_a_counter_may_bring_one() {
    let (test, _) = district().await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let new = |sequence: u32, code: &str| {
        json!({ "name": "赵六", "document_type": "resident_id", "document_number": resident_number(sequence),
                "grid_code": "440310001001001", "address": "3栋201", "address_code": code })
    };
    let code = "4403990010010010001000201";
    let made = lead.post("/api/v1/people", new(7, code)).await.expect(201);
    assert_eq!(made["address_code"], code);
    let problem = lead
        .post("/api/v1/people", new(8, "12"))
        .await
        .problem(422, "invalid_fields");
    assert_eq!(
        (
            problem["fields"][0]["field"].as_str(),
            problem["fields"][0]["code"].as_str()
        ),
        (Some("address_code"), Some("address_code_digits"))
    );
    // Whoever sees the address sees its code.
    let police = test.caller(Role::TeamPolice, HERE).await;
    let path = format!("/api/v1/people/{}", made["person_id"]);
    let seen = police.get(&path).await.expect(200);
    assert_eq!(seen["address"], "3栋201");
    assert_eq!(seen["address_code"], code);
    let doctor_elsewhere = test.caller(Role::TeamDoctor, "440310002").await;
    doctor_elsewhere.get(&path).await.problem(404, "not_found");
}
