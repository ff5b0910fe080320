//! `check`: do the statistics add up? Every number of every division must equal
//! the sum of the same number over the divisions below it, whatever the number
//! is, so the check walks the answers without knowing what is counted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::api;
use crate::client::Client;
use crate::progress::Progress;
use crate::state::State;

/// Differences printed at most.
const DIFFERENCES_MAX: usize = 40;
/// Digits of the code of a community; grids below it are leaves.
const COMMUNITY_DIGITS: usize = 12;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The state file of the load.
    #[arg(long)]
    pub state: PathBuf,
    /// Division to begin at.
    #[arg(long, default_value = "440310")]
    pub division: String,
    /// Compare numbers within one answer only, which must agree even while people scan.
    #[arg(long)]
    pub live: bool,
}

/// Runs `check`.
///
/// # Errors
/// When a number does not equal the sum below it, or the server refuses.
pub async fn run(args: &CheckArgs, progress: &Progress) -> Result<()> {
    let state = State::read(&args.state)?;
    let desk = api::sign_in_as(&Client::new(&state.staff)?, state.account("data_desk")?).await?;
    let mut found = Found::default();
    people(&desk, &args.division, args.live, &mut found).await?;
    raw_rows(&desk, &mut found).await?;
    if !args.live {
        scans(&desk, &args.division, &mut found).await?;
    }
    for difference in found.differences.iter().take(DIFFERENCES_MAX) {
        progress.result(difference);
    }
    progress.result(format!(
        "{} numbers compared, {} differ",
        found.compared,
        found.differences.len()
    ));
    if !found.differences.is_empty() {
        bail!("the statistics do not add up");
    }
    Ok(())
}

/// What comparing brought to light.
#[derive(Debug, Default)]
pub struct Found {
    /// Pairs of numbers compared.
    pub compared: u64,
    /// A sentence for each pair that differs.
    pub differences: Vec<String>,
}

impl Found {
    fn compare(&mut self, what: &str, whole: &Counts, parts: &Counts) {
        for name in whole
            .keys()
            .chain(parts.keys().filter(|name| !whole.contains_key(*name)))
        {
            let count = |counts: &Counts| counts.get(name).copied().unwrap_or(0);
            self.compared += 1;
            if count(whole) != count(parts) {
                self.differences.push(format!(
                    "{what}: {name} is {} but its parts sum to {}",
                    count(whole),
                    count(parts)
                ));
            }
        }
    }
}

/// Every number of an answer, by its path (`colour.green`).
type Counts = BTreeMap<String, i64>;

fn counts(value: &Value, path: &str, into: &mut Counts) {
    match value {
        Value::Number(number) => {
            *into.entry(path.to_owned()).or_default() += number.as_i64().unwrap_or(0)
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                counts(value, &path, into);
            }
        }
        _ => {}
    }
}

fn counts_of(value: &Value) -> Counts {
    let mut into = Counts::new();
    counts(value.get("total").unwrap_or(value), "", &mut into);
    into
}

fn sum_of<'a>(parts: impl Iterator<Item = &'a Value>) -> Counts {
    let mut sum = Counts::new();
    for part in parts {
        for (name, count) in counts_of(part) {
            *sum.entry(name).or_default() += count;
        }
    }
    sum
}

/// Whether `child` is a division to look into: grids are leaves, and so are the people
/// and gates (code ending in 000) whose place is known no deeper than their parent.
fn opens(parent: &str, child: &str) -> bool {
    child.len() > parent.len() && child.len() <= COMMUNITY_DIGITS && !child.ends_with("000")
}

/// Compares the people of a division and of all below it.
///
/// # Errors
/// When the server refuses.
pub async fn people(desk: &Client, division: &str, live: bool, found: &mut Found) -> Result<()> {
    let mut open = vec![(division.to_owned(), None::<Counts>)];
    while let Some((division, as_child)) = open.pop() {
        let answer: Value = desk
            .get(&format!("/api/v1/stats/people?division={division}"))
            .await?;
        let total = counts_of(&answer["total"]);
        let children = answer["children"].as_array().cloned().unwrap_or_default();
        if !children.is_empty() {
            found.compare(
                &format!("people of {division}"),
                &total,
                &sum_of(children.iter()),
            );
        }
        for group in ["colour", "residence", "quarantine"] {
            let people = Counts::from([(
                "people".to_owned(),
                total.get("people").copied().unwrap_or(0),
            )]);
            let groups = total
                .iter()
                .filter(|(name, _)| name.starts_with(&format!("{group}.")));
            let sum = Counts::from([("people".to_owned(), groups.map(|(_, count)| count).sum())]);
            found.compare(&format!("people of {division} by {group}"), &people, &sum);
        }
        if let Some(as_child) = as_child.filter(|_| !live) {
            found.compare(
                &format!("people of {division} seen from above"),
                &total,
                &as_child,
            );
        }
        for child in children {
            let code = child["code"].as_str().unwrap_or_default().to_owned();
            if opens(&division, &code) {
                open.push((code, Some(counts_of(&child))));
            }
        }
    }
    Ok(())
}

