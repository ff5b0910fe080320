//! What the operator decides, one struct per concern.
//!
//! Every value is a flag and an environment variable; the flag wins.

pub mod data_dir;
pub mod key_source;
mod limits;
mod pass_url;
pub mod response;
pub mod secrets;

pub use limits::{LimitConfig, Limits};

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp};

use crate::app::{AppealTerms, HoldLimit, SignIn};
use crate::seal::Suite;

/// Everything `gridpass serve` takes.
#[derive(Debug, Clone, Args)]
pub struct ServeConfig {
    /// Where the data is.
    #[command(flatten)]
    pub data: DataConfig,
    /// Where we listen.
    #[command(flatten)]
    pub listen: ListenConfig,
    /// What this installation is.
    #[command(flatten)]
    pub site: SiteConfig,
}

/// Where the data is.
#[derive(Debug, Clone, Args)]
pub struct DataConfig {
    /// Directory of the secrets and of the private database
    #[arg(
        long,
        env = "GRIDPASS_DATA_DIR",
        default_value = "gridpass-data",
        value_name = "DIR"
    )]
    pub data_dir: PathBuf,
    /// A PostgreSQL server of your own (postgres://…); without it a private one is run
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Directory of the programs postgres and initdb, if they are in no usual place
    #[arg(long, env = "GRIDPASS_PG_BIN", value_name = "DIR")]
    pub pg_bin: Option<PathBuf>,
    /// Read the master keys from this file instead of DIR/secrets.toml
    #[arg(long, env = "GRIDPASS_SECRETS_FILE", value_name = "FILE")]
    pub secrets_file: Option<PathBuf>,
    /// Run this program (no shell) and read the master keys from what it prints
    #[arg(
        long,
        env = "GRIDPASS_KEYS_COMMAND",
        hide_env_values = true,
        value_name = "COMMAND"
    )]
    pub keys_command: Option<String>,
    /// Cryptography for what is at rest, chosen at the first start and never changed
    #[arg(long, env = "GRIDPASS_SUITE", value_enum)]
    pub suite: Option<Suite>,
}

/// Where we listen. Two origins, so that no page of one can act on the other.
#[derive(Debug, Clone, Args)]
pub struct ListenConfig {
    /// Address for residents' phones
    #[arg(long, env = "GRIDPASS_PUBLIC_ADDR", default_value = "127.0.0.1:8080")]
    pub public_addr: SocketAddr,
    /// Address for staff, gates and neighbour systems
    #[arg(long, env = "GRIDPASS_STAFF_ADDR", default_value = "127.0.0.1:8081")]
    pub staff_addr: SocketAddr,
    /// Certificate chain for TLS on both listeners, PEM; read again when it changes and on SIGHUP
    #[arg(
        long,
        env = "GRIDPASS_TLS_CERT",
        requires = "tls_key",
        value_name = "FILE"
    )]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM
    #[arg(
        long,
        env = "GRIDPASS_TLS_KEY",
        requires = "tls_cert",
        value_name = "FILE"
    )]
    pub tls_key: Option<PathBuf>,
}

/// What this installation is.
#[derive(Debug, Clone, Args)]
pub struct SiteConfig {
    /// production for real people, demo for synthetic ones
    #[arg(long, env = "GRIDPASS_MODE", value_enum, default_value_t = Mode::Production)]
    pub mode: Mode,
    /// Start with a clock that stands at this instant and is moved through the API (demo only)
    #[arg(long, env = "GRIDPASS_SIMULATED_CLOCK", value_name = "START")]
    pub simulated_clock: Option<Timestamp>,
    /// District whose people are counted here when their home is unknown
    #[arg(long, env = "GRIDPASS_DISTRICT", default_value = "440310", value_parser = parse_district)]
    pub district: String,
    /// Issuer named in credentials; the district's code unless given
    #[arg(long, env = "GRIDPASS_ISSUER")]
    pub issuer: Option<String>,
    /// People whom one member of staff may propose to stop within an hour; more wait for approval
    #[arg(
        long,
        env = "GRIDPASS_RED_PEOPLE_PER_HOUR",
        default_value_t = 20,
        value_name = "N"
    )]
    pub red_people_per_hour: u32,
    /// When a change of colours waits for a person.
    #[command(flatten)]
    pub hold: HoldConfig,
    /// How long appeals may take.
    #[command(flatten)]
    pub appeals: AppealConfig,
    /// What signing in takes
    #[command(flatten)]
    pub sign_in: SignInConfig,
    /// How long an alert may wait
    #[command(flatten)]
    pub response: response::ResponseConfig,
    /// Offer the slow path that benchmarks compare with, at /bench/scans
    #[arg(long, hide = true)]
    pub bench_baseline: bool,
    /// A proxy in front speaks TLS: tell browsers to use nothing else
    #[arg(long, env = "GRIDPASS_BEHIND_TLS")]
    pub behind_tls: bool,
    /// Where phones reach the pass, like `https://pass.example`; gates' codes are addresses there
    #[arg(long, env = "GRIDPASS_PASS_URL", value_name = "URL", value_parser = pass_url::parse)]
    pub pass_url: Option<String>,
    /// Folder with the built web apps (pass, resident, gate, field, console)
    #[arg(
        long,
        env = "GRIDPASS_WEB_DIR",
        default_value = "web/apps",
        value_name = "DIR"
    )]
    pub web_dir: PathBuf,
    /// How text messages are sent.
    #[command(flatten)]
    pub texts: TextConfig,
    /// How often residents and clients may do something.
    #[command(flatten)]
    pub limits: LimitConfig,
    /// The identity provider that staff may sign in through.
    #[command(flatten)]
    pub identity: IdentityConfig,
}

