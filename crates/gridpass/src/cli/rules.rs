//! `gridpass rules`: tables and cases without a server, and the proof of a version's signature.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use gridpass_rules::{Catalogue, RuleSet};
use gridpass_types::ids::RuleSetVersion;

use super::CommandError;
use crate::audit::digests::DigestsView;
use crate::rules::SignedRuleSet;

#[derive(Subcommand)]
pub enum RulesCommand {
    /// Run cases against two rule tables; exits with 1 if any fails
    Test {
        /// The colour table, CSV
        #[arg(long)]
        colour: PathBuf,
        /// The gate table, CSV
        #[arg(long)]
        gate: PathBuf,
        /// The cases, one JSON object a line
        #[arg(long)]
        cases: PathBuf,
        /// The catalogue that tables and cases may name, a JSON array of entries
        #[arg(long)]
        catalogue: Option<PathBuf>,
    },
    /// Print two rule tables as a DMN 1.3 model
    Dmn {
        /// The colour table, CSV
        #[arg(long)]
        colour: PathBuf,
        /// The gate table, CSV
        #[arg(long)]
        gate: PathBuf,
        /// Version to name in the model
        #[arg(long, default_value_t = 1)]
        version: i32,
        /// The catalogue that the colour table may name, a JSON array of entries
        #[arg(long)]
        catalogue: Option<PathBuf>,
    },
    /// Prove that a downloaded version is the one that was approved; exits with 1 if not
    Verify {
        /// What /api/v1/rule-sets/N.json answered
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// What /.well-known/gridpass-digests answered, for its public keys
        #[arg(long, value_name = "FILE")]
        keys: PathBuf,
    },
}

pub fn run(command: RulesCommand) -> Result<ExitCode, CommandError> {
    match command {
        RulesCommand::Dmn {
            colour,
            gate,
            version,
            catalogue,
        } => print_dmn((&colour, &gate, catalogue.as_deref()), version),
        RulesCommand::Test {
            colour,
            gate,
            cases,
            catalogue,
        } => {
            let mut out = std::io::stdout().lock();
            let passed = gridpass_rules::cases::test_command(
                &colour,
                &gate,
                (&cases, catalogue.as_deref()),
                &mut out,
            )?;
            Ok(code(passed))
        }
        RulesCommand::Verify { file, keys } => {
            let rules: SignedRuleSet = read(&file).map_err(CommandError::Rules)?;
            let keys: DigestsView = read(&keys).map_err(CommandError::Rules)?;
            let version = rules.version;
            let verdict = rules.verify(&keys.keys);
            let mut out = std::io::stdout().lock();
            match &verdict {
                Ok(passed) => writeln!(out, "OK: version {version}, {passed} cases passed")?,
                Err(error) => writeln!(out, "BROKEN: version {version}: {error}")?,
            }
            Ok(code(verdict.is_ok()))
        }
    }
}

fn print_dmn(
    (colour, gate, catalogue): (&Path, &Path, Option<&Path>),
    version: i32,
) -> Result<ExitCode, CommandError> {
    let (colour, gate) = (std::fs::read(colour)?, std::fs::read(gate)?);
    let catalogue = match catalogue {
        None => Catalogue::default(),
        Some(path) => Catalogue::from_json(&std::fs::read(path)?).map_err(CommandError::Tables)?,
    };
    let version = RuleSetVersion::new(version);
    let rules = RuleSet::from_csv_with(version, (&colour, &gate), &catalogue);
    let rules = rules.map_err(|errors| {
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        CommandError::Tables(told.join("\n"))
    })?;
    super::print(&rules.to_dmn())
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_slice(&text)
        .with_context(|| format!("{} is not what the server answered", path.display()))
}

fn code(passed: bool) -> ExitCode {
    match passed {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
