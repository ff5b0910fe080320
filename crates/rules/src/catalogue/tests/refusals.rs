//! What the catalogue and the grounds of red refuse.

use super::*;

#[test]
fn what_turns_a_pass_red_is_asked_of_the_table() {
    // A secondary contact is stopped unless a negative test is less than 48 hours old; a positive
    // one stops whoever has symptoms.
    let rules = tables(
        "hours_since_negative_test,last_test",
        "-,-",
        &["T2,-,-,-,-,-,-,-,none,none,-,positive,yellow,symptoms,-,-,阳性,Positive"],
    );
    let base = rules.unwrap();
    let red = RedValues::of(&base);
    let positive = test_result(1, "2020-03-01T08:00:00Z", "positive").body;
    let negative = test_result(1, "2020-03-01T08:00:00Z", "negative").body;
    assert!(!red.leads(&positive) && !red.leads(&negative));

    let csv = String::from_utf8(base.colour.to_csv()).unwrap();
    let mut lines: Vec<String> = csv.lines().map(str::to_owned).collect();
    lines.insert(
        1,
        "S1,-,-,-,symptoms,-,-,-,-,-,-,positive,red,symptoms,-,-,阳性,Positive".to_owned(),
    );
    lines.insert(
        2,
        "S2,-,-,secondary,-,-,-,-,-,-,not(none),-,yellow,secondary_contact,-,-,检测,Test"
            .to_owned(),
    );
    lines.insert(
        3,
        "S3,-,-,secondary,-,-,-,-,-,-,-,-,red,secondary_contact,-,-,密接,Contact".to_owned(),
    );
    lines.retain(|line| !line.starts_with("A8,"));
    let gate = default_rule_set().gate.to_csv();
    let strict = RuleSet::from_csv_with(
        RuleSetVersion::new(3),
        (lines.join("\n").as_bytes(), &gate),
        &catalogue(),
    )
    .unwrap();
    let red = RedValues::of(&strict);
    assert!(red.leads(&positive), "with symptoms it stops");
    assert!(!red.leads(&negative), "it only helps");
    assert!(
        !red.leads(&shot(1, "2020-02-01").body),
        "no column looks at it"
    );
    assert_eq!(groundless(&strict), None);

    let groundless_table =
        lines[1].replace("symptoms,-,-,-,-,-,-,positive", "-,-,-,-,-,-,-,positive");
    lines[1] = groundless_table;
    lines.retain(|line| !line.starts_with("T2,"));
    let wild = RuleSet::from_csv_with(
        RuleSetVersion::new(4),
        (lines.join("\n").as_bytes(), &gate),
        &catalogue(),
    )
    .unwrap();
    assert!(groundless(&wild).is_some(), "a test alone stops nobody");
}

#[test]
fn entries_that_cannot_be_are_refused_field_by_field() {
    let catalogue = catalogue();
    let entry =
        |value: serde_json::Value| -> CatalogueEntry { serde_json::from_value(value).unwrap() };
    let faults = |value: serde_json::Value| -> Vec<String> {
        catalogue
            .check(&entry(value))
            .into_iter()
            .map(|fault| format!("{} {}", fault.field, fault.code))
            .collect()
    };
    let label = json!({"zh": "名", "en": "Name"});
    let kind = |key: &str, fields: serde_json::Value| {
        json!({"entry": "kind", "key": key, "name": label, "fields": fields, "legal_basis": label,
               "purpose": label, "retention_days": 30, "recorded_by": "medical"})
    };
    let field = json!([{"key": "a", "name": label, "value": {"type": "date"}}]);
    assert_eq!(
        faults(kind("serology", field.clone())),
        Vec::<String>::new()
    );
    assert_eq!(faults(kind("case", field.clone())), ["key entry_key_taken"]);
    assert_eq!(
        faults(kind("test_result", field.clone())),
        ["key entry_key_taken"]
    );
    assert_eq!(faults(kind("Bad'Key", field)), ["key entry_key"]);
    let words = json!([{"key": "a", "name": label, "value": {"type": "choice", "words": [{"key": "none", "name": label}]}}]);
    assert_eq!(
        faults(kind("serology", words)),
        ["fields.0.value.words.0.key entry_key_taken"]
    );
    let column = |key: &str, kind: &str, operation: serde_json::Value| json!({"entry": "column", "key": key, "name": label, "kind": kind, "operation": operation});
    assert_eq!(
        faults(column("positives", "test_result", json!({"op": "count"}))),
        Vec::<String>::new()
    );
    assert_eq!(
        faults(column("stay", "test_result", json!({"op": "count"}))),
        ["key entry_key_taken"]
    );
    assert_eq!(
        faults(column("colour", "test_result", json!({"op": "count"}))),
        ["key entry_key_taken"]
    );
    assert_eq!(
        faults(column("x", "unheard", json!({"op": "count"}))),
        ["kind entry_kind_unknown"]
    );
    assert_eq!(
        faults(column(
            "x",
            "test_result",
            json!({"op": "greatest", "field": "result"})
        )),
        ["operation entry_bounds"]
    );
}

#[test]
fn fields_of_facts_are_checked_one_by_one() {
    let catalogue = catalogue();
    let kind = catalogue.kind("test_result").unwrap();
    let now = at("2020-03-02T08:00:00Z");
    let faults = |fields: serde_json::Value| -> Vec<String> {
        let faults = kind.faults(fields.as_object().unwrap(), now);
        faults
            .into_iter()
            .map(|fault| format!("{} {}", fault.field, fault.code))
            .collect()
    };
    let good =
        json!({"method": "pcr", "result": "negative", "taken_at": "2020-03-01T08:00:00+08:00"});
    assert_eq!(faults(good), Vec::<String>::new());
    assert_eq!(
        faults(
            json!({"method": "guess", "result": 1, "taken_at": "2020-03-03T08:00:00Z", "remark": "free text"})
        ),
        [
            "remark fact_field_unknown",
            "method fact_field_word",
            "result fact_field_word",
            "taken_at fact_in_future"
        ]
    );
    assert_eq!(
        faults(json!({"taken_at": "yesterday"})),
        [
            "method fact_field_missing",
            "result fact_field_missing",
            "taken_at fact_field_instant"
        ]
    );
    let shot = catalogue.kind("vaccination").unwrap();
    let dose = |dose: f64| {
        shot.faults(
            json!({"given_on": "2020-03-01", "dose_ml": dose})
                .as_object()
                .unwrap(),
            now,
        )
        .len()
    };
    assert_eq!([0.5, 0.05, 5.5].map(dose), [0, 1, 1]);
}
