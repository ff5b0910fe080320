//! A guardian's number changes: whoever is known by it is known by the new one.

use super::*;

const OLD: &str = "13800001234";
const NEW: &str = "13600001234";

fn form_of(name: &str, sequence: u32, phone: &str) -> Value {
    let mut form = child(name, sequence);
    form["phone"] = phone.into();
    form
}

/// Takes a pass off a phone and adds it again; the serial it has then.
async fn added_again(phone: &Client, (name, sequence): (&str, u32), serial: &Value) -> Value {
    let path = format!("{DEPENDANTS}/{serial}");
    phone.delete(&path).await.expect(204);
    let again = phone.post(DEPENDANTS, child(name, sequence)).await;
    again.expect(201)["pass_serial"].clone()
}

#[tokio::test]
async fn a_child_follows_the_number_that_a_counter_writes() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    // A school's list knows a child by the mother's number; she has never added it.
    let school = format!(
        "document_type,document_number,name,phone\nresident_id,{},张小远,{OLD}\n",
        child_number(23)
    );
    let path = "/api/v1/registry-imports?source=school&create=true";
    desk.post_text(path, "text/csv", school).await.expect(200);
    let (mother, view) = enrolled(&test, applicant("张三", 20, OLD)).await;
    let small = mother.post(DEPENDANTS, child("张小宝", 21)).await;
    let small = small.expect(201)["pass_serial"].clone();
    let mut big = form_of("张小贝", 22, "13700001234");
    big["phone_code"] = test.phone_code("13700001234", "dependant").await.into();
    let big = mother.post(DEPENDANTS, big).await.expect(201)["pass_serial"].clone();
    let lead = test.caller(Role::CommunityLead, "440310").await;
    let asked = json!({ "pass_serial": view["pass_serial"] });
    let held = lead.post("/api/v1/people/search", asked).await.expect(200);
    let path = format!("/api/v1/people/{}/phone", held["person_id"]);
    lead.put(&path, json!({ "phone": NEW })).await.expect(204);
    test.settle().await;
    test.advance(jiff::SignedDuration::from_mins(2));

    let (mother, again) = enrolled(&test, applicant("张三", 20, NEW)).await;
    assert_eq!(again["pass_serial"], view["pass_serial"]);
    let one = ("张小宝", 21);
    assert_eq!(added_again(&mother, one, &small).await, small);
    // Whoever has the old number now opens nothing of the child's.
    let (_, beside) = enrolled(&test, form_of("张小宝", 21, OLD)).await;
    assert_ne!(beside["pass_serial"], small);
    // A child with a number of its own keeps it.
    let (_, own) = enrolled(&test, form_of("张小贝", 22, "13700001234")).await;
    assert_eq!(own["pass_serial"], big);
    // Nobody is moved who is not in her care.
    mother
        .post(DEPENDANTS, child("张小远", 23))
        .await
        .problem(409, "ask_at_counter");
}

#[tokio::test]
async fn a_child_follows_the_number_that_a_guardian_changes() {
    let test = TestApp::with_divisions().await;
    let (mother, _) = enrolled(&test, applicant("张三", 20, OLD)).await;
    let small = mother.post(DEPENDANTS, child("张小宝", 21)).await;
    let small = small.expect(201)["pass_serial"].clone();
    // An adult who agreed to be carried is nobody's child, even by the guardian's own number.
    let mut elder = adult("张婆婆", 30);
    elder["phone"] = "13700001234".into();
    elder["phone_code"] = test.phone_code("13700001234", "dependant").await.into();
    let elder = mother.post(DEPENDANTS, elder).await.expect(201)["pass_serial"].clone();
    let lead = test.caller(Role::CommunityLead, "440310").await;
    let asked = json!({ "pass_serial": elder });
    let held = lead.post("/api/v1/people/search", asked).await.expect(200);
    let path = format!("/api/v1/people/{}/phone", held["person_id"]);
    lead.put(&path, json!({ "phone": OLD })).await.expect(204);

    let code = test.phone_code(NEW, "new_phone").await;
    let change = json!({ "phone": NEW, "phone_code": code });
    mother.put("/api/v1/pass/phone", change).await.expect(204);
    test.settle().await;
    test.advance(jiff::SignedDuration::from_mins(2));
    let one = ("张小宝", 21);
    assert_eq!(added_again(&mother, one, &small).await, small);
    let (_, own) = enrolled(&test, applicant("张婆婆", 30, OLD)).await;
    assert_eq!(own["pass_serial"], elder);
}
