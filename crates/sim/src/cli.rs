//! The command line.

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::progress::Progress;
use crate::{bench, check, enrol, live, load, replay};

/// A synthetic district for GridPass: fills a server, lives in it, measures it.
/// Speaks only HTTP to a running server.
#[derive(Debug, Parser)]
#[command(name = "gridpass-sim", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Puts the district into an empty server.
    Load(load::LoadArgs),
    /// Gives holders phones with credentials and adds them to the state file.
    Enrol(enrol::EnrolArgs),
    /// Background traffic for a demo, until Ctrl-C.
    Live(live::LiveArgs),
    /// Replays 10 February to 6 March 2020 on the server's simulated clock.
    Replay(replay::ReplayArgs),
    /// Load generator; loopback only.
    Bench(bench::BenchArgs),
    /// Checks that the statistics add up at every level; exit 1 if not.
    Check(check::CheckArgs),
}

/// Where the server is.
#[derive(Clone, Debug, Args)]
pub struct ServerArgs {
    /// The residents' listener.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub public: String,
    /// The staff listener.
    #[arg(long, default_value = "http://127.0.0.1:8081")]
    pub staff: String,
}

/// Who loads.
#[derive(Clone, Debug, Args)]
pub struct AdminArgs {
    /// Name of a security administrator.
    #[arg(long, default_value = "admin")]
    pub admin: String,
    /// Their password.
    #[arg(
        long = "admin-password",
        env = "GRIDPASS_ADMIN_PASSWORD",
        hide_env_values = true
    )]
    pub password: String,
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// When the command fails; the message is one sentence for the person at the terminal.
    pub fn run(self) -> Result<()> {
        let progress = Progress::to_terminal();
        // The load generator shares its cores with the server and brings its own runtimes.
        let command = match self.command {
            Command::Bench(args) => return bench::run(&args, &progress),
            command => command,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            match command {
                Command::Load(args) => load::run(&args, &progress).await,
                Command::Enrol(args) => enrol::run(&args, &progress).await,
                Command::Live(args) => live::run(&args, &progress).await,
                Command::Replay(args) => replay::run(&args, &progress).await,
                Command::Check(args) => check::run(&args, &progress).await,
                Command::Bench(_) => Ok(()),
            }
        })
    }
}
