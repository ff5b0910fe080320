//! What we depend on: licences that may be shipped, and one version of each cryptographic
//! crate, so that a correction reaches all of its users. The same of what the web apps ship,
//! each file of which must be pinned by its hash.
//!
//! Reads `cargo metadata` and the npm locks, needs no network. Known faults are not looked up here: the
//! database of `cargo audit` is a Git repository, which a machine that builds need not reach.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// Licences that ask for nothing but their text.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates of which there is one version.
const SINGLE: &[&str] = &[
    "aes",
    "aes-gcm",
    "argon2",
    "curve25519-dalek",
    "digest",
    "ed25519-dalek",
    "ghash",
    "hkdf",
    "hmac",
    "ring",
    "rustls",
    "sha2",
    "sm2",
    "sm3",
    "sm4",
    "subtle",
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
}

/// An npm lock: the packages by the folder they go to.
#[derive(Deserialize)]
struct NpmLock {
    packages: BTreeMap<String, NpmPackage>,
}

#[derive(Deserialize)]
struct NpmPackage {
    license: Option<String>,
    /// Hash of the package as the registry has it.
    integrity: Option<String>,
    /// Only needed to build and to test.
    #[serde(default)]
    dev: bool,
    /// One of our own packages.
    #[serde(default)]
    link: bool,
}

/// Folders with a lock of npm.
const NPM: &[&str] = &["web", "e2e"];

/// Checks the dependencies of the workspace and prints what it found.
///
/// # Errors
/// When cargo fails, or a lock of npm cannot be read.
pub fn run(root: &Path) -> Result<ExitCode> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("cargo metadata failed");
    }
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("cargo metadata is not as expected")?;
    let mut findings = check(&metadata.packages);
    let mut packages = 0;
    for place in NPM {
        let lock = root.join(place).join("package-lock.json");
        let text = std::fs::read_to_string(&lock).context(lock.display().to_string())?;
        let lock: NpmLock = serde_json::from_str(&text).context(lock.display().to_string())?;
        packages += lock.packages.len();
        findings.extend(check_npm(&lock));
    }
    let mut out = std::io::stdout().lock();
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    if findings.is_empty() {
        writeln!(
            out,
            "deps: {} crates and {packages} packages of npm, nothing to say",
            metadata.packages.len()
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

fn check(packages: &[Package]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        let of = versions.entry(&package.name).or_default();
        of.insert(&package.version);
        let licence = package.license.as_deref().unwrap_or_default();
        if !is_allowed(licence) {
            let name = &package.name;
            findings.push(format!(
                "{name} has the licence \"{licence}\", which is not on the list in xtask/src/deps.rs: choose another crate"
            ));
        }
    }
    for name in SINGLE {
        if let Some(several) = versions.get(name).filter(|found| found.len() > 1) {
            let several: Vec<_> = several.iter().copied().collect();
            findings.push(format!(
                "{name} is there in several versions ({}): bring its users to one",
                several.join(", ")
            ));
        }
    }
    findings
}

fn check_npm(lock: &NpmLock) -> Vec<String> {
    let mut findings = Vec::new();
    let others = lock
        .packages
        .iter()
        .filter(|(place, package)| place.starts_with("node_modules/") && !package.link);
    for (place, package) in others {
        if package.integrity.is_none() {
            findings.push(format!(
                "{place} has no hash in the lock: install it from the registry, by its name"
            ));
        }
        // What only builds and tests is not passed on.
        let licence = package.license.as_deref().unwrap_or_default();
        if !package.dev && !is_allowed(licence) {
            findings.push(format!(
                "{place} has the licence \"{licence}\", which is not on the list in xtask/src/deps.rs: choose another package"
            ));
        }
    }
    findings
}

/// Whether a licence expression (SPDX; `/` is an old word for OR) can be met with the list.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    parts(&expression, " AND ").iter().all(|all| {
        parts(all, " OR ").iter().any(|one| {
            let one = one.trim();
            match one.strip_prefix('(').and_then(|one| one.strip_suffix(')')) {
                Some(inner) => is_allowed(inner),
                None => LICENCES.contains(&one),
            }
        })
    })
}

/// The parts of `text` between `word`, outside parentheses.
fn parts<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let (mut begin, mut depth) = (0, 0_usize);
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 && text[at..].starts_with(word) => {
                found.push(text[begin..at].trim());
                begin = at + word.len();
            }
            _ => {}
        }
    }
    found.push(text[begin..].trim());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str, license: &str) -> Package {
        Package {
            name: name.to_owned(),
            version: version.to_owned(),
            license: Some(license.to_owned()),
        }
    }

    #[test]
    fn licences_are_met_or_refused() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "MIT OR LGPL-2.1-or-later",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
            "Apache-2.0 AND ISC",
        ] {
            assert!(is_allowed(good), "{good}");
        }
        for bad in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(GPL-3.0 OR AGPL-3.0) AND MIT",
        ] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }

    #[test]
    fn two_versions_of_a_cipher_are_found() {
        let one = [
            package("sha2", "0.11.1", "MIT"),
            package("serde", "1.0.0", "MIT"),
        ];
        assert_eq!(check(&one), [""; 0]);
        let two = [
            package("sha2", "0.10.9", "MIT"),
            package("sha2", "0.11.1", "MIT"),
        ];
        assert!(check(&two)[0].contains("0.10.9, 0.11.1"));
    }

    #[test]
    fn packages_without_a_hash_or_with_another_licence_are_found() {
        let lock = |package: &str| {
            let text = format!(r#"{{"packages": {{"": {{}}, "node_modules/a": {package}}}}}"#);
            check_npm(&serde_json::from_str(&text).unwrap())
        };
        assert_eq!(
            lock(r#"{"license": "MIT", "integrity": "sha512-x"}"#),
            [""; 0]
        );
        assert_eq!(lock(r#"{"link": true}"#), [""; 0]);
        assert_eq!(
            lock(r#"{"license": "Python-2.0", "integrity": "sha512-x", "dev": true}"#),
            [""; 0]
        );
        assert!(lock(r#"{"license": "MIT"}"#)[0].contains("no hash"));
        assert!(
            lock(r#"{"license": "AGPL-3.0", "integrity": "sha512-x"}"#)[0].contains("AGPL-3.0")
        );
        assert_eq!(lock(r#"{"integrity": "sha512-x"}"#).len(), 1);
    }
}
