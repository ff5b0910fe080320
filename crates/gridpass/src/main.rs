//! GridPass.
fn main() {}
