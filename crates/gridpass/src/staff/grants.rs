//! Giving, handing over, choosing and ending grants.

pub mod store;

use gridpass_types::ids::{GrantId, StaffId};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use super::model::{GrantView, NewStaff, REASON_CHARS_MAX, all_right, jurisdiction_problem};
use super::store as accounts;
use crate::access::{Role, in_jurisdiction};
use crate::app::App;
use crate::auth::{self, Caller, Scope, Session};
use crate::db::Client;
use crate::divisions::EnclosureView;
use crate::employers::EmployerView;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// How long a hand-over may last.
const HAND_OVER_MAX: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Grants one account may hold at a time.
const GRANTS_MAX: usize = 20;

/// Why an account has its first grant.
pub const FIRST_REASON: &str = "first grant";

/// A role to give, in a place, for a time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantInput {
    /// Role.
    pub role: Role,
    /// Prefix of divisions; give exactly one of this, `enclosure_id` and `employer_id`.
    pub jurisdiction: Option<String>,
    /// One enclosure; guards and employer managers only.
    pub enclosure_id: Option<i64>,
    /// One employer; likewise.
    pub employer_id: Option<i64>,
    /// From when it counts; at once when absent.
    pub valid_from: Option<Timestamp>,
    /// From when it counts no more; until ended when absent.
    pub valid_until: Option<Timestamp>,
    /// Why, 1 to 200 characters.
    pub reason: String,
}

/// A grant to hand over to a colleague.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverInput {
    /// User name of a colleague of the same unit.
    pub username: String,
    /// A narrower prefix of divisions; the grant's own when absent.
    pub jurisdiction: Option<String>,
    /// From when; at once when absent.
    pub valid_from: Option<Timestamp>,
    /// Until when; 30 days at most.
    pub valid_until: Timestamp,
    /// Why, 1 to 200 characters.
    pub reason: String,
}

/// A grant to insert.
pub struct NewGrant {
    /// Who gets it.
    pub staff_id: StaffId,
    /// Role.
    pub role: Role,
    /// Prefix of divisions.
    pub jurisdiction: String,
    /// How far it reaches.
    pub scope: Scope,
    /// From when it counts.
    pub valid_from: Timestamp,
    /// From when it counts no more.
    pub valid_until: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// Who gives it; nobody on the command line.
    pub granted_by: Option<StaffId>,
    /// The grant that it hands over.
    pub handed_from: Option<GrantId>,
}

/// Gives a role to an account, as a caller whose grant covers the place.
pub async fn grant(
    app: &App,
    caller: &Caller,
    staff_id: StaffId,
    input: GrantInput,
) -> ApiResult<GrantId> {
    if staff_id == caller.staff_id {
        return Err(Code::OwnAccount.into());
    }
    let now = app.now();
    check_input(&input, now)?;
    let (jurisdiction, scope) = place_of(app, caller, &input).await?;
    let new = NewGrant {
        staff_id,
        role: input.role,
        jurisdiction,
        scope,
        valid_from: input.valid_from.unwrap_or(now),
        valid_until: input.valid_until,
        reason: input.reason,
        granted_by: Some(caller.staff_id),
        handed_from: None,
    };
    let db = app.db.tx().await?;
    let grant_id = insert(app, &db, &new).await?;
    db.commit().await?;
    Ok(grant_id)
}

/// Where the first grant of a new account reaches.
pub async fn first_place(app: &App, caller: &Caller, new: &NewStaff) -> ApiResult<(String, Scope)> {
    let narrow = new.enclosure_id.is_some() || new.employer_id.is_some();
    let input = GrantInput {
        role: new.role,
        jurisdiction: (!narrow).then(|| new.jurisdiction.clone()),
        enclosure_id: new.enclosure_id,
        employer_id: new.employer_id,
        valid_from: None,
        valid_until: new.valid_until,
        reason: FIRST_REASON.to_owned(),
    };
    check_input(&input, app.now())?;
    place_of(app, caller, &input).await
}

