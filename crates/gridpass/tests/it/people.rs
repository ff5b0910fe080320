//! Enrolment, passes, looking people up.

mod claims;
mod counters;
mod homes;
mod taken_in;
mod watched;

use gridpass::access::Role;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};

/// A resident's number that belongs to nobody: division 440399, born on a day of 1980, with
/// the right check character. The same sequence gives the same number.
pub fn resident_number(sequence: u32) -> String {
    number_of(1980, sequence)
}

/// The same of a child, born in 2012.
pub fn child_number(sequence: u32) -> String {
    number_of(2012, sequence)
}

/// The same of somebody born in a year: 63,000 and the like are of 8 March.
pub fn number_of(year: u32, sequence: u32) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let day = sequence / 1000 % 28 + 1;
    let body = format!(
        "440399{year}{:02}{day:02}{:03}",
        sequence / 28_000 % 12 + 1,
        sequence % 1000
    );
    let sum: u32 = body
        .bytes()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = "10X98765432".chars().nth((sum % 11) as usize).unwrap();
    format!("{body}{check}")
}

/// What a resident sends to enrol.
pub fn applicant(name: &str, sequence: u32, phone: &str) -> Value {
    json!({ "name": name, "document_type": "resident_id", "document_number": resident_number(sequence), "phone": phone })
}

async fn enrol_with(test: &TestApp, form: Value) -> crate::app::Answer {
    test.resident().post("/api/v1/people/enrol", form).await
}

/// An enclosure in the first community.
pub async fn enclosure(test: &TestApp, name: &str) -> i64 {
    let desk = test.caller(Role::DataDesk, "").await;
    let new = json!({ "name": name, "kind": "estate", "community_code": "440310001001" });
    desk.post("/api/v1/enclosures", new).await.expect(201)["enclosure_id"]
        .as_i64()
        .unwrap()
}

/// A resident's phone after enrolment, and the answer.
pub async fn enrolled(test: &TestApp, body: Value) -> (Client, Value) {
    let view = test.enrol(body).await.expect(201);
    (test.holder(view["holder_token"].as_str().unwrap()), view)
}

#[tokio::test]
async fn three_fields_give_a_pass_at_once() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, "金地朗悦").await;
    let mut body = applicant("张三", 1, "13800001234");
    body["enclosure_id"] = home.into();
    let (phone, view) = enrolled(&test, body).await;
    let pass = phone.get("/api/v1/pass").await.expect(200);
    assert_eq!(pass["pass_serial"], view["pass_serial"]);
    assert_eq!(
        (pass["name"].as_str(), pass["residence"].as_str()),
        (Some("张三"), Some("金地朗悦"))
    );
    assert_eq!(
        pass["document_masked"],
        format!("4403**********{}", &resident_number(1)[14..])
    );
    assert_eq!(
        (pass["colour"].as_str(), pass["reason"].as_str()),
        (Some("yellow"), Some("residence_unverified"))
    );
    assert_eq!(pass["has_photo"], false);
    let waiting: i64 = test
        .scalar("SELECT count(*) FROM outbox WHERE topic = 'visit.needed'")
        .await;
    assert_eq!(waiting, 1, "an unverified residence asks for a visit");
}

