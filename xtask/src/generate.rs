//! Writes the generated files. What they hold comes from the application itself, so each is
//! asked of its command line; tests of the application prove that what is committed is fresh.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// Writes everything.
///
/// # Errors
/// When the application or Node fails, or a file cannot be written.
pub fn run(root: &Path, web: bool) -> Result<()> {
    for (command, file) in [
        ("openapi", "docs/openapi.json"),
        ("roles", "docs/roles.md"),
        ("errors", "docs/errors.md"),
    ] {
        let text = application(root, command)?;
        fs::write(root.join(file), text).with_context(|| format!("cannot write {file}"))?;
    }
    let columns = fs::read_to_string(root.join("columns.toml"))?;
    fs::write(root.join("docs/retention.md"), retention(&columns)?)?;
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

#[derive(Deserialize)]
struct Column {
    class: String,
    retention: String,
}

/// The retention table, from `columns.toml`.
fn retention(columns: &str) -> Result<String> {
    let tables: BTreeMap<String, BTreeMap<String, Column>> =
        toml::from_str(columns).context("columns.toml is not of the expected form")?;
    let mut text = String::from(
        "# What is kept, and how long\n\nGenerated from columns.toml by `make generate`; do not edit.\n\n\
         | table | class | kept | columns |\n|---|---|---|---|\n",
    );
    for (table, columns) in &tables {
        let mut groups: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for (name, column) in columns {
            let key = (column.class.as_str(), column.retention.as_str());
            groups.entry(key).or_default().push(name);
        }
        for ((class, kept), names) in groups {
            writeln!(
                text,
                "| {table} | {class} | {kept} | {} |",
                names.join(", ")
            )?;
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::retention;

    #[test]
    fn columns_of_one_kind_share_a_row() {
        let columns = "[a]\nx = { class = \"public\", retention = \"permanent\" }\n\
            y = { class = \"secret\", retention = \"emergency\" }\n\
            z = { class = \"public\", retention = \"permanent\" }\n";
        let text = retention(columns).expect("is valid");
        assert!(text.contains("| a | public | permanent | x, z |\n"));
        assert!(text.contains("| a | secret | emergency | y |\n"));
        assert!(retention("x = 1").is_err());
    }
}
