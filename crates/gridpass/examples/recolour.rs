//! How quickly everybody is coloured anew when the rules change: fills a private database with
//! synthetic people, puts a version into force that changes a share of them, and measures until
//! every row, count and notice is written. Prints one JSON object. For `make bench`.
//!
//!   recolour --data-dir DIR --mode demo [--people N]

mod site;

use std::io::Write;
use std::time::Instant;

use clap::Parser;
use gridpass::app::App;
use gridpass::facts::recolour;
use gridpass_rules::default_rule_set;

use site::Site;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    site: Site,
    /// People in the database
    #[arg(long, default_value_t = 1_000_000)]
    people: i64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (store, assembled) = arguments.site.open().await?;
    let app = &assembled.app;
    fill(app, arguments.people).await?;
    // A twentieth of them has only a declared residence.
    let some = run(app, 2, ("declared,-,yellow", "declared,-,green")).await?;
    let all = run(app, 3, ("verified,-,green", "verified,-,yellow")).await?;
    let result = serde_json::json!({
        "people": arguments.people,
        "some_changed": some.0, "some_s": some.1,
        "all_changed": all.0, "all_s": all.1,
    });
    writeln!(std::io::stdout().lock(), "{result}")?;
    store.close().await;
    Ok(())
}

/// Puts a version with one row changed into force and colours until nothing is left; how many
/// were told, and the seconds it took.
async fn run(app: &App, version: i32, (from, to): (&str, &str)) -> anyhow::Result<(i64, f64)> {
    let rules = default_rule_set();
    let colour = String::from_utf8(rules.colour.to_csv())?;
    anyhow::ensure!(colour.contains(from), "the table has another form");
    let (colour, gate) = (
        colour.replace(from, to),
        String::from_utf8(rules.gate.to_csv())?,
    );
    let db = app.db.client().await?;
    let told = "SELECT count(*) FROM notice";
    let before: i64 = db.query_one(told, &[]).await?.get(0);
    // Straight into the table that decides: the steps before are no part of the measure.
    let sql = "INSERT INTO rule_set (rule_set_version, colour_csv, gate_csv, content_sha256, note, created_at)
        VALUES ($1, $2, $3, '', 'bench', $4)";
    db.execute(sql, &[&version, &colour, &gate, &app.now()])
        .await?;
    let sql = "WITH bump AS (UPDATE epoch SET value = value + 1 WHERE name = 'rules')
        INSERT INTO rule_set_activation (activation_id, rule_set_version, activated_at) VALUES ($1, $2, $3)";
    let begun = Instant::now();
    db.execute(sql, &[&app.ids.next(), &version, &app.now()])
        .await?;
    while recolour::round(app.clone()).await? {}
    let seconds = begun.elapsed().as_secs_f64();
    let after: i64 = db.query_one(told, &[]).await?.get(0);
    Ok((after - before, seconds))
}

/// People of whom one in twenty has a declared residence and all others a verified one.
async fn fill(app: &App, people: i64) -> anyhow::Result<()> {
    let db = app.db.client().await?;
    // Identities are spread evenly, as random ones are. Preparation; only what follows is measured.
    let sql = "INSERT INTO person_state (person_id, pass_serial, place_code, case_status, quarantine, contact, health,
            stay, exempt, registry, residence, employment, checked, enclosure_id, employer_ids, valid_from, valid_until,
            colour, rule_id, rule_set_version, changed_at)
        SELECT g * (9007199254740991 / $1::bigint), g,
            '440310' || lpad((1 + g % 6)::text, 3, '0') || lpad((1 + g / 6 % 4)::text, 3, '0') || lpad((g / 24 % 40)::text, 3, '0'),
            0, 0, 0, CASE WHEN g % 4 = 0 THEN 1 ELSE 0 END, 0, false, CASE WHEN g % 3 = 0 THEN 1 ELSE 0 END,
            CASE WHEN g % 20 = 0 THEN 1 ELSE 2 END, 0, false, 1 + g % 233, '{}', '1970-01-01Z', NULL,
            CASE WHEN g % 20 = 0 THEN 1 ELSE 0 END, CASE WHEN g % 20 = 0 THEN 'A13' ELSE 'A11' END, 1, $2
        FROM generate_series(1, $1::bigint) AS g";
    db.execute(sql, &[&people, &app.now()]).await?;
    let owner = app.db.owner().await?;
    owner.batch_execute("VACUUM (ANALYZE) person_state").await?;
    Ok(())
}
