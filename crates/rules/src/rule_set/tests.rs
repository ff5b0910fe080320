//! Tables in and out without loss, every refusal with its place, decisions against a slow reading.

use super::*;
use crate::table_error::TableErrorCode as Code;
use crate::words::*;
use gridpass_types::Colour;
use proptest::prelude::*;
use proptest::sample::select;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn colour_csv() -> String {
    text(DEFAULT_COLOUR_CSV)
}

fn gate_csv() -> String {
    text(DEFAULT_GATE_CSV)
}

/// Errors of a colour table as `(row, column, code)`.
fn colour_errors(csv: &str) -> Vec<(u32, String, Code)> {
    let errors = ColourTable::from_csv(csv.as_bytes()).unwrap_err();
    errors
        .into_iter()
        .map(|e| (e.row, e.column, e.code))
        .collect()
}

fn gate_errors(csv: &str) -> Vec<(u32, String, Code)> {
    let errors = GateTable::from_csv(csv.as_bytes()).unwrap_err();
    errors
        .into_iter()
        .map(|e| (e.row, e.column, e.code))
        .collect()
}

fn at(row: u32, column: &str, code: Code) -> Vec<(u32, String, Code)> {
    vec![(row, column.to_owned(), code)]
}

#[test]
fn the_tables_in_force_come_out_as_they_went_in() {
    let rules = default_rule_set();
    assert_eq!(text(&rules.colour.to_csv()), colour_csv());
    assert_eq!(text(&rules.gate.to_csv()), gate_csv());
}

#[test]
fn workbooks_lose_nothing() {
    let rules = default_rule_set();
    assert_eq!(
        RuleSet::from_xlsx(rules.version, &rules.to_xlsx(), &Catalogue::default()).unwrap(),
        rules
    );
    assert_eq!(
        ColourTable::from_xlsx(&rules.colour.to_xlsx()).unwrap(),
        rules.colour
    );
    assert_eq!(
        GateTable::from_xlsx(&rules.gate.to_xlsx()).unwrap(),
        rules.gate
    );
    assert_eq!(rules.to_xlsx(), rules.to_xlsx());
    let errors = RuleSet::from_xlsx(rules.version, &rules.gate.to_xlsx(), &Catalogue::default())
        .unwrap_err();
    assert_eq!(errors[0].code, Code::MissingSheet);
}

#[test]
fn spreadsheets_may_change_marks_ends_and_column_order() {
    let rules = default_rule_set();
    let windows = format!("\u{feff}{}", gate_csv().replace('\n', "\r\n\r\n"));
    assert_eq!(GateTable::from_csv(windows.as_bytes()).unwrap(), rules.gate);
    let reversed: Vec<Vec<String>> = rules
        .gate
        .to_rows()
        .into_iter()
        .map(|row| row.into_iter().rev().collect())
        .collect();
    let csv = crate::grid::write_csv(&reversed);
    assert_eq!(GateTable::from_csv(&csv).unwrap(), rules.gate);
    let padded = gate_csv().replace('\n', ",,\n");
    assert_eq!(GateTable::from_csv(padded.as_bytes()).unwrap(), rules.gate);
}

#[test]
fn all_cell_forms_are_kept() {
    let csv = "rule,temperature,colour,area,direction,relation,checked,action,reason,checks,notify\n\
        G1,[30..34),-,-,-,-,-,stop,fever,recheck_temperature,\"response_team,grid\"\n\
        G2,>= 37.3,\"in(green,yellow)\",not(sealed),-,-,-,stop,fever,-,-\n\
        G3,(36..37.3),\"not(red,yellow)\",-,in,-,-,pass,green,-,-\n\
        G4,\"in(35,35.5)\",-,-,-,-,-,pass,green,-,-\n\
        G5,-,-,-,-,-,-,check,yellow,-,-\n";
    let table = GateTable::from_csv(csv.as_bytes()).unwrap();
    assert_eq!(text(&table.to_csv()), csv);
    assert_eq!(GateTable::from_xlsx(&table.to_xlsx()).unwrap(), table);
}