#[tokio::test]
async fn nothing_personal_is_stored_in_clear() {
    let test = TestApp::with_divisions().await;
    enrolled(&test, applicant("张三丰", 2, "13800001234")).await;
    let number = resident_number(2);
    for text in ["张三丰", "13800001234", &number, &number[6..14]] {
        let found: i64 = test.scalar(&format!(
            "SELECT count(*) FROM person p WHERE p::text LIKE '%{text}%' OR position('{text}'::bytea in p.name_sealed
             || p.document_number_sealed || p.phone_sealed) > 0")).await;
        assert_eq!(found, 0, "{text}");
    }
    let derived: bool = test
        .scalar("SELECT birth_year = 1980 AND sex IN (1, 2) AND origin_province = '44' FROM person")
        .await;
    assert!(derived);
}

#[tokio::test]
async fn the_same_three_fields_give_a_fresh_token_and_end_the_old_one() {
    let test = TestApp::with_divisions().await;
    let (old, first) = enrolled(&test, applicant("张三", 3, "13800001234")).await;
    let (new, second) = enrolled(&test, applicant(" 张　三 ", 3, "+86 138-0000-1234")).await;
    assert_eq!(first["pass_serial"], second["pass_serial"]);
    assert_ne!(first["holder_token"], second["holder_token"]);
    new.get("/api/v1/pass").await.expect(200);
    let replaced = old.get("/api/v1/pass").await.problem(401, "phone_replaced");
    assert_eq!(replaced["at"], test.now().to_string());
    assert_eq!(
        (&first["replaced_phone"], &second["replaced_phone"]),
        (&json!(false), &json!(true))
    );
    let people: i64 = test.scalar("SELECT count(*) FROM person").await;
    assert_eq!(people, 1);
    test.advance(jiff::SignedDuration::from_hours(91 * 24));
    new.get("/api/v1/pass")
        .await
        .problem(401, "session_expired");
    test.resident()
        .get("/api/v1/pass")
        .await
        .problem(401, "not_signed_in");
    test.holder("gph1.1.abc")
        .get("/api/v1/pass")
        .await
        .problem(401, "session_expired");
    test.holder("gps1.abc")
        .get("/api/v1/pass")
        .await
        .problem(401, "not_signed_in");
}

#[tokio::test]
async fn wrong_details_are_answered_as_if_nobody_held_the_number() {
    let test = TestApp::with_divisions().await;
    let (phone, own) = enrolled(&test, applicant("张三", 4, "13800001234")).await;
    for form in [
        applicant("李四", 4, "13800001234"),
        applicant("张三", 4, "13900001234"),
    ] {
        let (other, view) = enrolled(&test, form).await;
        assert_ne!(view["pass_serial"], own["pass_serial"]);
        assert_eq!(view["pass"]["reason"], "unknown");
        assert_eq!(view["replaced_phone"], false);
        other.get("/api/v1/pass").await.expect(200);
    }
    phone.get("/api/v1/pass").await.expect(200);
}

#[tokio::test]
async fn one_code_gives_one_of_several_phones_the_pass() {
    let test = TestApp::with_divisions().await;
    let form = test.with_code(applicant("张三", 5, "13800001234")).await;
    let enrol = || enrol_with(&test, form.clone());
    let answers = tokio::join!(enrol(), enrol(), enrol(), enrol());
    let answers = [answers.0, answers.1, answers.2, answers.3];
    let (taken, late): (Vec<_>, Vec<_>) = answers.into_iter().partition(|one| one.status == 201);
    assert_eq!(taken.len(), 1);
    for answer in late {
        answer.problem(422, "phone_code_wrong");
    }
    let people: i64 = test.scalar("SELECT count(*) FROM person").await;
    let live: i64 = test
        .scalar("SELECT count(*) FROM holder_session WHERE revoked_at IS NULL")
        .await;
    assert_eq!((people, live), (1, 1));
}

#[tokio::test]
async fn every_wrong_field_is_told_at_once() {
    let test = TestApp::with_divisions().await;
    let nobody = test.resident();
    let body = json!({ "name": "", "document_type": "library_card", "document_number": "x", "phone": "12", "phone_code": "000000" });
    let problem = nobody
        .post("/api/v1/people/enrol", body)
        .await
        .problem(422, "invalid_fields");
    let told: Vec<(&str, &str)> = problem["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            (
                field["field"].as_str().unwrap(),
                field["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("name", "name_empty"),
            ("document_type", "document_type_unknown"),
            ("phone", "phone_format")
        ]
    );
    let extra = json!({ "name": "张三", "colour": "green" });
    nobody
        .post("/api/v1/people/enrol", extra)
        .await
        .problem(422, "invalid_fields");
    nobody
        .post_text("/api/v1/people/enrol", "application/json", "{")
        .await
        .problem(400, "bad_json");
    nobody
        .post_text(
            "/api/v1/people/enrol",
            "application/json",
            b"\"\xff\"".to_vec(),
        )
        .await
        .problem(400, "bad_utf8");
    nobody
        .post_text("/api/v1/people/enrol", "text/plain", "{}")
        .await
        .problem(415, "unsupported_media_type");
    let mut unknown_home = applicant("张三", 6, "13800001234");
    unknown_home["enclosure_id"] = 1.into();
    test.enrol(unknown_home)
        .await
        .problem(422, "enclosure_unknown");
    let people: i64 = test.scalar("SELECT count(*) FROM person").await;
    assert_eq!(people, 0, "a refused enrolment left something behind");
}

#[tokio::test]
async fn every_kind_of_document_enrols_and_every_reason_is_told() {
    let test = TestApp::with_divisions().await;
    let send = |kind: &str, number: &str| {
        test.enrol(json!({ "name": "张三", "document_type": kind, "document_number": number, "phone": "13800001234" }))
    };
    for (kind, number) in [
        ("resident_id", "440399198001010013"),
        ("resident_id", "４４０３９９１９７６１０１０１０８ｘ"),
        ("hkmt_residence_permit", "810000199001010019"),
        ("home_return_permit", "H12345678"),
        ("taiwan_permit", "12345678"),
        ("foreign_permanent_residence", "USA123456789012"),
        ("passport_cn", "E12345678"),
        ("passport_foreign", "AB12345"),
    ] {
        assert_eq!(send(kind, number).await.status, 201, "{kind} {number}");
    }
    let people: i64 = test.scalar("SELECT count(*) FROM person").await;
    assert_eq!(people, 8);
    for (kind, number, code) in [
        ("resident_id", "", "document_empty"),
        ("resident_id", "4403991980010100", "document_length"),
        ("resident_id", "44039919800101001A", "document_characters"),
        ("resident_id", "440399800101001", "document_old_15_digits"),
        (
            "resident_id",
            "990399198001010013",
            "document_type_mismatch",
        ),
        ("resident_id", "000399198001010013", "document_province"),
        ("resident_id", "440399198002300013", "document_birth_date"),
        (
            "resident_id",
            "440399202201010013",
            "document_birth_in_future",
        ),
        ("resident_id", "440399188001010013", "document_age"),
        ("resident_id", "440399198001010014", "document_checksum"),
        ("home_return_permit", "X12345678", "document_format"),
        ("passport_cn", "EI1234567", "document_format"),
    ] {
        let problem = send(kind, number).await.problem(422, "invalid_fields");
        assert_eq!(problem["fields"][0]["field"], "document_number");
        assert_eq!(problem["fields"][0]["code"], code, "{kind} {number}");
        assert!(
            number.is_empty() || !problem.to_string().contains(number),
            "the value is repeated"
        );
    }
}

#[tokio::test]
async fn a_repeated_key_gives_the_same_answer() {
    let test = TestApp::with_divisions().await;
    let nobody = test.resident();
    let body = test.with_code(applicant("张三", 7, "13800001234")).await;
    let first = nobody
        .post_with_key("/api/v1/people/enrol", "k-7", body.clone())
        .await
        .expect(201);
    let again = nobody
        .post_with_key("/api/v1/people/enrol", "k-7", body)
        .await
        .expect(201);
    assert_eq!(first, again);
    let other = applicant("李四", 8, "13800001234");
    nobody
        .post_with_key("/api/v1/people/enrol", "k-7", other)
        .await
        .problem(409, "idempotency_key_reused");
}

#[tokio::test]
async fn staff_see_masked_people_of_their_own_jurisdiction() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, "金地朗悦").await;
    let worker = test.caller(Role::GridWorker, "440310001001").await;
    let outside = test.caller(Role::GridWorker, "440310002").await;
    let guard = test.caller(Role::GateGuard, "440310001001").await;
    let mut body = applicant("张三", 9, "13800001234");
    body["enclosure_id"] = home.into();
    outside
        .post("/api/v1/people", body.clone())
        .await
        .problem(422, "enclosure_unknown");
    guard
        .post("/api/v1/people", body.clone())
        .await
        .problem(403, "not_allowed");
    let person = worker
        .post("/api/v1/people", body.clone())
        .await
        .expect(201);
    assert_eq!(
        worker.post("/api/v1/people", body).await.expect(200)["person_id"],
        person["person_id"]
    );
    assert_eq!(
        (person["name"].as_str(), person["phone"].as_str()),
        (Some("张三"), Some("138****1234"))
    );
    assert_eq!(
        (person["place_code"].as_str(), person["source"].as_str()),
        (Some("440310001001000"), Some("counter"))
    );

    let path = format!("/api/v1/people/{}", person["person_id"]);
    assert_eq!(
        worker.get(&path).await.expect(200)["decision"]["colour"],
        "yellow"
    );
    outside.get(&path).await.problem(404, "not_found");
    guard.get(&path).await.problem(403, "not_allowed");
    test.anonymous()
        .get(&path)
        .await
        .problem(401, "not_signed_in");
    worker
        .get("/api/v1/people/12")
        .await
        .problem(404, "not_found");
    worker
        .get("/api/v1/people/abc")
        .await
        .problem(404, "bad_path");
}

