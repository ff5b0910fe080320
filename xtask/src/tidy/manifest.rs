//! `slices.toml`: what each slice is for, which tables it owns, whom it may call.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde::Deserialize;

use super::Finding;
use super::tree::Tree;

/// Where the application's sources lie.
pub const SOURCES: &str = "crates/gridpass/src/";
const FILE: &str = "slices.toml";

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Modules that put the parts together and may know every slice.
    #[serde(default)]
    pub assembly: BTreeMap<String, String>,
    /// Modules that know no slice.
    #[serde(default)]
    pub platform: BTreeMap<String, Platform>,
    /// The product.
    #[serde(default)]
    pub slice: BTreeMap<String, Slice>,
    /// The workspace's crates.
    #[serde(default, rename = "crate")]
    pub crates: BTreeMap<String, Crate>,
    /// Writes to a table by somebody who does not own it.
    #[serde(default)]
    pub shared_write: Vec<SharedWrite>,
    /// Files other than `store.rs` that hold SQL.
    #[serde(default)]
    pub sql_file: Vec<Excused>,
    /// Files that use the database as the engine, which sees everybody.
    #[serde(default)]
    pub engine_file: Vec<Excused>,
    /// Handlers longer than a handler should be.
    #[serde(default)]
    pub long_handler: Vec<Excused>,
}

/// A platform module.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// One line.
    pub purpose: String,
    /// Tables only it writes.
    #[serde(default)]
    pub tables: Vec<String>,
}

/// A slice.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// One line.
    pub purpose: String,
    /// Tables only it writes.
    pub tables: Vec<String>,
    /// Slices whose root module it may use.
    pub may_call: Vec<String>,
    /// Tables of others that its statements read.
    pub reads: Vec<String>,
}

/// A crate of the workspace.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crate {
    /// Crates of the workspace it may depend on.
    pub depends_on: Vec<String>,
    /// No runtime, no network, no database: a function of its arguments.
    #[serde(default)]
    pub pure: bool,
}

/// An agreed write to somebody else's table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedWrite {
    /// The table.
    pub table: String,
    /// The slice or platform module that writes.
    pub by: String,
    /// insert, update or delete.
    pub verb: String,
    /// Why it must be so.
    pub why: String,
}

/// Something that breaks a rule for a reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excused {
    /// What: a file, or a function.
    pub name: String,
    /// Why it must be so.
    pub why: String,
}

impl Manifest {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is not of the described form.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        toml::from_str(text).context("slices.toml is not of the expected form")
    }

    /// Every table with its owner; a table that stands twice has two.
    pub fn owners(&self) -> Vec<(&str, &str)> {
        let platform = self.platform.iter().map(|(name, p)| (name, &p.tables));
        let slices = self.slice.iter().map(|(name, s)| (name, &s.tables));
        platform
            .chain(slices)
            .flat_map(|(name, tables)| tables.iter().map(|t| (t.as_str(), name.as_str())))
            .collect()
    }

    /// Who owns a table.
    pub fn owner(&self, table: &str) -> Option<&str> {
        let mut owners = self.owners().into_iter();
        owners.find(|(name, _)| *name == table).map(|(_, by)| by)
    }

    /// The module, slice or not, that a source file of the application belongs to.
    pub fn module_of(path: &str) -> Option<&str> {
        let inside = path.strip_prefix(SOURCES)?;
        let first = inside.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }
}

/// Checks the file against the folders, and its own sense.
pub fn check(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = modules(tree, manifest);
    let say = |message: String| Finding::new(FILE, 0, message);
    let platform = manifest.platform.iter().map(|(name, p)| (name, &p.purpose));
    let slices = manifest.slice.iter().map(|(name, s)| (name, &s.purpose));
    let assembly = manifest.assembly.iter();
    for (name, purpose) in platform.chain(slices).chain(assembly) {
        if purpose.is_empty() {
            findings.push(say(format!("{name} has no purpose: say it in one line")));
        }
    }
    for (name, slice) in &manifest.slice {
        for callee in &slice.may_call {
            if !manifest.slice.contains_key(callee) {
                findings.push(say(format!(
                    "slice {name} may call {callee}, which is no slice"
                )));
            }
        }
    }
    findings.extend(cycle(manifest).map(|path| {
        say(format!(
            "the slices call each other in a circle ({path}): let one write an outbox row instead"
        ))
    }));
    findings
}