#[test]
fn what_is_wrong_is_told_with_row_and_column() {
    let colour = colour_csv();
    let with = |from: &str, to: &str| {
        assert!(colour.contains(from), "{from}");
        colour_errors(&colour.replacen(from, to, 1))
    };
    assert_eq!(
        with(",exempt,", ",exempted,"),
        [
            (1, "exempted".to_owned(), Code::UnknownColumn),
            (1, "exempt".to_owned(), Code::MissingColumn),
        ]
    );
    assert_eq!(
        with("A4,-,-,-,fever", "A4,-,-,-,hot"),
        at(5, "health", Code::UnknownValue)
    );
    assert_eq!(
        with("A4,-,-,-,fever", "A4,-,-,-,"),
        at(5, "health", Code::EmptyCell)
    );
    assert_eq!(
        with("A4,-,-,-,fever", "A4,-,-,-,> 37"),
        at(5, "health", Code::BadTest)
    );
    assert_eq!(
        with("red,fever", "red,mood"),
        at(5, "reason", Code::UnknownReason)
    );
    assert_eq!(
        with("red,fever", "red,sealed_area"),
        at(5, "reason", Code::UnknownReason)
    );
    assert_eq!(
        with("red,fever", "blue,fever"),
        at(5, "colour", Code::UnknownValue)
    );
    assert_eq!(
        with("24,grid", "0,grid"),
        at(8, "visit_hours", Code::BadNumber)
    );
    assert_eq!(
        with("24,grid", "1e2,grid"),
        at(8, "visit_hours", Code::BadNumber)
    );
    assert_eq!(
        with("24,grid", "24,mayor"),
        at(8, "notify", Code::UnknownValue)
    );
    assert_eq!(with("\nA4", "\nA3"), at(5, "rule", Code::DuplicateRule));
    assert_eq!(with("\nA4", "\nA 4"), at(5, "rule", Code::BadRuleId));
    assert_eq!(
        with("体温异常", "体\u{7}温"),
        at(5, "message_zh", Code::BadText)
    );
    assert_eq!(with(",您持有", ",x,您持有"), at(7, "", Code::CellCount));
    assert_eq!(
        gate_errors(&gate_csv().replace(">= 37.3", ">= warm")),
        at(2, "temperature", Code::BadNumber)
    );
}

#[test]
fn every_error_of_both_tables_is_told_at_once() {
    let colour = colour_csv().replace("red,fever", "blue,mood");
    let gate = gate_csv().replace("stop", "halt");
    let errors = RuleSet::from_csv(RuleSetVersion::new(2), colour.as_bytes(), gate.as_bytes());
    let errors = errors.unwrap_err();
    assert_eq!(errors.len(), 6);
    assert_eq!(
        errors[0].to_string(),
        "colour table, row 5, column colour: unknown value: blue (unknown_value)"
    );
    assert!(errors[5].message_zh.contains("halt"));
}

#[test]
fn a_table_must_decide_everything() {
    let without_last = |csv: String| {
        let end = csv.trim_end().rfind('\n').unwrap();
        csv[..=end].to_owned()
    };
    assert_eq!(
        colour_errors(&without_last(colour_csv())),
        at(15, "", Code::MissingCatchAll)
    );
    assert_eq!(
        gate_errors(&without_last(gate_csv())),
        at(8, "", Code::MissingCatchAll)
    );
    let header = colour_csv().lines().next().unwrap().to_owned();
    assert_eq!(colour_errors(&header), at(0, "", Code::Empty));
}

#[test]
fn a_row_must_be_reachable() {
    let csv = colour_csv();
    let repeated = csv.replacen(
        "\nA3,",
        "\nA2b,-,home,-,-,-,-,-,-,-,red,quarantine,-,-,x,x\nA3,",
        1,
    );
    assert_eq!(colour_errors(&repeated), at(4, "", Code::UnreachableRow));
    let after = format!("{csv}A16,-,-,-,-,-,-,-,-,-,yellow,unknown,-,-,x,x\n");
    assert_eq!(colour_errors(&after), at(17, "", Code::UnreachableRow));
    let nothing = csv.replace(
        "\"in(suspected,confirmed)\"",
        "\"not(none,suspected,confirmed)\"",
    );
    assert_eq!(colour_errors(&nothing), at(2, "", Code::UnreachableRow));
    // Two rows together leave nothing for the third.
    let gate = gate_csv().replacen(
        "\nB2",
        "\nB1a,-,red,-,in,-,-,stop,red,-,-\nB1b,-,red,-,out,-,-,stop,red,-,-\nB2",
        1,
    );
    assert_eq!(gate_errors(&gate), at(5, "", Code::UnreachableRow));
}

