//! The response team's clocks.

use clap::Args;
use jiff::SignedDuration;

use crate::app::ResponseClocks;

/// How long an alert may wait before the next level up is told.
#[derive(Debug, Clone, Args)]
pub struct ResponseConfig {
    /// Minutes in which an alert is accepted before the next level up is told
    #[arg(long, env = "GRIDPASS_ALERT_ACCEPT_MINUTES", default_value_t = 5, value_name = "MINUTES",
          value_parser = clap::value_parser!(u16).range(1..=720))]
    pub alert_accept_minutes: u16,
    /// Minutes in which somebody is there before the next level up is told
    #[arg(long, env = "GRIDPASS_ALERT_ARRIVE_MINUTES", default_value_t = 30, value_name = "MINUTES",
          value_parser = clap::value_parser!(u16).range(1..=720))]
    pub alert_arrive_minutes: u16,
}

impl ResponseConfig {
    /// The settings.
    pub fn settings(&self) -> ResponseClocks {
        ResponseClocks {
            accept_max: SignedDuration::from_mins(self.alert_accept_minutes.into()),
            arrive_max: SignedDuration::from_mins(self.alert_arrive_minutes.into()),
        }
    }
}