fn check_input(input: &GrantInput, now: Timestamp) -> ApiResult<()> {
    let mut wrong = Vec::new();
    let narrow = input.enclosure_id.is_some() || input.employer_id.is_some();
    let places = [
        input.jurisdiction.is_some(),
        input.enclosure_id.is_some(),
        input.employer_id.is_some(),
    ];
    if places.into_iter().filter(|given| *given).count() != 1 {
        wrong.push(FieldError::new(
            "jurisdiction",
            "place_ambiguous",
            "exactly one of jurisdiction, enclosure_id and employer_id",
            "行政区划、围合区、单位三者须且仅须填一项",
        ));
    }
    if narrow && !input.role.may_be_narrow() {
        wrong.push(FieldError::new(
            "role",
            "role_not_narrow",
            "this role acts on divisions",
            "该角色须按行政区划授权",
        ));
    }
    wrong.extend(input.jurisdiction.as_deref().and_then(jurisdiction_problem));
    wrong.extend(reason_problem(&input.reason));
    let from = input.valid_from.unwrap_or(now);
    if from < now - SignedDuration::from_mins(5) || input.valid_until.is_some_and(|it| it <= from) {
        wrong.push(time_problem());
    }
    all_right(wrong)
}

fn reason_problem(reason: &str) -> Option<FieldError> {
    let ok = !reason.trim().is_empty() && reason.chars().count() <= REASON_CHARS_MAX;
    (!ok).then(|| {
        FieldError::new(
            "reason",
            "reason_invalid",
            "1 to 200 characters",
            "1 至 200 个字符",
        )
    })
}

fn time_problem() -> FieldError {
    FieldError::new(
        "valid_until",
        "period_invalid",
        "the period lies in the past, is empty or is too long",
        "有效期已过、为空或过长",
    )
}

/// Where the grant reaches. A place outside the caller's own grant is as if unknown, and a
/// wider prefix is refused.
async fn place_of(app: &App, caller: &Caller, input: &GrantInput) -> ApiResult<(String, Scope)> {
    if let Some(id) = input.enclosure_id {
        let found = auth::authorise::<EnclosureView>(app, caller, id).await?;
        let scope = Scope::Enclosure(found.enclosure_id);
        return Ok((found.community_code, scope));
    }
    if let Some(id) = input.employer_id {
        let found = auth::authorise::<EmployerView>(app, caller, id).await?;
        let scope = Scope::Employer(found.employer_id);
        return Ok((found.place_code, scope));
    }
    let jurisdiction = input.jurisdiction.clone().unwrap_or_default();
    if !caller.covers(&jurisdiction) {
        return Err(Code::OutsideJurisdiction.into());
    }
    Ok((jurisdiction, Scope::Division))
}

/// Inserts a grant under a lock of the account, so that two at once see each other.
pub async fn insert(app: &App, db: &Client, new: &NewGrant) -> ApiResult<GrantId> {
    if !accounts::lock_staff(db, new.staff_id).await? {
        return Err(Code::NotFound.into());
    }
    let held = store::list_live_grants(db, new.staff_id, app.now()).await?;
    let clash = held.iter().any(|grant| !grant.role.goes_with(new.role));
    if clash || held.len() >= GRANTS_MAX {
        return Err(Code::GrantUnfit.into());
    }
    let grant_id = GrantId::new(app.ids.next());
    store::insert_grant(db, grant_id, new, app.now()).await?;
    Ok(grant_id)
}

/// Hands one of the caller's grants over to a colleague: narrower or equal, for a time.
pub async fn hand_over(
    app: &App,
    session: &Session,
    grant_id: GrantId,
    input: HandOverInput,
) -> ApiResult<GrantId> {
    let now = app.now();
    let db = app.db.tx().await?;
    let own = in_force(&db, session.staff_id, now).await?;
    let own = own
        .into_iter()
        .find(|grant| grant.grant_id == grant_id && grant.handed_from.is_none());
    let own = own.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let jurisdiction = check_hand_over(&own, &input, now)?;
    let me = accounts::find_staff(&db, session.staff_id, super::sign_in::Windows::at(now)).await?;
    let unit = me.map(|me| me.unit).unwrap_or_default();
    let colleague = accounts::find_colleague(&db, &input.username, &unit).await?;
    let colleague = colleague
        .filter(|staff_id| *staff_id != session.staff_id)
        .ok_or_else(|| ApiError::new(Code::ColleagueUnknown))?;
    let new = NewGrant {
        staff_id: colleague,
        role: own.role,
        jurisdiction,
        scope: auth::store::scope(own.enclosure_id, own.employer_id),
        valid_from: input.valid_from.unwrap_or(now),
        valid_until: Some(input.valid_until),
        reason: input.reason,
        granted_by: Some(session.staff_id),
        handed_from: Some(own.grant_id),
    };
    let handed = insert(app, &db, &new).await?;
    db.commit().await?;
    Ok(handed)
}

