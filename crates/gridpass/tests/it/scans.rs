//! Scans: online, uploaded, hammered, and with everything that can be wrong about them.

mod around;
mod bad_input;
mod hammer;
mod online;
mod readings;
pub mod support;
pub mod uploads;
