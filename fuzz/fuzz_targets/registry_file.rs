//! Fuzzes the reading of registry files: see `checks/registry_file.rs` for what must hold.
#![no_main]

#[path = "../checks/registry_file.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::check(data);
});
