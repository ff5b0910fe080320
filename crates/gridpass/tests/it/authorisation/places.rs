//! Inside and outside the jurisdiction, with entities that are really there: every operation
//! that names one in its path, its query or its body, as every role.

use std::collections::BTreeMap;

use gridpass::access::Role;
use gridpass::documents;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Operation, operations};
use crate::alerts_fixture::raise;
use crate::app::{Client, TestApp};
use crate::evidence::{PROPOSALS, medical, order_input, red_fact_input, two_people};
use crate::gates;
use crate::people::{applicant, resident_number};
use crate::photos::{picture, put_photo};

/// A community of the first subdistrict, and another subdistrict.
const HERE: &str = "440310001001";
const ELSEWHERE: &str = "440310002";

/// Parameters of paths for which nothing is made here, and why. This list only shrinks.
const NO_ENTITY: [(&str, &str); 13] = [
    ("list_id", "held lists; see red_lists.rs"),
    ("finding_id", "findings name nobody; see red_lists.rs"),
    ("version", "rule sets are everybody's"),
    ("entry_id", "the catalogue is everybody's; see catalogue.rs"),
    (
        "back_test_id",
        "counts, small ones for their jurisdiction only; see backtest.rs",
    ),
    ("table", "rule tables are everybody's"),
    (
        "shadow_id",
        "counts of a place, which name nobody; see rules/shadow.rs",
    ),
    (
        "schedule_id",
        "checked by the place of the schedule; see rules/places.rs",
    ),
    ("code", "divisions are everybody's"),
    (
        "import_id",
        "counts, and rows that name nobody; the wall hides people elsewhere",
    ),
    (
        "staff_id",
        "accounts are the security administrator's; see staff.rs",
    ),
    ("grant_id", "as accounts"),
    ("session_id", "one's own"),
];

/// Operations that name an entity in their body or query and nowhere else, and what they
/// answer outside the jurisdiction.
const NAMED_INSIDE: [(&str, u16); 10] = [
    ("create_employer", 422),
    ("create_gate", 422),
    ("create_person", 422),
    ("create_visit", 404),
    ("find_stop", 422),
    ("issue_paper", 404),
    ("list_scans", 404),
    ("open_appeal", 404),
    ("open_break_glass", 404),
    ("propose_red", 404),
];

/// Operations with such a field that is not an entity of the caller's jurisdiction, and why.
const NOT_NAMED: [(&str, &str); 20] = [
    ("choose_grant", "one of the caller's own grants"),
    (
        "create_staff",
        "the security administrator: a reach within the caller's own",
    ),
    (
        "search_audit_entries",
        "a filter; the log shows numbers only",
    ),
    ("add_dependant", "a holder's own family"),
    (
        "create_gate_check",
        "a device: only whom it has just scanned",
    ),
    (
        "create_paper_passes",
        "people of a home, cut to the jurisdiction; see paper_passes.rs",
    ),
    ("create_scan", "a device at its gate"),
    ("add_register_entries", "a device at its gate"),
    ("hand_over_shift", "a device's own shift"),
    ("enrol_person", "open to anybody, by its purpose"),
    ("evaluate_case", "a made-up case"),
    ("upload_scans", "a device at its gate"),
    ("list_appeals", "a filter below the caller's prefix"),
    ("list_red_proposals", "a filter below the caller's prefix"),
    (
        "list_quarantine_orders",
        "a filter below the caller's prefix",
    ),
    ("list_papers", "a filter below the caller's prefix"),
    ("list_visits", "a filter below the caller's prefix"),
    (
        "assign_visits",
        "each visit is authorised by itself; others are answered as left: visit_leads",
    ),
    (
        "record_calls",
        "each person is authorised by itself and answered as not found: calls",
    ),
    ("import_registry", "a file for the whole population"),
];

/// What is there, by name of parameter.
struct Scene {
    ids: BTreeMap<&'static str, i64>,
    /// A division that both lies in.
    employer: i64,
}

