//! Who has an appeal: chosen by what it is against and where, never somebody who set the cause.

use std::collections::HashMap;

use gridpass_types::ids::StaffId;

use super::model::Appeal;
use super::store;
use super::wire::AppealOwner;
use crate::access::{DecideAppeals, Permission, Role};
use crate::app::App;
use crate::db::Client;
use crate::divisions::{Desk, DutyLevel};
use crate::http::error::ApiResult;
use crate::staff::{self, Acting};

/// Roles that answer at a desk of a level, the first choice first.
fn roles(desk: Desk, level: DutyLevel, medical: bool) -> &'static [Role] {
    match (level, desk) {
        (DutyLevel::District, Desk::DataDesk) => &[Role::DataDesk, Role::SubdistrictOfficer],
        (DutyLevel::District, _) => &[Role::SubdistrictOfficer, Role::DataDesk],
        (DutyLevel::Subdistrict, _) => &[Role::SubdistrictOfficer],
        (DutyLevel::Community, Desk::Team) if medical => {
            &[Role::TeamDoctor, Role::TeamWorker, Role::TeamPolice]
        }
        (DutyLevel::Community, Desk::Team) => {
            &[Role::TeamWorker, Role::TeamDoctor, Role::TeamPolice]
        }
        (DutyLevel::Community, _) => &[Role::CommunityLead],
    }
}

/// Finds somebody for an appeal at its level, if there is anybody fit: of the first role that
/// somebody has there, under the narrowest grant, whoever has the fewest.
pub async fn choose(db: &Client, app: &App, appeal: &Appeal) -> ApiResult<Option<StaffId>> {
    let roles = roles(appeal.desk, appeal.level, appeal.medical);
    let acting = staff::list_acting(db, (roles, &appeal.place_code), app.now()).await?;
    let fit: Vec<Acting> = acting.into_iter().filter(|one| fits(appeal, one)).collect();
    let load = load(db, &fit).await?;
    let rank = |one: &&Acting| {
        let place = roles.iter().position(|role| *role == one.role);
        let open = load.get(&one.staff_id.get()).copied().unwrap_or(0);
        (
            place,
            std::cmp::Reverse(one.jurisdiction.len()),
            open,
            one.staff_id,
        )
    };
    Ok(fit.iter().min_by_key(rank).map(|one| one.staff_id))
}

/// Whether somebody may decide an appeal at its level, and did not set its cause.
fn fits(appeal: &Appeal, one: &Acting) -> bool {
    one.jurisdiction.len() <= appeal.level.digits() && !appeal.set_by.contains(&one.staff_id.get())
}

async fn load(db: &Client, fit: &[Acting]) -> ApiResult<HashMap<i64, i64>> {
    let ids: Vec<i64> = fit.iter().map(|one| one.staff_id.get()).collect();
    Ok(store::count_open(db, &ids).await?.into_iter().collect())
}

/// Everybody to whom an appeal can be given, with how many they have.
pub async fn candidates(db: &Client, app: &App, appeal: &Appeal) -> ApiResult<Vec<AppealOwner>> {
    let wanted = (DecideAppeals::ROLES, appeal.place_code.as_str());
    let acting = staff::list_acting(db, wanted, app.now()).await?;
    let mut fit: Vec<Acting> = acting.into_iter().filter(|one| fits(appeal, one)).collect();
    let mut seen = std::collections::HashSet::new();
    fit.retain(|one| seen.insert(one.staff_id));
    let load = load(db, &fit).await?;
    let owner = |one: Acting| AppealOwner {
        open: Some(load.get(&one.staff_id.get()).copied().unwrap_or(0)),
        staff_id: one.staff_id,
        name: Some(one.name),
        unit: Some(one.unit),
    };
    Ok(fit.into_iter().map(owner).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_chosen_may_decide() {
        for desk in Desk::ALL {
            for level in [
                DutyLevel::Community,
                DutyLevel::Subdistrict,
                DutyLevel::District,
            ] {
                for medical in [false, true] {
                    let roles = roles(desk, level, medical);
                    assert!(!roles.is_empty());
                    assert!(roles.iter().all(|role| DecideAppeals::ROLES.contains(role)));
                }
            }
        }
    }

    #[test]
    fn a_doctor_comes_first_where_a_doctor_answers() {
        let first = |medical| roles(Desk::Team, DutyLevel::Community, medical)[0];
        assert_eq!(first(true), Role::TeamDoctor);
        assert_eq!(first(false), Role::TeamWorker);
    }
}
