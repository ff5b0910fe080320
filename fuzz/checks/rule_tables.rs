//! What must hold for rule tables, cells, facts and cases whatever bytes come in. Shared by the
//! fuzz target and by the test that replays the corpus, so that both assert the same.

use std::sync::LazyLock;

use gridpass_rules::cases::Case;
use gridpass_rules::catalogue::FactKind;
use gridpass_rules::{Catalogue, ColourTable, FactBody, GateTable, RuleSet, default_rule_set};
use jiff::Timestamp;

/// Longest input worth looking at, in bytes: the largest workbook that is opened.
const INPUT_BYTES_MAX: usize = 128 * 1024;

static RULES: LazyLock<RuleSet> = LazyLock::new(default_rule_set);

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let json = include_bytes!("../../rules/examples/catalogue.json");
    Catalogue::from_json(json).expect("the example is sound")
});

/// Takes the input as a table in either format, as a single cell of a sound table, as the body of
/// a fact and as a case. Says whether any of them was accepted; panics if a law is broken.
pub fn check(data: &[u8]) -> bool {
    let data = &data[..data.len().min(INPUT_BYTES_MAX)];
    let is_table = check_tables(data);
    let text = String::from_utf8_lossy(data);
    let is_cell = text.chars().count() <= 100 && (check_cell(&text) | check_catalogued_cell(&text));
    let is_fact = check_fact(&text);
    let is_case = Case::parse(&text, &CATALOGUE).is_ok_and(|case| {
        let outcome = case.run(&RULES);
        !outcome.rule.is_empty() && !outcome.gate_rule.is_empty()
    });
    is_table || is_cell || is_fact || is_case
}

/// A table that is accepted comes out as it went in, by either format.
fn check_tables(data: &[u8]) -> bool {
    let colour = [ColourTable::from_csv(data), ColourTable::from_xlsx(data)];
    let colour: Vec<_> = colour.into_iter().flatten().collect();
    for table in &colour {
        assert_eq!(ColourTable::from_csv(&table.to_csv()).as_ref(), Ok(table));
        assert_eq!(ColourTable::from_xlsx(&table.to_xlsx()).as_ref(), Ok(table));
    }
    let gate = [GateTable::from_csv(data), GateTable::from_xlsx(data)];
    let gate: Vec<_> = gate.into_iter().flatten().collect();
    for table in &gate {
        assert_eq!(GateTable::from_csv(&table.to_csv()).as_ref(), Ok(table));
        assert_eq!(GateTable::from_xlsx(&table.to_xlsx()).as_ref(), Ok(table));
    }
    !colour.is_empty() || !gate.is_empty()
}

/// The input as the temperature and as the colour cell of a row above a catch-all row.
fn check_cell(cell: &str) -> bool {
    let quoted = format!("\"{}\"", cell.replace('"', "\"\""));
    let mut accepted = false;
    for row in [format!("{quoted},-"), format!("-,{quoted}")] {
        let csv = format!(
            "rule,temperature,colour,area,direction,relation,checked,action,reason,checks,notify\n\
             G1,{row},sealed,in,-,-,stop,fever,-,-\nG2,-,-,-,-,-,-,pass,green,-,-\n"
        );
        match GateTable::from_csv(csv.as_bytes()) {
            Ok(table) => {
                assert_eq!(GateTable::from_csv(&table.to_csv()), Ok(table));
                accepted = true;
            }
            Err(errors) => {
                assert!(!errors.is_empty());
                for error in errors {
                    assert!(!error.message.is_empty() && !error.message_zh.is_empty());
                }
            }
        }
    }
    accepted
}

/// The input as the cell of a column of the catalogue: a duration, a day, a count, words.
fn check_catalogued_cell(cell: &str) -> bool {
    let quoted = format!("\"{}\"", cell.replace('"', "\"\""));
    let mut accepted = false;
    for column in [
        "hours_since_negative_test",
        "last_vaccination_day",
        "vaccinations",
        "last_test",
    ] {
        let csv = format!(
            "rule,case,quarantine,contact,health,stay,exempt,registry,residence,employment,{column},colour,reason,\
             visit_hours,notify,message_zh,message_en\n\
             A1,-,-,-,-,-,-,-,-,verified,{quoted},green,unknown,-,-,x,x\n\
             A2,-,-,-,-,-,-,-,-,-,-,yellow,unknown,-,-,x,x\n"
        );
        let read = |csv: &[u8]| ColourTable::from_csv_with(csv, &CATALOGUE);
        match read(csv.as_bytes()) {
            Ok(table) => {
                assert_eq!(read(&table.to_csv()), Ok(table));
                accepted = true;
            }
            Err(errors) => assert!(!errors.is_empty()),
        }
    }
    accepted
}

/// A body that is read is written and read the same.
fn check_fact(text: &str) -> bool {
    let Ok(body) = serde_json::from_str::<FactBody>(text) else {
        return false;
    };
    if let FactBody::Catalogued { kind, fields } = &body {
        let known = CATALOGUE.kind(kind);
        let sound = |kind: &FactKind| kind.faults(fields, Timestamp::UNIX_EPOCH).is_empty();
        if !known.is_some_and(sound) {
            return false;
        }
    }
    let _ = body.validate(Timestamp::UNIX_EPOCH);
    let again = serde_json::to_string(&body).expect("a fact that was read can be written");
    assert_eq!(serde_json::from_str::<FactBody>(&again).ok(), Some(body));
    true
}
