//! A rule set as a DMN 1.3 model, for tools and people outside.
//!
//! Two decisions: `pass` (the colour table) and `gate`, which requires it. Both are decision
//! tables of hit policy FIRST; inputs have types with their allowed values, cells are unary tests
//! of FEEL. Format: OMG Decision Model and Notation 1.3 (formal/21-02-01),
//! <https://www.omg.org/spec/DMN/1.3/>. Another implementation reads it back in
//! `web/packages/dmn`.

mod extra;

use std::fmt::Write as _;

use crate::cell::Test;
use crate::columns::{COLOUR_COLUMNS, GATE_COLUMNS, WordColumn};
use crate::rule_set::RuleSet;

/// Namespace of DMN 1.3.
const NAMESPACE: &str = "https://www.omg.org/spec/DMN/20191111/MODEL/";
/// Names of what the colour table answers, with the FEEL type of each.
const PASS_OUTPUTS: [(&str, &str); 7] = [
    ("rule", "string"),
    ("colour", "string"),
    ("reason", "string"),
    ("visit_hours", "number"),
    ("notify", "Any"),
    ("message_zh", "string"),
    ("message_en", "string"),
];
/// Names of what the gate table answers, likewise.
const GATE_OUTPUTS: [(&str, &str); 5] = [
    ("rule", "string"),
    ("action", "string"),
    ("reason", "string"),
    ("checks", "Any"),
    ("notify", "Any"),
];
/// The gate table's numeric input.
const TEMPERATURE: &str = "temperature";
/// The gate table's input that is an answer of the colour table.
const COLOUR: &str = "colour";

impl RuleSet {
    /// The rule set as a DMN 1.3 model, UTF-8 XML.
    #[must_use]
    pub fn to_dmn(&self) -> String {
        let version = self.version;
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <definitions xmlns=\"{NAMESPACE}\" id=\"rules\" name=\"GridPass rules {version}\" \
             namespace=\"urn:gridpass:rules:{version}\" exporter=\"GridPass\">\n"
        );
        let gate_words = GATE_COLUMNS.iter().filter(|column| column.name != COLOUR);
        let words: Vec<&WordColumn> = COLOUR_COLUMNS.iter().chain(gate_words).collect();
        for column in &words {
            item_definition(&mut xml, column);
        }
        let extra = &self.colour.extra().columns;
        for column in extra {
            extra::item_definition(&mut xml, column);
        }
        for column in &words {
            input_data(&mut xml, column.name, &type_of(column));
        }
        for column in extra {
            input_data(&mut xml, column.key(), &extra::type_of(column));
        }
        input_data(&mut xml, TEMPERATURE, "number");
        xml += &pass_decision(self);
        xml += &gate_decision(self);
        xml += "</definitions>\n";
        xml
    }
}

fn type_of(column: &WordColumn) -> String {
    format!("t_{}", column.name)
}

fn item_definition(xml: &mut String, column: &WordColumn) {
    let words = (column.all)().into_iter().map(column.word_of).map(quoted);
    word_type(xml, &type_of(column), &words.collect::<Vec<_>>().join(", "));
}

fn word_type(xml: &mut String, name: &str, words: &str) {
    put(
        xml,
        format_args!(
            "  <itemDefinition name=\"{}\">\n    <typeRef>string</typeRef>\n    \
             <allowedValues><text>{}</text></allowedValues>\n  </itemDefinition>\n",
            name,
            escaped(words)
        ),
    );
}

fn input_data(xml: &mut String, name: &str, type_ref: &str) {
    put(
        xml,
        format_args!(
            "  <inputData id=\"input_{name}\" name=\"{name}\">\n    \
             <variable id=\"variable_{name}\" name=\"{name}\" typeRef=\"{type_ref}\"/>\n  </inputData>\n"
        ),
    );
}

/// One decision table as it is written.
struct Table<'a> {
    name: &'a str,
    label: &'a str,
    /// Expression, label and type of each input.
    inputs: Vec<(String, &'a str, String)>,
    outputs: &'a [(&'a str, &'a str)],
    /// Requirements by the id of what is required.
    requires: Vec<String>,
    /// Input entries and output entries of each rule.
    rules: Vec<(Vec<String>, Vec<String>)>,
}

