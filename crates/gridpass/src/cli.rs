//! The command line: what can be asked of the binary, and how it answers.
//!
//! Results go to standard output, logs and failures to standard error. A
//! failure is one sentence that says what to do.

mod audit_log;
mod explain;
mod keys;
mod rules;
mod serve;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::access::Role;
use crate::audit;
use crate::boot::{self, BootError, Store};
use crate::config::{DataConfig, LogConfig, LogFormat, Mode, ServeConfig, SiteConfig};
use crate::documents;
use crate::ids::Entropy;
use crate::staff;
use crate::staff::model::NewStaff;

/// Letters and digits of a generated password; none is easily taken for another.
const PASSWORD_ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789+";
const PASSWORD_LETTERS: usize = 20;

/// Electronic passes, checked at every gate.
#[derive(Parser)]
#[command(name = "gridpass", version)]
struct Cli {
    #[command(flatten)]
    log: LogConfig,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<ServeConfig>),
    /// Bring the database schema up to date, and end
    Migrate {
        #[command(flatten)]
        data: DataConfig,
        #[command(flatten)]
        site: SiteConfig,
    },
    /// Accounts of people who work with the system
    #[command(subcommand)]
    Staff(StaffCommand),
    /// The master keys: list, rotate, forget
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Rule tables
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// The audit log: prove it, export it
    #[command(subcommand)]
    Audit(audit_log::AuditCommand),
    /// Why a pass has its colour, now or at any past instant
    Explain(Box<explain::ExplainCommand>),
    /// Decide recorded scans again from the facts and rules of then; exits with 1 if one differs
    Replay(Box<explain::ReplayCommand>),
    /// Print the OpenAPI description of the HTTP interface
    Openapi,
    /// Print who may do what
    Roles,
    /// Print every error code
    Errors,
    /// Print the ten rules of information security and what enforces each
    TenDonts,
    /// Print what is kept, and how long
    Retention,
    /// Print who sees what of each personal column
    Masks,
}

#[derive(Subcommand)]
enum StaffCommand {
    /// Make an account and print its password, once
    Create {
        #[command(flatten)]
        data: DataConfig,
        #[command(flatten)]
        site: SiteConfig,
        /// User name: 3 to 40 of a-z 0-9 . _ -
        #[arg(long)]
        username: String,
        /// Role; the first account is a security_admin, who makes the others
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// Prefix of the divisions the person may act in; empty is everywhere
        #[arg(long, default_value = "")]
        jurisdiction: String,
        /// Name colleagues know; the user name unless given
        #[arg(long)]
        display_name: Option<String>,
        /// Organisation the person belongs to
        #[arg(long, default_value = "系统管理")]
        unit: String,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Boot(#[from] BootError),
    #[error("the account was refused: {0}")]
    Account(String),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0} failed; see the log")]
    Failed(&'static str),
    #[error("{0}")]
    Keys(String),
    #[error("{0}")]
    Tables(String),
    #[error("{0:#}")]
    Audit(anyhow::Error),
    #[error("{0:#}")]
    Rules(anyhow::Error),
    #[error("the log filter cannot be read: {0}; write it like info or gridpass=debug")]
    LogFilter(#[from] tracing_subscriber::filter::ParseError),
}

impl CommandError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Boot(error) => error.exit_code(),
            Self::Account(_) | Self::Keys(_) | Self::Tables(_) => 65,
            Self::Io(_) => 66,
            Self::Audit(_) | Self::Rules(_) => 65,
            Self::Failed(_) => 70,
            Self::LogFilter(_) => 78,
        }
    }
}

