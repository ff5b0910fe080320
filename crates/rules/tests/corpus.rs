//! Replays the fuzz corpus of rule tables with the fuzzer's own checks, and throws random bytes,
//! random cells and damaged copies of sound files at them: nothing may panic.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::{Index, select};

#[path = "../../../fuzz/checks/rule_tables.rs"]
mod check;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = root().join("fuzz/corpus/rule_tables");
    let entries = std::fs::read_dir(folder).expect("the corpus is part of the repository");
    let mut inputs: Vec<_> = entries
        .map(|entry| {
            let entry = entry.expect("a readable folder");
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).expect("a readable file"))
        })
        .collect();
    inputs.sort();
    inputs
}

/// Files named `good-…` are accepted as one thing or another, all others as nothing.
#[test]
fn the_corpus_is_judged_as_its_names_say() {
    let inputs = corpus();
    assert!(inputs.len() >= 20, "{} inputs", inputs.len());
    for (name, data) in inputs {
        assert_eq!(check::check(&data), name.starts_with("good-"), "{name}");
    }
}

fn sound_files() -> Vec<Vec<u8>> {
    let rules = gridpass_rules::default_rule_set();
    let cases = std::fs::read(root().join("rules/2020-03/cases.jsonl")).expect("cases in force");
    let first_case = cases.split(|b| *b == b'\n').next().unwrap_or_default();
    vec![
        rules.colour.to_csv(),
        rules.gate.to_csv(),
        rules.gate.to_xlsx(),
        rules.to_xlsx(),
        first_case.to_vec(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_bytes_do_not_panic(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        check::check(&data);
    }

    #[test]
    fn random_cells_do_not_panic(cell in "(in|not|>|<|=|-|\\[|\\]|\\(|\\)|,|\\.\\.|[0-9]{1,3}|\\.|red|green|\"|\\PC){0,10}") {
        check::check(cell.as_bytes());
    }

    #[test]
    fn damaged_files_do_not_panic(
        file in 0usize..5,
        damage in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..4),
        cut in prop_oneof![3 => Just(None), 1 => any::<Index>().prop_map(Some)],
    ) {
        thread_local!(static FILES: Vec<Vec<u8>> = sound_files());
        let mut data = FILES.with(|files| files[file].clone());
        for (index, byte) in damage {
            let at = index.index(data.len());
            data[at] = byte;
        }
        if let Some(cut) = cut {
            data.truncate(cut.index(data.len()));
        }
        check::check(&data);
    }

    #[test]
    fn swapped_cells_do_not_panic(
        row in any::<Index>(),
        column in any::<Index>(),
        cell in select(vec!["-", "", "in(red)", "not(-)", ">= 37.3", "[1..2]", "yes", "\u{feff}", "在", "1e9", "\n"]),
    ) {
        let mut rows = gridpass_rules::default_rule_set().gate.to_rows();
        let row = row.index(rows.len());
        let column = column.index(rows[row].len());
        rows[row][column] = cell.to_owned();
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let csv: Vec<String> = rows
            .iter()
            .map(|cells| cells.iter().map(quoted).collect::<Vec<_>>().join(","))
            .collect();
        check::check(csv.join("\n").as_bytes());
    }
}
