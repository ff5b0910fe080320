//! Exact checks over a whole table: is every row reachable, and is every situation decided?
//!
//! The situations are enumerated: the words of each column, and for a number one sample at each
//! point where some row changes its mind, one between neighbours, one beyond each end, and
//! "absent". That is exact, because between two such points no row can tell two numbers apart.

use crate::cell::Test;
use crate::columns::{WordColumn, accepts, situation};
use crate::extra::{EXTRA_MAX, Extra, RowSets};

/// Greatest number of different numbers in all cells of a table. It bounds the samples, and with
/// them the work a hostile table can cause; a real table has a handful.
const BREAKPOINTS_MAX: usize = 200;

/// Conditions of one row: the mask of its word columns and its test on the number.
pub(crate) struct RowConditions<'a> {
    pub(crate) mask: u64,
    pub(crate) number: &'a Test<f64>,
}

/// What the check found.
#[derive(Debug, PartialEq)]
pub(crate) struct Coverage {
    /// Indices of rows that never decide.
    pub(crate) unreachable: Vec<usize>,
    /// Some situation that no row decides, in words.
    pub(crate) undecided: Option<String>,
}

/// Sends every situation through the rows from the top; `None` if the cells name too many
/// different numbers.
pub(crate) fn check_coverage<const N: usize>(
    columns: &[WordColumn; N],
    rows: &[RowConditions<'_>],
) -> Option<Coverage> {
    let numbers = number_samples(rows)?;
    let mut open: Vec<(u64, [u8; N], usize)> = Vec::new();
    for words in all_words(columns) {
        let mask = situation(words);
        open.extend((0..numbers.len()).map(|number| (mask, words, number)));
    }
    let mut unreachable = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let holds: Vec<bool> = numbers.iter().map(|n| row.number.holds(*n)).collect();
        let before = open.len();
        open.retain(|(mask, _, number)| !(accepts(row.mask, *mask) && holds[*number]));
        if open.len() == before {
            unreachable.push(index);
        }
    }
    Some(Coverage {
        unreachable,
        undecided: open
            .first()
            .map(|(_, words, number)| describe(columns, words, numbers[*number])),
    })
}

