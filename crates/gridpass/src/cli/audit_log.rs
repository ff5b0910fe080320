//! `gridpass audit`: proves the audit log, and writes it into a file.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use clap::Subcommand;

use super::{CommandError, block_on};
use crate::app::App;
use crate::audit;
use crate::audit::digests::DigestsView;
use crate::audit::verify::{Broken, Report};
use crate::boot::{self, Store};
use crate::config::{DataConfig, SiteConfig};
use crate::ids::Entropy;

#[derive(Subcommand)]
pub enum AuditCommand {
    /// Prove that nothing was changed, deleted, inserted or reordered; exits with 1 and names
    /// the first broken entry if something was
    Verify {
        #[command(flatten)]
        data: Box<DataConfig>,
        #[command(flatten)]
        site: Box<SiteConfig>,
        /// An exported log instead of the database
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// What /.well-known/gridpass-digests answered, kept outside: the log is held to it
        #[arg(long, value_name = "FILE")]
        digest: Option<PathBuf>,
    },
    /// Write the whole log into a file, one JSON object a line
    Export {
        #[command(flatten)]
        data: Box<DataConfig>,
        #[command(flatten)]
        site: Box<SiteConfig>,
        /// The file to write; must not exist
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
}

pub fn run(command: AuditCommand, entropy: Entropy) -> Result<ExitCode, CommandError> {
    match command {
        AuditCommand::Verify {
            data,
            site,
            file,
            digest,
        } => {
            let begun = Instant::now();
            let kept = digest.as_deref().map(read_digests).transpose();
            let kept = kept.map_err(CommandError::Audit)?;
            let verdict = match file {
                Some(file) => verify_file(&file, kept.as_ref()).map_err(CommandError::Audit)?,
                None => block_on(with_app(&data, &site, entropy, async |app| {
                    audit::verify::verify(app, kept.as_ref()).await
                }))?,
            };
            tell(&verdict, begun)
        }
        AuditCommand::Export { data, site, file } => {
            let count = block_on(with_app(&data, &site, entropy, async |app| {
                export(app, &file).await
            }))?;
            writeln!(std::io::stdout().lock(), "{count} entries written")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The verdict on standard output; what is wrong is a result, too, and ends with 1.
fn tell(verdict: &Result<Report, Broken>, begun: Instant) -> Result<ExitCode, CommandError> {
    let mut out = std::io::stdout().lock();
    match verdict {
        Ok(report) => {
            writeln!(
                out,
                "OK: {} entries, {} signed days, {} waiting for their link; head {} {} ({} ms)",
                report.links,
                report.days,
                report.waiting,
                report.head.seq,
                audit::digests::hex(&report.head.head),
                begun.elapsed().as_millis()
            )?;
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            writeln!(out, "BROKEN: {broken}")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn read_digests(path: &Path) -> anyhow::Result<DigestsView> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_slice(&text)
        .with_context(|| format!("{} is not what the server publishes", path.display()))
}

fn verify_file(path: &Path, kept: Option<&DigestsView>) -> anyhow::Result<Result<Report, Broken>> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    audit::verify_file(BufReader::new(file), kept)
}

async fn export(app: &App, path: &Path) -> anyhow::Result<u64> {
    let file =
        File::create_new(path).with_context(|| format!("{} cannot be written", path.display()))?;
    let mut out = BufWriter::new(file);
    let count = audit::export(&app.db.client().await?, &mut out).await?;
    out.into_inner()?.sync_all()?;
    Ok(count)
}

/// Opens the store, works on it, and closes it again.
pub(super) async fn with_app<T>(
    data: &DataConfig,
    site: &SiteConfig,
    entropy: Entropy,
    work: impl AsyncFnOnce(&App) -> anyhow::Result<T>,
) -> Result<T, CommandError> {
    let store = Store::open_or_join(data, site.mode, &entropy).await?;
    let outcome = async {
        let assembled = boot::application(site, &store, entropy).await?;
        work(&assembled.app).await.map_err(CommandError::Audit)
    };
    let outcome = outcome.await;
    store.close().await;
    outcome
}
