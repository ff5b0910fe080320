//! Who may use the database as the engine, which sees everybody.
//!
//! Requests of staff take their connection from the caller, and then the database shows only
//! the caller's jurisdiction. A file of a slice that reaches for the engine's pool is either
//! background work, or it stands in `slices.toml` with a reason.

use super::Finding;
use super::manifest::{Manifest, SOURCES};
use super::tree::Tree;

/// Ways to a connection of the engine, written without spaces.
const WAYS: &[&str] = &["db.client(", "db.tx(", "db.dedicated(", "db.hot_client("];
/// Files of a slice that are background work by their name.
const BACKGROUND: &[&str] = &["/jobs.rs", "/handlers.rs"];

/// Finds engine connections in files that may not have one, and excuses nobody needs.
pub fn check(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used = Vec::new();
    for (path, lexed) in tree.rust() {
        let Some(name) = path.strip_prefix(SOURCES) else {
            continue;
        };
        let module = name.split(['/', '.']).next().unwrap_or_default();
        let trusted =
            manifest.platform.contains_key(module) || manifest.assembly.contains_key(module);
        if trusted || BACKGROUND.iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        let dense: String = lexed.code.split_whitespace().collect();
        if !WAYS.iter().any(|way| dense.contains(way)) {
            continue;
        }
        used.push(name.to_owned());
        if !manifest.engine_file.iter().any(|file| file.name == name) {
            let message = "takes a connection that sees everybody: requests of staff use \
                           staff.tx(&app) or entity.tx(&app); else list it as engine_file with a reason";
            findings.push(Finding::new(path, 0, message));
        }
    }
    for file in &manifest.engine_file {
        if !used.contains(&file.name) || file.why.is_empty() {
            let message = format!(
                "engine_file {} needs no engine, is gone, or says no why: remove it",
                file.name
            );
            findings.push(Finding::new("slices.toml", 0, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::manifest::{Excused, Manifest};
    use super::super::tree::samples::tree;
    use super::check;

    const API: &str = "crates/gridpass/src/people/api.rs";
    const TAKES: &str = "//! A.\nasync fn f(app: &App) { app\n    .db\n    .tx().await; }\n";

    #[test]
    fn a_handler_with_the_engines_connection_is_found() {
        let found = check(&tree(&[(API, TAKES)]), &Manifest::default());
        assert_eq!((found.len(), found[0].path.as_str()), (1, API));
        let staff = "//! A.\nasync fn f(app: &App) { staff.tx(app).await; }\n";
        assert_eq!(check(&tree(&[(API, staff)]), &Manifest::default()), []);
    }

    #[test]
    fn jobs_may_and_an_excuse_must_be_needed() {
        let jobs = "crates/gridpass/src/people/jobs.rs";
        assert_eq!(check(&tree(&[(jobs, TAKES)]), &Manifest::default()), []);
        let excused = Manifest {
            engine_file: vec![Excused {
                name: "people/api.rs".into(),
                why: "Enrolment looks everywhere.".into(),
            }],
            ..Manifest::default()
        };
        assert_eq!(check(&tree(&[(API, TAKES)]), &excused), []);
        assert_eq!(check(&tree(&[]), &excused).len(), 1);
    }
}
