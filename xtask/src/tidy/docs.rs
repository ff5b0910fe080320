//! The documents keep up: each slice has one line in each map, each how-to is found from the first
//! page, links lead somewhere.

use std::collections::BTreeSet;

use super::Finding;
use super::manifest::{Manifest, Slice};
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
        for (slice, about) in &manifest.slice {
            findings.extend(check_slice((map, text), slice, about));
        }
    }
    findings.extend(check_how_tos(tree));
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

/// A slice has one row in a map; where the row names the tables it owns, they are its own.
fn check_slice((map, text): (&str, &str), slice: &str, about: &Slice) -> Vec<Finding> {
    let cells = |line: &str| -> Vec<String> {
        let cells = line.split('|').map(|cell| cell.trim().to_owned());
        cells.collect()
    };
    let rows: Vec<(usize, Vec<String>)> = (1..)
        .zip(text.lines().map(cells))
        .filter(|(_, row)| row.get(1).is_some_and(|cell| cell == slice))
        .collect();
    let Some((line, row)) = rows.first() else {
        let message = format!("slice {slice} has no row: say in one line what it does");
        return vec![Finding::new(map, 0, message)];
    };
    let mut findings: Vec<Finding> = rows[1..]
        .iter()
        .map(|(line, _)| Finding::new(map, *line, format!("slice {slice} has a row already")))
        .collect();
    // Name, tables, one line: between four bars.
    let named: BTreeSet<&str> = row[2].split(", ").collect();
    let owned: BTreeSet<&str> = about.tables.iter().map(String::as_str).collect();
    if row.len() == 5 && named != owned {
        let owned: Vec<&str> = owned.into_iter().collect();
        let message = format!("slice {slice} owns other tables: {}", owned.join(", "));
        findings.push(Finding::new(map, *line, message));
    }
    findings
}

/// Every how-to is linked from the first page.
fn check_how_tos(tree: &Tree) -> Vec<Finding> {
    let text = tree.text("README.md").unwrap_or_default();
    let linked: BTreeSet<&str> = text.lines().flat_map(links).collect();
    let pages = tree
        .files()
        .map(|(path, _)| path)
        .filter(|path| path.starts_with("docs/howto/") && path.ends_with(".md"));
    pages
        .filter(|path| !linked.contains(path))
        .map(|path| Finding::new("README.md", 0, format!("{path} is not linked")))
        .collect()
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

    const README: &str = "| facts | evidence |\n| visits | calls |\n[a](docs/howto/a.md)";

    fn messages(architecture: &str, readme: &str) -> Vec<String> {
        let files = [
            ("ARCHITECTURE.md", architecture),
            ("README.md", readme),
            ("README.zh-CN.md", "| facts | 证据 |\n| visits | 上门 |"),
            (
                "docs/howto/a.md",
                "[up](../../README.md#use) [out](https://a.b/c.md)",
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
        let map = "| facts | fact | evidence |\n| visits | visit | calls |";
        assert_eq!(messages(map, README), [""; 0]);
    }

    #[test]
    fn a_forgotten_slice_a_doubled_row_and_tables_of_others_are_found() {
        let map = "| facts | fact, visit | evidence |\n| facts | fact | evidence |";
        let found = messages(map, README);
        assert_eq!(
            found,
            [
                "ARCHITECTURE.md:2 slice facts has a row already",
                "ARCHITECTURE.md:1 slice facts owns other tables: fact",
                "ARCHITECTURE.md:0 slice visits has no row: say in one line what it does",
            ]
        );
    }

    #[test]
    fn a_dead_link_and_a_how_to_that_nobody_finds_are_found() {
        let map = "| facts | fact | evidence |\n| visits | visit | calls |";
        let found = messages(
            map,
            "| facts | evidence |\n| visits | calls |\n[b](docs/b.md)",
        );
        assert_eq!(
            found,
            [
                "README.md:0 docs/howto/a.md is not linked",
                "README.md:3 the link to docs/b.md leads nowhere",
            ]
        );
    }
}
