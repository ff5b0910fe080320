//! How often residents and clients may do something.

use axum::http::HeaderName;
use clap::Args;

use super::{EnrolChallenge, Mode};

/// How often residents and clients may do something. Without a value, production has the
/// limit named and a demo has none, because its people share one machine.
#[derive(Debug, Clone, Default, Args)]
pub struct LimitConfig {
    /// Codes sent to one phone within an hour, 60 s apart [production: 5; 0: no limit]
    #[arg(long, env = "GRIDPASS_CODES_PER_PHONE_HOUR", value_name = "N")]
    pub codes_per_phone_hour: Option<u32>,
    /// Codes asked for from one network (an IPv4 address, an IPv6 line) within an hour [production: 120; 0: no limit]
    #[arg(long, env = "GRIDPASS_CODES_PER_NETWORK_HOUR", value_name = "N")]
    pub codes_per_network_hour: Option<u32>,
    /// Codes sent within a minute in all [production: 3000; 0: no limit]
    #[arg(long, env = "GRIDPASS_CODES_PER_MINUTE", value_name = "N")]
    pub codes_per_minute: Option<u32>,
    /// Enrolments one phone may try within a day [production: 10; 0: no limit]
    #[arg(long, env = "GRIDPASS_TRIES_PER_PHONE_DAY", value_name = "N")]
    pub tries_per_phone_day: Option<u32>,
    /// Enrolments that may be tried with one document within a day [production: 5; 0: no limit]
    #[arg(long, env = "GRIDPASS_TRIES_PER_DOCUMENT_DAY", value_name = "N")]
    pub tries_per_document_day: Option<u32>,
    /// Requests a second of one client; a device has ten times as many [production: 50; 0: no limit]
    #[arg(long, env = "GRIDPASS_CLIENT_REQUESTS_PER_S", value_name = "N")]
    pub client_requests_per_s: Option<u32>,
    /// Header in which your proxy names the client's address, like x-forwarded-for
    #[arg(long, env = "GRIDPASS_CLIENT_ADDRESS_HEADER", value_name = "NAME")]
    pub client_address_header: Option<HeaderName>,
    /// Work a phone does before it enrols: off, or work:BITS (work alone is 16 bits)
    #[arg(
        long,
        env = "GRIDPASS_ENROL_CHALLENGE",
        default_value = "off",
        value_name = "KIND"
    )]
    pub enrol_challenge: EnrolChallenge,
}

/// The limits in force.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Codes sent to one phone within an hour; 0 is no limit, here and below.
    pub codes_per_phone_hour: u32,
    /// Codes asked for from one network within an hour.
    pub codes_per_network_hour: u32,
    /// Codes sent within a minute in all.
    pub codes_per_minute: u32,
    /// Enrolments one phone may try within a day.
    pub tries_per_phone_day: u32,
    /// Enrolments that may be tried with one document within a day.
    pub tries_per_document_day: u32,
    /// Requests a second of one client.
    pub client_requests_per_s: u32,
    /// Header in which a trusted proxy names the client's address.
    pub client_address_header: Option<HeaderName>,
    /// Work before an enrolment.
    pub enrol_challenge: EnrolChallenge,
}

impl LimitConfig {
    /// The limits in force in a mode.
    pub fn in_force(&self, mode: Mode) -> Limits {
        let or = |given: Option<u32>, production: u32| match mode {
            Mode::Production => given.unwrap_or(production),
            Mode::Demo => given.unwrap_or(0),
        };
        Limits {
            codes_per_phone_hour: or(self.codes_per_phone_hour, 5),
            codes_per_network_hour: or(self.codes_per_network_hour, 120),
            codes_per_minute: or(self.codes_per_minute, 3000),
            tries_per_phone_day: or(self.tries_per_phone_day, 10),
            tries_per_document_day: or(self.tries_per_document_day, 5),
            client_requests_per_s: or(self.client_requests_per_s, 50),
            client_address_header: self.client_address_header.clone(),
            enrol_challenge: self.enrol_challenge,
        }
    }
}
