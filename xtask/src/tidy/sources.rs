//! Rules about any one file: it says why it exists, it is short, it leaves nothing undone,
//! and nothing in it belongs to one person's machine.

use super::Finding;
use super::lexer::Lexed;
use super::manifest::Manifest;
use super::paths::words;
use super::tree::{Tree, ending};

/// Longest source file.
const LINES_MAX: usize = 500;

/// Macros that leave something undone or were left behind.
const UNFINISHED: &[&str] = &["todo", "unimplemented", "dbg"];

/// Words for "later", put together so that this file does not contain them.
const LATER: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Beginnings of paths on somebody's machine, put together likewise.
const MACHINE: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("C:", "\\\\"),
];

/// Calls that leave a test out.
const SKIPS: &[&str] = &[
    concat!("test", ".skip"),
    concat!("it", ".skip"),
    concat!("describe", ".skip"),
    concat!("test", ".only"),
    concat!("it", ".only"),
    concat!("describe", ".only"),
    concat!("test", ".todo"),
];

/// Checks every file.
pub fn check(tree: &Tree, _: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files() {
        findings.extend(lengths(path, text));
        for (number, line) in text.lines().enumerate() {
            if let Some(message) = bad_line(path, line) {
                findings.push(Finding::new(path, number + 1, message));
            }
        }
    }
    for (path, lexed) in tree.rust() {
        let text = tree.text(path).unwrap_or_default();
        if !text.starts_with("//!") {
            let message = "a file begins with //! and says what it is and why";
            findings.push(Finding::new(path, 1, message));
        }
        findings.extend(rust(path, lexed));
    }
    findings
}

fn lengths(path: &str, text: &str) -> Option<Finding> {
    let source = matches!(ending(path), "rs" | "ts" | "vue" | "mjs");
    let generated = path.ends_with(".gen.ts") || path.ends_with(".d.ts");
    let lines = text.lines().count();
    (source && !generated && lines > LINES_MAX).then(|| {
        let message = format!("{lines} lines, at most {LINES_MAX}: split by topic");
        Finding::new(path, lines, message)
    })
}

fn bad_line(path: &str, line: &str) -> Option<String> {
    if ending(path) == "json" && path.contains("lock") {
        return None;
    }
    if let Some(word) = words(line)
        .map(|(_, word)| word)
        .find(|word| LATER.contains(word))
    {
        return Some(format!(
            "{word}: do it now, or open an issue and leave no trace here"
        ));
    }
    if let Some(start) = MACHINE.iter().find(|start| names_a_machine(line, start)) {
        return Some(format!(
            "a path on one machine ({start}…): make it relative or a setting"
        ));
    }
    let skip = SKIPS.iter().find(|skip| line.contains(**skip))?;
    Some(format!("{skip}: a test runs, or it is deleted"))
}

/// Whether an absolute path begins here; a part of a URL or of a longer path does not count.
fn names_a_machine(line: &str, start: &str) -> bool {
    line.match_indices(start).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || "\"'`(=:[<>".contains(c))
    })
}

fn rust(path: &str, lexed: &Lexed) -> Vec<Finding> {
    let code = lexed.code.as_str();
    let mut findings = Vec::new();
    for (at, word) in words(code) {
        let mut say = |message: String| {
            findings.push(Finding::new(path, lexed.line_of(at), message));
        };
        let after = &code[at + word.len()..];
        if UNFINISHED.contains(&word) && after.starts_with('!') {
            say(format!("{word}! does not stay: finish it"));
        }
        let before = code[..at].trim_end();
        let in_attribute = before.ends_with("#[") || before.ends_with("#![");
        if !in_attribute {
            continue;
        }
        match word {
            "ignore" => say("#[ignore]: a test runs, or it is deleted".to_owned()),
            "allow" => say("#[allow]: use #[expect(…, reason = \"…\")], or repair it".to_owned()),
            "expect" if !gives_reason(after) => {
                say("#[expect] without a reason: say why it must be so".to_owned());
            }
            _ => {}
        }
    }
    findings
}

/// Whether the attribute's arguments hold `reason =`.
fn gives_reason(after: &str) -> bool {
    let end = after.find(")]").unwrap_or(after.len());
    words(&after[..end]).any(|(_, word)| word == "reason")
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Manifest;
    use super::super::tree::samples::tree;
    use super::{LATER, MACHINE, SKIPS, check};

    fn messages(path: &str, text: &str) -> Vec<String> {
        let findings = check(&tree(&[(path, text)]), &Manifest::default());
        findings
            .into_iter()
            .map(|f| format!("{} {}", f.line, f.message))
            .collect()
    }

    #[test]
    fn a_plain_file_is_fine() {
        let text = "//! Why.\n#[expect(dead_code, reason = \"used by the macro\")]\nfn f() {}\n";
        assert_eq!(messages("crates/a/src/lib.rs", text), [""; 0]);
        assert_eq!(
            messages("README.md", "GET /homepage and https://a.b/home/x"),
            [""; 0]
        );
    }

    #[test]
    fn what_rust_files_must_not_hold() {
        for (text, expected) in [
            ("fn f() {}", "1 a file begins with //!"),
            ("//! A.\nfn f() { todo!() }", "2 todo! does not stay"),
            ("//! A.\n\nfn f() { dbg!(1); }", "3 dbg! does not stay"),
            ("//! A.\n#[ignore]\nfn f() {}", "2 #[ignore]"),
            ("//! A.\n#![allow(dead_code)]", "2 #[allow]"),
            (
                "//! A.\n#[expect(dead_code)]\nfn f() {}",
                "2 #[expect] without a reason",
            ),
        ] {
            let found = messages("crates/a/src/lib.rs", text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].starts_with(expected), "{found:?}");
        }
    }

    #[test]
    fn words_in_strings_and_comments_are_not_code() {
        let text = "//! Never leave todo!() behind.\nfn f() { g(\"dbg!(#[ignore])\") }";
        assert_eq!(messages("crates/a/src/lib.rs", text), [""; 0]);
    }

    #[test]
    fn long_files_are_found() {
        let long = format!("//! A.\n{}", "\n".repeat(500));
        assert!(messages("crates/a/src/lib.rs", &long)[0].contains("501 lines"));
        assert_eq!(messages("web/packages/api/src/schema.d.ts", &long), [""; 0]);
    }

    #[test]
    fn nothing_is_left_for_later_and_no_machine_is_named() {
        assert_eq!(
            messages("Makefile", &format!("# {}: more", LATER[0])).len(),
            1
        );
        assert_eq!(
            messages("docs/a.md", &format!("see `{}me/x`", MACHINE[0])).len(),
            1
        );
        assert_eq!(
            messages("e2e/a.mjs", &format!("{}('x')", SKIPS[0])).len(),
            1
        );
    }
}
