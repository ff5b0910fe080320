//! Fuzzes tampering with the log: see `checks/ledger.rs` for what must hold.
#![no_main]

#[path = "../checks/ledger.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::check(data);
});
