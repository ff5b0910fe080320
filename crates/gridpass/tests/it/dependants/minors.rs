//! Until when somebody counts as a child, and by whose word.

use super::*;
use crate::people::number_of;

#[tokio::test]
async fn a_child_with_a_passport_is_added_with_its_year_of_birth() {
    let test = TestApp::with_divisions().await;
    let (mother, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let child = |year: Option<i16>| {
        let mut form = json!({ "name": "Ann Lee", "document_type": "passport_foreign", "document_number": "X1234567" });
        if let Some(year) = year {
            form["birth_year"] = year.into();
        }
        form
    };
    mother
        .post(DEPENDANTS, child(None))
        .await
        .problem(409, "ask_at_counter");
    for year in [1700, 2021] {
        let problem = mother.post(DEPENDANTS, child(Some(year))).await;
        let problem = problem.problem(422, "invalid_fields");
        assert_eq!(problem["fields"][0]["code"], "birth_year_impossible");
    }
    // In the year of the eighteenth birthday the guardian's word is not enough any more.
    for year in [1980, 2002] {
        mother
            .post(DEPENDANTS, child(Some(year)))
            .await
            .problem(409, "ask_at_counter");
    }
    let added = mother.post(DEPENDANTS, child(Some(2016))).await.expect(201);
    assert_eq!(added["colour"], "yellow");
    let family = mother.get("/api/v1/pass/family").await.expect(200);
    let member = &family["members"][0];
    assert_eq!(
        (&member["basis"], &member["in_care"]),
        (&json!("minor"), &json!(true))
    );
    // A year that is said makes nobody a child who is known.
    enrolled(&test, {
        let mut form = applicant("Bo Li", 1, "13900001234");
        form["document_type"] = "passport_foreign".into();
        form["document_number"] = "X7654321".into();
        form
    })
    .await;
    let mut known = child(Some(2016));
    known["name"] = "Bo Li".into();
    known["document_number"] = "X7654321".into();
    mother
        .post(DEPENDANTS, known)
        .await
        .problem(409, "ask_at_counter");
}

#[tokio::test]
async fn who_comes_of_age_is_shown_still_and_read_no_more() {
    let test = TestApp::with_divisions().await;
    let (mother, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let son = json!({ "name": "张大宝", "document_type": "resident_id", "document_number": number_of(2002, 63_001) });
    let added = mother.post(DEPENDANTS, son).await.expect(201);
    let data = format!("/api/v1/pass/data?pass_serial={}", added["pass_serial"]);
    mother.get(&data).await.expect(200);
    test.advance(jiff::SignedDuration::from_hours(48));
    mother.get(&data).await.problem(404, "person_unknown");
    assert_eq!(json!(carried(&mother).await), json!([added["pass_serial"]]));
}
