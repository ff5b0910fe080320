//! The tests of the pass code from outside, in one binary.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod corpus;
mod gate_codes;
mod laws;
mod passes;
mod standards;
mod support;
mod vectors;