impl Scene {
    async fn set(test: &TestApp) -> Self {
        let post = gates::post(test, "金地朗悦", HERE).await;
        let lead = test.caller(Role::CommunityLead, HERE).await;
        let mut body = applicant("张三", 1, "13800001234");
        body["enclosure_id"] = post.enclosure_id.into();
        let person = id(
            &lead.post("/api/v1/people", body).await.expect(201),
            "person_id",
        );
        let path = format!("/api/v1/people/{person}/photo");
        put_photo(&lead, &path, picture()).await.expect(204);
        let entry = json!({ "entry_key": "places-0001", "at": test.now().to_string(), "direction": "in",
            "action": "pass", "name": "赵无名" });
        let entries = json!({ "entries": [entry] });
        let written = post.device.post("/api/v1/device/register", entries).await;
        written.expect(200);
        test.settle().await;
        let entry = test.scalar("SELECT entry_id FROM gate_register").await;
        let desk = test.caller(Role::DataDesk, "").await;
        let employer = json!({ "name": "坪山制造", "credit_code": "9144030071526726XG", "kind": "company", "place_code": HERE });
        let employer = desk.post("/api/v1/employers", employer).await.expect(201);
        let employer = id(&employer, "employer_id");
        let path = format!("/api/v1/people/{person}/facts");
        let fact = json!({ "kind": "health", "at": test.now().to_string(), "source": "test" });
        let fact = lead.post(&path, fact).await.expect(201);
        let visits = lead.get("/api/v1/visits").await.expect(200);
        let doctor = test.caller(Role::TeamDoctor, HERE).await;
        let input = order_input(person, "home", "2020-03-06", "2020-03-20");
        let order = two_people(test, &doctor, input).await;
        let open = red_fact_input(person, medical("case"));
        let proposal = doctor.post(PROPOSALS, open).await.expect(201);
        raise(test, person).await;
        let alerts = doctor.get("/api/v1/alerts").await.expect(200);
        let glass =
            json!({ "person_id": person, "reason": "urgent_contact", "note": "需立即联系本人" });
        let hold = test.app.ids.next();
        let sql = "INSERT INTO time_hold (hold_id, kind, place_code, hour_at, people, flips, status, held_at)
            VALUES ($1, 'passage', $2, $3, 100, 60, 'held', $3)";
        let db = test.app.db.client().await.unwrap();
        let leaf = format!("{HERE:0<15}");
        db.execute(sql, &[&hold, &leaf, &test.now()]).await.unwrap();
        let glass = doctor.post("/api/v1/break-glass", glass).await.expect(201);
        let opening = format!("/api/v1/people/{person}/door-openings");
        let opening = doctor.post(&opening, json!({ "purpose": "rubbish" })).await;
        let opening = opening.expect(201);
        let need = format!("/api/v1/people/{person}/needs");
        let need = doctor
            .post(&need, json!({ "kind": "food" }))
            .await
            .expect(201);
        let sensor = format!("/api/v1/people/{person}/door-sensors");
        let sensor = lead.post(&sensor, json!({})).await.expect(201);
        let home = json!({ "kind": "residence", "status": "verified", "enclosure": post.enclosure_id, "source": "test" });
        let path = format!("/api/v1/people/{person}/facts");
        lead.post(&path, home).await.expect(201);
        let paper = json!({ "person_id": person, "kind": "residence" });
        let paper = lead.post("/api/v1/papers", paper).await.expect(201);
        let against =
            json!({ "person_id": person, "about": "colour", "statement": "没有接触过，请核实" });
        let appeal = lead.post("/api/v1/appeals", against).await.expect(201);
        let appeal = id(&appeal, "appeal_id");
        let path = format!("/api/v1/appeals/{person}/{appeal}/evidence");
        let shown = lead
            .post_text(&path, "image/png", picture())
            .await
            .expect(201);
        let officer = test.caller(Role::SubdistrictOfficer, HERE).await;
        let path = format!("/api/v1/gates/{}/inspections", post.gate_id);
        let inspection = officer.post(&path, json!({})).await.expect(201);
        Self {
            ids: BTreeMap::from([
                ("entry_id", entry),
                ("inspection_id", id(&inspection, "inspection_id")),
                ("appeal_id", appeal),
                ("evidence_id", id(&shown, "evidence_id")),
                ("person_id", person),
                ("enclosure_id", post.enclosure_id),
                ("gate_id", post.gate_id),
                ("device_id", post.device_id),
                ("employer_id", employer),
                ("fact_id", id(&fact, "fact_id")),
                ("visit_id", id(&visits["items"][0], "visit_id")),
                ("order_id", id(&order, "order_id")),
                ("proposal_id", id(&proposal, "proposal_id")),
                ("alert_id", id(&alerts["items"][0], "alert_id")),
                ("glass_id", id(&glass, "glass_id")),
                ("hold_id", hold),
                ("opening_id", id(&opening, "opening_id")),
                ("need_id", id(&need, "need_id")),
                ("sensor_id", id(&sensor, "sensor_id")),
                ("paper_id", id(&paper["paper"], "paper_id")),
            ]),
            employer,
        }
    }

