//! The `gridpass` binary; everything is in the library.

use std::process::ExitCode;

// The hot path allocates small things on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gridpass::cli::run()
}
