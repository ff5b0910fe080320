//! One phone, several people.

mod at_once;
mod minors;
mod numbers;

use gridpass::access::Role;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::people::{applicant, child_number, enrolled, resident_number};

#[tokio::test]
async fn a_phone_carries_eight_dependants_and_no_stranger() {
    let test = TestApp::with_divisions().await;
    let (phone, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    enrolled(&test, applicant("李四", 30, "13900001234")).await;
    let child = |sequence: u32| json!({ "name": "张小宝", "document_type": "resident_id", "document_number": child_number(sequence) });
    let first = phone
        .post("/api/v1/pass/dependants", child(21))
        .await
        .expect(201);
    assert_eq!(
        (
            first["name"].as_str(),
            first["dependants"].as_array().unwrap().len()
        ),
        (Some("张小宝"), 0)
    );
    let again = phone
        .post("/api/v1/pass/dependants", child(21))
        .await
        .expect(201);
    assert_eq!(first["pass_serial"], again["pass_serial"]);
    let stranger = json!({ "name": "李四", "document_type": "resident_id", "document_number": resident_number(30) });
    phone
        .post("/api/v1/pass/dependants", stranger)
        .await
        .problem(409, "ask_at_counter");
    let problem = phone
        .post(
            "/api/v1/pass/dependants",
            json!({ "name": "张三", "document_type": "resident_id",
        "document_number": resident_number(20) }),
        )
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["fields"][0]["code"], "dependant_is_guardian");
    for sequence in 22..29 {
        phone
            .post("/api/v1/pass/dependants", child(sequence))
            .await
            .expect(201);
    }
    phone
        .post("/api/v1/pass/dependants", child(29))
        .await
        .problem(409, "too_many_dependants");
    let pass = phone.get("/api/v1/pass").await.expect(200);
    assert_eq!(pass["dependants"].as_array().unwrap().len(), 8);
    let people: i64 = test.scalar("SELECT count(*) FROM person").await;
    assert_eq!(people, 10, "a refused dependant was entered");
    test.resident()
        .post("/api/v1/pass/dependants", child(21))
        .await
        .problem(401, "not_signed_in");
}

pub const DEPENDANTS: &str = "/api/v1/pass/dependants";

pub fn child(name: &str, sequence: u32) -> Value {
    json!({ "name": name, "document_type": "resident_id", "document_number": child_number(sequence) })
}

pub fn adult(name: &str, sequence: u32) -> Value {
    json!({ "name": name, "document_type": "resident_id", "document_number": resident_number(sequence) })
}