fn pass_decision(rules: &RuleSet) -> String {
    let columns = COLOUR_COLUMNS.iter();
    let inputs = columns.clone();
    let inputs = inputs.map(|column| (column.name.to_owned(), column.name, type_of(column)));
    let catalogued = rules.colour.extra();
    let named = catalogued.columns.iter();
    let named = named.map(|column| {
        (
            column.key().to_owned(),
            column.key(),
            extra::type_of(column),
        )
    });
    let rows = rules.colour.rows_for_dmn().enumerate();
    let rows = rows.map(|(row, (tests, decision))| {
        let cells = tests.iter().zip(&COLOUR_COLUMNS);
        let mut entries: Vec<String> = cells
            .map(|(test, column)| word_test(test, column))
            .collect();
        entries.extend(extra::entries(catalogued, row));
        let outputs = vec![
            quoted(decision.rule),
            quoted(decision.colour.as_str()),
            quoted(decision.reason.as_str()),
            decision
                .visit_hours
                .map_or_else(|| "null".to_owned(), |hours| hours.to_string()),
            list(decision.notify),
            quoted(decision.message_zh),
            quoted(decision.message_en),
        ];
        (entries, outputs)
    });
    let table = Table {
        name: "pass",
        label: "Colour of the pass",
        inputs: inputs.chain(named).collect(),
        outputs: &PASS_OUTPUTS,
        requires: columns
            .map(|column| column.name)
            .chain(rules.colour.extra_keys())
            .map(|name| format!("<requiredInput href=\"#input_{name}\"/>"))
            .collect(),
        rules: rows.collect(),
    };
    table.to_xml()
}

fn gate_decision(rules: &RuleSet) -> String {
    let mut inputs = vec![(TEMPERATURE.to_owned(), TEMPERATURE, "number".to_owned())];
    let mut requires = vec![
        "<requiredDecision href=\"#pass\"/>".to_owned(),
        format!("<requiredInput href=\"#input_{TEMPERATURE}\"/>"),
    ];
    for column in &GATE_COLUMNS {
        if column.name == COLOUR {
            inputs.push(("pass.colour".to_owned(), COLOUR, "string".to_owned()));
        } else {
            inputs.push((column.name.to_owned(), column.name, type_of(column)));
            requires.push(format!("<requiredInput href=\"#input_{}\"/>", column.name));
        }
    }
    let rows = rules
        .gate
        .rows_for_dmn()
        .map(|(temperature, tests, decision)| {
            let cells = tests.iter().zip(&GATE_COLUMNS);
            let mut entries = vec![number_test(temperature)];
            entries.extend(cells.map(|(test, column)| word_test(test, column)));
            let outputs = vec![
                quoted(decision.rule),
                quoted(decision.action.as_str()),
                quoted(decision.reason.as_str()),
                list(decision.checks),
                list(decision.notify),
            ];
            (entries, outputs)
        });
    let table = Table {
        name: "gate",
        label: "What the guard does",
        inputs,
        outputs: &GATE_OUTPUTS,
        requires,
        rules: rows.collect(),
    };
    table.to_xml()
}

impl Table<'_> {
    /// Elements in the order of the schema: variable, requirements, then the table with its
    /// inputs, outputs and rules.
    fn to_xml(&self) -> String {
        let name = self.name;
        let mut xml = format!(
            "  <decision id=\"{name}\" name=\"{name}\" label=\"{}\">\n    \
             <variable id=\"variable_{name}\" name=\"{name}\" typeRef=\"Any\"/>\n",
            self.label
        );
        for (number, required) in (1..).zip(&self.requires) {
            put(
                &mut xml,
                format_args!(
                    "    <informationRequirement id=\"{name}_requires_{number}\">{required}</informationRequirement>\n"
                ),
            );
        }
        put(
            &mut xml,
            format_args!("    <decisionTable id=\"{name}_table\" hitPolicy=\"FIRST\">\n"),
        );
        for (number, (expression, label, type_ref)) in (1..).zip(&self.inputs) {
            put(
                &mut xml,
                format_args!(
                    "      <input id=\"{name}_input_{number}\" label=\"{label}\">\n        \
                     <inputExpression id=\"{name}_expression_{number}\" typeRef=\"{type_ref}\">\
                     <text>{expression}</text></inputExpression>\n      </input>\n"
                ),
            );
        }
        for (number, (output, type_ref)) in (1..).zip(self.outputs) {
            put(
                &mut xml,
                format_args!(
                    "      <output id=\"{name}_output_{number}\" name=\"{output}\" typeRef=\"{type_ref}\"/>\n"
                ),
            );
        }
        for (number, (entries, outputs)) in (1..).zip(&self.rules) {
            put(
                &mut xml,
                format_args!("      <rule id=\"{name}_rule_{number}\">\n"),
            );
            write_entries(&mut xml, (name, number), ("inputEntry", entries));
            write_entries(&mut xml, (name, number), ("outputEntry", outputs));
            xml += "      </rule>\n";
        }
        xml += "    </decisionTable>\n  </decision>\n";
        xml
    }
}

