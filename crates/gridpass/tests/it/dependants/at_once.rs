//! Dependants added at the same moment.

use futures_util::future::join_all;
use gridpass::config::Limits;

use super::*;

async fn many_tries() -> TestApp {
    let limits = Limits {
        tries_per_phone_day: 50,
        tries_per_document_day: 50,
        ..Limits::default()
    };
    TestApp::with_limits(limits).await
}

#[tokio::test]
async fn who_is_refused_for_a_full_phone_is_not_entered() {
    let test = many_tries().await;
    let (mother, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let children = 21..35;
    let sent = children.clone().map(|n| {
        let mother = mother.clone();
        async move { (n, mother.post(DEPENDANTS, child("张小宝", n)).await) }
    });
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for (n, answer) in join_all(sent).await {
        if answer.status == 201 {
            taken.push(n);
        } else {
            answer.problem(409, "too_many_dependants");
            refused.push(n);
        }
    }
    assert_eq!((taken.len(), refused.len()), (8, 6));
    assert_eq!(carried(&mother).await.len(), 8);
    test.settle().await;
    let lead = test.caller(Role::CommunityLead, "440310").await;
    for n in refused {
        let asked = json!({ "document_type": "resident_id", "document_number": child_number(n) });
        lead.post("/api/v1/people/search", asked)
            .await
            .problem(404, "person_unknown");
    }
    let people: i64 = test.scalar("SELECT count(*) FROM person").await;
    assert_eq!(people, 9, "a refused dependant was entered");
    let strangers: i64 = test
        .scalar(
            "SELECT count(*) FROM visit v WHERE v.person_id NOT IN
             (SELECT dependant_id FROM guardian_link UNION SELECT person_id FROM guardian_link)",
        )
        .await;
    assert_eq!(strangers, 0, "a refused dependant has a visit");
    let notes: i64 = test.scalar("SELECT count(*) FROM pass_carrier").await;
    assert_eq!(notes, 8);
}

#[tokio::test]
async fn the_last_child_sent_twice_at_once_is_added_once() {
    let test = many_tries().await;
    let (mother, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    for n in 21..28 {
        mother
            .post(DEPENDANTS, child("张小宝", n))
            .await
            .expect(201);
    }
    let again = (0..4).map(|_| mother.post(DEPENDANTS, child("张小宝", 28)));
    let mut serials = Vec::new();
    for answer in join_all(again).await {
        serials.push(answer.expect(201)["pass_serial"].as_i64());
    }
    serials.dedup();
    assert_eq!(serials.len(), 1);
    assert_eq!(carried(&mother).await.len(), 8);
}