/// The identity provider (OpenID Connect) that staff may sign in through; without an issuer
/// there is none.
#[derive(Debug, Clone, Default, Args)]
pub struct IdentityConfig {
    /// Issuer of the provider, to the letter
    #[arg(long, env = "GRIDPASS_OIDC_ISSUER", value_name = "URL",
          requires_all = ["oidc_client_id", "oidc_redirect_url"])]
    pub oidc_issuer: Option<String>,
    /// Name of this installation at the provider
    #[arg(long, env = "GRIDPASS_OIDC_CLIENT_ID", value_name = "ID")]
    pub oidc_client_id: Option<String>,
    /// Address of the console, as registered at the provider
    #[arg(long, env = "GRIDPASS_OIDC_REDIRECT_URL", value_name = "URL")]
    pub oidc_redirect_url: Option<String>,
    /// File with the secret of this installation at the provider, if it wants one; or set
    /// GRIDPASS_OIDC_CLIENT_SECRET
    #[arg(long, env = "GRIDPASS_OIDC_CLIENT_SECRET_FILE", value_name = "FILE")]
    pub oidc_client_secret_file: Option<PathBuf>,
    /// Authorities that vouch for the provider's certificate, PEM; those of the system unless given
    #[arg(long, env = "GRIDPASS_OIDC_AUTHORITIES", value_name = "FILE")]
    pub oidc_authorities: Option<PathBuf>,
    /// Whether the provider's word replaces our second factor: when it says so, always, or never
    #[arg(
        long,
        env = "GRIDPASS_OIDC_SECOND_FACTOR",
        value_enum,
        default_value_t = ProviderFactor::Told
    )]
    pub oidc_second_factor: ProviderFactor,
}

/// Whether the provider's word replaces our second factor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ProviderFactor {
    /// When its token says that it saw two (`amr`).
    #[default]
    Told,
    /// Always: it lets nobody in without two, and does not say so.
    Always,
    /// Never: ours is asked every time.
    Never,
}

/// When a change of colours waits for a person: both limits are reached in one community.
#[derive(Debug, Clone, Args)]
pub struct HoldConfig {
    /// Share of a community's people, in percent, whose colour a change may flip unseen
    #[arg(long, env = "GRIDPASS_HOLD_SHARE_PERCENT", default_value_t = 5, value_name = "PERCENT",
          value_parser = clap::value_parser!(u8).range(1..=100))]
    pub hold_share_percent: u8,
    /// People of a community whose colour it may flip unseen, whatever the share
    #[arg(
        long,
        env = "GRIDPASS_HOLD_PEOPLE_MIN",
        default_value_t = 50,
        value_name = "N"
    )]
    pub hold_people_min: u32,
}

impl HoldConfig {
    /// The settings.
    pub fn settings(&self) -> HoldLimit {
        HoldLimit {
            share_percent: self.hold_share_percent,
            people_min: self.hold_people_min,
        }
    }
}

/// How long appeals may take at each level before they go one level up.
#[derive(Debug, Clone, Args)]
pub struct AppealConfig {
    /// Hours each level has for an appeal against a red pass
    #[arg(long, env = "GRIDPASS_APPEAL_RED_HOURS", default_value_t = 24, value_name = "HOURS",
          value_parser = clap::value_parser!(u16).range(1..=336))]
    pub appeal_red_hours: u16,
    /// Hours each level has for an appeal against a yellow pass
    #[arg(long, env = "GRIDPASS_APPEAL_YELLOW_HOURS", default_value_t = 48, value_name = "HOURS",
          value_parser = clap::value_parser!(u16).range(1..=336))]
    pub appeal_yellow_hours: u16,
    /// Hours each level has for an appeal against a wrong detail
    #[arg(long, env = "GRIDPASS_APPEAL_DETAIL_HOURS", default_value_t = 72, value_name = "HOURS",
          value_parser = clap::value_parser!(u16).range(1..=336))]
    pub appeal_detail_hours: u16,
    /// What holds when the last deadline of an appeal against a register's conflict has passed;
    /// every other colour is kept until somebody decides
    #[arg(
        long,
        env = "GRIDPASS_APPEAL_CONFLICT_OUTCOME",
        value_enum,
        default_value_t = ConflictOutcome::SuspendCause
    )]
    pub appeal_conflict_outcome: ConflictOutcome,
    /// Appeals one person may open within a day; 0: no limit
    #[arg(
        long,
        env = "GRIDPASS_APPEALS_PER_PERSON_DAY",
        default_value_t = 10,
        value_name = "N"
    )]
    pub appeals_per_person_day: u32,
}

