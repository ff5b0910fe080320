//! The cases in force and our own edge cases pass; a failing case says what was expected and got.

use super::*;
use crate::rule_set::default_rule_set;

const CASES: &str = include_str!("../../../../rules/2020-03/cases.jsonl");
const EDGES: &str = include_str!("../../../../rules/2020-03/cases-edges.jsonl");

fn run(text: &str) -> Report {
    run_cases(&default_rule_set(), text.as_bytes()).unwrap()
}

#[test]
fn every_case_handed_over_passes() {
    let report = run(CASES);
    assert!(report.all_passed(), "{report}");
    assert_eq!(report.passed, 60);
}

#[test]
fn every_edge_case_passes() {
    let report = run(EDGES);
    assert!(report.all_passed(), "{report}");
    assert_eq!(report.passed, EDGES.lines().count());
}

#[test]
fn every_rule_decides_some_case() {
    let rules = default_rule_set();
    let mut decided = std::collections::HashSet::new();
    for line in CASES.lines().chain(EDGES.lines()) {
        let outcome = Case::parse(line, &Catalogue::default())
            .unwrap()
            .run(&rules);
        decided.extend([outcome.rule, outcome.gate_rule]);
    }
    for row in rules.colour.to_rows().iter().chain(&rules.gate.to_rows()) {
        assert!(
            row[0] == "rule" || decided.contains(&row[0]),
            "{} decides no case",
            row[0]
        );
    }
}

#[test]
fn a_failing_case_says_expected_and_got() {
    let line = CASES.lines().next().unwrap();
    let wrong = line.replace("\"A14\"", "\"A15\"");
    let report = run(&format!("\u{feff}{line}\r\n\n{wrong}\nno case\n"));
    assert_eq!((report.passed, report.failures.len()), (1, 2));
    assert!(
        report.failures[0].contains("expected colour=yellow reason=employment_unverified rule=A15")
    );
    assert!(report.failures[0].contains("got colour=yellow reason=employment_unverified rule=A14"));
    assert!(report.failures[1].starts_with("FAIL line 4: not a case"));
    assert!(report.to_string().ends_with("1 passed, 2 failed\n"));
}

#[test]
fn a_line_without_end_is_refused() {
    let endless = io::repeat(b'x');
    let error = run_cases(&default_rule_set(), io::BufReader::new(endless)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

#[test]
fn names_of_enclosures_and_employers_do_not_mix() {
    let line = r#"{"id":"x","now":"2020-03-06T08:30:00+08:00","facts":[
        {"id":1,"kind":"employment","status":"verified","employer":"X","recorded_at":"2020-03-01T00:00:00+08:00","source":"roster","recorded_by":"3"}],
        "gate":{"enclosure":"X","employer":null,"area":"sealed"},"scan":{"direction":"in","temperature":null},
        "expect":{"colour":"green","reason":"verified_worker","rule":"A12","action":"stop","gate_rule":"B4"}}"#;
    let case = Case::parse(line, &Catalogue::default()).unwrap();
    assert_eq!(case.run(&default_rule_set()), case.expect);
}

#[test]
fn the_command_reads_files_and_reports() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/2020-03");
    let file = |name: &str| folder.join(name);
    let mut out = Vec::new();
    let passed = test_command(
        &file("colour.csv"),
        &file("gate.csv"),
        (&file("cases.jsonl"), None),
        &mut out,
    );
    assert!(passed.unwrap());
    assert_eq!(String::from_utf8(out).unwrap(), "60 passed, 0 failed\n");

    let mut out = Vec::new();
    let swapped = test_command(
        &file("gate.csv"),
        &file("gate.csv"),
        (&file("cases.jsonl"), None),
        &mut out,
    );
    assert!(!swapped.unwrap());
    assert!(String::from_utf8(out).unwrap().contains("unknown_column"));

    let missing = test_command(
        &file("none.csv"),
        &file("gate.csv"),
        (&file("cases.jsonl"), None),
        &mut Vec::new(),
    );
    assert!(missing.unwrap_err().to_string().contains("none.csv"));
}