    /// The path with real identities; `None` when it names no entity.
    fn path(&self, template: &str) -> Option<String> {
        let mut named = false;
        let filled = template.split('/').map(|part| {
            let Some(name) = part
                .strip_prefix('{')
                .and_then(|part| part.strip_suffix('}'))
            else {
                return part.to_owned();
            };
            match self.ids.get(name) {
                Some(id) => {
                    named = true;
                    id.to_string()
                }
                None => {
                    let known = NO_ENTITY.iter().any(|(known, _)| *known == name);
                    assert!(known, "{template}: make a {name} here, or say why not");
                    "1".to_owned()
                }
            }
        });
        let path = filled.collect::<Vec<_>>().join("/");
        named.then_some(path)
    }

    /// A body that is right but for where its entity lies.
    fn body(&self, operation: &str) -> Value {
        let person = self.ids["person_id"];
        match operation {
            "create_visit" => json!({ "person_id": person, "cause": "residence_unverified" }),
            "open_break_glass" => {
                json!({ "person_id": person, "reason": "urgent_contact", "note": "需立即联系本人" })
            }
            "issue_paper" => json!({ "person_id": person, "kind": "residence" }),
            "record_check" => json!({ "temperature": 36.5 }),
            "announce_opening" => json!({ "purpose": "rubbish" }),
            "ask_need" => json!({ "kind": "food" }),
            "refuse_need" => json!({ "refusal": "not_available" }),
            "open_appeal" => {
                json!({ "person_id": person, "about": "name", "statement": "姓名有误，请核实" })
            }
            "propose_red" => order_input(person, "home", "2020-03-06", "2020-03-20"),
            "create_person" => {
                let mut body = applicant("李四", 2, "13800001235");
                body["enclosure_id"] = self.ids["enclosure_id"].into();
                body
            }
            "create_gate" => {
                json!({ "name": "西门", "employer_id": self.employer, "lanes": [{ "lane": 1, "direction": "in" }] })
            }
            "create_employer" => {
                json!({ "name": "坪山建设", "credit_code": "91440300708461136T", "kind": "company",
                "place_code": "440310002003", "enclosure_id": self.ids["enclosure_id"] })
            }
            "find_stop" => {
                json!({ "enclosure_id": self.ids["enclosure_id"], "address": "3栋201" })
            }
            "search_people" => json!({ "document_number": resident_number(1) }),
            _ => json!({}),
        }
    }
}