fn write_entries(xml: &mut String, (name, rule): (&str, i32), (tag, texts): (&str, &[String])) {
    for (number, text) in (1..).zip(texts) {
        put(
            xml,
            format_args!(
                "        <{tag} id=\"{name}_{rule}_{tag}_{number}\"><text>{}</text></{tag}>\n",
                escaped(text)
            ),
        );
    }
}

fn put(xml: &mut String, text: std::fmt::Arguments<'_>) {
    xml.write_fmt(text)
        .expect("writing to a string does not fail");
}

fn word_test(test: &Test<u8>, column: &WordColumn) -> String {
    let words = |indices: &[u8]| {
        let words = indices.iter().map(|index| (column.word_of)(*index));
        words.map(quoted).collect::<Vec<_>>().join(", ")
    };
    match test {
        Test::Any => "-".to_owned(),
        Test::Is(word) => words(&[*word]),
        Test::In(list) => words(list),
        Test::Not(list) => format!("not({})", words(list)),
        // Words have no order; the parser makes no range of them.
        Test::Range(_) => "-".to_owned(),
    }
}

/// An absent number satisfies only `-`; in FEEL it would satisfy `not(…)`, so null is excluded.
fn number_test(test: &Test<f64>) -> String {
    let numbers = |list: &[f64]| {
        let numbers: Vec<String> = list.iter().map(f64::to_string).collect();
        numbers.join(", ")
    };
    match test {
        Test::Any => "-".to_owned(),
        Test::Is(number) => number.to_string(),
        Test::In(list) => numbers(list),
        Test::Not(list) => format!("not(null, {})", numbers(list)),
        Test::Range(range) => range.to_string(),
    }
}

/// A FEEL list of strings.
fn list<V: std::fmt::Display>(values: &[V]) -> String {
    let values = values.iter().map(|value| quoted(&value.to_string()));
    format!("[{}]", values.collect::<Vec<_>>().join(", "))
}

/// A FEEL string literal.
fn quoted(text: &str) -> String {
    let inner = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{inner}\"")
}

/// XML character data.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use crate::default_rule_set;

    #[test]
    fn texts_cannot_break_out_of_their_element() {
        let mut csv = String::from_utf8(default_rule_set().colour.to_csv()).unwrap();
        csv = csv.replace("已核已入住", "\"\"\"a\"\" <b> & \\n\"");
        let gate = default_rule_set().gate.to_csv();
        let rules = crate::RuleSet::from_csv(
            gridpass_types::RuleSetVersion::new(2),
            csv.as_bytes(),
            &gate,
        );
        let xml = rules.unwrap().to_dmn();
        assert!(xml.contains("<text>\"\\\"a\\\" &lt;b&gt; &amp; \\\\n\"</text>"));
    }

    #[test]
    fn every_row_and_cell_is_there() {
        let rules = default_rule_set();
        let xml = rules.to_dmn();
        assert_eq!(xml.matches("<rule id=\"pass_rule_").count(), 15);
        assert_eq!(xml.matches("<rule id=\"gate_rule_").count(), 8);
        assert_eq!(xml.matches("<inputEntry ").count(), 15 * 9 + 8 * 6);
        assert_eq!(xml.matches("<outputEntry ").count(), 15 * 7 + 8 * 5);
        assert!(xml.contains("<text>&gt;= 37.3</text>"));
    }
}