/// What holds when nobody decided about a register's conflict in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConflictOutcome {
    /// The colour stays.
    Keep,
    /// The conflict counts no more until somebody decides.
    SuspendCause,
}

impl AppealConfig {
    /// The settings.
    pub fn settings(&self) -> AppealTerms {
        let hours = |hours: u16| SignedDuration::from_hours(i64::from(hours));
        AppealTerms {
            red: hours(self.appeal_red_hours),
            yellow: hours(self.appeal_yellow_hours),
            detail: hours(self.appeal_detail_hours),
            suspend_conflicts: self.appeal_conflict_outcome == ConflictOutcome::SuspendCause,
            per_person_day: self.appeals_per_person_day,
        }
    }
}

/// How text messages are sent.
#[derive(Debug, Clone, Default, Args)]
pub struct TextConfig {
    /// Where text messages are sent: a POST of JSON, signed (docs/operations.md)
    #[arg(long, env = "GRIDPASS_SMS_WEBHOOK_URL", value_name = "URL")]
    pub sms_webhook_url: Option<String>,
    /// File with the secret that signs them; or set GRIDPASS_SMS_WEBHOOK_SECRET
    #[arg(long, env = "GRIDPASS_SMS_WEBHOOK_SECRET_FILE", value_name = "FILE")]
    pub sms_webhook_secret_file: Option<PathBuf>,
}

/// What signing in takes, and how long it lasts.
#[derive(Debug, Clone, Args)]
pub struct SignInConfig {
    /// Whether staff need a second factor; required in production, optional in demo unless given
    #[arg(long, env = "GRIDPASS_SECOND_FACTOR", value_enum)]
    pub second_factor: Option<SecondFactor>,
    /// Minutes after which an unused session of staff ends
    #[arg(long, env = "GRIDPASS_IDLE_MINUTES", default_value_t = 30, value_name = "MINUTES",
          value_parser = clap::value_parser!(u16).range(1..=720))]
    pub idle_minutes: u16,
}

impl SignInConfig {
    /// The settings, with the defaults of a mode.
    pub fn settings(&self, mode: Mode) -> SignIn {
        let by_mode = match mode {
            Mode::Production => SecondFactor::Required,
            Mode::Demo => SecondFactor::Optional,
        };
        SignIn {
            factor_required: self.second_factor.unwrap_or(by_mode) == SecondFactor::Required,
            idle_max: SignedDuration::from_mins(i64::from(self.idle_minutes)),
        }
    }
}

/// Work a phone does before it enrols.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EnrolChallenge {
    /// None.
    #[default]
    Off,
    /// Finding a hash with so many leading zero bits.
    Work(u8),
}

impl EnrolChallenge {
    /// Bits when none are named: about a second on a phone.
    const BITS_DEFAULT: u8 = 16;
    /// More would keep an old phone busy for minutes.
    const BITS_MAX: u8 = 24;

    /// Leading zero bits asked for; 0 is no work.
    pub fn bits(self) -> u8 {
        match self {
            EnrolChallenge::Off => 0,
            EnrolChallenge::Work(bits) => bits,
        }
    }
}

impl std::str::FromStr for EnrolChallenge {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "say off, work, or work:BITS with 1 to {} bits",
                Self::BITS_MAX
            )
        };
        match text.split_once(':') {
            None if text == "off" => Ok(Self::Off),
            None if text == "work" => Ok(Self::Work(Self::BITS_DEFAULT)),
            Some(("work", bits)) => match bits.parse() {
                Ok(bits @ 1..=Self::BITS_MAX) => Ok(Self::Work(bits)),
                _ => Err(wrong()),
            },
            _ => Err(wrong()),
        }
    }
}

/// Whether staff need a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SecondFactor {
    /// Nobody does anything without one.
    Required,
    /// Who has set one up uses it.
    Optional,
}

/// How the log looks.
#[derive(Debug, Clone, Args)]
pub struct LogConfig {
    /// text for people, json for collectors
    #[arg(
        long,
        env = "GRIDPASS_LOG_FORMAT",
        value_enum,
        default_value_t = LogFormat::Text,
        global = true
    )]
    pub log_format: LogFormat,
    /// What is logged, as a tracing filter
    #[arg(
        long,
        env = "GRIDPASS_LOG",
        default_value = "info,deadpool.postgres=error",
        global = true,
        value_name = "FILTER"
    )]
    pub log: String,
}

/// Real people or synthetic ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Secret keys, the machine's clock.
    Production,
    /// Published keys, a clock that may be moved. Synthetic people only.
    Demo,
}

/// Form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line for people.
    Text,
    /// One JSON object a line.
    Json,
}

fn parse_district(text: &str) -> Result<String, String> {
    if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("a district code has 6 digits".to_owned())
    }
}
