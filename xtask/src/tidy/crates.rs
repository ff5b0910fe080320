//! Which crate may depend on which, read from the manifests of cargo.

use super::Finding;
use super::manifest::Manifest;
use super::tree::Tree;

/// What makes a crate impure: runtimes, networks, databases.
const OUTSIDE: &[&str] = &[
    "tokio",
    "tokio-postgres",
    "deadpool-postgres",
    "reqwest",
    "axum",
    "hyper",
    "tower",
    "tower-http",
];

/// Checks every crate below `crates/`.
pub fn check(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files() {
        let Some(name) = crate_of(path) else {
            continue;
        };
        let mut say =
            |line: usize, message: String| findings.push(Finding::new(path, line, message));
        let Some(allowed) = manifest.crates.get(name) else {
            say(
                0,
                format!("crate {name} is not in slices.toml: say what it may depend on"),
            );
            continue;
        };
        for (line, dependency) in dependencies(text) {
            let ours = dependency
                .strip_prefix("gridpass-")
                .or((dependency == "gridpass").then_some("gridpass"));
            match ours {
                Some(ours) if !allowed.depends_on.iter().any(|name| name == ours) => {
                    say(
                        line,
                        format!(
                            "{name} must not depend on {ours}: main → boot → slices → platform → leaf crates → types"
                        ),
                    );
                }
                None if allowed.pure && OUTSIDE.contains(&dependency.as_str()) => {
                    say(
                        line,
                        format!("{name} is pure and must not depend on {dependency}"),
                    );
                }
                _ => {}
            }
        }
    }
    for name in manifest.crates.keys() {
        if !tree.has(&format!("crates/{name}/Cargo.toml")) {
            let message =
                format!("crate {name} is listed, but crates/{name} is not there: remove the entry");
            findings.push(Finding::new("slices.toml", 0, message));
        }
    }
    findings
}

fn crate_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
    (!name.contains('/')).then_some(name)
}

/// Names in `[dependencies]`, with their lines; what only tests use is not asked.
fn dependencies(text: &str) -> Vec<(usize, String)> {
    let parsed: toml::Table = toml::from_str(text).unwrap_or_default();
    let table = parsed.get("dependencies").and_then(toml::Value::as_table);
    let names = table.map(|table| table.keys().cloned().collect::<Vec<_>>());
    let line_of = |name: &str| {
        let begins = |line: &str| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with([' ', '.', '=']))
        };
        text.lines().position(begins).map_or(0, |at| at + 1)
    };
    names
        .unwrap_or_default()
        .into_iter()
        .map(|name| (line_of(&name), name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Manifest;
    use super::super::tree::samples::tree;
    use super::check;

    fn messages(cargo: &str) -> Vec<String> {
        let text = "[crate.rules]\ndepends_on = [\"types\"]\npure = true";
        let manifest = Manifest::parse(text).expect("is valid");
        let findings = check(&tree(&[("crates/rules/Cargo.toml", cargo)]), &manifest);
        findings
            .into_iter()
            .map(|f| format!("{} {}", f.line, f.message))
            .collect()
    }

    #[test]
    fn allowed_dependencies_are_fine() {
        let cargo = "[dependencies]\ngridpass-types.workspace = true\n[dev-dependencies]\ntokio.workspace = true";
        assert_eq!(messages(cargo), [""; 0]);
    }

    #[test]
    fn a_leaf_that_climbs_or_goes_outside_is_found() {
        let found = messages("[dependencies]\ngridpass.workspace = true\ntokio = \"1\"");
        assert!(found[0].starts_with("2 rules must not depend on gridpass"));
        assert!(found[1].starts_with("3 rules is pure and must not depend on tokio"));
    }

    #[test]
    fn unlisted_and_missing_crates_are_found() {
        let findings = check(&tree(&[("crates/a/Cargo.toml", "")]), &Manifest::default());
        assert!(
            findings[0]
                .message
                .contains("crate a is not in slices.toml")
        );
        let manifest = Manifest::parse("[crate.b]\ndepends_on = []").expect("is valid");
        assert!(
            check(&tree(&[]), &manifest)[0]
                .message
                .contains("crates/b is not there")
        );
    }
}
