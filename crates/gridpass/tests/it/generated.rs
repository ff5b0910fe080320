//! The generated documents in `docs/` are what the program would write now.

use std::path::Path;

use gridpass::documents;

fn assert_fresh(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(file);
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let first = committed
        .lines()
        .zip(expected.lines())
        .position(|(a, b)| a != b);
    assert!(
        committed == expected,
        "docs/{file} is not fresh (first difference in line {:?}): run `make generate` and commit",
        first.map(|line| line + 1)
    );
}

#[test]
fn the_api_description_is_fresh() {
    assert_fresh("openapi.json", &documents::openapi());
}

#[test]
fn the_table_of_roles_is_fresh() {
    assert_fresh("roles.md", &documents::roles());
}

#[test]
fn the_table_of_errors_is_fresh() {
    assert_fresh("errors.md", &documents::errors());
}

#[test]
fn the_ten_rules_are_fresh_and_each_test_they_name_exists() {
    assert_fresh("ten-donts.md", &documents::ten_donts());
    let mut sources = String::new();
    let mut pending = vec![Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(
                std::fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            sources += &std::fs::read_to_string(path).unwrap();
        }
    }
    for rule in &gridpass::ten_donts::ALL {
        assert!(!rule.tests.is_empty(), "nothing proves: {}", rule.en);
        for name in rule.tests {
            let test = format!("fn {name}()");
            let at = sources.find(&test);
            let at = at.unwrap_or_else(|| panic!("no test is called {name}"));
            let before = &sources[at.saturating_sub(120)..at];
            assert!(
                before.contains("#[test]") || before.contains("#[tokio::test"),
                "{name} is no test"
            );
        }
    }
}

#[test]
fn the_table_of_retention_is_fresh() {
    assert_fresh("retention.md", &documents::retention());
}

#[test]
fn the_table_of_masks_is_fresh() {
    assert_fresh("masks.md", &documents::masks());
}

#[test]
fn every_operation_is_named_once_and_described() {
    let description: serde_json::Value = serde_json::from_str(&documents::openapi()).unwrap();
    let mut names = std::collections::BTreeMap::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_default();
            assert!(
                id.contains('_'),
                "{method} {path}: an operation is named verb_resource"
            );
            let words = [&operation["summary"], &operation["description"]];
            assert!(
                words
                    .iter()
                    .any(|text| text.as_str().is_some_and(|text| !text.is_empty())),
                "{id} says nothing about itself"
            );
            if let Some(other) = names.insert(id.to_owned(), path) {
                assert_eq!(other, path, "{id} names two operations");
            }
        }
    }
    assert!(names.len() > 20);
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let description: serde_json::Value = serde_json::from_str(&documents::openapi()).unwrap();
    let mut pending = vec![&description];
    while let Some(value) = pending.pop() {
        match value {
            serde_json::Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(|text| text.as_str()) {
                    let target = description.pointer(reference.trim_start_matches('#'));
                    assert!(
                        target.is_some(),
                        "{reference} leads nowhere: list the schema in its operation"
                    );
                }
                pending.extend(fields.values());
            }
            serde_json::Value::Array(items) => pending.extend(items),
            _ => {}
        }
    }
}
