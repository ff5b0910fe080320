//! Issuing to phones, and taking back what was issued to phones and on paper.
//!
//! Credentials carry whole seconds. One that voids another is therefore issued at least a
//! second after it, if need be a moment ahead of the clock, which every gate allows for.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_passcode::{Credential, NewCredential, PublicKey};
use gridpass_types::Colour;
use gridpass_types::ids::{PassSerial, PersonId};
use jiff::{SignedDuration, Timestamp};

use super::keys::{Keys, server_secret};
use super::model::{CredentialInput, CredentialView};
use super::store::{self, PassRow};
use crate::access::RevokePasses;
use crate::app::App;
use crate::auth::Authorised;
use crate::db::{Client, Tx};
use crate::facts;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::jobs::outbox::{FollowUp, Handling};
use crate::people::{self, Holder, Person};

/// The step in which credentials count time.
pub(super) const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// Keys of ended phones kept with a pass, at most.
const VOID_KEYS_MAX: usize = 16;

/// Issues a credential to the holder's phone, for the holder or a dependant without a phone of
/// their own. A phone with a new key takes the place of the one before, whose credentials no
/// longer count; several guardians' phones show a dependant's pass side by side.
#[utoipa::path(post, path = "/api/v1/pass/credential", operation_id = "issue_credential", tag = "passes",
    security(("holder" = [])), request_body = CredentialInput,
    responses((status = 201, body = CredentialView), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn issue_credential(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<CredentialInput>,
) -> ApiResult<(StatusCode, Json<CredentialView>)> {
    let key = input.key()?;
    let person_id = people::on_phone(&app, holder, input.pass_serial).await?;
    if person_id != holder.person_id {
        // Their own phone's code would be void from here on.
        let db = app.db.client().await?;
        if people::has_own_phone(&db, &app, person_id).await? {
            return Err(Code::HasOwnPhone.into());
        }
    }
    let carrier = Some(holder.person_id).filter(|carrier| *carrier != person_id);
    let credential = issue_phone(&app, (person_id, carrier), key).await?;
    let mac_key = credential.mac_key(&server_secret(&app)).to_bytes();
    Ok((
        StatusCode::CREATED,
        Json(CredentialView {
            credential: URL_SAFE_NO_PAD.encode(credential.bytes()),
            mac_key: URL_SAFE_NO_PAD.encode(*mac_key),
            issued_at: credential.issued_at(),
            expires_at: credential.expires_at(),
            server_time: app.now(),
        }),
    ))
}

async fn issue_phone(
    app: &App,
    (person_id, carrier): (PersonId, Option<PersonId>),
    key: PublicKey,
) -> ApiResult<Credential> {
    let tx = app.db.tx().await?;
    let mut row = store::lock_pass(&tx, person_id).await?;
    let (serial, colour) = now_shown(&tx, app, person_id).await?;
    let now = whole_second(app.now())?;
    let issued_at = match carrier {
        None => admit_phone(&mut row, &key, now),
        Some(carrier) => {
            let key = key.to_bytes().to_vec();
            let both = (person_id, carrier);
            let before = store::replace_carrier_key(&tx, both, &key, now).await?;
            admit_carrier(&mut row, (before, &key), now)
        }
    };
    let new = NewCredential::phone(person_id, serial, colour, key);
    let ring = app.part::<Keys>().ring();
    let credential = ring
        .issuer
        .issue(&new, issued_at)
        .map_err(ApiError::internal)?;
    store::update_pass(&tx, person_id, &row).await?;
    tx.commit().await?;
    Ok(credential)
}

/// Notes the phone in the person's row; answers the time of issue.
fn admit_phone(row: &mut PassRow, key: &PublicKey, now: Timestamp) -> Timestamp {
    let key = key.to_bytes().to_vec();
    let mut issued_at = counting(row, now);
    if row.device_key.as_ref() != Some(&key) {
        issued_at = after(issued_at, row.credential_issued_at);
        void_all(row, issued_at);
        row.device_key = Some(key);
    }
    row.credential_issued_at = Some(issued_at);
    issued_at
}

/// Notes in the person's row that a guardian's phone shows the pass; answers the time of issue. The
/// person's own phone, and what this guardian's phone before this one showed, are void; what other
/// guardians' phones show is not.
fn admit_carrier(
    row: &mut PassRow,
    (before, key): (Option<Vec<u8>>, &[u8]),
    now: Timestamp,
) -> Timestamp {
    let mut issued_at = counting(row, now);
    let own = row.device_key.take();
    if own.is_some() {
        issued_at = after(issued_at, row.credential_issued_at);
        void_all(row, issued_at);
    }
    if let Some(before) = before.filter(|before| before != key) {
        issued_at = after(issued_at, row.credential_issued_at);
        void_key(row, before, issued_at);
    }
    row.void_keys.retain(|void| void != key);
    row.credential_issued_at = row.credential_issued_at.max(Some(issued_at));
    issued_at
}

/// The first time from `now` on at which what is issued counts at every gate.
fn counting(row: &PassRow, now: Timestamp) -> Timestamp {
    let from = row.carried_from.unwrap_or(row.not_before);
    now.max(row.not_before).max(from)
}

/// Voids what was issued to all phones before `at`; no single key needs to be known any more.
fn void_all(row: &mut PassRow, at: Timestamp) {
    row.not_before = at;
    row.void_keys.clear();
}

/// Voids what was issued to one guardian's phone. More keys than are kept end all phones.
fn void_key(row: &mut PassRow, key: Vec<u8>, at: Timestamp) {
    if row.void_keys.len() >= VOID_KEYS_MAX {
        return void_all(row, at);
    }
    row.void_keys.push(key);
    row.carried_from = Some(at);
}

/// At least a second after what was issued before.
pub(super) fn after(at: Timestamp, before: Option<Timestamp>) -> Timestamp {
    before.map_or(at, |before| at.max(before + SECOND))
}

pub(super) fn whole_second(at: Timestamp) -> ApiResult<Timestamp> {
    Timestamp::from_second(at.as_second()).map_err(ApiError::internal)
}

/// Serial and colour of a person's pass as of now.
pub(super) async fn now_shown(
    db: &Client,
    app: &App,
    person_id: PersonId,
) -> ApiResult<(PassSerial, Colour)> {
    let rows = facts::read_states(db, &[person_id.get()]).await?;
    let serial = rows.first().ok_or(Code::PersonUnknown)?.pass_serial;
    let replayed = facts::state_at(db, app, person_id, app.now()).await?;
    Ok((serial, replayed.decision.colour))
}

/// Voids everything issued to a person so far, on phone and paper, at every gate that is
/// online from the next scan on. The phone may ask for a new credential.
#[utoipa::path(post, path = "/api/v1/people/{person_id}/passes/revoke", operation_id = "revoke_passes", tag = "passes",
    security(("staff" = [])), params(("person_id" = i64, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn revoke_passes(
    State(app): State<App>,
    person: Authorised<Person, RevokePasses>,
) -> ApiResult<StatusCode> {
    let person_id = person.entity.person_id;
    let tx = person.tx(&app).await?;
    let mut row = store::lock_pass(&tx, person_id).await?;
    let next = whole_second(app.now())? + SECOND;
    let all = after(counting(&row, next), row.credential_issued_at);
    void_all(&mut row, all);
    row.paper_not_before = after(next.max(row.paper_not_before), row.paper_issued_at);
    row.device_key = None;
    store::update_pass(&tx, person_id, &row).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Voids what a guardian's phone shows of somebody, or all guardians' phones where none is named,
/// unless they have a phone of their own by now, whose key has voided it already.
pub fn end_carried<'a>(app: &'a App, tx: &'a Tx, follow_up: &'a FollowUp) -> Handling<'a> {
    Box::pin(async move {
        let person_id = follow_up.person_id;
        let failed = |error| anyhow::anyhow!("ending a carried pass: {error:?}");
        let moved = people::has_own_phone(tx, app, person_id).await;
        if moved.map_err(failed)? {
            return Ok(());
        }
        let mut row = store::lock_pass(tx, person_id).await?;
        let next = whole_second(app.now()).map_err(failed)? + SECOND;
        let at = after(counting(&row, next), row.credential_issued_at);
        match people::carrier_named(&follow_up.payload) {
            Some(guardian) => {
                let key = store::take_carrier_key(tx, (person_id, guardian)).await?;
                // A phone that never got a code shows none.
                let Some(key) = key else { return Ok(()) };
                void_key(&mut row, key, at);
            }
            None => {
                void_all(&mut row, at);
                row.device_key = None;
                store::delete_carrier_keys(tx, person_id).await?;
            }
        }
        store::update_pass(tx, person_id, &row).await?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridpass_passcode::SigningKey;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn row() -> PassRow {
        PassRow {
            not_before: at(0),
            paper_not_before: at(0),
            device_key: None,
            credential_issued_at: None,
            paper_issued_at: None,
            void_keys: Vec::new(),
            carried_from: None,
        }
    }

    #[test]
    fn guardians_do_not_void_each_other_and_end_an_own_phone() {
        let mut row = row();
        let own = SigningKey::from_bytes(&[1; 32]).public();
        let [hers, newer, his] = [[2; 32], [3; 32], [4; 32]];
        let admit = |row: &mut PassRow, before: Option<[u8; 32]>, key: &[u8], now| {
            admit_carrier(row, (before.map(Vec::from), key), at(now))
        };
        assert_eq!(admit_phone(&mut row, &own, at(100)), at(100));
        assert_eq!(admit(&mut row, None, &hers, 100), at(101));
        assert_eq!(row.not_before, at(101), "the own phone is void");
        assert_eq!(admit(&mut row, None, &his, 200), at(200));
        assert_eq!(admit(&mut row, Some(hers), &hers, 150), at(150));
        assert_eq!(row.not_before, at(101), "a second guardian voids nothing");
        assert_eq!(admit(&mut row, Some(hers), &newer, 200), at(201));
        assert_eq!(row.not_before, at(101), "nor does another phone of one");
        assert_eq!(row.void_keys, [hers.to_vec()], "but what hers showed is");
        assert_eq!(row.carried_from, Some(at(201)));
        assert_eq!(admit(&mut row, Some(newer), &hers, 210), at(210));
        assert_eq!(row.void_keys, [newer.to_vec()], "back on the phone before");
        assert_eq!(admit_phone(&mut row, &own, at(300)), at(300));
        assert_eq!(row.not_before, at(300), "and so does a phone of one's own");
        assert!(row.void_keys.is_empty(), "which ends every key");
    }

    #[test]
    fn more_keys_than_are_kept_end_all_phones() {
        let mut row = row();
        for key in 0..=VOID_KEYS_MAX {
            let (before, key) = (
                u8::try_from(key).unwrap(),
                [u8::try_from(key).unwrap() + 1; 32],
            );
            admit_carrier(&mut row, (Some(vec![before; 32]), &key), at(100));
        }
        assert!(row.void_keys.is_empty());
        assert!(row.not_before > at(100));
    }

    #[test]
    fn only_another_phone_voids_what_was_issued() {
        let mut row = row();
        let [first, second] = [1, 2].map(|seed| SigningKey::from_bytes(&[seed; 32]).public());
        assert_eq!(admit_phone(&mut row, &first, at(100)), at(100));
        assert_eq!(admit_phone(&mut row, &first, at(100)), at(100));
        assert_eq!(row.not_before, at(100));
        assert_eq!(admit_phone(&mut row, &first, at(500)), at(500));
        assert_eq!(row.not_before, at(100), "renewing voids nothing");
        // Another phone within the same second still voids the first one's credential.
        assert_eq!(admit_phone(&mut row, &second, at(500)), at(501));
        assert_eq!(row.not_before, at(501));
    }
}
