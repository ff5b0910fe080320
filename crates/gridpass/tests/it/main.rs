//! Tests of the whole application on a real PostgreSQL, in one binary.

mod app;
mod cluster;
mod divisions;
mod employers;
mod gates;
mod passes;
mod people;
mod registry;
mod sql;
mod staff;
