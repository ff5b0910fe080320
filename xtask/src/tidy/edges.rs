//! Who calls whom: platform knows no slice, a slice calls another only at its root and only
//! along an edge of `slices.toml`, and only the assembly knows every slice.

use std::collections::BTreeSet;

use super::Finding;
use super::lexer::Lexed;
use super::manifest::{Manifest, SOURCES};
use super::paths::{CratePath, crate_paths, imported_paths, words};
use super::tree::Tree;

/// Checks every path of the application's sources.
pub fn check(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (path, lexed) in tree.rust() {
        let Some(from) = Manifest::module_of(path).filter(|module| *module != "lib") else {
            continue;
        };
        if manifest.assembly.contains_key(from) {
            continue;
        }
        for reference in references(path, lexed) {
            let Some(to) = callee(manifest, from, &reference) else {
                continue;
            };
            used.insert((from, to));
            if let Some(message) = breach(tree, manifest, from, &reference) {
                findings.push(Finding::new(path, reference.line, message));
            }
        }
    }
    findings.extend(unused(tree, manifest, &used));
    findings
}

/// Paths of a file that may lead to another slice.
fn references(path: &str, lexed: &Lexed) -> Vec<CratePath> {
    let mut found = crate_paths(lexed, depth(path));
    let modules: Vec<String> = found
        .iter()
        .filter_map(|reference| match reference.segments.as_slice() {
            [module] => Some(module.clone()),
            [module, word] if word == "self" => Some(module.clone()),
            _ => None,
        })
        .collect();
    let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
    found.extend(imported_paths(lexed, &modules));
    found
}

/// How many modules a file lies below the crate's root.
fn depth(path: &str) -> usize {
    path[SOURCES.len()..].split('/').count()
}

/// The slice a path goes to, if to another slice.
fn callee<'a>(manifest: &'a Manifest, from: &str, reference: &CratePath) -> Option<&'a str> {
    let first = reference.segments.first()?;
    let (name, _) = manifest.slice.get_key_value(first)?;
    (name != from).then_some(name)
}

fn breach(tree: &Tree, manifest: &Manifest, from: &str, reference: &CratePath) -> Option<String> {
    let to = reference.segments.first()?;
    let Some(slice) = manifest.slice.get(from) else {
        return Some(format!(
            "platform module {from} knows slice {to}: pass in what it needs from assemble.rs"
        ));
    };
    if !slice.may_call.contains(to) {
        return Some(format!(
            "{from} calls {to}, which slices.toml does not allow: let {from} write an outbox row, or declare the edge"
        ));
    }
    let inner = reference.segments.get(1)?;
    let is_module = tree.has(&format!("{SOURCES}{to}/{inner}.rs"));
    let ends_there = reference.segments.len() == 2;
    (is_module && !(ends_there && is_offered(tree, to, inner))).then(|| {
        format!("{from} reaches into {to}::{inner}: use what {to}.rs offers, or offer it there")
    })
}

/// Whether the root module offers an item with the name of one of its modules.
fn is_offered(tree: &Tree, slice: &str, name: &str) -> bool {
    let root = tree.text(&format!("{SOURCES}{slice}.rs")).unwrap_or("");
    let re_exports = root.split("pub use ").skip(1);
    let mut items = re_exports.filter_map(|rest| rest.split(';').next());
    items.any(|item| {
        let words: Vec<&str> = words(item).map(|(_, word)| word).collect();
        words.iter().skip(1).any(|word| *word == name)
    }) || root.contains(&format!("pub fn {name}("))
        || root.contains(&format!("pub async fn {name}("))
}

/// Edges that nobody needs any more: the list only shrinks.
fn unused(tree: &Tree, manifest: &Manifest, used: &BTreeSet<(&str, &str)>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (from, slice) in &manifest.slice {
        if !tree.has(&format!("{SOURCES}{from}.rs")) {
            continue;
        }
        for to in &slice.may_call {
            if !used.contains(&(from.as_str(), to.as_str())) {
                let message = format!("{from} may call {to} but does not: remove the edge");
                findings.push(Finding::new("slices.toml", 0, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::manifest::samples::two_slices;
    use super::super::tree::samples::tree;
    use super::check;

    const CALL: (&str, &str) = (
        "crates/gridpass/src/visits.rs",
        "use crate::facts::append;\nfn f() { crate::jobs::wake() }",
    );
    const STORE: (&str, &str) = ("crates/gridpass/src/facts/store.rs", "");

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        let findings = check(&tree(files), &two_slices());
        findings
            .into_iter()
            .map(|f| format!("{}:{} {}", f.path, f.line, f.message))
            .collect()
    }

    #[test]
    fn a_declared_call_to_the_root_is_fine() {
        let router = ("crates/gridpass/src/router.rs", "use crate::visits::api;");
        assert_eq!(messages(&[CALL, STORE, router]), [""; 0]);
    }

    #[test]
    fn an_undeclared_call_is_found() {
        let bad = (
            "crates/gridpass/src/facts/api.rs",
            "\nuse super::super::visits::View;",
        );
        let found = messages(&[CALL, bad]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/gridpass/src/facts/api.rs:2 facts calls visits"));
    }

    #[test]
    fn reaching_past_the_root_is_found() {
        let bad = (
            "crates/gridpass/src/visits/jobs.rs",
            "use crate::facts::{append, store};",
        );
        let found = messages(&[CALL, bad, STORE]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("visits reaches into facts::store"));
    }

    #[test]
    fn reaching_through_an_imported_module_is_found() {
        let text =
            "use crate::facts::{self, append};\nfn f() { facts::append(); facts::store::x() }";
        let found = messages(&[CALL, ("crates/gridpass/src/visits/jobs.rs", text), STORE]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/gridpass/src/visits/jobs.rs:2"));
    }

    #[test]
    fn an_item_with_the_name_of_its_module_is_offered() {
        let root = (
            "crates/gridpass/src/facts.rs",
            "mod card;\npub use card::{Card, card};",
        );
        let part = ("crates/gridpass/src/facts/card.rs", "");
        let good = (
            "crates/gridpass/src/visits.rs",
            "fn f() { crate::facts::card() }",
        );
        assert_eq!(messages(&[root, part, good]), [""; 0]);
        let bad = (
            "crates/gridpass/src/visits.rs",
            "fn f() { crate::facts::card::card() }",
        );
        assert_eq!(messages(&[root, part, bad]).len(), 1);
    }

    #[test]
    fn a_platform_module_knows_no_slice() {
        let bad = (
            "crates/gridpass/src/jobs.rs",
            "fn f() { crate::facts::append() }",
        );
        assert!(messages(&[CALL, bad])[0].contains("platform module jobs knows slice facts"));
    }

    #[test]
    fn an_edge_nobody_uses_is_found() {
        let quiet = ("crates/gridpass/src/visits.rs", "");
        assert!(messages(&[quiet])[0].contains("remove the edge"));
    }
}
