//! How quickly the audit log is proved: fills a private database with linked entries and
//! measures `audit::verify` on it. Prints one JSON object. For `make bench`.
//!
//!   audit_verify --data-dir DIR --mode demo [--entries N]

mod site;

use std::io::Write;
use std::time::Instant;

use anyhow::Context as _;
use clap::Parser;
use gridpass::app::App;
use gridpass::audit::{Entry, Keys, verify};
use gridpass_ledger::Chain;
use jiff::Timestamp;

use site::Site;

/// Entries written in one statement.
const BATCH: u64 = 5_000;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    site: Site,
    /// Entries in the log
    #[arg(long, default_value_t = 1_000_000)]
    entries: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (store, assembled) = arguments.site.open().await?;
    let app = &assembled.app;
    let mut chain = Chain::default();
    while chain.seq < arguments.entries {
        chain = fill(app, chain, BATCH.min(arguments.entries - chain.seq)).await?;
    }
    app.db.client().await?.batch_execute("ANALYZE").await.ok();
    let begun = Instant::now();
    let report = verify::verify(app, None)
        .await?
        .context("an untouched log")?;
    let seconds = begun.elapsed().as_secs_f64();
    let result = serde_json::json!({
        "audit_verify_entries": report.links,
        "audit_verify_s": seconds,
        "audit_verify_entries_per_s": report.links as f64 / seconds,
    });
    writeln!(std::io::stdout().lock(), "{result}")?;
    store.close().await;
    Ok(())
}

/// Entries as a day of work leaves them, with their links.
async fn fill(app: &App, mut chain: Chain, count: u64) -> anyhow::Result<Chain> {
    let key = app.part::<Keys>().newest();
    let now = Timestamp::from_microsecond(app.now().as_microsecond())?;
    let (mut entries, mut links) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let number = i64::try_from(chain.seq)? + 1;
        let mut entry = entry(number, now, key.number);
        entry.mac = key.entry_mac(&entry).to_vec();
        chain.append(&entry.leaf());
        links.push(serde_json::json!({
            "seq": chain.seq, "at": now, "entry_id": number, "leaf": hex(&entry.leaf()), "hash": hex(&chain.head),
            "key_number": key.number, "mac": hex(&key.link_mac(chain.seq, &chain.head)),
        }));
        entries.push(serde_json::to_value(&entry)?);
    }
    // The rows as JSON: this is preparation, only what follows is measured.
    let db = app.db.client().await?;
    let entries = serde_json::Value::Array(entries);
    let sql = "INSERT INTO audit_entry
        SELECT e.entry_id, e.at, e.actor, e.actor_id, e.unit, e.role, e.jurisdiction, e.purpose, e.action, e.subjects,
            e.object, e.result, e.code, e.origin, e.session, e.reference, e.key_number, decode(m.mac, 'hex')
        FROM jsonb_array_elements($1) AS j (one),
            LATERAL jsonb_populate_record(NULL::audit_entry, j.one - 'mac') AS e,
            LATERAL (SELECT j.one ->> 'mac') AS m (mac)";
    db.execute(sql, &[&entries]).await?;
    let sql = "INSERT INTO audit_link
        SELECT (l ->> 'seq')::bigint, (l ->> 'at')::timestamptz, (l ->> 'entry_id')::bigint, decode(l ->> 'leaf', 'hex'),
            decode(l ->> 'hash', 'hex'), (l ->> 'key_number')::smallint, decode(l ->> 'mac', 'hex')
        FROM jsonb_array_elements($1) AS j (l)";
    db.execute(sql, &[&serde_json::Value::Array(links)]).await?;
    Ok(chain)
}

fn hex(bytes: &[u8]) -> String {
    gridpass::audit::digests::hex(bytes)
}

fn entry(number: i64, at: Timestamp, key_number: i16) -> Entry {
    Entry {
        entry_id: number,
        at,
        actor: "staff".into(),
        actor_id: 1_000 + number % 500,
        unit: Some("六联社区居委会".into()),
        role: Some("grid_worker".into()),
        jurisdiction: "440310001001".into(),
        purpose: "registration".into(),
        action: "get_person".into(),
        subjects: vec![number * 7_919],
        object: None,
        result: "shown".into(),
        code: None,
        origin: Some("10.0.0.1".into()),
        session: Some("0123abcd".into()),
        reference: None,
        key_number,
        mac: Vec::new(),
    }
}