/// Reads the arguments, does what they ask, and says how the process ends.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match run_command(cli) {
        Ok(code) => code,
        Err(error) => {
            // Nothing can be done when even standard error is closed.
            let _closed = writeln!(std::io::stderr().lock(), "gridpass: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run_command(cli: Cli) -> Result<ExitCode, CommandError> {
    start_log(&cli.log)?;
    let entropy = Entropy::from_os();
    match cli.command {
        Command::Serve(config) => run_async(serve::serve(&config, entropy)),
        Command::Migrate { data, site } => run_async(migrate(&data, &site, entropy)),
        Command::Staff(command) => run_async(create_staff(command, entropy)),
        Command::Keys(command) => run_async(keys::run(command, entropy)),
        Command::Rules(command) => rules::run(command),
        Command::Audit(command) => audit_log::run(command, entropy),
        Command::Explain(command) => explain::explain(*command, entropy),
        Command::Replay(command) => explain::replay(*command, entropy),
        Command::Openapi => print(&documents::openapi()),
        Command::Roles => print(&documents::roles()),
        Command::Errors => print(&documents::errors()),
        Command::TenDonts => print(&documents::ten_donts()),
        Command::Retention => print(&documents::retention()),
        Command::Masks => print(&documents::masks()),
    }
}

fn print(document: &str) -> Result<ExitCode, CommandError> {
    std::io::stdout().lock().write_all(document.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn run_async(
    command: impl Future<Output = Result<(), CommandError>>,
) -> Result<ExitCode, CommandError> {
    block_on(command)?;
    Ok(ExitCode::SUCCESS)
}

fn block_on<T>(command: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(command)
}

async fn migrate(
    data: &DataConfig,
    site: &SiteConfig,
    entropy: Entropy,
) -> Result<(), CommandError> {
    let store = Store::open_or_join(data, site.mode, &entropy).await?;
    let report = store.migrated.clone();
    store.close().await;
    writeln!(
        std::io::stdout().lock(),
        "the schema is at version {} ({} applied now)",
        report.version,
        report.applied.len()
    )?;
    Ok(())
}

async fn create_staff(command: StaffCommand, entropy: Entropy) -> Result<(), CommandError> {
    let StaffCommand::Create {
        data,
        site,
        username,
        role,
        jurisdiction,
        display_name,
        unit,
    } = command;
    let password = random_password(&entropy);
    let account = NewStaff {
        display_name: display_name.unwrap_or_else(|| username.clone()),
        username,
        password: password.clone(),
        role,
        jurisdiction,
        unit,
        enclosure_id: None,
        employer_id: None,
        valid_until: None,
    };
    let store = Store::open_or_join(&data, site.mode, &entropy).await?;
    let outcome = insert_staff(&site, &store, entropy, account).await;
    store.close().await;
    outcome?;
    writeln!(std::io::stdout().lock(), "{password}")?;
    Ok(())
}

async fn insert_staff(
    site: &SiteConfig,
    store: &Store,
    entropy: Entropy,
    account: NewStaff,
) -> Result<(), CommandError> {
    let assembled = boot::application(site, store, entropy).await?;
    let app = &assembled.app;
    // A demo's accounts are for looking; real ones are known to their owners only.
    let maker = staff::Maker::CommandLine {
        must_change: site.mode == Mode::Production,
    };
    audit::as_job(
        app,
        "command/staff_create",
        staff::insert(app, account, maker),
    )
    .await
    .map(|_view| ())
    .map_err(|error| CommandError::Account(error.to_string()))
}

fn random_password(entropy: &Entropy) -> String {
    // 32 symbols divide 256 evenly, so each is equally likely: 100 bits in all.
    let bytes: [u8; PASSWORD_LETTERS] = entropy.bytes();
    bytes
        .iter()
        .map(|byte| char::from(PASSWORD_ALPHABET[usize::from(byte % 32)]))
        .collect()
}

fn parse_role(text: &str) -> Result<Role, String> {
    serde_json::from_value(serde_json::Value::String(text.to_owned()))
        .map_err(|error| error.to_string())
}

fn start_log(config: &LogConfig) -> Result<(), CommandError> {
    let filter: tracing_subscriber::EnvFilter = config.log.parse()?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn passwords_are_long_and_differ() {
        let entropy = Entropy::seeded(3);
        let first = random_password(&entropy);
        assert_eq!(first.len(), PASSWORD_LETTERS);
        assert_ne!(first, random_password(&entropy));
    }

    #[test]
    fn roles_are_named_as_in_the_interface() {
        assert!(parse_role("system_admin").is_ok());
        assert!(parse_role("emperor").is_err());
    }
}
