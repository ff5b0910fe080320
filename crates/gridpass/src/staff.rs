//! Accounts of people who work with the system, what they may do, and signing in.
//!
//! Invariants: a password is stored as Argon2id only; a wrong user name and a wrong
//! password are answered alike and take as long; five wrong attempts lock an account; a
//! one-time code counts once. An identity provider says who somebody is and never makes an
//! account. A grant is a role in a place for a time: it is given by
//! somebody else, never wider than the giver's own, and ended, never changed. Nobody holds
//! two roles that check each other.

mod accounts;
mod factor;
mod factor_api;
mod grants;
mod grants_api;
pub mod model;
mod oidc;
mod oidc_api;
mod password;
mod sessions;
mod sign_in;
pub mod store;

use std::collections::HashMap;

use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::access::{Role, in_jurisdiction};
use crate::app::App;
use crate::db::Client;
use crate::http::error::ApiResult;

pub use accounts::{Maker, insert};
pub use oidc::{Provider, ProviderConfigError};

/// Whether somebody may act at a place now in one of these roles.
///
/// # Errors
/// When the database does not answer.
pub async fn may_act_at(
    db: &Client,
    staff_id: StaffId,
    (roles, place_code): (&[Role], &str),
    now: Timestamp,
) -> ApiResult<bool> {
    let grants = grants::store::list_live_grants(db, staff_id, now).await?;
    Ok(grants.iter().any(|grant| {
        let wide = grant.enclosure_id.is_none() && grant.employer_id.is_none();
        wide && grant.valid_from <= now
            && roles.contains(&grant.role)
            && in_jurisdiction(&grant.jurisdiction, place_code)
    }))
}

/// A colleague who may do some work.
pub struct Worker {
    /// Account.
    pub staff_id: StaffId,
    /// Name.
    pub display_name: String,
    /// Where, the widest grant.
    pub jurisdiction: String,
}

/// Colleagues within a prefix, or above it, who may act there now in one of these roles, and
/// these others, whoever they are; by name.
///
/// # Errors
/// When the database does not answer.
pub async fn list_who_may(
    db: &Client,
    (roles, prefix): (&[Role], &str),
    others: &[StaffId],
    now: Timestamp,
) -> ApiResult<Vec<Worker>> {
    Ok(grants::store::list_who_may(db, (roles, prefix), others, now).await?)
}

/// Somebody who may act at a place now, and under what.
#[derive(Clone, Debug)]
pub struct Acting {
    /// Who.
    pub staff_id: StaffId,
    /// Name that colleagues know.
    pub name: String,
    /// Organisation.
    pub unit: String,
    /// In which role.
    pub role: Role,
    /// Prefix of the divisions the grant covers.
    pub jurisdiction: String,
}

/// Everybody who may act at a place now in one of these roles, the narrowest grants first; a
/// few hundred at most. Under a grant of staff these are colleagues around them.
///
/// # Errors
/// When the database does not answer.
pub async fn list_acting(
    db: &Client,
    (roles, place_code): (&[Role], &str),
    now: Timestamp,
) -> ApiResult<Vec<Acting>> {
    Ok(grants::store::list_acting(db, (roles, place_code), now).await?)
}

/// Names and units of staff, for colleagues.
///
/// # Errors
/// When the database does not answer.
pub async fn names_of(db: &Client, staff_ids: &[i64]) -> ApiResult<HashMap<i64, (String, String)>> {
    Ok(grants::store::list_names(db, staff_ids).await?)
}

/// Units of staff who name one.
///
/// # Errors
/// When the database does not answer.
pub async fn units_of(db: &Client, staff_ids: &[i64]) -> ApiResult<HashMap<i64, String>> {
    let names = names_of(db, staff_ids).await?;
    let units = names.into_iter().map(|(id, (_, unit))| (id, unit));
    Ok(units.filter(|(_, unit)| !unit.is_empty()).collect())
}

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sessions::sign_in))
        .routes(routes!(sessions::sign_out))
        .routes(routes!(sessions::choose_grant))
        .routes(routes!(sessions::get_me))
        .routes(routes!(
            sessions::list_own_sessions,
            sessions::end_other_sessions
        ))
        .routes(routes!(sessions::end_own_session))
        .routes(routes!(sessions::list_own_sign_ins))
        .routes(routes!(
            sessions::get_ten_donts,
            sessions::confirm_ten_donts
        ))
        .routes(routes!(oidc_api::get_identity_provider))
        .routes(routes!(oidc_api::ask_identity_provider))
        .routes(routes!(oidc_api::sign_in_with_identity))
        .routes(routes!(oidc_api::link_identity))
        .routes(routes!(factor_api::present_second_factor))
        .routes(routes!(factor_api::begin_second_factor))
        .routes(routes!(factor_api::confirm_second_factor))
        .routes(routes!(factor_api::renew_recovery_codes))
        .routes(routes!(sessions::change_password))
        .routes(routes!(grants_api::hand_over_grant))
        .routes(routes!(grants_api::list_hand_overs))
        .routes(routes!(grants_api::end_hand_over))
        .routes(routes!(accounts::create_staff, accounts::list_staff))
        .routes(routes!(accounts::get_staff, accounts::close_staff))
        .routes(routes!(accounts::unlock_staff))
        .routes(routes!(accounts::reset_password))
        .routes(routes!(accounts::reset_second_factor))
        .routes(routes!(
            accounts::list_staff_sessions,
            accounts::end_staff_sessions
        ))
        .routes(routes!(accounts::list_staff_sign_ins))
        .routes(routes!(grants_api::grant_role))
        .routes(routes!(grants_api::end_grant))
}