#[test]
fn a_table_with_too_many_numbers_is_refused_before_it_costs_time() {
    let mut csv = gate_csv().lines().next().unwrap().to_owned();
    for row in 0..199 {
        let numbers: Vec<String> = (0..60).map(|n| format!("{}.{n}", row + 100)).collect();
        csv += &format!(
            "\nN{row},\"in({})\",-,-,-,-,-,pass,green,-,-",
            numbers.join(",")
        );
    }
    csv += "\nZ,-,-,-,-,-,-,pass,green,-,-\n";
    assert_eq!(gate_errors(&csv), at(0, "", Code::TooLarge));
}

#[test]
fn an_explanation_names_the_cell_that_failed() {
    let rules = default_rule_set();
    let state = crate::State {
        residence: Residence::Declared,
        ..crate::State::EMPTY
    };
    let explanation = rules.explain_colour(&state, Timestamp::UNIX_EPOCH);
    assert_eq!(explanation.decision.rule, "A13");
    assert_eq!(explanation.trace.len(), 13);
    assert_eq!(
        explanation.trace[0].failed,
        Some(FailedCell {
            column: "case".to_owned(),
            cell: "in(suspected,confirmed)".to_owned(),
            actual: "none".to_owned(),
        })
    );
    assert_eq!(
        explanation.trace[12],
        RuleTrial {
            rule: "A13".to_owned(),
            failed: None
        }
    );
    let gate = rules.explain_gate(&GateContext {
        colour: Colour::Red,
        area: AreaStatus::Normal,
        direction: Direction::In,
        relation: Relation::Visitor,
        checked: Checked::No,
        temperature: None,
    });
    assert_eq!(gate.decision.action, Action::Stop);
    assert_eq!(gate.trace[0].failed.as_ref().unwrap().actual, "-");
    let json = serde_json::to_value(&gate).unwrap();
    assert_eq!(json["decision"]["notify"][0], "response_team");
    assert_eq!(json["trace"][1]["failed"], serde_json::Value::Null);
}

/// A slow reading of a row of text: does the cell hold for the word?
fn cell_holds(cell: &str, word: &str) -> bool {
    let list = |prefix: &str| {
        let inner = cell.strip_prefix(prefix)?.strip_suffix(')')?;
        Some(inner.split(',').any(|item| item == word))
    };
    match (list("in("), list("not(")) {
        (Some(is_in), _) => is_in,
        (_, Some(is_in)) => !is_in,
        _ => cell == "-" || cell == word,
    }
}

fn states() -> impl Strategy<Value = crate::State> {
    let first = (
        select(Case::ALL),
        select(Quarantine::ALL),
        select(Contact::ALL),
        select(Health::ALL),
        select(Stay::ALL),
    );
    let second = (
        select(Exempt::ALL),
        select(Registry::ALL),
        select(Residence::ALL),
        select(Employment::ALL),
    );
    (first, second).prop_map(
        |((case, quarantine, contact, health, stay), rest)| crate::State {
            case,
            quarantine,
            contact,
            health,
            stay,
            exempt: rest.0,
            registry: rest.1,
            residence: rest.2,
            employment: rest.3,
            ..crate::State::EMPTY
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn masks_decide_as_the_text_says(state in states()) {
        thread_local!(static RULES: RuleSet = default_rule_set());
        RULES.with(|rules| {
            let words = [
                state.case.as_str(), state.quarantine.as_str(), state.contact.as_str(),
                state.health.as_str(), state.stay.as_str(), state.exempt.as_str(),
                state.registry.as_str(), state.residence.as_str(), state.employment.as_str(),
            ];
            let rows = rules.colour.to_rows();
            let row = rows[1..].iter().find(|row| {
                row[1..10].iter().zip(words).all(|(cell, word)| cell_holds(cell, word))
            });
            let decision = rules.decide_colour(&state, Timestamp::UNIX_EPOCH);
            assert_eq!(row.unwrap()[0], decision.rule);
            let explained = rules.explain_colour(&state, Timestamp::UNIX_EPOCH);
            assert_eq!(explained.decision, decision);
            assert_eq!(explained.trace.last().unwrap().rule, decision.rule);
        });
    }
}

#[test]
fn a_rule_is_found_by_its_id_and_says_what_it_decides() {
    let rules = default_rule_set();
    let decided = rules.decide_colour(&State::EMPTY, Timestamp::UNIX_EPOCH);
    assert_eq!(rules.colour.find(decided.rule), Some(decided));
    assert_eq!(
        rules.gate.find("B2").map(|row| row.action),
        Some(Action::Stop)
    );
    assert!(rules.colour.find("B2").is_none() && rules.gate.find("").is_none());
}
