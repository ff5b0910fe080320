//! Fuzzes rule tables, cells, facts and cases: see `checks/rule_tables.rs` for what must hold.
#![no_main]

#[path = "../checks/rule_tables.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::check(data);
});
