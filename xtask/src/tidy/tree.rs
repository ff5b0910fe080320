//! The repository's own text files, read once.
//!
//! A plain walk, not `git ls-files`: a file that was just written is checked too, and a
//! source archive without git works.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::lexer::{self, Lexed};

/// Folders that hold nothing we wrote.
const SKIPPED: &[&str] = &[
    "target",
    "node_modules",
    "dist",
    "data",
    "corpus",
    "artifacts",
];
/// Hidden folders that are ours.
const HIDDEN_OURS: &[&str] = &[".ci", ".cargo"];
/// Endings of files that are checked.
const ENDINGS: &[&str] = &[
    "rs", "toml", "sql", "md", "sh", "ts", "mjs", "vue", "css", "html", "json", "csv",
];
/// Files without an ending that are checked.
const BARE: &[&str] = &["Makefile", "run", "demo", "setup", "bench"];
/// Larger files are data.
const BYTES_MAX: u64 = 2_000_000;

/// Text files by path relative to the repository, with `/`.
#[derive(Default)]
pub struct Tree {
    files: BTreeMap<String, String>,
    lexed: BTreeMap<String, Lexed>,
}

impl Tree {
    /// Reads the repository.
    ///
    /// # Errors
    /// When a folder or file cannot be read, or is not UTF-8.
    pub fn read(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        walk(root, "", &mut files)?;
        Ok(Self::of(files))
    }

    /// A tree from paths and texts; also what the tests use.
    pub fn of(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let files: BTreeMap<String, String> = files.into_iter().collect();
        let lexed = files
            .iter()
            .filter(|(path, _)| is_rust(path))
            .map(|(path, text)| (path.clone(), lexer::lex(text)))
            .collect();
        Self { files, lexed }
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// A file's text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether a file is there.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Every file.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Every Rust file, taken apart.
    pub fn rust(&self) -> impl Iterator<Item = (&str, &Lexed)> {
        self.lexed
            .iter()
            .map(|(path, lexed)| (path.as_str(), lexed))
    }
}

/// Whether the path names a Rust source.
fn is_rust(path: &str) -> bool {
    ending(path) == "rs"
}

/// The part after the last dot of the file's name, or "".
pub fn ending(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let ours = !name.starts_with('.') || HIDDEN_OURS.contains(&name.as_str());
            if ours && !SKIPPED.contains(&name.as_str()) {
                walk(&entry.path(), &format!("{path}/"), files)?;
            }
        } else if kind.is_file() && wanted(&name) && entry.metadata()?.len() <= BYTES_MAX {
            let text = fs::read_to_string(entry.path())
                .with_context(|| format!("cannot read {path} as UTF-8 text"))?;
            files.push((path, text));
        }
    }
    Ok(())
}

fn wanted(name: &str) -> bool {
    ENDINGS.contains(&ending(name)) || BARE.contains(&name)
}

#[cfg(test)]
pub mod samples {
    //! Trees for tests.

    use super::Tree;

    /// A tree of the given files.
    pub fn tree(files: &[(&str, &str)]) -> Tree {
        Tree::of(
            files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned())),
        )
    }
}
