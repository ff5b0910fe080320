//! Chores of the repository: `cargo xtask tidy` checks the house rules that a machine can
//! check, `cargo xtask generate` writes the generated files.
//!
//! Small on purpose: it must build in seconds, and it never links the application. What it
//! needs from the application it asks the application's own command line for.

mod deps;
mod generate;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the repository.")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Checks the house rules; prints every breach as file:line and what to do.
    Tidy {
        /// Another checkout than this one.
        #[arg(long)]
        root: Option<PathBuf>,
    },
    /// Checks licences, and that each cryptographic crate is there once.
    Deps,
    /// Writes docs/openapi.json, docs/roles.md, docs/errors.md, docs/retention.md, docs/masks.md and the web's API types.
    Generate {
        /// Leaves the web's types alone (Node is not needed then).
        #[arg(long)]
        no_web: bool,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    let root = repository();
    match Cli::parse().chore {
        Chore::Tidy { root: other } => tidy::run(&other.unwrap_or(root)),
        Chore::Deps => deps::run(&root),
        Chore::Generate { no_web } => generate::run(&root, !no_web).map(|()| ExitCode::SUCCESS),
    }
}

/// The repository's root: the folder above this crate.
fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
