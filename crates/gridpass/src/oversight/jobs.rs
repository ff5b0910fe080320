//! Scores the look-ups of today and yesterday.

use gridpass_types::clock::{district_date, start_of_day};
use jiff::SignedDuration;
use jiff::civil::Date;

use super::model::{Behaviour, SCORE_MIN};
use super::store::{self, Looker, NewFinding};
use crate::app::App;

/// One round: yesterday too, for looks shortly before midnight.
pub async fn score_days(app: App) -> anyhow::Result<bool> {
    let today = district_date(app.now());
    for day in [today.yesterday()?, today] {
        score_day(&app, day).await?;
    }
    Ok(false)
}

async fn score_day(app: &App, day: Date) -> anyhow::Result<()> {
    let from = start_of_day(day);
    let to = from + SignedDuration::from_hours(24);
    let lookers = {
        let db = app.db.client().await?;
        store::list_lookers(&db, from, to).await?
    };
    for looker in lookers {
        let db = app.db.client().await?;
        let looks = store::list_looks_of(&db, looker.staff_id, from, to).await?;
        let mut people: Vec<i64> = looks.iter().map(|look| look.person_id).collect();
        people.sort_unstable();
        people.dedup();
        let Looker {
            staff_id,
            jurisdiction,
            ..
        } = &looker;
        let linked = store::list_linked(&db, *staff_id, jurisdiction, &people).await?;
        let behaviour = Behaviour::of(&looks, &linked);
        let (score, reasons) = behaviour.score();
        if score < SCORE_MIN {
            continue;
        }
        let new = NewFinding {
            finding_id: app.ids.next(),
            looker: &looker,
            day,
            score: i16::try_from(score).unwrap_or(i16::MAX),
            reasons: &reasons,
            behaviour,
            at: app.now(),
        };
        store::upsert_finding(&db, &new).await?;
    }
    Ok(())
}
