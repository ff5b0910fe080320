//! Everybody's colour by the serial of the pass, as a scan at this moment would give it.

use gridpass_types::Colour;
use jiff::Timestamp;

use super::held::load_known;
use super::store;
use super::store::colours::each_state_since;
use crate::app::App;
use crate::db::Client;
use crate::http::error::ApiResult;
use crate::rules::{InForce, Scopes};

/// Up to where a reading came: what is committed later has a number from here on, or another epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadUpTo {
    /// Transactions below this number were seen.
    pub transaction: i64,
    /// The rules by which was coloured.
    pub rules_epoch: i64,
}

/// Calls back with serial and colour of those whose colour may have changed since an earlier
/// reading: of everybody when there was none, or the rules are others now. Sees everything
/// committed before `now`.
///
/// # Errors
/// When the database does not answer.
pub async fn each_colour_since(
    db: &Client,
    app: &App,
    (since, now): (Option<ReadUpTo>, Timestamp),
    mut each: impl FnMut(i32, Colour),
) -> ApiResult<ReadUpTo> {
    // Before the rows, so that whatever is committed meanwhile is read again the next time.
    let scopes = app.part::<InForce>().current(db).await?;
    let (transaction, _) = store::recolour::transactions(db).await?;
    let since = since.filter(|since| since.rules_epoch == scopes.epoch());
    let mut outdated = Vec::new();
    each_state_since(db, since.map(|since| since.transaction), now, |row| {
        let at = row.changed_at.max(now);
        if row.holds_at(at) {
            let rules = scopes.at(&row.place_code);
            let colour = rules.decide_colour(&row.state, row.counted_at(at)).colour;
            each(row.pass_serial.get(), colour);
        } else {
            outdated.push((
                row.person_id.get(),
                row.pass_serial.get(),
                row.place_code,
                row.changed_at,
            ));
        }
    })
    .await?;
    for people in outdated.chunks(OUTDATED_ROWS_MAX) {
        derive_anew(db, &scopes, (people, now), &mut each).await?;
    }
    Ok(ReadUpTo {
        transaction,
        rules_epoch: scopes.epoch(),
    })
}

/// Rows derived from their facts at a time.
const OUTDATED_ROWS_MAX: usize = 1000;

/// Identity, serial, place and last change of somebody whose stored state is past.
type Outdated = (i64, i32, String, Timestamp);

async fn derive_anew(
    db: &Client,
    scopes: &Scopes,
    (people, now): (&[Outdated], Timestamp),
    each: &mut impl FnMut(i32, Colour),
) -> ApiResult<()> {
    let ids: Vec<i64> = people.iter().map(|(person_id, ..)| *person_id).collect();
    let known = load_known(db, &ids).await?;
    for (person_id, serial, place_code, changed_at) in people {
        let (known, at) = (&known[person_id], now.max(*changed_at));
        let state = known.derive(at).state;
        let rules = scopes.at(place_code);
        each(
            *serial,
            rules.decide_colour(&state, known.counted_at(at)).colour,
        );
    }
    Ok(())
}