#[tokio::test]
async fn people_are_found_by_number_and_by_serial_within_the_jurisdiction() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, "金地朗悦").await;
    let worker = test.caller(Role::GridWorker, "440310001001").await;
    let outside = test.caller(Role::GridWorker, "440310002").await;
    let mut body = applicant("张三", 9, "13800001234");
    body["enclosure_id"] = home.into();
    let person = worker.post("/api/v1/people", body).await.expect(201);

    let by_number = json!({ "document_number": resident_number(9) });
    assert_eq!(
        worker
            .post("/api/v1/people/search", by_number.clone())
            .await
            .expect(200)["person_id"],
        person["person_id"]
    );
    outside
        .post("/api/v1/people/search", by_number)
        .await
        .problem(404, "person_unknown");
    let by_serial = json!({ "pass_serial": person["pass_serial"] });
    assert_eq!(
        worker
            .post("/api/v1/people/search", by_serial)
            .await
            .expect(200)["person_id"],
        person["person_id"]
    );
    worker
        .post(
            "/api/v1/people/search",
            json!({ "document_number": resident_number(10) }),
        )
        .await
        .problem(404, "person_unknown");
    worker
        .post("/api/v1/people/search", json!({ "document_number": "44" }))
        .await
        .problem(422, "invalid_fields");
    worker
        .post("/api/v1/people/search", json!({}))
        .await
        .problem(422, "invalid_fields");
}