/// As [`check_coverage`], once for each set of rows that the classes of catalogued columns leave
/// open: a row is reached if some set reaches it, and every set has to decide everything.
pub(crate) fn check_coverage_in<const N: usize>(
    columns: &[WordColumn; N],
    rows: &[RowConditions<'_>],
    (extra, sets): (&Extra, &RowSets),
) -> Option<Coverage> {
    let mut unreached: Vec<bool> = vec![true; rows.len()];
    let mut undecided = None;
    for (place, set) in sets.sets.iter().enumerate() {
        let open: Vec<usize> = (0..rows.len()).filter(|row| set.contains(*row)).collect();
        let conditions: Vec<RowConditions<'_>> = open
            .iter()
            .map(|row| RowConditions {
                mask: rows[*row].mask,
                number: rows[*row].number,
            })
            .collect();
        let coverage = check_coverage(columns, &conditions)?;
        for (at, row) in open.iter().enumerate() {
            unreached[*row] &= coverage.unreachable.contains(&at);
        }
        if undecided.is_none() {
            undecided = coverage.undecided.map(|situation| {
                let combination = sets.combinations.iter().find(|(_, set)| *set == place);
                let classes = combination.map_or([0; EXTRA_MAX], |(classes, _)| *classes);
                let named = extra.columns.iter().zip(classes);
                let named = named.map(|(column, class)| {
                    format!(" {}={}", column.key(), column.class_text(class))
                });
                situation + &named.collect::<String>()
            });
        }
    }
    let rows = unreached.iter().enumerate();
    Some(Coverage {
        unreachable: rows.filter(|(_, no)| **no).map(|(row, _)| row).collect(),
        undecided,
    })
}

/// One number for every set of numbers that all rows treat alike, and the absent one.
fn number_samples(rows: &[RowConditions<'_>]) -> Option<Vec<Option<f64>>> {
    let mut points: Vec<f64> = rows
        .iter()
        .flat_map(|row| row.number.breakpoints())
        .collect();
    points.sort_by(f64::total_cmp);
    points.dedup();
    if points.len() > BREAKPOINTS_MAX {
        return None;
    }
    let mut samples = vec![None];
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Some(samples);
    };
    samples.extend([Some(first - 1.0), Some(last + 1.0)]);
    samples.extend(points.iter().copied().map(Some));
    // Numbers have at most six places, so the middle of two neighbours lies strictly between them.
    samples.extend(
        points
            .windows(2)
            .map(|pair| Some(f64::midpoint(pair[0], pair[1]))),
    );
    Some(samples)
}

fn all_words<const N: usize>(columns: &[WordColumn; N]) -> Vec<[u8; N]> {
    let mut combinations = vec![[0; N]];
    for (index, column) in columns.iter().enumerate() {
        let words = (column.all)();
        combinations = combinations
            .into_iter()
            .flat_map(|combination| {
                words.iter().map(move |word| {
                    let mut next = combination;
                    next[index] = *word;
                    next
                })
            })
            .collect();
    }
    combinations
}

fn describe<const N: usize>(
    columns: &[WordColumn; N],
    words: &[u8; N],
    number: Option<f64>,
) -> String {
    let mut parts: Vec<String> = number.iter().map(|n| format!("temperature={n}")).collect();
    for (column, word) in columns.iter().zip(words) {
        parts.push(format!("{}={}", column.name, (column.word_of)(*word)));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::parse_number_test;
    use crate::columns::{GATE_COLUMNS, row_mask};

    fn check(rows: &[(&str, Test<u8>)]) -> Coverage {
        let tests: Vec<_> = rows
            .iter()
            .map(|(number, colour)| {
                let words = [colour.clone(), Test::Any, Test::Any, Test::Any, Test::Any];
                let number = parse_number_test(number).unwrap();
                (row_mask(&GATE_COLUMNS, &words), number)
            })
            .collect();
        let rows: Vec<_> = tests
            .iter()
            .map(|(mask, number)| RowConditions {
                mask: *mask,
                number,
            })
            .collect();
        check_coverage(&GATE_COLUMNS, &rows).unwrap()
    }

    #[test]
    fn rows_may_cover_everything_together() {
        let coverage = check(&[("-", Test::Is(0)), ("-", Test::Is(1)), ("-", Test::Is(2))]);
        assert_eq!((coverage.unreachable, coverage.undecided), (vec![], None));
    }

    #[test]
    fn an_absent_number_needs_a_row_of_its_own() {
        let coverage = check(&[(">= 37.3", Test::Any), ("< 37.3", Test::Any)]);
        assert!(
            coverage
                .undecided
                .unwrap()
                .starts_with("colour=green area=")
        );
    }

    #[test]
    fn a_single_point_between_two_ranges_is_noticed() {
        let open = check(&[("> 37", Test::Any), ("< 37", Test::Any)]);
        assert!(open.undecided.is_some());
        let closed = [
            ("> 37", Test::Any),
            ("< 37", Test::Any),
            ("37", Test::Any),
            ("-", Test::Any),
        ];
        assert_eq!(check(&closed).unreachable, Vec::<usize>::new());
        let shadowed = [
            (">= 37", Test::Any),
            ("[38..40]", Test::Any),
            ("-", Test::Any),
        ];
        assert_eq!(check(&shadowed).unreachable, [1]);
    }

    #[test]
    fn a_row_covered_by_several_others_is_unreachable() {
        let rows = [
            ("-", Test::Is(0)),
            ("-", Test::In(vec![1, 2])),
            ("-", Test::Any),
        ];
        assert_eq!(check(&rows).unreachable, [2]);
    }
}