/// Compares the scans of a division by hour, day and gate, and with those of the divisions below it.
///
/// # Errors
/// When the server refuses.
pub async fn scans(desk: &Client, division: &str, found: &mut Found) -> Result<()> {
    let mut open = vec![(division.to_owned(), None::<Counts>)];
    while let Some((division, as_child)) = open.pop() {
        let answer = scan_stats(desk, &division, "division").await?;
        let (total, rows) = (counts_of(&answer["total"]), rows_of(&answer));
        found.compare(
            &format!("scans of {division} by division"),
            &total,
            &sum_of(rows.iter()),
        );
        if let Some(as_child) = as_child {
            found.compare(
                &format!("scans of {division} seen from above"),
                &total,
                &as_child,
            );
        } else {
            for by in ["hour", "day", "gate"] {
                let parts = rows_of(&scan_stats(desk, &division, by).await?);
                found.compare(
                    &format!("scans of {division} by {by}"),
                    &total,
                    &sum_of(parts.iter()),
                );
            }
        }
        for row in rows {
            let code = row["key"].as_str().unwrap_or_default().to_owned();
            if opens(&division, &code) {
                open.push((code, Some(counts_of(&row))));
            }
        }
    }
    Ok(())
}

/// How many people the server counts in a division.
///
/// # Errors
/// When the server refuses.
pub async fn people_in(desk: &Client, division: &str) -> Result<u64> {
    let answer: Value = desk
        .get(&format!("/api/v1/stats/people?division={division}"))
        .await?;
    Ok(answer["total"]["people"].as_u64().unwrap_or(0))
}

/// How many scans the server counts in a division.
///
/// # Errors
/// When the server refuses.
pub async fn scans_in(desk: &Client, division: &str) -> Result<u64> {
    let answer = scan_stats(desk, division, "day").await?;
    Ok(answer["total"]["scans"].as_u64().unwrap_or(0))
}

/// The checks that the server can make of itself: roll-ups against a count of the raw rows.
///
/// # Errors
/// When the server refuses.
pub async fn raw_rows(desk: &Client, found: &mut Found) -> Result<()> {
    let answer: Value = desk.get("/api/v1/stats/verification").await?;
    for what in ["people_differences", "scan_differences"] {
        let differences = Counts::from([(what.to_owned(), answer[what].as_i64().unwrap_or(-1))]);
        found.compare(
            "roll-ups against raw rows",
            &differences,
            &Counts::from([(what.to_owned(), 0)]),
        );
    }
    Ok(())
}

/// Scans of a division over the last eleven months of the server's clock.
async fn scan_stats(desk: &Client, division: &str, by: &str) -> Result<Value> {
    let now = api::server_time(desk).await?;
    let from = now - jiff::SignedDuration::from_hours(330 * 24);
    let to = now + jiff::SignedDuration::from_hours(24);
    desk.get(&format!(
        "/api/v1/stats/scans?division={division}&by={by}&from={from:.0}&to={to:.0}"
    ))
    .await
}

fn rows_of(answer: &Value) -> Vec<Value> {
    answer["rows"].as_array().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_number_is_compared_and_differences_are_named() {
        let whole =
            counts_of(&json!({"people": 5, "colour": {"green": 4, "red": 1}, "code": "440310"}));
        let parts = [
            json!({"code": "1", "total": {"people": 3, "colour": {"green": 3, "red": 0}}}),
            json!({"code": "2", "people": 2, "colour": {"green": 1, "red": 0}}),
        ];
        let mut found = Found::default();
        found.compare("people of 440310", &whole, &sum_of(parts.iter()));
        assert_eq!(found.compared, 3);
        assert_eq!(
            found.differences,
            ["people of 440310: colour.red is 1 but its parts sum to 0"]
        );
    }

    #[test]
    fn a_number_that_only_the_parts_have_is_a_difference() {
        let mut found = Found::default();
        found.compare(
            "x",
            &Counts::new(),
            &Counts::from([("people".to_owned(), 1)]),
        );
        assert_eq!(found.differences.len(), 1);
    }
}
