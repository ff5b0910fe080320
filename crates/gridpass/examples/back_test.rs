//! How quickly a rule set is tried on a whole population: fills a private database with synthetic
//! people and measures a back-test from the claim to the stored card. Prints one JSON object. For
//! `make bench`.
//!
//!   back_test --data-dir DIR --mode demo [--people N]

mod site;

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use clap::Parser;
use gridpass::app::App;
use gridpass::backtest::model::{Asked, Assumptions};
use gridpass::backtest::{jobs, record_of, store};
use gridpass::rules::content_sha256;
use gridpass_rules::{RuleSet, default_rule_set};
use gridpass_types::ids::{RuleSetVersion, StaffId};

use site::Site;

/// Back-tests measured; the median counts.
const RUNS: usize = 5;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    site: Site,
    /// People in the database
    #[arg(long, default_value_t = 550_000)]
    people: i64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (store, assembled) = arguments.site.open().await?;
    let app = &assembled.app;
    fill(app, arguments.people).await?;
    let mut seconds = Vec::new();
    for _ in 0..RUNS {
        seconds.push(back_test(app, arguments.people).await?);
    }
    seconds.sort_by(f64::total_cmp);
    let result = serde_json::json!({
        "back_test_people": arguments.people,
        "back_test_s": seconds[RUNS / 2],
        "back_test_slowest_s": seconds[RUNS - 1],
    });
    writeln!(std::io::stdout().lock(), "{result}")?;
    store.close().await;
    Ok(())
}

/// Tries tables by which declared residences are green, and says how long it took.
async fn back_test(app: &App, people: i64) -> anyhow::Result<f64> {
    let rules = default_rule_set();
    let colour = String::from_utf8(rules.colour.to_csv())?.replace(
        "declared,-,yellow,residence_unverified",
        "declared,-,green,residence_unverified",
    );
    let tried = RuleSet::from_csv(
        RuleSetVersion::new(0),
        colour.as_bytes(),
        &rules.gate.to_csv(),
    );
    let asked = Asked {
        version: None,
        rules: Arc::new(tried.map_err(|errors| anyhow::anyhow!("{errors:?}"))?),
        divisions: Vec::new(),
        scan_days: 0,
        assumptions: Assumptions::default(),
    };
    let db = app.db.client().await?;
    store::insert(&db, app.ids.next(), &asked, (app.now(), StaffId::new(1))).await?;
    let begun = Instant::now();
    anyhow::ensure!(jobs::run_waiting(app.clone()).await?, "nothing was waiting");
    let seconds = begun.elapsed().as_secs_f64();
    let gate = String::from_utf8(rules.gate.to_csv())?;
    let record = record_of(&db, &content_sha256(&colour, &gate)).await?;
    let record = record.context("the back-test broke off")?;
    anyhow::ensure!(record.people == people, "{} people", record.people);
    anyhow::ensure!(record.changed > 0, "nobody changes");
    Ok(seconds)
}

/// People as a district has them: most verified, some declared, some at work, a few ill.
async fn fill(app: &App, people: i64) -> anyhow::Result<()> {
    let db = app.db.client().await?;
    // Identities are spread evenly, as random ones are. Preparation; only what follows is measured.
    let sql = "INSERT INTO person_state (person_id, pass_serial, place_code, case_status, quarantine, contact, health,
            stay, exempt, registry, residence, employment, checked, enclosure_id, employer_ids, valid_from, valid_until,
            colour, rule_id, rule_set_version, changed_at)
        SELECT g * (9007199254740991 / $1::bigint), g,
            '440310' || lpad((1 + g % 6)::text, 3, '0') || lpad((1 + g / 6 % 4)::text, 3, '0') || lpad((g / 24 % 40)::text, 3, '0'),
            0, CASE WHEN g % 900 = 0 THEN 1 ELSE 0 END, CASE WHEN g % 700 = 0 THEN 2 ELSE 0 END,
            CASE WHEN g % 1000 = 0 THEN 3 WHEN g % 200 = 0 THEN 2 WHEN g % 4 = 0 THEN 1 ELSE 0 END,
            CASE WHEN g % 300 = 0 THEN 1 ELSE 0 END, g % 5000 = 0, CASE WHEN g % 3 = 0 THEN 1 ELSE 0 END,
            CASE WHEN g % 6 = 0 THEN 1 WHEN g % 20 = 1 THEN 0 ELSE 2 END,
            CASE WHEN g % 5 = 0 THEN 2 ELSE 0 END, g % 50 = 0,
            CASE WHEN g % 20 <> 1 OR g % 6 = 0 THEN 1 + (g % 24) * 10 + g / 24 % 10 END,
            CASE WHEN g % 5 = 0 THEN ARRAY[1 + g % 1200]::bigint[] ELSE '{}' END,
            '1970-01-01Z', CASE WHEN g % 4 = 0 THEN $2::timestamptz + interval '2 days' END, 0, 'A11', 1, $2
        FROM generate_series(1, $1::bigint) AS g";
    db.execute(sql, &[&people, &app.now()]).await?;
    let sql = "INSERT INTO person (person_id, pass_serial, document_type, document_number_sealed, name_sealed,
            phone_sealed, number_digest, name_digest, phone_digest, birth_year, sex, origin_province, source, created_at,
            digest_key)
        SELECT g * (9007199254740991 / $1::bigint), g, 'resident_id', decode(repeat('ab', 51), 'hex'), decode(repeat('ab', 42), 'hex'),
            decode(repeat('ab', 44), 'hex'), decode(repeat('cd', 16), 'hex'), decode(repeat('cd', 16), 'hex'),
            decode(repeat('cd', 16), 'hex'), 1930 + g % 90, 1 + g % 2, (11 + g % 5 * 10 + g % 4)::text, 'population', $2, 1
        FROM generate_series(1, $1::bigint) AS g";
    db.execute(sql, &[&people, &app.now()]).await?;
    let owner = app.db.owner().await?;
    for table in ["person_state", "person"] {
        owner
            .batch_execute(&format!("VACUUM (ANALYZE) {table}"))
            .await?;
    }
    Ok(())
}
