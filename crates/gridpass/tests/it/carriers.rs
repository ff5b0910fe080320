//! Who carries somebody's pass: what they may, what they may not, and how it ends.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::dependants::{DEPENDANTS, adult, carried, child};
use crate::people::{applicant, enrolled};
use crate::scans::support::{HERE, equip_for};

/// The child of one household whom both parents carry: the father, and the child's serial.
async fn carried_by_both(test: &TestApp, mother: &Client) -> (Client, i64) {
    let (father, _) = enrolled(test, applicant("赵六", 24, "13700001234")).await;
    let added = mother.post(DEPENDANTS, child("张小宝", 21)).await;
    let serial = added.expect(201)["pass_serial"].as_i64().unwrap();
    let moved = "WITH moved AS (UPDATE person SET household_id = 77 RETURNING 1) SELECT count(*) FROM moved";
    assert_eq!(test.scalar::<i64>(moved).await, 3);
    let again = father.post(DEPENDANTS, child("张小宝", 21)).await;
    again.expect(201);
    (father, serial)
}

#[tokio::test]
async fn both_parents_show_one_child_at_the_same_time() {
    let test = TestApp::with_divisions().await;
    let post = crate::gates::post(&test, "金地朗悦", HERE).await;
    let (mother, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let (father, serial) = carried_by_both(&test, &mother).await;
    let card = async |phone: &Client, seed: u8| equip_for(phone, [seed; 32], Some(serial)).await;
    let (hers, his) = (card(&mother, 1).await, card(&father, 2).await);
    let mut at = test.now();
    let mut show = async |holder: &gridpass_passcode::Holder| {
        test.advance(SignedDuration::from_secs(61));
        at = test.now();
        let body =
            json!({ "presentation": holder.present(at).unwrap(), "at": at, "direction": "in" });
        post.device.post("/api/v1/scans", body).await
    };
    for holder in [&hers, &his, &hers] {
        show(holder).await.expect(200);
    }
    // The mother's new phone ends what her old one showed, and nothing that the father's shows.
    let newer = card(&mother, 3).await;
    show(&hers).await.problem(422, "pass_revoked");
    show(&newer).await.expect(200);
    show(&his).await.expect(200);
    // Taken off one phone, it is void there and at once; the other's card stays, and renews in time for
    // the gates without network.
    let off = format!("{DEPENDANTS}/{serial}");
    let before = test.now();
    mother.delete(&off).await.expect(204);
    test.settle().await;
    show(&newer).await.problem(422, "pass_revoked");
    test.advance(SignedDuration::from_secs(2));
    let pass = father.get("/api/v1/pass").await.expect(200);
    let codes_from = pass["dependants"][0]["codes_from"].as_str().unwrap();
    let codes_from: jiff::Timestamp = codes_from.parse().unwrap();
    assert!(codes_from > before, "his phone is told to ask again");
    show(&his).await.expect(200);
    show(&newer).await.problem(422, "pass_revoked");
    let his = card(&father, 2).await;
    show(&his).await.expect(200);
}

#[tokio::test]
async fn a_new_number_of_one_parent_leaves_the_others_card_alone() {
    let test = TestApp::with_divisions().await;
    let post = crate::gates::post(&test, "金地朗悦", HERE).await;
    let mut form = applicant("张三", 20, "13800001234");
    form["enclosure_id"] = post.enclosure_id.into();
    let (mother, view) = enrolled(&test, form).await;
    let (father, serial) = carried_by_both(&test, &mother).await;
    let hers = equip_for(&mother, [1; 32], Some(serial)).await;
    let his = equip_for(&father, [2; 32], Some(serial)).await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let who: i64 = test
        .scalar(&format!(
            "SELECT person_id FROM person WHERE pass_serial = {}",
            view["pass_serial"]
        ))
        .await;
    let path = format!("/api/v1/people/{who}/phone");
    lead.put(&path, json!({ "phone": "13600001234" }))
        .await
        .expect(204);
    test.settle().await;
    test.advance(SignedDuration::from_secs(61));
    for (holder, status) in [(hers, 422), (his, 200)] {
        let at = test.now();
        let body =
            json!({ "presentation": holder.present(at).unwrap(), "at": at, "direction": "in" });
        let answer = post.device.post("/api/v1/scans", body).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn who_carries_by_agreement_hands_nothing_over() {
    let test = TestApp::with_divisions().await;
    let (nephew, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let lead = test.caller(Role::CommunityLead, "440310001001").await;
    let mut form = adult("王婆婆", 21);
    form["phone"] = "13900001234".into();
    lead.post("/api/v1/people", form.clone()).await.expect(201);
    form["phone_code"] = test.phone_code("13900001234", "dependant").await.into();
    let added = nephew.post(DEPENDANTS, form).await.expect(201);
    let path = format!("{DEPENDANTS}/{}/hand-over", added["pass_serial"]);
    let code = test.phone_code("13600001234", "hand_over").await;
    nephew
        .post(&path, json!({ "phone": "13600001234", "phone_code": code }))
        .await
        .problem(409, "ask_at_counter");
    // She is known by her own number as before.
    enrolled(&test, applicant("王婆婆", 21, "13900001234")).await;
}

#[tokio::test]
async fn both_sides_see_the_link_and_each_may_end_it() {
    let test = TestApp::with_divisions().await;
    let (son, view) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let (elder, _) = enrolled(&test, applicant("王婆婆", 21, "13900001234")).await;
    let mut form = applicant("王婆婆", 21, "13900001234");
    form["phone_code"] = test.phone_code("13900001234", "dependant").await.into();
    let added = son.post(DEPENDANTS, form.clone()).await.expect(201);
    let family = elder.get("/api/v1/pass/family").await.expect(200);
    assert_eq!(
        (
            &family["carriers"][0]["name"],
            &family["carriers"][0]["basis"],
            &family["carriers"][0]["pass_serial"]
        ),
        (&json!("张*"), &json!("consent"), &view["pass_serial"])
    );
    // She shows the pass herself: his phone gets no code for her that would void hers.
    let key =
        json!({ "public_key": crate::passes::public_key(9), "pass_serial": added["pass_serial"] });
    son.post("/api/v1/pass/credential", key)
        .await
        .problem(409, "has_own_phone");
    let leave = format!("/api/v1/pass/carriers/{}", view["pass_serial"]);
    elder.delete(&leave).await.expect(204);
    elder.delete(&leave).await.problem(404, "person_unknown");
    assert!(carried(&son).await.is_empty());
    // A stranger's pass cannot be taken off anybody's phone.
    let path = format!("{DEPENDANTS}/{}", added["pass_serial"]);
    son.delete(&path).await.problem(404, "person_unknown");
    test.advance(jiff::SignedDuration::from_mins(2));
    form["phone_code"] = test.phone_code("13900001234", "dependant").await.into();
    son.post(DEPENDANTS, form).await.expect(201);
    son.delete(&path).await.expect(204);
    let family = elder.get("/api/v1/pass/family").await.expect(200);
    assert_eq!(family["carriers"], json!([]));
}

#[tokio::test]
async fn who_only_agreed_to_be_carried_gives_nothing_else_away() {
    let test = TestApp::with_divisions().await;
    let (son, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let (elder, _) = enrolled(&test, applicant("王婆婆", 21, "13900001234")).await;
    let mut form = applicant("王婆婆", 21, "13900001234");
    form["phone_code"] = test.phone_code("13900001234", "dependant").await.into();
    let serial = son.post(DEPENDANTS, form).await.expect(201)["pass_serial"].clone();
    let own = json!({ "about": "colour", "statement": "我有医院的检测记录，请核实。" });
    let appeal = elder.post("/api/v1/pass/appeals", own).await.expect(201);

    // Carried, and no more: no reason, no appeal, no paper, no notice, no photo.
    assert_eq!(carried(&son).await, [serial.as_i64().unwrap()]);
    for path in [
        "/api/v1/pass/explanation",
        "/api/v1/pass/appeals",
        "/api/v1/pass/notices",
    ] {
        let shown = son.get(path).await.expect(200);
        let of = |one: &&Value| one["pass_serial"] == serial;
        assert_eq!(
            shown.as_array().unwrap().iter().filter(of).count(),
            0,
            "{path}"
        );
    }
    for (path, body) in [
        (
            "/api/v1/pass/appeals".to_owned(),
            json!({ "pass_serial": serial, "about": "name", "statement": "姓名写错了。" }),
        ),
        (
            "/api/v1/pass/paper-passes".to_owned(),
            json!({ "pass_serial": serial }),
        ),
    ] {
        son.post(&path, body).await.problem(404, "person_unknown");
    }
    let withdraw = format!("/api/v1/pass/appeals/{}/withdraw", appeal["appeal_id"]);
    son.post(&withdraw, json!({}))
        .await
        .problem(404, "not_found");
    for path in ["history", "photo"] {
        let path = format!("/api/v1/pass/{path}?pass_serial={serial}");
        let refused = match path.contains("photo") {
            true => son.delete(&path).await,
            false => son.get(&path).await,
        };
        refused.problem(404, "person_unknown");
    }
    let open = elder.get("/api/v1/pass/appeals").await.expect(200);
    assert_eq!(open[0]["status"], "open");
}

#[tokio::test]
async fn a_phone_that_was_left_bars_nobody() {
    let test = TestApp::with_divisions().await;
    let (son, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let (elder, _) = enrolled(&test, applicant("王婆婆", 21, "13900001234")).await;
    elder.delete("/api/v1/pass/phone").await.expect(204);
    elder
        .get("/api/v1/pass")
        .await
        .problem(401, "phone_replaced");
    let mut form = applicant("王婆婆", 21, "13900001234");
    form["phone_code"] = test.phone_code("13900001234", "dependant").await.into();
    let serial = son.post(DEPENDANTS, form).await.expect(201)["pass_serial"].clone();
    let key = json!({ "public_key": crate::passes::public_key(9), "pass_serial": serial });
    son.post("/api/v1/pass/credential", key).await.expect(201);
}