/// Serials of the passes on a phone besides its own.
pub async fn carried(phone: &Client) -> Vec<i64> {
    let pass = phone.get("/api/v1/pass").await.expect(200);
    let dependants = pass["dependants"].as_array().unwrap();
    dependants
        .iter()
        .map(|one| one["pass_serial"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_known_child_is_carried_by_its_household_only() {
    let test = TestApp::with_divisions().await;
    let (mother, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let (father, _) = enrolled(&test, applicant("赵六", 24, "13700001234")).await;
    let (stranger, _) = enrolled(&test, applicant("李四", 30, "13900001234")).await;
    let desk = test.caller(Role::DataDesk, "").await;
    // A school's list knows the child and by whose phone it is reached; the police know who lives together.
    let school = format!(
        "document_type,document_number,name,phone\nresident_id,{},张小宝,13800001234\nresident_id,{},张小贝,13800001234\n",
        child_number(21),
        child_number(22)
    );
    let path = "/api/v1/registry-imports?source=school&create=true";
    desk.post_text(path, "text/csv", school).await.expect(200);
    for phone in [&stranger, &father] {
        phone
            .post(DEPENDANTS, child("张小宝", 21))
            .await
            .problem(409, "ask_at_counter");
    }
    let added = mother
        .post(DEPENDANTS, child("张小贝", 22))
        .await
        .expect(201);
    let police = format!(
        "document_number,name,household\n{},赵六,H1\n{},张小宝,H1\n{},张小贝,H2\n",
        resident_number(24),
        child_number(21),
        child_number(22)
    );
    let path = "/api/v1/registry-imports?source=police";
    desk.post_text(path, "text/csv", police).await.expect(200);
    father
        .post(DEPENDANTS, child("张小宝", 21))
        .await
        .expect(201);
    stranger
        .post(DEPENDANTS, child("张小宝", 21))
        .await
        .problem(409, "ask_at_counter");
    let serial = carried(&father).await[0];
    let data = |serial: i64| format!("/api/v1/pass/data?pass_serial={serial}");
    father.get(&data(serial)).await.expect(200);
    // A child whom somebody has entered in another household shows the pass, and no more.
    let elsewhere = added["pass_serial"].as_i64().unwrap();
    assert_eq!(carried(&mother).await, [elsewhere]);
    mother
        .get(&data(elsewhere))
        .await
        .problem(404, "person_unknown");
    let path = format!("/api/v1/pass/history?pass_serial={elsewhere}");
    mother.get(&path).await.problem(404, "person_unknown");
}

#[tokio::test]
async fn an_adult_agrees_or_was_entered_in_the_same_household() {
    let test = TestApp::with_divisions().await;
    let (phone, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let desk = test.caller(Role::DataDesk, "").await;
    let file = format!(
        "document_number,name,household\n{},张三,H1\n{},张婆婆,H1\n{},李婆婆,H2\n",
        resident_number(20),
        resident_number(21),
        resident_number(22),
    );
    let path = "/api/v1/registry-imports?source=police&create=true";
    desk.post_text(path, "text/csv", file).await.expect(200);
    phone
        .post(DEPENDANTS, adult("张婆婆", 21))
        .await
        .expect(201);
    // Another household, a wrong name and a number that nobody knows are one and the same.
    let people: i64 = test.scalar("SELECT count(*) FROM person").await;
    for form in [
        adult("李婆婆", 22),
        adult("李奶奶", 22),
        adult("王婆婆", 23),
    ] {
        phone
            .post(DEPENDANTS, form)
            .await
            .problem(409, "ask_at_counter");
    }
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM person").await,
        people,
        "who was refused was not entered"
    );
    // With a code on her own phone anybody may.
    let mut form = adult("王婆婆", 23);
    form["phone"] = "13900001234".into();
    form["phone_code"] = test.phone_code("13900001234", "dependant").await.into();
    phone.post(DEPENDANTS, form).await.expect(201);
    let family = phone.get("/api/v1/pass/family").await.expect(200);
    let bases: Vec<&str> = family["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["basis"].as_str().unwrap())
        .collect();
    assert_eq!(bases, ["household", "consent"]);
    // Who only agreed to be carried keeps their record to themselves.
    let serials = carried(&phone).await;
    let data = |serial: i64| format!("/api/v1/pass/data?pass_serial={serial}");
    phone.get(&data(serials[0])).await.expect(200);
    phone
        .get(&data(serials[1]))
        .await
        .problem(404, "person_unknown");
    let history = format!("/api/v1/pass/history?pass_serial={}", serials[1]);
    phone.get(&history).await.problem(404, "person_unknown");
    let appeal = json!({ "pass_serial": serials[1], "about": "colour", "statement": "依据有误" });
    phone
        .post("/api/v1/pass/appeals", appeal)
        .await
        .problem(404, "person_unknown");
    let photo = format!("/api/v1/pass/photo?pass_serial={}", serials[1]);
    phone.delete(&photo).await.problem(404, "person_unknown");
    let explained = phone.get("/api/v1/pass/explanation").await.expect(200);
    assert_eq!(
        explained.as_array().unwrap().len(),
        2,
        "one's own and the household's"
    );
}

#[tokio::test]
async fn a_child_with_a_phone_takes_the_pass_over() {
    let test = TestApp::with_divisions().await;
    let (mother, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let added = mother
        .post(DEPENDANTS, child("张小宝", 21))
        .await
        .expect(201);
    let path = format!("{DEPENDANTS}/{}/hand-over", added["pass_serial"]);
    let with = |phone: &str, code: String| json!({ "phone": phone, "phone_code": code });
    let own = test.phone_code("13800001234", "hand_over").await;
    mother
        .post(&path, with("13800001234", own))
        .await
        .problem(409, "phone_of_guardian");
    mother
        .post(&path, with("13600001234", "000000".to_owned()))
        .await
        .problem(422, "phone_code_wrong");
    // The child's own phone cannot simply apply: the record is reached by the mother's.
    let mut form = child("张小宝", 21);
    form["phone"] = "13600001234".into();
    let beside = test.enrol(form.clone()).await.expect(201);
    assert_ne!(beside["pass_serial"], added["pass_serial"]);
    let code = test.phone_code("13600001234", "hand_over").await;
    mother
        .post(&path, with("13600001234", code))
        .await
        .expect(204);
    assert!(carried(&mother).await.is_empty());
    mother
        .post(&path, with("13600001234", "000000".to_owned()))
        .await
        .problem(404, "person_unknown");
    test.advance(jiff::SignedDuration::from_mins(2));
    let (young, view) = enrolled(&test, form).await;
    assert_eq!(view["pass_serial"], added["pass_serial"]);
    let notices = young.get("/api/v1/pass/notices").await.expect(200);
    assert_eq!(notices[0]["template"], "pass_handed_over");
    let family = young.get("/api/v1/pass/family").await.expect(200);
    assert_eq!(family["carriers"], json!([]));
}

#[tokio::test]
async fn a_phone_shows_a_code_for_a_child() {
    let test = TestApp::with_divisions().await;
    let post = crate::gates::post(&test, "金地朗悦", "440310001001").await;
    let (mother, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let added = mother
        .post(DEPENDANTS, child("张小宝", 21))
        .await
        .expect(201);
    let serial = &added["pass_serial"];
    let key = json!({ "public_key": crate::passes::public_key(9), "pass_serial": serial });
    mother
        .post("/api/v1/pass/credential", key)
        .await
        .expect(201);
    let paper = mother
        .post(
            "/api/v1/pass/paper-passes",
            json!({ "pass_serial": serial }),
        )
        .await
        .expect(201);
    let scan =
        json!({ "presentation": paper["qr"], "at": test.now().to_string(), "direction": "in" });
    post.device
        .post("/api/v1/scans", scan.clone())
        .await
        .expect(200);
    // Printed again, the paper before counts no more.
    mother
        .post(
            "/api/v1/pass/paper-passes",
            json!({ "pass_serial": serial }),
        )
        .await
        .expect(201);
    let mut again = scan;
    test.advance(jiff::SignedDuration::from_secs(5));
    again["at"] = test.now().to_string().into();
    post.device
        .post("/api/v1/scans", again)
        .await
        .problem(422, "pass_revoked");
    let other = json!({ "pass_serial": 999_999 });
    mother
        .post("/api/v1/pass/paper-passes", other)
        .await
        .problem(404, "person_unknown");
}

#[tokio::test]
async fn another_number_proves_itself_and_the_one_before_is_told() {
    let test = TestApp::with_divisions().await;
    let (phone, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let change = |code: String| json!({ "phone": "13600001234", "phone_code": code });
    phone
        .put("/api/v1/pass/phone", change("000000".to_owned()))
        .await
        .problem(422, "phone_code_wrong");
    let code = test.phone_code("13600001234", "new_phone").await;
    phone
        .put("/api/v1/pass/phone", change(code))
        .await
        .expect(204);
    let notices = phone.get("/api/v1/pass/notices").await.expect(200);
    assert_eq!(notices[0]["template"], "number_changed");
    test.advance(jiff::SignedDuration::from_mins(2));
    let own = phone.get("/api/v1/pass").await.expect(200);
    let (_, before) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    assert_ne!(before["pass_serial"], own["pass_serial"]);
    let (_, now) = enrolled(&test, applicant("张三", 20, "13600001234")).await;
    assert_eq!(now["pass_serial"], own["pass_serial"]);
}