#[tokio::test]
async fn a_number_of_several_kinds_is_the_first_kind_known() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::CommunityLead, "").await;
    let mut passports = Vec::new();
    for kind in ["passport_foreign", "passport_cn"] {
        let body = json!({ "name": "张三", "document_type": kind, "document_number": "E12345678" });
        passports.push(desk.post("/api/v1/people", body).await.expect(201));
    }
    let untyped = json!({ "document_number": "e12345678" });
    let found = desk
        .post("/api/v1/people/search", untyped)
        .await
        .expect(200);
    assert_eq!(found["person_id"], passports[1]["person_id"]);
    let typed = json!({ "document_type": "passport_foreign", "document_number": "E12345678" });
    let found = desk.post("/api/v1/people/search", typed).await.expect(200);
    assert_eq!(found["person_id"], passports[0]["person_id"]);
}

#[tokio::test]
async fn serials_are_dense_and_never_given_twice() {
    let test = TestApp::with_divisions().await;
    let mut serials = Vec::new();
    for sequence in 100..110 {
        let (_, view) = enrolled(&test, applicant("张三", sequence, "13800001234")).await;
        serials.push(view["pass_serial"].as_i64().unwrap());
    }
    assert_eq!(serials, (1..=10).collect::<Vec<i64>>());
}
