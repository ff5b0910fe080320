//! Tests of the whole application on a real PostgreSQL, in one binary.

mod app;
mod cluster;
mod divisions;
mod sql;
mod staff;
