//! Replays the fuzz corpus of registry files with the fuzzer's own assertions.

use std::collections::BTreeMap;
use std::path::Path;

#[path = "../../../../fuzz/checks/registry_file.rs"]
mod check;

#[test]
fn the_corpus_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/registry_file");
    let outcomes: BTreeMap<String, check::Outcome> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, check::check(&std::fs::read(entry.path()).unwrap()))
        })
        .collect();
    // The inputs reach all the way: those that are in order are taken.
    for (name, good, refused) in [
        ("good", 1, 0),
        ("good-with-mark-crlf-and-quotes", 1, 0),
        ("two-columns-no-line-break", 1, 0),
        ("all-documents", 6, 0),
        ("row-too-long", 1, 1),
        ("too-many-columns", 1, 1),
        ("every-field-wrong", 0, 1),
        ("open-quote", 0, 1),
    ] {
        let expected = check::Outcome {
            header: true,
            good,
            refused,
        };
        assert_eq!(outcomes[name], expected, "{name}");
    }
    for refused in ["no-header", "unknown-column", "utf-16", "blank-lines"] {
        assert!(!outcomes[refused].header, "{refused}");
    }
}
