//! The house rules that a machine can check.
//!
//! Each rule is a function from the tree of files to findings, so each is tested on a few
//! lines of good and bad source. A rule never guesses: where it cannot decide it is silent,
//! and clippy, the compiler or a test is the judge instead.

mod crates;
mod docs;
mod edges;
mod engine;
mod handlers;
mod lexer;
mod manifest;
mod paths;
mod secrets;
mod sources;
mod sql;
mod statements;
mod tables;
mod tree;
mod words;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use manifest::Manifest;
use tree::Tree;

/// One breach of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// File, relative to the repository.
    pub path: String,
    /// Line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

/// Checks the repository and prints what it found.
///
/// # Errors
/// When files cannot be read.
pub fn run(root: &Path) -> anyhow::Result<ExitCode> {
    let tree = Tree::read(root)?;
    let text = tree
        .text("slices.toml")
        .context("slices.toml is missing: it lists every slice")?;
    let manifest = Manifest::parse(text)?;
    let findings = check(&tree, &manifest);
    let mut out = std::io::stdout().lock();
    for finding in &findings {
        writeln!(
            out,
            "{}:{}: {}",
            finding.path, finding.line, finding.message
        )?;
    }
    if findings.is_empty() {
        writeln!(out, "tidy: {} files, nothing to say", tree.len())?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "tidy: {} breaches of the house rules", findings.len())?;
    Ok(ExitCode::FAILURE)
}

/// Every rule, in one place.
fn check(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let rules: &[fn(&Tree, &Manifest) -> Vec<Finding>] = &[
        sources::check,
        handlers::check,
        manifest::check,
        edges::check,
        engine::check,
        tables::check,
        statements::check,
        crates::check,
        words::check,
        docs::check,
        secrets::check,
    ];
    let mut findings: Vec<Finding> = rules.iter().flat_map(|rule| rule(tree, manifest)).collect();
    findings.sort();
    findings.dedup();
    findings
}
