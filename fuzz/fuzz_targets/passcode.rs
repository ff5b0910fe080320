//! Fuzzes the pass code: see `checks/passcode.rs` for what must hold.
#![no_main]

#[path = "../checks/passcode.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::check(data);
});