fn id(value: &Value, name: &str) -> i64 {
    value[name]
        .as_i64()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

async fn call(caller: &Client, operation: &Operation, path: &str, body: &Value) -> StatusCode {
    let mut request = caller.request(operation.method.clone(), path);
    if operation.method != Method::GET {
        request = request.json(body);
    }
    request.send().await.expect("the server answers").status()
}

async fn callers(test: &TestApp, jurisdiction: &str) -> Vec<(Role, Client)> {
    let mut callers = Vec::new();
    for role in Role::ALL {
        callers.push((role, test.caller(role, jurisdiction).await));
    }
    callers
}

/// Outside it is as if the entity were not there; inside it is found. Never a fault of ours.
#[tokio::test]
async fn entities_are_found_inside_the_jurisdiction_only() {
    let test = TestApp::with_divisions().await;
    let scene = Scene::set(&test).await;
    let outside = callers(&test, ELSEWHERE).await;
    let inside = callers(&test, HERE).await;
    let staff = operations()
        .into_iter()
        .filter(|one| one.callers == "staff");
    let staff: Vec<(Operation, String)> = staff
        .filter_map(|one| scene.path(&one.template).map(|path| (one, path)))
        .collect();
    assert!(staff.len() > 20, "operations with entities were not found");
    for (operation, path) in &staff {
        let (name, empty) = (&operation.name, json!({}));
        for (role, caller) in &outside {
            let status = call(caller, operation, path, &empty).await.as_u16();
            assert!(
                [403, 404].contains(&status),
                "{name} as {role:?} outside: {status}"
            );
        }
        let nobody = call(&test.anonymous(), operation, path, &empty).await;
        assert_eq!(nobody.as_u16(), 401, "{name} as nobody");
    }
    for (operation, path) in &staff {
        let mut found = 0;
        for ((role, caller), (_, beyond)) in inside.iter().zip(&outside) {
            let status = call(caller, operation, path, &json!({})).await.as_u16();
            assert!(
                status < 500,
                "{} as {role:?} inside: {status}",
                operation.name
            );
            let allowed = status != 403;
            found += usize::from(allowed && status != 404);
            // What one role may do, it may not do elsewhere; what it may not, it may nowhere.
            let there = call(beyond, operation, path, &json!({})).await.as_u16();
            assert_eq!(
                there,
                if allowed { 404 } else { 403 },
                "{} as {role:?}",
                operation.name
            );
        }
        let beside = NO_ENTITY
            .iter()
            .any(|(name, _)| operation.template.contains(name));
        assert!(
            found > 0 || beside,
            "{} finds nothing inside",
            operation.name
        );
    }
}

#[tokio::test]
async fn entities_named_in_a_body_or_query_are_checked_too() {
    let test = TestApp::with_divisions().await;
    let scene = Scene::set(&test).await;
    let outside = callers(&test, ELSEWHERE).await;
    for (name, refusal) in NAMED_INSIDE.into_iter().chain([("search_people", 404)]) {
        let operation = operations()
            .into_iter()
            .find(|one| one.name == name)
            .unwrap();
        let query = match name {
            "list_scans" => format!("?gate_id={}", scene.ids["gate_id"]),
            _ => String::new(),
        };
        let path = format!("{}{query}", operation.template);
        let mut refused = 0;
        for (role, caller) in &outside {
            let status = call(caller, &operation, &path, &scene.body(name))
                .await
                .as_u16();
            assert!(
                [403, refusal].contains(&status),
                "{name} as {role:?}: {status}"
            );
            refused += usize::from(status == refusal);
        }
        assert!(refused > 0, "{name}: no role may call it at all");
    }
}

/// Whatever a new operation takes in, somebody has said how it is checked.
#[test]
fn every_identity_in_a_body_or_query_is_accounted_for() {
    let description: Value = serde_json::from_str(&documents::openapi()).unwrap();
    let mut left: Vec<&str> = NOT_NAMED.iter().map(|(name, _)| *name).collect();
    for operation in operations() {
        let text =
            &description["paths"][&operation.template][operation.method.as_str().to_lowercase()];
        let body = &text["requestBody"]["content"]["application/json"]["schema"];
        let schema = body["$ref"]
            .as_str()
            .and_then(|path| description.pointer(&path[1..]));
        let fields = schema.unwrap_or(body)["properties"].as_object();
        let fields = fields.into_iter().flatten().map(|(name, _)| name.as_str());
        let queries = text["parameters"].as_array().into_iter().flatten();
        let queries = queries
            .filter(|one| one["in"] == "query")
            .filter_map(|one| one["name"].as_str());
        let named = fields
            .chain(queries)
            .any(|name| name.ends_with("_id") && name != "batch_id");
        let in_path = operation.template.contains('{');
        let name = operation.name.as_str();
        left.retain(|one| *one != name);
        if named && !in_path {
            let known = NAMED_INSIDE.iter().any(|(one, _)| *one == name)
                || NOT_NAMED.iter().any(|(one, _)| *one == name);
            let known = known || operation.callers != "staff";
            assert!(
                known,
                "{name}: add it to NAMED_INSIDE with a body, or say why not"
            );
        }
    }
    assert_eq!(left, [""; 0], "operations that are not there any more");
}