/// The prefix handed over.
fn check_hand_over(own: &GrantView, input: &HandOverInput, now: Timestamp) -> ApiResult<String> {
    let mut wrong = Vec::new();
    wrong.extend(input.jurisdiction.as_deref().and_then(jurisdiction_problem));
    wrong.extend(reason_problem(&input.reason));
    let from = input.valid_from.unwrap_or(now);
    let inside = from >= now - SignedDuration::from_mins(5)
        && input.valid_until > from
        && input.valid_until.duration_since(from) <= HAND_OVER_MAX
        && own.valid_until.is_none_or(|end| input.valid_until <= end);
    if !inside {
        wrong.push(time_problem());
    }
    all_right(wrong)?;
    let jurisdiction = input.jurisdiction.as_ref().unwrap_or(&own.jurisdiction);
    if !in_jurisdiction(&own.jurisdiction, jurisdiction) {
        return Err(Code::OutsideJurisdiction.into());
    }
    Ok(jurisdiction.clone())
}

/// Grants of an account that count now.
pub async fn in_force(db: &Client, staff_id: StaffId, now: Timestamp) -> ApiResult<Vec<GrantView>> {
    let mut grants = store::list_live_grants(db, staff_id, now).await?;
    grants.retain(|grant| grant.valid_from <= now);
    Ok(grants)
}

/// Makes a session act under a grant of its account that counts now; 404 for any other.
pub async fn choose(app: &App, session: &mut Session, grant_id: GrantId) -> ApiResult<()> {
    let db = app.db.tx().await?;
    let grants = in_force(&db, session.staff_id, app.now()).await?;
    let chosen = grants.into_iter().find(|grant| grant.grant_id == grant_id);
    let chosen = chosen.ok_or_else(|| ApiError::new(Code::NotFound))?;
    auth::store::set_grant(&db, session.session_id, grant_id).await?;
    db.commit().await?;
    session
        .needs
        .retain(|need| *need != auth::Need::ChooseGrant);
    session.acting = Some(Caller {
        staff_id: session.staff_id,
        role: chosen.role,
        scope: auth::store::scope(chosen.enclosure_id, chosen.employer_id),
        jurisdiction: chosen.jurisdiction,
        unit: session.unit.clone(),
        grant_id,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(valid_until: Option<&str>) -> GrantView {
        GrantView {
            grant_id: GrantId::new(1),
            staff_id: StaffId::new(2),
            holder: "书记".into(),
            role: Role::CommunityLead,
            jurisdiction: "440310001001".into(),
            enclosure_id: None,
            employer_id: None,
            valid_from: Timestamp::UNIX_EPOCH,
            valid_until: valid_until.map(|text| text.parse().unwrap()),
            reason: "任职".into(),
            granted_by: None,
            handed_from: None,
        }
    }

    #[test]
    fn a_hand_over_is_narrower_or_equal_in_place_and_time() {
        let now: Timestamp = "2020-03-06T00:00:00Z".parse().unwrap();
        let input = |jurisdiction: Option<&str>, until: &str| HandOverInput {
            username: "li.na".into(),
            jurisdiction: jurisdiction.map(str::to_owned),
            valid_from: None,
            valid_until: until.parse().unwrap(),
            reason: "休假".into(),
        };
        let week = "2020-03-13T00:00:00Z";
        let handed = check_hand_over(&own(None), &input(None, week), now).unwrap();
        assert_eq!(handed, "440310001001");
        let narrower = input(Some("440310001001002"), week);
        assert!(check_hand_over(&own(None), &narrower, now).is_ok());
        let wider = check_hand_over(&own(None), &input(Some("440310001"), week), now);
        assert_eq!(wider.unwrap_err().code(), Code::OutsideJurisdiction);
        let outlives = check_hand_over(&own(Some("2020-03-10T00:00:00Z")), &input(None, week), now);
        assert_eq!(outlives.unwrap_err().code(), Code::InvalidFields);
        let long = check_hand_over(&own(None), &input(None, "2020-05-01T00:00:00Z"), now);
        assert!(long.is_err());
        let over = check_hand_over(&own(None), &input(None, "2020-03-05T00:00:00Z"), now);
        assert!(over.is_err());
    }
}
