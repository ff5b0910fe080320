//! A handler extracts, authorises, calls and answers: that fits in thirty lines.

use super::Finding;
use super::manifest::{Manifest, SOURCES};
use super::paths::words;
use super::tree::Tree;

/// Longest handler, from its `fn` to its closing brace.
const LINES_MAX: usize = 30;
const ATTRIBUTE: &str = "#[utoipa::path";

/// Measures every function below an OpenAPI attribute.
pub fn check(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut long = Vec::new();
    for (path, lexed) in tree.rust().filter(|(path, _)| path.starts_with(SOURCES)) {
        for (at, _) in lexed.code.match_indices(ATTRIBUTE) {
            let Some((name, start, lines)) = function_after(&lexed.code, at) else {
                continue;
            };
            if lines <= LINES_MAX {
                continue;
            }
            long.push(name.to_owned());
            if !manifest
                .long_handler
                .iter()
                .any(|excused| excused.name == name)
            {
                let message = format!(
                    "handler {name} has {lines} lines, at most {LINES_MAX}: move the work out of it"
                );
                findings.push(Finding::new(path, lexed.line_of(start), message));
            }
        }
    }
    for excused in &manifest.long_handler {
        if !long.contains(&excused.name) || excused.why.is_empty() {
            let message = format!(
                "long_handler {} is short, gone, or says no why: remove it",
                excused.name
            );
            findings.push(Finding::new("slices.toml", 0, message));
        }
    }
    findings
}

/// Name, position and length in lines of the first function after a position.
fn function_after(code: &str, at: usize) -> Option<(&str, usize, usize)> {
    let tail = &code[at..];
    let mut found = words(tail).skip_while(|(_, word)| *word != "fn");
    let (start, _) = found.next()?;
    let (_, name) = found.next()?;
    let open = start + tail[start..].find('{')?;
    let mut depth = 0_usize;
    for (offset, byte) in tail[open..].bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let lines = tail[start..=open + offset].lines().count();
            return Some((name, at + start, lines));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Manifest;
    use super::super::tree::samples::tree;
    use super::check;

    fn handler(lines: usize) -> String {
        let body = "    work();\n".repeat(lines - 2);
        format!("//! A.\n#[utoipa::path(get, path = \"/a\")]\npub async fn get_a() {{\n{body}}}\n")
    }

    #[test]
    fn thirty_lines_are_enough() {
        let path = "crates/gridpass/src/a/api.rs";
        assert_eq!(
            check(&tree(&[(path, &handler(30))]), &Manifest::default()),
            []
        );
        let found = check(&tree(&[(path, &handler(31))]), &Manifest::default());
        assert_eq!((found[0].line, found.len()), (3, 1));
        assert!(found[0].message.contains("get_a has 31 lines"));
    }

    #[test]
    fn excuses_are_honoured_and_only_shrink() {
        let text = "[[long_handler]]\nname = \"get_a\"\nwhy = \"streams\"";
        let manifest = Manifest::parse(text).expect("is valid");
        let path = "crates/gridpass/src/a/api.rs";
        assert_eq!(check(&tree(&[(path, &handler(31))]), &manifest), []);
        assert_eq!(check(&tree(&[(path, &handler(30))]), &manifest).len(), 1);
    }
}
