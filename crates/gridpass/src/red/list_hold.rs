//! Whether a list is held, and entering it: the breaker between a file and many red passes.

use std::collections::BTreeMap;

use gridpass_types::ids::RedListId;

use super::list_model::{ListHold, ListHoldView, ListStatus, RedList};
use super::lists::{common_prefix, tell};
use super::model::{PROPOSAL_LIFE, Proposal, ProposalStatus};
use super::propose;
use super::store::{self, lists as list_store};
use crate::app::App;
use crate::auth::Caller;
use crate::db::Tx;
use crate::http::error::{ApiError, ApiResult};

/// How many times the usual size is too much.
const SIZE_FACTOR: i64 = 10;
/// Digits of a community's code.
const COMMUNITY_DIGITS: usize = 12;

/// Notes a list without anybody, where lists of the unit usually have somebody: most likely
/// something went wrong at the source, and somebody above looks at it.
///
/// # Errors
/// When the database does not answer.
pub async fn enter_empty(tx: &Tx, app: &App, caller: &Caller, usual: i64) -> ApiResult<RedList> {
    let hold = ListHoldView {
        reason: ListHold::Empty,
        count: 0,
        of: usual,
        community: None,
    };
    let place = caller.jurisdiction.clone();
    let list = new_list(app, caller, (place, 0), Some(hold));
    list_store::insert_list(tx, &list).await?;
    tell(tx, &list).await?;
    Ok(list.seen_by(caller, app.now()))
}

fn new_list(
    app: &App,
    caller: &Caller,
    (place_code, people): (String, i32),
    hold: Option<ListHoldView>,
) -> RedList {
    let now = app.now();
    RedList {
        list_id: RedListId::new(app.ids.next()),
        place_code,
        status: match hold {
            Some(_) => ListStatus::Held,
            None => ListStatus::Open,
        },
        people,
        held: hold.is_some(),
        hold,
        submitted_at: now,
        submitted_by: caller.staff_id,
        submitted_unit: caller.unit.clone(),
        lapses_at: now + PROPOSAL_LIFE,
        approved_at: None,
        approved_by: None,
        approved_unit: None,
        hindrance: None,
    }
}

/// Why a list of these proposals is held, if it is.
async fn hold_for(
    tx: &Tx,
    app: &App,
    caller: &Caller,
    (proposals, usual): (&[Proposal], Option<i64>),
) -> ApiResult<Option<ListHoldView>> {
    let people = i64::try_from(proposals.len()).map_err(ApiError::internal)?;
    let hold = |reason, (count, of), community| ListHoldView {
        reason,
        count,
        of,
        community,
    };
    if !propose::within_cap(tx, app, caller, people).await? {
        let cap = i64::from(app.settings.red_people_per_hour);
        return Ok(Some(hold(ListHold::Cap, (people, cap), None)));
    }
    if let Some(usual) = usual
        && people > usual.saturating_mul(SIZE_FACTOR)
    {
        return Ok(Some(hold(ListHold::Size, (people, usual), None)));
    }
    let mut communities: BTreeMap<&str, i64> = BTreeMap::new();
    for proposal in proposals {
        let community = &proposal.place_code[..COMMUNITY_DIGITS];
        *communities.entry(community).or_default() += 1;
    }
    let codes: Vec<&str> = communities.keys().copied().collect();
    let known = list_store::count_people(tx, &codes).await?;
    let above = communities.iter().find_map(|(community, count)| {
        let of = known.get(*community).copied().unwrap_or(0);
        let limit = app.settings.hold;
        let held = || hold(ListHold::Share, (*count, of), Some((*community).to_owned()));
        limit.is_above(of, *count).then(held)
    });
    Ok(above)
}

/// Stores list and proposals; held when there are too many of them in some way.
///
/// # Errors
/// When the database does not answer, or a person has an open proposal for the same reason.
pub async fn enter(
    tx: &Tx,
    app: &App,
    caller: &Caller,
    (proposals, usual): (Vec<Proposal>, Option<i64>),
) -> ApiResult<Option<RedList>> {
    let Some(place_code) = common_prefix(proposals.iter().map(|each| each.place_code.as_str()))
    else {
        return Ok(None);
    };
    let people = i32::try_from(proposals.len()).map_err(ApiError::internal)?;
    let hold = hold_for(tx, app, caller, (&proposals, usual)).await?;
    let list = new_list(app, caller, (place_code, people), hold);
    list_store::insert_list(tx, &list).await?;
    for mut proposal in proposals {
        proposal.list_id = Some(list.list_id);
        if list.held {
            proposal.status = ProposalStatus::Held;
        }
        store::insert_proposal(tx, &proposal)
            .await
            .map_err(propose::one_open)?;
    }
    tell(tx, &list).await?;
    Ok(Some(list.seen_by(caller, app.now())))
}
