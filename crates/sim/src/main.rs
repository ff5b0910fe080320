//! `gridpass-sim`: a synthetic district that fills a GridPass server, lives in
//! it, replays its first month, and measures it. It speaks only HTTP, so that
//! whatever it does any client could do.

mod api;
mod bench;
mod check;
mod cli;
mod client;
mod crew;
mod enrol;
mod live;
mod load;
mod progress;
mod random;
mod replay;
mod shifts;
mod state;
mod upload;
mod world;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed terminal leaves nobody to tell.
            let _ = writeln!(std::io::stderr(), "gridpass-sim: {error:#}");
            ExitCode::FAILURE
        }
    }
}
