//! The documents that are generated, so that they cannot say something else than the program.
//!
//! `make generate` writes them into `docs/`; a test compares what is committed with what is
//! written here.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::access::{MEANINGS, Role, TABLE};
use crate::http::code::Code;
use crate::masking::{self, Mask, Viewer};
use crate::router;
use crate::ten_donts;

/// The classification of every column; the file that a test compares with the live schema.
const COLUMNS: &str = include_str!("../../../columns.toml");

/// The OpenAPI description of both listeners, JSON.
///
/// # Panics
/// Never: the description is made of strings and maps.
pub fn openapi() -> String {
    let mut text = serde_json::to_string_pretty(&router::description())
        .expect("strings and maps always serialise");
    text.push('\n');
    text
}

/// Who may do what: permissions down, roles across, Markdown.
pub fn roles() -> String {
    let mut text = heading(
        "Who may do what",
        "crates/gridpass/src/access.rs",
        "A role has a permission within its jurisdiction only: a person, gate or order outside it \
         is answered as if it were not there (404).",
    );
    let names: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    row(
        &mut text,
        &[&["permission", "meaning"], names.as_slice()].concat(),
    );
    row(&mut text, &vec!["---"; names.len() + 2]);
    for ((permission, roles), meaning) in TABLE.iter().zip(MEANINGS) {
        let mut cells = vec![*permission, meaning.trim()];
        cells.extend(
            Role::ALL
                .iter()
                .map(|role| if roles.contains(role) { "✔" } else { "✘" }),
        );
        row(&mut text, &cells);
    }
    text
}

/// Every error code, Markdown.
pub fn errors() -> String {
    let mut text = heading(
        "Error codes",
        "crates/gridpass/src/http/code.rs",
        "Every refusal is `application/problem+json` with one of these in `code`. A code is never \
         renamed: clients branch on it, people read the words.",
    );
    row(&mut text, &["code", "status", "meaning", "含义"]);
    row(&mut text, &["---"; 4]);
    for code in Code::ALL {
        let name = format!("`{}`", code.as_str());
        let status = code.status();
        row(
            &mut text,
            &[&name, status.as_str(), code.title(), code.title_zh()],
        );
    }
    text
}

#[derive(Deserialize)]
struct Column {
    class: String,
    retention: String,
}

/// What is kept and how long, from `columns.toml`, Markdown.
///
/// # Panics
/// When `columns.toml` is not of its form: found by any build's tests.
pub fn retention() -> String {
    let tables: BTreeMap<String, BTreeMap<String, Column>> =
        toml::from_str(COLUMNS).expect("columns.toml is checked by a test");
    let mut text = heading(
        "What is kept, and how long",
        "columns.toml",
        "`emergency` means: until the emergency ends and the data is destroyed. Columns that are \
         not listed do not exist: a test compares the file with the live schema.",
    );
    text += "The audit log is kept six months at least: the Cybersecurity Law of the PRC asks for \
             that of the logs of a network (article 21). There is deliberately no command that \
             removes entries. The server's roles in the database cannot; the owner of the database \
             may drop whole months that are older, as operations.md says under \"Prove the audit \
             log\". The signed digests and the public keys stay for good, so that what is left can \
             still be proved.\n\n";
    row(&mut text, &["table", "class", "kept", "columns"]);
    row(&mut text, &["---"; 4]);
    for (table, columns) in &tables {
        let mut groups: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for (name, column) in columns {
            let key = (column.class.as_str(), column.retention.as_str());
            groups.entry(key).or_default().push(name);
        }
        for ((class, kept), names) in groups {
            row(&mut text, &[table.as_str(), class, kept, &names.join(", ")]);
        }
    }
    text
}

/// The ten rules of information security, what enforces each and what proves it, Markdown.
pub fn ten_donts() -> String {
    let mut text = heading(
        "The ten rules of information security (十不准)",
        "crates/gridpass/src/ten_donts.rs",
        "Everybody who works with the system reads and confirms them at the first sign-in, and \
         again after a change; until then nothing else is answered. A rule is not only read: \
         each has controls, and the controls have tests.",
    );
    text += &format!("Version {}.\n\n", ten_donts::VERSION);
    row(&mut text, &["", "rule", "enforced by", "proved by"]);
    row(&mut text, &["---"; 4]);
    for (at, rule) in ten_donts::ALL.iter().enumerate() {
        let words = format!("{}<br>{}", rule.zh, rule.en);
        let tests: Vec<String> = rule.tests.iter().map(|name| format!("`{name}`")).collect();
        let cells = [&words, &rule.controls.join("<br>"), &tests.join("<br>")];
        let number = (at + 1).to_string();
        row(&mut text, &[number.as_str(), cells[0], cells[1], cells[2]]);
    }
    text
}

/// Who sees what of each personal column, Markdown.
pub fn masks() -> String {
    let mut text = heading(
        "Who sees what",
        "columns.toml",
        "Personal and sensitive columns. ✔ is the value as it is, a pattern is what is left of it, \
         – is nothing. A role sees it inside its jurisdiction only and through operations that it \
         may call ([roles](roles.md)). `gate` is a gate's device, for ten minutes after a scan; \
         `holder` is the person's own phone; `break_glass` is somebody of the response team or a \
         community lead while an access with a reason is open. Columns that nobody sees serve \
         matching and counting alone.",
    );
    let names: Vec<&str> = Viewer::all().map(Viewer::as_str).collect();
    row(&mut text, &[&["column"], names.as_slice()].concat());
    row(&mut text, &vec!["---"; names.len() + 1]);
    for (table, column, seen) in masking::table() {
        let column = format!("{table}.{column}");
        let mut cells = vec![column.as_str()];
        cells.extend(seen.iter().map(|mask| match mask {
            Mask::Full => "✔",
            Mask::Name => "张*",
            Mask::Number => "4403**********0013",
            Mask::Phone => "138****1234",
            Mask::Hidden => "–",
        }));
        row(&mut text, &cells);
    }
    text
}

fn heading(title: &str, source: &str, words: &str) -> String {
    format!("# {title}\n\nGenerated from {source} by `make generate`; do not edit.\n\n{words}\n\n")
}

fn row(text: &mut String, cells: &[&str]) {
    text.push_str("| ");
    text.push_str(&cells.join(" | "));
    text.push_str(" |\n");
}
