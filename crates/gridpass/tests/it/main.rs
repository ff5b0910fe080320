//! Tests of the whole application on a real PostgreSQL, in one binary.

mod app;
mod cluster;
mod divisions;
mod gates;
mod passes;
mod sql;
mod staff;
