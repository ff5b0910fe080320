//! A catalogue as a health bureau would write it: tests with their age, vaccinations with a count.

use gridpass_types::{Colour, RuleSetVersion};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::cases::{Case, run_cases};
use crate::extra::{EXTRA_MAX, ExtraTest};
use crate::fact::{Fact, FactBody};
use crate::red::{RedValues, groundless};
use crate::{ColourTable, RuleSet, State, TableErrorCode, default_rule_set, derive};
use gridpass_types::FactId;

mod refusals;

/// The worked example of `docs/rules.md`.
pub(crate) const EXAMPLE: &str = include_str!("../../../../rules/examples/catalogue.json");

pub(crate) fn catalogue() -> Catalogue {
    Catalogue::from_json(EXAMPLE.as_bytes()).unwrap()
}

/// The tables in force with columns of the catalogue after `employment` and rows before the last.
fn tables(header: &str, any: &str, rows: &[&str]) -> Result<RuleSet, Vec<crate::TableError>> {
    let plain = String::from_utf8(default_rule_set().colour.to_csv()).unwrap();
    let mut lines: Vec<String> = Vec::new();
    for (number, line) in plain.lines().enumerate() {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells.insert(10, if number == 0 { header } else { any });
        lines.push(cells.join(","));
    }
    let last = lines.len() - 1;
    for (place, row) in rows.iter().enumerate() {
        lines.insert(last + place, (*row).to_owned());
    }
    let gate = default_rule_set().gate.to_csv();
    let colour = lines.join("\n");
    RuleSet::from_csv_with(
        RuleSetVersion::new(2),
        (colour.as_bytes(), &gate),
        &catalogue(),
    )
}

