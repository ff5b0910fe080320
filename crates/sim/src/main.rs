//! `gridpass-sim`: a synthetic district.
mod random;
mod world;
fn main() {}
