//! Rebuilds the crate when a migration changes: `include_dir` embeds the files
//! without telling cargo about them.

fn main() {
    use std::io::Write;
    let line = "cargo:rerun-if-changed=../../migrations\n";
    std::io::stdout()
        .write_all(line.as_bytes())
        .expect("cargo reads the output of a build script");
}
