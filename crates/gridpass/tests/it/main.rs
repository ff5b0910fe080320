//! Tests of the whole application on a real PostgreSQL, in one binary.

#![expect(
    clippy::unwrap_used,
    reason = "in helpers of tests, too, a panic is the report"
)]
#![expect(
    clippy::too_many_lines,
    reason = "a test that tells one story from beginning to end is read in one piece"
)]

mod address_codes;
mod alerts;
mod alerts_fixture;
mod answer;
mod app;
mod appeals;
mod audit;
mod audit_proof;
mod authorisation;
mod backtest;
mod boot;
mod break_glass;
mod calls;
mod carriers;
mod catalogue;
mod cluster;
mod db;
mod declarations;
mod dependants;
mod divisions;
mod door_answers;
mod doors;
mod durability;
mod duty;
mod employers;
mod evidence;
mod explain;
mod facts;
mod facts_laws;
mod gate_again;
mod gate_holds;
mod gates;
mod generated;
mod guomi;
mod hardening;
mod holds;
mod households;
mod idempotency;
mod inspections;
mod keys;
mod limits;
mod maps;
mod markers;
mod migrate;
mod notices;
mod nul;
mod observation;
mod order_lists;
mod outbound;
mod oversight;
mod own_data;
mod paper_passes;
mod papers;
mod passes;
mod people;
mod phone_code_limits;
mod phone_codes;
mod photos;
mod process;
mod quarantine;
mod random;
mod red;
mod red_lists;
mod register;
mod registry;
mod registry_corpus;
mod registry_holds;
mod replays;
mod risk_areas;
mod rules;
mod scans;
mod shifts;
mod snapshot;
mod sql;
mod staff;
mod story;
mod visit_leads;
mod visits;
mod walls;
mod wire;
