//! Moving in and out. Whom a worker has seen at their door is of its household.
//!
//! Somebody has moved out: the household of that door is theirs no more, and nobody's phone carries
//! a pass on the ground of it. Whoever moves in makes the same household, for it is the door's; so
//! neither they nor their letters open what was the former tenant's.

use gridpass_rules::words::Residence;
use gridpass_types::ids::{EnclosureId, PersonId, StaffId};

use super::address::household_of;
use super::family::ended_on;
use super::store;
use crate::app::App;
use crate::audit;
use crate::db::{Client, Tx};
use crate::facts::{self, StateRow};
use crate::http::error::ApiResult;
use crate::jobs::outbox::{self, FollowUp, Handlers, Handling, NewFollowUp};
use crate::seal::Field;

/// Outbox topic: somebody has left a household.
const TOPIC_MOVED_OUT: &str = "person.moved_out";

/// Adds the handler of the topic.
pub fn register(handlers: Handlers) -> Handlers {
    handlers.on(TOPIC_MOVED_OUT, end_links)
}

/// Takes somebody out of household and address, in the transaction that records the moving.
///
/// # Errors
/// When the database does not answer.
pub async fn move_out(
    tx: &Client,
    app: &App,
    (person_id, by): (PersonId, StaffId),
) -> ApiResult<()> {
    store::leave_household(tx, person_id, (app.now(), by)).await?;
    let told = NewFollowUp {
        person_id,
        topic: TOPIC_MOVED_OUT,
        dedupe_key: app.ids.next().to_string(),
        payload: serde_json::json!({}),
    };
    outbox::insert(tx, &[told], app.now()).await?;
    Ok(())
}

/// Puts somebody whom a worker has seen at their door into its household, in the transaction that
/// records it: where an address with a room is on record, and no household yet. Who applied on a phone
/// has none, for nobody joins one by their own word.
///
/// # Errors
/// When the database does not answer.
pub async fn move_in(
    tx: &Client,
    app: &App,
    (person_id, enclosure): (PersonId, Option<EnclosureId>),
) -> ApiResult<()> {
    let sealed = store::find_unjoined_address(tx, person_id).await?;
    let (Some(sealed), Some(enclosure)) = (sealed, enclosure) else {
        return Ok(());
    };
    let id = person_id.get();
    let address = app.sealer.open_text(Field::Address, id, &sealed)?;
    if let Some(household_id) = household_of(app, enclosure, &address) {
        store::join_household(tx, person_id, household_id).await?;
    }
    Ok(())
}

/// Ends what stood on the household: on the phones of those who stayed, and on the one that left.
fn end_links<'a>(app: &'a App, tx: &'a Tx, follow_up: &'a FollowUp) -> Handling<'a> {
    Box::pin(async move {
        let (who, now) = (follow_up.person_id, app.now());
        audit::subject(who);
        let mut carried = Vec::new();
        for guardian in store::end_household_carriers(tx, who, now).await? {
            store::unlink_dependant(tx, (guardian, who), now).await?;
            carried.push((who, guardian));
        }
        for dependant in store::end_household_links(tx, who, now).await? {
            store::end_carrier(tx, (dependant, who), now).await?;
            carried.push((dependant, who));
        }
        for (dependant, guardian) in carried {
            // A phone of their own has voided the other's code already.
            if !store::has_live_session(tx, dependant, now).await? {
                let ended = ended_on((dependant, guardian), app.ids.next());
                outbox::insert(tx, &[ended], now).await?;
            }
        }
        Ok(())
    })
}

/// Whether nothing on record says that two people do not live together: neither has moved out, and
/// their homes are not in two enclosures. What a registry has entered may know no home at all.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn may_live_together(db: &Client, people: [PersonId; 2]) -> ApiResult<bool> {
    let ids = people.map(PersonId::get);
    let states = facts::read_states(db, &ids).await?;
    Ok(together(&states))
}

fn together(states: &[StateRow]) -> bool {
    let mut homes = Vec::new();
    for row in states {
        match row.state.residence {
            Residence::Away => return false,
            Residence::None => {}
            Residence::Declared | Residence::Verified => homes.extend(row.state.enclosure),
        }
    }
    homes.dedup();
    homes.len() <= 1
}
