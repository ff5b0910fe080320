//! Who may call what, found out by calling: every operation of the API description, without
//! a token and once by each role.
//!
//! The outcome is committed as docs/authorisation.md, where anybody can read it. A new
//! operation changes it, so nothing is open by accident. After a wanted change:
//! `GRIDPASS_WRITE=1 cargo test --package gridpass --test it authorisation`.

mod places;

use std::path::Path;

use gridpass::access::Role;
use gridpass::documents;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::app::{Client, TestApp};

/// Operations that anybody may call, each with its reason; docs say so where it is not obvious.
const OPEN: [&str; 18] = [
    "ask_identity_provider",  // how one signs in through the provider
    "enrol_device",           // with a supervisor's code
    "enrol_person",           // how one gets a token
    "find_public_enclosures", // the form of enrolment; names only
    "get_enrol_challenge",    // what to solve before enrolment
    "get_audit_digests",      // published, so that anybody can hold the log to them
    "get_health",
    "get_identity_provider", // whether the sign-in page has a second button
    "get_metrics",           // staff listener; numbers only
    "get_pass_keys",         // public keys
    "get_privacy_notice",    // what everybody may read before applying
    "get_readiness",
    "get_time",
    "request_phone_code", // the same answer for every phone
    "set_clock",          // refused outside demo mode
    "show_phone_code",    // refused outside demo mode
    "sign_in",
    "sign_in_with_identity", // likewise, with the provider's answer
];

/// Ends the session it is called with, so it is called last.
const LAST: &str = "sign_out";

struct Operation {
    name: String,
    method: Method,
    /// As described, with names in braces.
    template: String,
    /// With 1 for every name.
    path: String,
    callers: String,
}

fn operations() -> Vec<Operation> {
    let description: Value = serde_json::from_str(&documents::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let security = operation["security"].as_array();
            let callers = security.into_iter().flatten().filter_map(Value::as_object);
            let callers: Vec<&str> = callers
                .flat_map(|one| one.keys().map(String::as_str))
                .collect();
            operations.push(Operation {
                name: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                template: path.clone(),
                path: with_ids(path),
                callers: callers.join(", "),
            });
        }
    }
    operations.sort_by_key(|operation| (operation.name == LAST, operation.name.clone()));
    operations
}

/// `/people/{person_id}` → `/people/1`.
fn with_ids(path: &str) -> String {
    let parts = path.split('/');
    let filled = parts.map(|part| if part.starts_with('{') { "1" } else { part });
    filled.collect::<Vec<_>>().join("/")
}

/// Only the status: the body of a stream would never end.
async fn status(caller: &Client, operation: &Operation) -> StatusCode {
    let mut request = caller.request(operation.method.clone(), &operation.path);
    if operation.method != Method::GET {
        request = request.json(&serde_json::json!({}));
    }
    request.send().await.expect("the server answers").status()
}

fn is_let_in(status: StatusCode) -> bool {
    status != StatusCode::UNAUTHORIZED && status != StatusCode::FORBIDDEN
}

/// Whether the operation lives on the public listener: only the right one asks for a token.
async fn is_public(test: &TestApp, operation: &Operation) -> bool {
    status(&test.anonymous(), operation).await != StatusCode::UNAUTHORIZED
}

#[tokio::test]
async fn nothing_is_open_by_accident() {
    let test = TestApp::start().await;
    for operation in operations() {
        let here = status(&test.anonymous(), &operation).await;
        let there = status(&test.resident(), &operation).await;
        let open = OPEN.contains(&operation.name.as_str());
        let name = &operation.name;
        assert_eq!(open, operation.callers.is_empty(), "{name} says otherwise");
        // An address that the other listener does not have is 404 or 405 there.
        let both = [here.as_u16(), there.as_u16()];
        let refused = both.contains(&401) && both.iter().all(|code| [401, 404, 405].contains(code));
        assert_eq!(open, !refused, "{name}: {here} and {there} without a token");
    }
}

#[tokio::test]
async fn the_table_of_who_may_call_what_is_fresh() {
    let test = TestApp::start().await;
    let mut callers = Vec::new();
    for role in Role::ALL {
        callers.push(test.caller(role, "").await);
    }
    let mut text = heading();
    for operation in operations() {
        if operation.callers.is_empty() {
            text += &format!(
                "| {} | anybody |{}\n",
                operation.name,
                " ✔ |".repeat(callers.len())
            );
            continue;
        }
        text += &format!("| {} | {} |", operation.name, operation.callers);
        let public = is_public(&test, &operation).await;
        for caller in &callers {
            let resident = test.holder(caller.token());
            let caller = if public { &resident } else { caller };
            let let_in = is_let_in(status(caller, &operation).await);
            text += if let_in { " ✔ |" } else { " ✘ |" };
        }
        text.push('\n');
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/authorisation.md");
    if std::env::var_os("GRIDPASS_WRITE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let changed = text
        .lines()
        .find(|line| !committed.lines().any(|old| old == *line));
    assert!(
        committed == text,
        "docs/authorisation.md says otherwise than the server: {changed:?}; if that is wanted, \
         run GRIDPASS_WRITE=1 cargo test --package gridpass --test it authorisation, and commit"
    );
}

fn heading() -> String {
    let names: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    format!(
        "# Who may call what\n\nFound out by calling every operation once by each role; written by a test, do not edit. \
         Permissions and their meaning: [roles.md](roles.md). ✔ is let in to what lies in the \
         jurisdiction; ✘ is refused (401 or 403).\n\n| operation | callers | {} |\n{}\n",
        names.join(" | "),
        "| --- ".repeat(names.len() + 2) + "|"
    )
}
