//! Writes the generated files. What they hold comes from the application itself, so each is
//! asked of its command line; tests of the application prove that what is committed is fresh.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Writes everything.
///
/// # Errors
/// When the application or Node fails, or a file cannot be written.
pub fn run(root: &Path, web: bool) -> Result<()> {
    fs::create_dir_all(root.join("docs"))?;
    for (command, file) in [
        ("openapi", "docs/openapi.json"),
        ("roles", "docs/roles.md"),
        ("errors", "docs/errors.md"),
        ("retention", "docs/retention.md"),
        ("ten-donts", "docs/ten-donts.md"),
        ("masks", "docs/masks.md"),
    ] {
        let text = application(root, command)?;
        fs::write(root.join(file), text).with_context(|| format!("cannot write {file}"))?;
    }
    if web {
        npm(root, &["run", "generate"])?;
    }
    Ok(())
}

/// What `gridpass <command>` prints.
fn application(root: &Path, command: &str) -> Result<String> {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "gridpass", "--", command])
        .current_dir(root)
        .stderr(std::process::Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("gridpass {command} failed");
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn npm(root: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new("npm")
        .args(arguments)
        .current_dir(root.join("web"))
        .status()
        .context("npm cannot be started: run `make setup`")?;
    if !status.success() {
        bail!("npm {} failed", arguments.join(" "));
    }
    Ok(())
}
