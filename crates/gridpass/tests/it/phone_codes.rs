//! One-time codes: the proof before anything personal is returned, and what an outsider learns
//! by trying: nothing.

mod networks;

use std::collections::BTreeSet;

use gridpass::access::Role;
use gridpass::config::Limits;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Answer, Setup, TestApp};
use crate::notices::Relay;
use crate::people::{applicant, child_number, enrolled, resident_number};
use crate::wire::Wire;

const PHONE: &str = "13800001234";

async fn ask(test: &TestApp, phone: &str, purpose: &str) -> Answer {
    let body = json!({ "phone": phone, "purpose": purpose });
    test.resident().post("/api/v1/phone-codes", body).await
}

async fn enrol(test: &TestApp, mut form: Value, code: &str) -> Answer {
    form["phone_code"] = code.into();
    test.resident().post("/api/v1/people/enrol", form).await
}

/// A code that is not `code`.
fn another(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

fn wait_s(answer: &Answer) -> u64 {
    answer.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn a_code_comes_by_text_and_is_nowhere_else() {
    let relay = Relay::start().await;
    let test = relay.application().await;
    let sent = ask(&test, "+86 138-0000-1234", "enrol").await.expect(202);
    assert_eq!(sent["resend_after_s"], 60);
    test.settle().await;
    let messages = relay.take().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["kind"], "code");
    assert_eq!(messages[0]["phone"], "+8613800001234");
    let text = messages[0]["text_zh"].as_str().unwrap();
    let code: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
    let stored: String = test
        .scalar("SELECT string_agg(c::text, ' ') FROM phone_code c")
        .await;
    assert!(
        !stored.contains(&code) && !stored.contains("13800001234"),
        "{stored}"
    );
    let view = enrol(&test, applicant("张三", 1, PHONE), &code)
        .await
        .expect(201);
    assert_eq!(view["pass"]["name"], "张三");
}

#[tokio::test]
async fn a_code_counts_once_for_five_minutes_and_five_tries() {
    let test = TestApp::start().await;
    let form = || applicant("张三", 1, PHONE);
    let wrong = |answer: Answer| answer.problem(422, "phone_code_wrong");
    let never_sent = wrong(enrol(&test, form(), "123456").await);
    let code = test.phone_code(PHONE, "enrol").await;
    assert_eq!(
        wrong(enrol(&test, form(), &another(&code)).await),
        never_sent
    );
    assert_eq!(wrong(enrol(&test, form(), "").await), never_sent);
    assert_eq!(
        wrong(enrol(&test, form(), &"1".repeat(1000)).await),
        never_sent
    );
    enrol(&test, form(), &code).await.expect(201);
    assert_eq!(wrong(enrol(&test, form(), &code).await), never_sent, "used");
    let code = test.phone_code(PHONE, "enrol").await;
    for _ in 0..5 {
        wrong(enrol(&test, form(), &another(&code)).await);
    }
    assert_eq!(
        wrong(enrol(&test, form(), &code).await),
        never_sent,
        "tried too often"
    );
    let code = test.phone_code(PHONE, "enrol").await;
    test.advance(SignedDuration::from_secs(300));
    assert_eq!(
        wrong(enrol(&test, form(), &code).await),
        never_sent,
        "ran out"
    );
    let old = test.phone_code(PHONE, "enrol").await;
    let new = test.phone_code(PHONE, "enrol").await;
    assert_eq!(
        wrong(enrol(&test, form(), &old).await),
        never_sent,
        "replaced"
    );
    enrol(&test, form(), &new).await.expect(201);
    test.advance(SignedDuration::from_hours(1));
    test.settle().await;
    let kept: i64 = test.scalar("SELECT count(*) FROM phone_code").await;
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn a_code_is_for_one_phone_and_one_purpose() {
    let test = TestApp::start().await;
    let code = test.phone_code(PHONE, "enrol").await;
    enrol(&test, applicant("张三", 1, "13900001234"), &code)
        .await
        .problem(422, "phone_code_wrong");
    let other = test.phone_code(PHONE, "dependant").await;
    enrol(&test, applicant("张三", 1, PHONE), &other)
        .await
        .problem(422, "phone_code_wrong");
    enrol(&test, applicant("张三", 1, PHONE), &code)
        .await
        .expect(201);
    ask(&test, "12", "enrol")
        .await
        .problem(422, "invalid_fields");
    ask(&test, PHONE, "party")
        .await
        .problem(422, "invalid_fields");
}

#[tokio::test]
async fn a_mistyped_name_does_not_cost_the_pass() {
    let test = TestApp::start().await;
    let (phone, first) = enrolled(&test, applicant("张三", 1, PHONE)).await;
    let (_, slip) = enrolled(&test, applicant("李四", 1, PHONE)).await;
    assert_ne!(slip["pass_serial"], first["pass_serial"]);
    phone.get("/api/v1/pass").await.expect(200);
    let (_, again) = enrolled(&test, applicant("张三", 1, PHONE)).await;
    assert_eq!(again["pass_serial"], first["pass_serial"]);
}

#[tokio::test]
async fn a_relatives_own_phone_must_agree() {
    let test = TestApp::start().await;
    let (guardian, _) = enrolled(&test, applicant("张三", 1, PHONE)).await;
    enrolled(&test, applicant("李婆婆", 2, "13900001234")).await;
    let path = "/api/v1/pass/dependants";
    // Name, number and phone are known to many; the code is not.
    let mut form = applicant("李婆婆", 2, "13900001234");
    guardian
        .post(path, form.clone())
        .await
        .problem(422, "phone_code_wrong");
    form["phone_code"] = test.phone_code("13900001234", "enrol").await.into();
    guardian
        .post(path, form.clone())
        .await
        .problem(422, "phone_code_wrong");
    form["phone_code"] = test.phone_code("13900001234", "dependant").await.into();
    guardian.post(path, form).await.expect(201);
    // A child on the guardian's phone needs none.
    guardian
        .post(
            path,
            json!({ "name": "张小宝", "document_type": "resident_id", "document_number": child_number(3), "phone": PHONE }),
        )
        .await
        .expect(201);
}

#[tokio::test]
async fn codes_for_a_phone_are_limited_and_say_when_to_come_back() {
    let limits = Limits {
        codes_per_phone_hour: 3,
        ..Limits::default()
    };
    let test = TestApp::with_limits(limits).await;
    ask(&test, PHONE, "enrol").await.expect(202);
    let soon = ask(&test, PHONE, "dependant").await;
    assert!((60..=61).contains(&wait_s(&soon)));
    soon.problem(429, "too_many_codes");
    ask(&test, "13900001234", "enrol").await.expect(202);
    for _ in 0..2 {
        test.advance(SignedDuration::from_secs(61));
        ask(&test, PHONE, "enrol").await.expect(202);
    }
    test.advance(SignedDuration::from_secs(61));
    let hour = ask(&test, PHONE, "enrol").await;
    let wait = wait_s(&hour);
    assert!((3400..3600).contains(&wait), "{wait}");
    hour.problem(429, "too_many_codes");
    test.advance(SignedDuration::from_secs(i64::try_from(wait).unwrap()));
    ask(&test, PHONE, "enrol").await.expect(202);
    test.advance(SignedDuration::from_hours(2));
    test.settle().await;
    let kept: i64 = test.scalar("SELECT count(*) FROM limit_count").await;
    assert_eq!(kept, 0, "counts go when their window is over");
}

#[tokio::test]
async fn without_a_gateway_the_answer_says_where_to_go() {
    let test = TestApp::with_gateway(None).await;
    ask(&test, PHONE, "enrol")
        .await
        .problem(501, "no_text_gateway");
}

#[tokio::test]
async fn only_a_demo_shows_codes() {
    let setup = Setup {
        demo: false,
        ..Setup::default()
    };
    let test = TestApp::with(setup).await;
    let body = json!({ "phone": PHONE, "purpose": "enrol" });
    ask(&test, PHONE, "enrol").await.expect(202);
    test.resident()
        .post("/api/v1/phone-codes/shown", body.clone())
        .await
        .problem(403, "demo_only");
    let demo = TestApp::start().await;
    demo.resident()
        .post("/api/v1/phone-codes/shown", body)
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn tries_at_a_document_and_by_a_phone_run_out() {
    let limits = Limits {
        tries_per_document_day: 3,
        tries_per_phone_day: 5,
        ..Limits::default()
    };
    let test = TestApp::with_limits(limits).await;
    enrolled(&test, applicant("张三", 1, PHONE)).await;
    let phone = |n: u32| format!("1390000{n:04}");
    for n in 1..3 {
        test.enrol(applicant("李四", 1, &phone(n)))
            .await
            .expect(201);
    }
    // The fourth try at a held document, and at one that nobody had and three have got a pass for.
    let held = test.enrol(applicant("李四", 1, &phone(3))).await;
    for n in 4..7 {
        test.enrol(applicant("王五", 2, &phone(n)))
            .await
            .expect(201);
    }
    let other = test.enrol(applicant("王五", 2, &phone(7))).await;
    assert_eq!(wait_s(&held), wait_s(&other));
    assert_eq!(
        held.problem(429, "too_many_tries"),
        other.problem(429, "too_many_tries")
    );
    // One phone, many documents.
    for n in 10..15 {
        test.enrol(applicant("赵六", n, &phone(9)))
            .await
            .expect(201);
    }
    test.enrol(applicant("赵六", 15, &phone(9)))
        .await
        .problem(429, "too_many_tries");
    let known: i64 = test
        .scalar("SELECT count(*) FROM limit_count WHERE kind = 'tries_at_document'")
        .await;
    assert_eq!(
        known, 7,
        "a phone without tries left does not use up a document's"
    );
    // Strangers do not shut the owner out.
    test.enrol(applicant("张三", 1, PHONE)).await.expect(201);
    test.advance(SignedDuration::from_hours(25));
    test.enrol(applicant("赵六", 15, &phone(9)))
        .await
        .expect(201);
}

#[tokio::test]
async fn tries_by_way_of_dependants_count_too() {
    let limits = Limits {
        tries_per_phone_day: 2,
        ..Limits::default()
    };
    let test = TestApp::with_limits(limits).await;
    enrolled(&test, applicant("李四", 2, "13900001234")).await;
    let (guardian, _) = enrolled(&test, applicant("张三", 1, PHONE)).await;
    let guess = |name: &str| json!({ "name": name, "document_type": "resident_id", "document_number": resident_number(2) });
    let path = "/api/v1/pass/dependants";
    for name in ["李一", "李二"] {
        guardian
            .post(path, guess(name))
            .await
            .problem(409, "ask_at_counter");
    }
    guardian
        .post(path, guess("李四"))
        .await
        .problem(429, "too_many_tries");
}

/// Limits that count and never refuse: the work is done, the guessing goes on.
fn counting() -> Limits {
    Limits {
        tries_per_document_day: u32::MAX,
        tries_per_phone_day: u32::MAX,
        ..Limits::default()
    }
}

/// Two people who enrolled, and one who is only in an import.
async fn three_known(test: &TestApp) {
    enrolled(test, applicant("张三", 1, PHONE)).await;
    enrolled(test, applicant("李四", 2, "13900001234")).await;
    let desk = test.caller(Role::DataDesk, "").await;
    let file = format!(
        "document_number,name,phone\n{},王五,13700001234\n",
        resident_number(3)
    );
    let path = "/api/v1/registry-imports?source=police&create=true";
    desk.post_text(path, "text/csv", file).await.expect(200);
}

#[tokio::test]
async fn refusals_are_the_same_words_after_the_same_work() {
    let direct = TestApp::with_divisions().await;
    // Ids are given by time; the second node begins after the first.
    direct.advance(SignedDuration::from_secs(1));
    let wire = Wire::tap(&direct.config).await;
    let setup = Setup {
        limits: counting(),
        seed: 2,
        ..Setup::default()
    };
    let test = TestApp::start_as(wire.config.clone(), direct.clock.clone(), setup).await;
    three_known(&test).await;
    let stranger = "13600009999";

    // Asking for a code: the phone of a holder, of an import, of nobody.
    let mut answers = BTreeSet::new();
    for phone in [PHONE, "13700001234", stranger] {
        wire.take();
        let answer = ask(&test, phone, "enrol").await;
        answers.insert((answer.status.as_u16(), answer.bytes, wire.take()));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    let (_, _, work) = answers.pop_first().unwrap();
    assert!(
        work.contains(&"phone_codes.put_code".to_owned()),
        "{work:?}"
    );

    // Without a code: all details right, some, none, and a number nobody has.
    let guesses = [
        applicant("张三", 1, PHONE),
        applicant("李四", 1, PHONE),
        applicant("张三", 1, stranger),
        applicant("王五", 3, stranger),
        applicant("王五", 99, stranger),
    ];
    let mut answers = BTreeSet::new();
    for guess in guesses {
        wire.take();
        let answer = enrol(&test, guess, "not it").await;
        answers.insert((answer.status.as_u16(), answer.bytes, wire.take()));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    let (status, _, work) = answers.pop_first().unwrap();
    assert_eq!(
        (status, work),
        (422, vec!["phone_codes.try_code".to_owned()])
    );

    // With a code for their own phone: a number nobody has, another name, another phone, another
    // person's, imported.
    let guesses = [
        applicant("某某", 98, stranger),
        applicant("李四", 1, PHONE),
        applicant("张三", 1, stranger),
        applicant("某某", 2, stranger),
        applicant("某某", 3, "13600008888"),
        applicant("王五", 3, stranger),
        applicant("某某", 97, stranger),
    ];
    let mut answers = BTreeSet::new();
    for guess in guesses {
        let typed = guess.clone();
        let form = test.with_code(guess).await;
        wire.take();
        let answer = test.resident().post("/api/v1/people/enrol", form).await;
        let work = wire.take();
        answers.insert((plain_pass(&typed, answer), work));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    let (_, work) = answers.pop_first().unwrap();
    let looked_up = work.iter().position(|one| one == "people.find_by_digests");
    let counted = work.iter().position(|one| one == "limits.count_use");
    assert!(
        counted < looked_up,
        "a try is counted before the look-up: {work:?}"
    );
}

/// What an answer says but for what was typed, the random token and the serial.
fn plain_pass(typed: &Value, answer: Answer) -> String {
    let mut view = answer.expect(201);
    let serial = view["pass_serial"].take();
    assert_eq!(view["pass"]["pass_serial"].take(), serial);
    assert_eq!(view["pass"]["name"].take(), typed["name"]);
    let number = typed["document_number"].as_str().unwrap();
    let masked = format!("{}**********{}", &number[..4], &number[14..]);
    assert_eq!(view["pass"]["document_masked"].take(), masked);
    let token = view["holder_token"].take();
    assert!(
        token
            .as_str()
            .is_some_and(|token| token.starts_with("gph1."))
    );
    view.to_string()
}

#[tokio::test]
async fn some_thousand_guesses_find_nobody() {
    let test = TestApp::with_limits(counting()).await;
    three_known(&test).await;
    let resident = test.resident();
    let mut answers = BTreeSet::new();
    // Numbers in a row, held ones among them, under the most likely names.
    for sequence in 0..1000 {
        for name in ["张三", "李四"] {
            let mut form = applicant(name, sequence, "13600009999");
            form["phone_code"] = format!("{sequence:06}").into();
            let answer = resident.post("/api/v1/people/enrol", form).await;
            answers.insert((answer.status.as_u16(), answer.bytes));
        }
    }
    assert_eq!(answers.len(), 1);
    let mut answers = BTreeSet::new();
    for n in 0..500 {
        // The phones of the three are among them.
        let phone = match n {
            100 => PHONE.to_owned(),
            200 => "13900001234".to_owned(),
            300 => "13700001234".to_owned(),
            _ => format!("135{n:08}"),
        };
        let answer = ask(&test, &phone, "enrol").await;
        answers.insert((answer.status.as_u16(), answer.bytes));
    }
    assert_eq!(answers.len(), 1);
    let people: i64 = test.scalar("SELECT count(*) FROM person").await;
    assert_eq!(people, 3, "guessing entered somebody");
    // With a phone of one's own: wrong names and the right ones, at numbers that are held and at
    // numbers that nobody has.
    let mut answers = BTreeSet::new();
    for n in 0..240 {
        let wrong = format!("王{}", char::from_u32(0x4e00 + n).unwrap());
        let name = ["张三", "李四", "王五", &wrong][(n % 4) as usize];
        let number = if n % 2 == 0 { 1 + n / 2 % 3 } else { 1000 + n };
        let form = applicant(name, number, &format!("136{n:08}"));
        let typed = form.clone();
        answers.insert(plain_pass(&typed, test.enrol(form).await));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    let held: i64 = test
        .scalar("SELECT count(*) FROM number_claim WHERE ended_at IS NULL")
        .await;
    assert_eq!(held, 120);
}
