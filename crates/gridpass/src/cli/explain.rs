//! `gridpass explain` and `gridpass replay`: why a pass had its colour, and whether everything on
//! record follows from what was known.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use gridpass_types::ids::PersonId;
use jiff::Timestamp;

use super::audit_log::with_app;
use super::{CommandError, block_on};
use crate::app::App;
use crate::audit;
use crate::backtest::{self, Span};
use crate::config::{DataConfig, SiteConfig};
use crate::facts::{self, ExplainedView};
use crate::ids::Entropy;
use crate::people;

#[derive(Args)]
pub struct ExplainCommand {
    #[command(flatten)]
    data: DataConfig,
    #[command(flatten)]
    site: SiteConfig,
    /// The person
    #[arg(long, value_name = "ID", conflicts_with = "serial")]
    person: Option<i64>,
    /// Or the serial of the pass
    #[arg(long, value_name = "N", required_unless_present = "person")]
    serial: Option<i32>,
    /// A past instant; now when absent
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// For whom: plain words, facts, or state and rows as JSON
    #[arg(long, value_enum, default_value_t = Level::Person)]
    level: Level,
}

#[derive(Clone, Copy, ValueEnum)]
enum Level {
    /// Plain words
    Person,
    /// With the facts
    Worker,
    /// Everything, as JSON
    Auditor,
}

#[derive(Args)]
pub struct ReplayCommand {
    #[command(flatten)]
    data: DataConfig,
    #[command(flatten)]
    site: SiteConfig,
    /// Scans from this instant on
    #[arg(long, value_name = "TIME")]
    from: Timestamp,
    /// Up to this one; now when absent
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
}

/// Explains a decision. The look is on record like every other.
pub fn explain(command: ExplainCommand, entropy: Entropy) -> Result<ExitCode, CommandError> {
    let ExplainCommand {
        data,
        site,
        person,
        serial,
        at,
        level,
    } = command;
    let view = block_on(with_app(&data, &site, entropy, async |app| {
        audit::as_job(app, "command/explain", find(app, (person, serial), at)).await
    }))?;
    write_view(&view, level)?;
    Ok(ExitCode::SUCCESS)
}

async fn find(
    app: &App,
    (person, serial): (Option<i64>, Option<i32>),
    at: Option<Timestamp>,
) -> anyhow::Result<ExplainedView> {
    let now = app.now();
    let at = at.unwrap_or(now);
    anyhow::ensure!(at <= now, "the instant lies in the future");
    let tx = app.db.tx().await?;
    let found = match (person, serial) {
        (Some(id), _) => Some(PersonId::new(id)),
        (None, Some(serial)) => people::find_by_serial(&tx, serial).await?,
        (None, None) => None,
    };
    let person_id = found.context("nobody has this serial")?;
    people::get(&tx, person_id).await?;
    let view = facts::explain(&tx, app, person_id, at).await?;
    audit::subject(person_id);
    tx.commit().await?;
    Ok(view)
}

fn write_view(view: &ExplainedView, level: Level) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if let Level::Auditor = level {
        let text = serde_json::to_string_pretty(view).map_err(std::io::Error::other)?;
        return writeln!(out, "{text}");
    }
    let (decision, plain) = (&view.decision, &view.plain);
    let (colour, rule) = (decision.colour, &decision.rule);
    writeln!(
        out,
        "{colour} ({}), rule {rule} of version {}, as of {}",
        decision.reason, decision.rule_set_version, decision.decided_at
    )?;
    writeln!(out, "{}\n{}", plain.why_zh, plain.why_en)?;
    writeln!(out, "办理: {} / who acts: {}", plain.who_zh, plain.who_en)?;
    writeln!(out, "{}\n{}", plain.do_zh, plain.do_en)?;
    if let Some(by) = plain.by {
        writeln!(out, "应于 {by} 前上门 / a visit is due by {by}")?;
    }
    if let Some(at) = plain.changes_at {
        writeln!(out, "{at} 重新核定 / looked at again {at}")?;
    }
    if let Level::Worker = level {
        for fact in &view.facts {
            let kind = serde_json::to_value(&fact.fact.fact).map_err(std::io::Error::other)?;
            writeln!(
                out,
                "fact {}: {}; source {}, {} h old{}{}",
                fact.fact.fact.id,
                kind["kind"].as_str().unwrap_or_default(),
                fact.fact.source,
                fact.age_hours,
                if fact.live { "" } else { ", withdrawn" },
                if fact.decisive { ", decides" } else { "" },
            )?;
        }
    }
    Ok(())
}

/// Replays every scan of a span; ends with 1 when one comes out otherwise.
pub fn replay(command: ReplayCommand, entropy: Entropy) -> Result<ExitCode, CommandError> {
    let ReplayCommand {
        data,
        site,
        from,
        to,
    } = command;
    let report = block_on(with_app(&data, &site, entropy, async |app| {
        let to = to.unwrap_or_else(|| app.now());
        Ok(backtest::replay(app, Span { from, to }).await?)
    }))?;
    let mut out = std::io::stdout().lock();
    for one in &report.told {
        writeln!(
            out,
            "person {} at gate {}, {}: on record {}, replayed {}",
            one.person_id, one.gate_id, one.at, one.recorded, one.replayed
        )?;
    }
    writeln!(
        out,
        "{} scans replayed, {} differ, {} took facts of the same seconds",
        report.scans, report.differences, report.in_flight
    )?;
    Ok(match report.differences {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}