/// Every module is listed, and what is listed is there.
fn modules(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let present: BTreeSet<&str> = tree
        .rust()
        .filter_map(|(path, _)| Manifest::module_of(path))
        .filter(|module| *module != "lib")
        .collect();
    let listed: BTreeSet<&str> = manifest
        .slice
        .keys()
        .chain(manifest.platform.keys())
        .chain(manifest.assembly.keys())
        .map(String::as_str)
        .collect();
    let unlisted = present.difference(&listed).map(|module| {
        let message =
            format!("module {module} is not listed: add it as slice, platform or assembly");
        Finding::new(FILE, 0, message)
    });
    let missing = listed.difference(&present).map(|module| {
        let message =
            format!("{module} is listed, but {SOURCES}{module}.rs is not there: remove the entry");
        Finding::new(FILE, 0, message)
    });
    let rootless = manifest.slice.keys().filter_map(|slice| {
        let root = format!("{SOURCES}{slice}.rs");
        let has_parts = present.contains(slice.as_str()) && !tree.has(&root);
        has_parts.then(|| {
            Finding::new(
                &root,
                0,
                "a slice has a root module: purpose, invariants, router",
            )
        })
    });
    unlisted.chain(missing).chain(rootless).collect()
}

/// A circle in `may_call`, written as a path.
fn cycle(manifest: &Manifest) -> Option<String> {
    fn go<'a>(
        manifest: &'a Manifest,
        at: &'a str,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> bool {
        if path.contains(&at) {
            path.push(at);
            return true;
        }
        if !done.insert(at) {
            return false;
        }
        path.push(at);
        let below = manifest
            .slice
            .get(at)
            .map(|slice| slice.may_call.as_slice());
        for callee in below.unwrap_or_default() {
            if go(manifest, callee, path, done) {
                return true;
            }
        }
        path.pop();
        false
    }
    let mut done = BTreeSet::new();
    manifest.slice.keys().find_map(|start| {
        let mut path = Vec::new();
        go(manifest, start, &mut path, &mut done).then(|| path.join(" → "))
    })
}

#[cfg(test)]
pub mod samples {
    //! Manifests for tests.

    use super::Manifest;

    /// A slice that calls nobody and one that calls it.
    pub fn two_slices() -> Manifest {
        Manifest::parse(
            r#"
            [assembly]
            router = "Every route."
            [platform.jobs]
            purpose = "Follow-ups."
            tables = ["outbox"]
            [slice.facts]
            purpose = "Evidence."
            tables = ["fact"]
            may_call = []
            reads = []
            [slice.visits]
            purpose = "Calls at doors."
            tables = ["visit"]
            may_call = ["facts"]
            reads = ["fact"]
            [[shared_write]]
            table = "outbox"
            by = "visits"
            verb = "insert"
            why = "One statement with the visit."
            [[sql_file]]
            name = "jobs/outbox.rs"
            why = "Two statements."
            "#,
        )
        .expect("the sample is valid")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::samples::tree;
    use super::samples::two_slices;
    use super::{Manifest, check};

    const ALL: &[(&str, &str)] = &[
        ("crates/gridpass/src/lib.rs", ""),
        ("crates/gridpass/src/router.rs", ""),
        ("crates/gridpass/src/jobs/outbox.rs", ""),
        ("crates/gridpass/src/facts.rs", ""),
        ("crates/gridpass/src/visits.rs", ""),
    ];

    #[test]
    fn what_is_listed_and_there_is_fine() {
        assert_eq!(check(&tree(ALL), &two_slices()), []);
    }

    #[test]
    fn unlisted_and_missing_modules_are_found() {
        let mut files = ALL.to_vec();
        files.push(("crates/gridpass/src/appeals/store.rs", ""));
        let findings = check(&tree(&files), &two_slices());
        assert!(findings[0].message.contains("appeals is not listed"));
        let findings = check(&tree(&ALL[..4]), &two_slices());
        assert!(findings[0].message.contains("visits is listed, but"));
    }

    #[test]
    fn circles_are_found() {
        let mut manifest = two_slices();
        let facts = manifest.slice.get_mut("facts").expect("is there");
        facts.may_call.push("visits".to_owned());
        let findings = check(&tree(ALL), &manifest);
        assert!(findings[0].message.contains("facts → visits → facts"));
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(
            Manifest::parse("[slice.x]\npurpose=\"\"\ntables=[]\nmay_call=[]\nreads=[]\nowner=1")
                .is_err()
        );
    }
}
