//! Files that wait for a person: the breaker between a registry and people's colours.
//!
//! A chunk is counted before it is committed, together with what imports have flipped in the
//! community within the hour before: many small files add up. The one that goes beyond a limit is
//! undone, and nothing after it is taken: what was taken before stays below the limit. The same
//! file again changes nothing twice, so after a release it is simply sent again; what a release
//! flips was decided by a person and counts against nobody.

use std::collections::BTreeMap;

use gridpass_types::ids::RegistryImportId;
use jiff::SignedDuration;

use super::model::{HoldReason, HoldView};
use super::store;
use crate::app::App;
use crate::db::Client;
use crate::facts::Appended;
use crate::http::error::ApiResult;

/// Flips of so long add up.
const FLIPS_WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// Digits of a community's code.
const COMMUNITY_DIGITS: usize = 12;
/// How many times the usual size is too much.
const SIZE_FACTOR: i64 = 10;
/// Rows below which no file is too large.
const SIZE_ROWS_MIN: i64 = 10_000;

/// What is counted of a file, and against what.
pub struct Breaker {
    /// Rows of a usual file of this source; `None` while there are too few to tell.
    usual_rows: Option<i64>,
    rows: i64,
    /// A person has released this file: it is counted and not held.
    released: bool,
}

impl Breaker {
    /// For a file of a source.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn new(db: &Client, source: &str, released: bool) -> ApiResult<Self> {
        Ok(Self {
            usual_rows: store::find_usual_rows(db, source).await?,
            rows: 0,
            released,
        })
    }

    /// Counts a chunk that is not committed yet; a hold when it goes beyond a limit.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count(
        &mut self,
        tx: &Client,
        app: &App,
        (rows, flips): (i64, &Flips),
    ) -> ApiResult<Option<HoldView>> {
        if self.released {
            return Ok(None);
        }
        let rows = self.rows + rows;
        if let Some(usual) = self.usual_rows
            && rows > SIZE_ROWS_MIN.max(usual.saturating_mul(SIZE_FACTOR))
        {
            return Ok(Some(HoldView::new(HoldReason::Size, rows, usual)));
        }
        let since = app.now() - FLIPS_WINDOW;
        let communities: Vec<&str> = flips.0.keys().map(String::as_str).collect();
        let earlier = store::count_flips(tx, &communities, since).await?;
        for (community, new) in &flips.0 {
            let all = earlier.get(community).unwrap_or(&0) + new;
            if all < i64::from(app.settings.hold.people_min) {
                continue;
            }
            let people = store::count_people(tx, community).await?;
            if app.settings.hold.is_above(people, all) {
                let mut hold = HoldView::new(HoldReason::Flips, all, people);
                hold.community = Some(community.clone());
                return Ok(Some(hold));
            }
        }
        Ok(None)
    }

    /// A chunk that was counted is committed.
    pub fn committed(&mut self, rows: i64) {
        self.rows += rows;
    }

    /// A hold for a file that ended with nothing in it, where there usually is something.
    pub fn ended(&self) -> Option<HoldView> {
        let usual = self.usual_rows.filter(|usual| *usual > 0)?;
        (self.rows == 0).then(|| HoldView::new(HoldReason::Empty, 0, usual))
    }
}

/// People whose colour a chunk changes, by community.
#[derive(Default)]
pub struct Flips(BTreeMap<String, i64>);

impl Flips {
    /// Counts those among changed people.
    pub fn add(&mut self, changed: &[Appended]) {
        for one in changed.iter().filter(|one| one.before != one.row.colour) {
            let community = one.row.place_code[..COMMUNITY_DIGITS].to_owned();
            *self.0.entry(community).or_default() += 1;
        }
    }

    /// By column: communities in order, and how many people of each.
    pub fn columns(&self) -> (Vec<&str>, Vec<i64>) {
        self.0
            .iter()
            .map(|(community, flips)| (community.as_str(), *flips))
            .unzip()
    }
}

/// Notes a hold.
///
/// # Errors
/// When the database does not answer.
pub async fn note(app: &App, import_id: RegistryImportId, hold: &HoldView) -> ApiResult<()> {
    tracing::warn!(
        import = import_id.get(),
        reason = hold.reason.as_str(),
        count = hold.count,
        of = hold.of,
        "an import is held"
    );
    let tx = app.db.tx().await?;
    store::hold_import(&tx, import_id, hold, app.now()).await?;
    tx.commit().await?;
    Ok(())
}
