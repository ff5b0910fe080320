//! Whom a start would touch: people whose colour would be another at once.
//!
//! People in the same situation have the same colour, so they are counted by situation in one
//! statement and the rule set is asked once for each.

use std::collections::BTreeMap;

use super::life::{CommunityFlips, Flips, Schedule};
use super::store::Activation;
use crate::app::App;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::ApiResult;

/// Digits of a community's code.
const COMMUNITY_DIGITS: usize = 12;

/// Counts the flips of a start, by community; people in divisions that keep a version of their
/// own are left out.
///
/// # Errors
/// When the database does not answer.
pub async fn count(
    db: &Client,
    app: &App,
    schedule: &Schedule,
    places: &[Activation],
) -> ApiResult<Flips> {
    let rules = super::load(db, schedule.version.get()).await?;
    let rules = rules.ok_or(Code::RuleSetUnknown)?;
    let apart: Vec<&str> = places
        .iter()
        .filter(|one| one.version.is_some() && !schedule.takes_in(one))
        .map(|one| one.place_prefix.as_str())
        .filter(|prefix| prefix.len() > schedule.place_prefix.len())
        .collect();
    let mut communities: BTreeMap<String, CommunityFlips> = BTreeMap::new();
    let now = app.now();
    for alike in super::count_alike(db, &rules, (&schedule.place_prefix, now)).await? {
        if apart
            .iter()
            .any(|prefix| alike.place_code.starts_with(prefix))
        {
            continue;
        }
        let code = &alike.place_code[..COMMUNITY_DIGITS];
        let community = communities
            .entry(code.to_owned())
            .or_insert_with(|| CommunityFlips {
                division_code: code.to_owned(),
                ..CommunityFlips::default()
            });
        community.people += alike.people;
        if alike.colour_by(&rules).code() != alike.colour {
            community.flips += alike.people;
        }
    }
    Ok(Flips::of(communities.into_values(), &app.settings.hold))
}
