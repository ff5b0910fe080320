//! The documents keep up: each slice and crate stands in the code map, links lead somewhere.

use super::Finding;
use super::manifest::Manifest;
use super::paths::words;
use super::tree::Tree;

/// Documents that name every slice.
const MAPS: &[&str] = &["ARCHITECTURE.md", "README.md", "README.zh-CN.md"];

/// Checks the documents.
pub fn check(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    for map in MAPS {
        let Some(text) = tree.text(map) else {
            findings.push(Finding::new(map, 0, "is missing"));
            continue;
        };
        for slice in manifest.slice.keys() {
            if !words(text).any(|(_, word)| word == slice) {
                let message =
                    format!("slice {slice} is not mentioned: say in one line what it does");
                findings.push(Finding::new(map, 0, message));
            }
        }
    }
    for (path, text) in tree.files().filter(|(path, _)| path.ends_with(".md")) {
        for (number, line) in text.lines().enumerate() {
            for target in links(line) {
                if !leads_somewhere(tree, path, target) {
                    let message = format!("the link to {target} leads nowhere");
                    findings.push(Finding::new(path, number + 1, message));
                }
            }
        }
    }
    findings
}

/// Targets of `[text](target)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("](").filter_map(|(at, _)| {
        let rest = &line[at + 2..];
        rest.split_once(')').map(|(target, _)| target)
    })
}

/// Whether a relative link to a file we read exists; pictures and the web are not asked.
fn leads_somewhere(tree: &Tree, from: &str, target: &str) -> bool {
    let file = target.split('#').next().unwrap_or("");
    let ours = [".md", ".toml", ".rs", ".json"]
        .iter()
        .any(|end| file.ends_with(end));
    if file.is_empty() || file.contains("://") || !ours {
        return true;
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in file.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    tree.has(&parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::manifest::samples::two_slices;
    use super::super::tree::samples::tree;
    use super::check;

    fn messages(architecture: &str) -> Vec<String> {
        let files = [
            ("ARCHITECTURE.md", architecture),
            ("README.md", "facts visits"),
            ("README.zh-CN.md", "`facts` `visits`"),
            (
                "docs/a.md",
                "[up](../README.md#use) [out](https://a.b/c.md)",
            ),
        ];
        let findings = check(&tree(&files), &two_slices());
        findings
            .into_iter()
            .map(|f| format!("{}:{} {}", f.path, f.line, f.message))
            .collect()
    }

    #[test]
    fn a_complete_map_is_fine() {
        assert_eq!(messages("facts, visits; [a](docs/a.md)"), [""; 0]);
    }

    #[test]
    fn a_forgotten_slice_and_a_dead_link_are_found() {
        let found = messages("facts\n[b](docs/b.md)");
        assert!(found[0].starts_with("ARCHITECTURE.md:0 slice visits is not mentioned"));
        assert!(found[1].starts_with("ARCHITECTURE.md:2 the link to docs/b.md leads nowhere"));
    }
}
