//! GridPass, the application: one code, one pass, checked at every gate.
//!
//! Platform modules know no slice; slices are the product. See ARCHITECTURE.md.

pub mod access;
pub mod alerts;
pub mod app;
pub mod assemble;
pub mod audit;
pub mod auth;
pub mod backtest;
pub mod boot;
pub mod break_glass;
pub mod cli;
pub mod config;
pub mod db;
pub mod directory;
pub mod divisions;
pub mod documents;
pub mod employers;
pub mod events;
pub mod facts;
pub mod gates;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod keys;
pub mod limits;
pub mod masking;
pub mod metrics;
pub mod notify;
pub mod outbound;
pub mod oversight;
pub mod passes;
pub mod people;
pub mod phone_codes;
pub mod quarantine;
pub mod red;
pub mod registry;
pub mod router;
pub mod rules;
pub mod scans;
pub mod seal;
pub mod shadow;
pub mod staff;
pub mod stats;
pub mod ten_donts;
pub mod visits;
