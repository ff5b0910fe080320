//! Replays the fuzz corpus: every input that was ever of interest, with the fuzzer's own
//! assertions. The corpus begins as one file for each golden vector.

use std::collections::BTreeMap;
use std::path::Path;

#[path = "../../../../fuzz/checks/passcode.rs"]
mod check;

#[test]
fn the_corpus_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/passcode");
    let accepted: BTreeMap<String, bool> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, check::check(&std::fs::read(entry.path()).unwrap()))
        })
        .collect();
    // The inputs reach all the way: those that are genuine are accepted.
    for genuine in [
        "fresh",
        "fresh.envelope",
        "paper",
        "paper.credential",
        "gate-code-as-a-pass",
        "guomi-fresh",
        "guomi-fresh.envelope",
        "guomi-paper",
        "guomi-paper.credential",
        "guomi-gate-code-as-a-pass",
    ] {
        assert_eq!(accepted.get(genuine), Some(&true), "{genuine}");
    }
    for forged in ["forged-mac", "guomi-forged-mac"] {
        assert_eq!(accepted.get(forged), Some(&false), "{forged}");
    }
}