fn tested() -> RuleSet {
    tables(
        "hours_since_negative_test,vaccinations",
        "-,-",
        &["T1,-,-,-,-,-,-,-,-,-,< 48h,>= 2,green,verified_resident,-,-,检测有效,Tested"],
    )
    .unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn fact(id: i64, recorded_at: &str, body: serde_json::Value) -> Fact {
    Fact {
        id: FactId::new(id),
        recorded_at: at(recorded_at),
        retracted_at: None,
        body: serde_json::from_value(body).unwrap(),
    }
}

fn test_result(id: i64, taken_at: &str, result: &str) -> Fact {
    let body =
        json!({"kind": "test_result", "method": "pcr", "result": result, "taken_at": taken_at});
    fact(id, taken_at, body)
}

fn shot(id: i64, day: &str) -> Fact {
    let at = format!("{day}T12:00:00Z");
    fact(
        id,
        &at,
        json!({"kind": "vaccination", "given_on": day, "dose_ml": 0.5}),
    )
}

fn state(facts: &[Fact], now: &str) -> State {
    derive(facts, at(now)).state
}

fn code(result: Result<RuleSet, Vec<crate::TableError>>) -> (String, TableErrorCode) {
    let error = result.unwrap_err().remove(0);
    (error.column, error.code)
}

#[test]
fn a_fact_of_a_kind_of_the_catalogue_keeps_its_form() {
    let fact = test_result(1, "2020-03-01T08:00:00Z", "negative");
    let text = serde_json::to_string(&fact).unwrap();
    assert!(text.contains(r#""kind":"test_result""#), "{text}");
    assert_eq!(serde_json::from_str::<Fact>(&text).unwrap(), fact);
    assert_eq!(fact.body.kind(), "test_result");
    let built_in: FactBody =
        serde_json::from_str(r#"{"kind":"case","status":"confirmed"}"#).unwrap();
    assert_eq!(
        serde_json::to_string(&built_in).unwrap(),
        r#"{"kind":"case","status":"confirmed"}"#
    );
    for wrong in [
        r#"{"kind":"case","status":"confirmed","more":1}"#,
        r#"{"kind":"case"}"#,
        r#"{"status":"confirmed"}"#,
        r#"{"kind":7}"#,
    ] {
        assert!(serde_json::from_str::<FactBody>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_colour_changes_exactly_when_the_duration_is_reached() {
    let rules = tested();
    let facts = [
        test_result(1, "2020-03-01T08:00:00Z", "negative"),
        shot(2, "2020-01-01"),
        shot(3, "2020-02-01"),
    ];
    let state = state(&facts, "2020-03-02T00:00:00Z");
    let rule = |now: &str| rules.decide_colour(&state, at(now)).rule;
    assert_eq!(rule("2020-03-03T07:59:59.999999Z"), "T1");
    assert_eq!(rule("2020-03-03T08:00:00Z"), "A15");
    let next = rules.colour.changes(&state, at("2020-03-02T00:00:00Z")).1;
    assert_eq!(next, Some(at("2020-03-03T08:00:00Z")));
    assert_eq!(
        rules.colour.changes(&state, at("2020-03-03T08:00:00Z")),
        (Some(at("2020-03-03T08:00:00Z")), None)
    );
    let explained = rules.explain_colour(&state, at("2020-03-03T09:30:00Z"));
    let failed = explained.trace.iter().find(|row| row.rule == "T1").unwrap();
    let failed = failed.failed.clone().unwrap();
    assert_eq!(failed.column, "hours_since_negative_test");
    assert_eq!(
        (failed.cell.as_str(), failed.actual.as_str()),
        ("< 48h", "49h30m")
    );
}

#[test]
fn columns_add_up_what_they_say() {
    let catalogue = catalogue();
    let facts = [
        test_result(1, "2020-03-01T08:00:00Z", "negative"),
        test_result(2, "2020-03-01T09:00:00Z", "positive"),
        shot(3, "2020-02-01"),
        shot(4, "2020-01-01"),
    ];
    let state = state(&facts, "2020-03-02T08:00:00Z");
    let now = at("2020-03-02T08:00:00Z").as_microsecond();
    let value = |key: &str| {
        let column = catalogue.column(key).unwrap();
        measured_text(&column.measure(), column.value(&state.catalogued, now))
    };
    assert_eq!(value("hours_since_negative_test"), "24h");
    assert_eq!(value("last_test"), "positive");
    assert_eq!(value("vaccinations"), "2");
    assert_eq!(value("last_vaccination_day"), "2020-02-01");
    assert_eq!(value("tested_lately"), "yes");
    let empty = |key: &str| {
        let column = catalogue.column(key).unwrap();
        measured_text(&column.measure(), column.value(&[], now))
    };
    assert_eq!(
        [
            "hours_since_negative_test",
            "last_test",
            "vaccinations",
            "last_vaccination_day",
            "tested_lately"
        ]
        .map(empty),
        ["none", "none", "0", "none", "no"]
    );
    // A result counts for `tested_lately` for 72 hours, to the microsecond.
    let column = catalogue.column("tested_lately").unwrap();
    let over = at("2020-03-04T09:00:00Z").as_microsecond();
    assert_eq!(column.value(&state.catalogued, over - 1), Measured::Word(1));
    assert_eq!(column.value(&state.catalogued, over), Measured::Word(0));
    assert_eq!(
        column.changes(&state.catalogued, now, &[]).1,
        Some(at("2020-03-04T08:00:00Z").as_microsecond())
    );
}

#[test]
fn a_retracted_fact_counts_no_more() {
    let mut fact = test_result(1, "2020-03-01T08:00:00Z", "negative");
    fact.retracted_at = Some(at("2020-03-02T08:00:00Z"));
    let derived = derive(std::slice::from_ref(&fact), at("2020-03-02T07:00:00Z"));
    assert_eq!(derived.state.catalogued.len(), 1);
    assert_eq!(derived.valid_until, fact.retracted_at);
    assert!(state(&[fact], "2020-03-02T08:00:00Z").catalogued.is_empty());
}

#[test]
fn cells_of_every_measure_are_read_and_written_back() {
    let catalogue = catalogue();
    let normal = |key: &str, cell: &str| {
        let measure = catalogue.column(key).unwrap().measure();
        ExtraTest::parse(&measure, cell).map(|test| test.text(&measure))
    };
    for (key, cell, text) in [
        ("hours_since_negative_test", "<48h", "< 48h"),
        ("hours_since_negative_test", ">= 14d", ">= 336h"),
        ("hours_since_negative_test", "[24h..72h)", "[24h..72h)"),
        ("hours_since_negative_test", "none", "none"),
        ("hours_since_negative_test", "not(none)", "not(none)"),
        ("days_since_vaccination", ">= 336h", ">= 14d"),
        ("days_since_vaccination", "< 30h", "< 30h"),
        ("vaccinations", "in(1, 2)", "in(1,2)"),
        ("vaccinations", "≥ 2", ">= 2"),
        ("last_vaccination_day", ">= 2020-03-01", ">= 2020-03-01"),
        (
            "last_vaccination_day",
            "in(none,2020-03-01)",
            "in(none,2020-03-01)",
        ),
        (
            "last_vaccination_day",
            "not(none,2020-03-01)",
            "not(2020-03-01)",
        ),
        ("last_test", "not(positive)", "not(positive)"),
        ("last_test", "in(none,negative)", "in(none,negative)"),
        ("tested_lately", "yes", "yes"),
    ] {
        let written = normal(key, cell).unwrap();
        assert_eq!(written, text);
        assert_eq!(normal(key, &written).unwrap(), text);
    }
    for (key, cell, code) in [
        (
            "hours_since_negative_test",
            "< 48",
            TableErrorCode::BadDuration,
        ),
        (
            "hours_since_negative_test",
            "48 hours",
            TableErrorCode::BadDuration,
        ),
        (
            "last_vaccination_day",
            ">= 2020-02-30",
            TableErrorCode::BadDate,
        ),
        (
            "last_vaccination_day",
            ">= 1.3.2020",
            TableErrorCode::BadDate,
        ),
        ("vaccinations", "two", TableErrorCode::BadNumber),
        ("vaccinations", "[2..1]", TableErrorCode::EmptyRange),
        ("last_test", "maybe", TableErrorCode::UnknownValue),
        ("last_test", "", TableErrorCode::EmptyCell),
    ] {
        assert_eq!(normal(key, cell).unwrap_err().0, code, "{key} {cell}");
    }
}

#[test]
fn faults_stand_at_their_cell() {
    let one = |cell: &str| {
        let row = format!("T1,-,-,-,-,-,-,-,-,-,{cell},green,verified_resident,-,-,有效,Valid");
        tables("hours_since_negative_test", "-", &[&row])
    };
    let column = "hours_since_negative_test".to_owned();
    assert_eq!(
        code(one("< 48")),
        (column.clone(), TableErrorCode::BadDuration)
    );
    let error = one("< 48").unwrap_err().remove(0);
    assert_eq!(
        (error.row, error.message_zh.as_str()),
        (16, "不是时长，应写整小时或整天，如 48h 或 14d：48")
    );
    assert_eq!(
        code(tables("hours_since_lunch", "-", &[])),
        (
            "hours_since_lunch".to_owned(),
            TableErrorCode::UnknownColumn
        )
    );
}

#[test]
fn rows_that_no_duration_reaches_are_found() {
    let rows = |first: &str, second: &str| {
        let row = |rule: &str, cell: &str| {
            format!("{rule},-,-,-,-,-,-,-,-,-,{cell},green,verified_resident,-,-,有效,Valid")
        };
        tables(
            "hours_since_negative_test",
            "-",
            &[&row("T1", first), &row("T2", second)],
        )
    };
    assert_eq!(
        code(rows("< 48h", "< 24h")),
        (String::new(), TableErrorCode::UnreachableRow)
    );
    assert!(rows("< 24h", "< 48h").is_ok());
    // No count lies between 1 and 2, and none is less than 0.
    let counts = |cell: &str| {
        let row = format!("T1,-,-,-,-,-,-,-,-,-,{cell},green,verified_resident,-,-,有效,Valid");
        tables("vaccinations", "-", &[&row])
    };
    assert_eq!(
        code(counts("(1..2)")),
        (String::new(), TableErrorCode::UnreachableRow)
    );
    assert_eq!(
        code(counts("< 0")),
        (String::new(), TableErrorCode::UnreachableRow)
    );
    assert!(counts("(1..3)").is_ok());
}

#[test]
fn a_table_must_decide_every_class() {
    let plain = String::from_utf8(default_rule_set().colour.to_csv()).unwrap();
    let mut lines: Vec<String> = plain.lines().map(str::to_owned).collect();
    for (number, line) in lines.iter_mut().enumerate() {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells.insert(
            10,
            match number {
                0 => "hours_since_negative_test",
                15 => ">= 0h",
                _ => "-",
            },
        );
        *line = cells.join(",");
    }
    let errors = ColourTable::from_csv_with(lines.join("\n").as_bytes(), &catalogue()).unwrap_err();
    assert_eq!(errors[0].code, TableErrorCode::MissingCatchAll);
    assert!(
        errors[0]
            .message
            .ends_with("hours_since_negative_test=none")
            || errors[0].message.len() > 80
    );
}

#[test]
fn tables_are_written_as_they_are_read() {
    let rules = tested();
    let again = RuleSet::from_csv_with(
        rules.version,
        (&rules.colour.to_csv(), &rules.gate.to_csv()),
        &catalogue(),
    );
    assert_eq!(again.unwrap(), rules);
    let again = RuleSet::from_xlsx(rules.version, &rules.to_xlsx(), &catalogue());
    assert_eq!(again.unwrap(), rules);
    let keys: Vec<&str> = rules.colour.extra_keys().collect();
    assert_eq!(keys, ["hours_since_negative_test", "vaccinations"]);
    let needed = catalogue().needed_for(&keys);
    let names: Vec<&str> = needed.iter().map(CatalogueEntry::key).collect();
    assert_eq!(
        names,
        [
            "test_result",
            "vaccination",
            "hours_since_negative_test",
            "vaccinations"
        ]
    );
    // What a version needs is enough to read it again.
    let alone = Catalogue::of(needed).unwrap();
    let again = ColourTable::from_csv_with(&rules.colour.to_csv(), &alone).unwrap();
    assert_eq!(again, rules.colour);
    let xml = rules.to_dmn();
    assert!(
        xml.contains("<text>&lt; duration(\"PT48H\")</text>"),
        "{xml}"
    );
    assert!(xml.contains("typeRef=\"dayTimeDuration\"") && xml.contains("<text>&gt;= 2</text>"));
}

#[test]
fn cases_may_use_kinds_of_the_catalogue_and_no_others() {
    let line = |kind: &str, result: &str| {
        json!({
            "id": "tested", "now": "2020-03-02T08:00:00Z",
            "facts": [
                {"id": 1, "recorded_at": "2020-03-01T09:00:00Z", "kind": kind, "method": "pcr",
                 "result": result, "taken_at": "2020-03-01T08:00:00Z"},
                {"id": 2, "recorded_at": "2020-03-01T09:00:00Z", "kind": "vaccination", "given_on": "2020-01-01", "dose_ml": 0.5},
                {"id": 3, "recorded_at": "2020-03-01T09:00:00Z", "kind": "vaccination", "given_on": "2020-02-01", "dose_ml": 0.5},
            ],
            "gate": {"enclosure": "E", "employer": null, "area": "normal"},
            "scan": {"direction": "in", "temperature": 36.5},
            "expect": {"colour": "green", "reason": "verified_resident", "rule": "T1", "action": "pass", "gate_rule": "B6"},
        })
        .to_string()
    };
    let rules = tested();
    let report = run_cases(&rules, line("test_result", "negative").as_bytes()).unwrap();
    let gate_rule = report.failures.first().map_or("", String::as_str);
    assert!(
        report.passed == 1 || gate_rule.contains("rule=T1"),
        "{report}"
    );
    let refused = |line: &str| Case::parse(line, &catalogue()).unwrap_err().to_string();
    assert_eq!(
        refused(&line("test_resutl", "negative")),
        "fact 0: unknown kind test_resutl"
    );
    assert_eq!(
        refused(&line("test_result", "maybe")),
        "fact 0: result: one of negative, positive"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Between two changes that are told, no second of the interval decides otherwise.
    #[test]
    fn nothing_changes_before_the_next_change(
        hours in prop::collection::vec(0_i64..200, 0..6), ask in 0_i64..200, probe in 0.0_f64..1.0
    ) {
        let rules = tested();
        let facts: Vec<Fact> = hours.iter().zip(1..).map(|(hour, id)| {
            let taken = Timestamp::from_second(1_583_000_000 + hour * 3_600).unwrap();
            test_result(id, &taken.to_string(), if hour % 3 == 0 { "positive" } else { "negative" })
        }).chain([shot(98, "2020-01-01"), shot(99, "2020-02-01")]).collect();
        let now = Timestamp::from_second(1_583_000_000 + ask * 3_600).unwrap();
        let derived = derive(&facts, now);
        let rule = |at| rules.decide_colour(&derived.state, at).rule;
        let next = rules.colour.changes(&derived.state, now).1;
        let until = [next, derived.valid_until].into_iter().flatten().min().unwrap_or(now);
        let span = until.as_microsecond() - now.as_microsecond();
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a test's arithmetic")]
        let inside = now.as_microsecond() + ((span - 1).max(0) as f64 * probe) as i64;
        prop_assert_eq!(rule(now), rule(Timestamp::from_microsecond(inside).unwrap()));
    }
}

#[test]
fn every_class_has_a_bit() {
    const { assert!(EXTRA_MAX <= 8) };
    let columns: Vec<String> = (0..32).map(|hour| format!("{hour}h")).collect();
    let row = format!(
        "T1,-,-,-,-,-,-,-,-,-,\"in({})\",green,verified_resident,-,-,有效,Valid",
        columns.join(",")
    );
    let refused = tables("hours_since_negative_test", "-", &[&row]);
    assert_eq!(code(refused), (String::new(), TableErrorCode::TooLarge));
    assert_eq!(Colour::Green as u8, 0);
}
