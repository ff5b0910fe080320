//! The places that rows name, by the codes that registries use.

use std::collections::{HashMap, HashSet};

use gridpass_types::ids::{EmployerId, EnclosureId};

use super::prepare::{Prepared, Ready, Rejection};
use crate::app::App;
use crate::auth::Caller;
use crate::db::Client;
use crate::divisions::{self, Enclosures};
use crate::employers;
use crate::http::error::ApiResult;

/// Places known so far in an import.
pub(super) struct Directory {
    enclosures: HashMap<String, EnclosureId>,
    employers: HashMap<String, Option<EmployerId>>,
    grids: HashMap<String, bool>,
}

impl Directory {
    /// The enclosures in the caller's jurisdiction; others are as unknown.
    pub async fn load(db: &Client, app: &App, caller: &Caller) -> ApiResult<Self> {
        let all = app.part::<Enclosures>().current(db).await?;
        let enclosures = all
            .values()
            .filter(|view| caller.covers(&view.community_code))
            .filter_map(|view| Some((view.code.clone()?, view.enclosure_id)))
            .collect();
        Ok(Self {
            enclosures,
            employers: HashMap::new(),
            grids: HashMap::new(),
        })
    }

    /// Looks up the employers and grids that a chunk names and that are not known yet.
    pub async fn learn(&mut self, db: &Client, rows: &[Prepared]) -> ApiResult<()> {
        let ready = || rows.iter().filter_map(|row| row.ready.as_ref().ok());
        let employers: HashSet<&str> = ready()
            .filter_map(|row| row.employment.as_ref())
            .map(|(_, code)| code.as_str())
            .filter(|code| !self.employers.contains_key(*code))
            .collect();
        if !employers.is_empty() {
            let asked: Vec<String> = employers.into_iter().map(str::to_owned).collect();
            let found = employers::list_by_credit_codes(db, &asked).await?;
            self.employers
                .extend(asked.into_iter().map(|code| (code, None)));
            self.employers
                .extend(found.into_iter().map(|(code, id)| (code, Some(id))));
        }
        let grids: HashSet<&str> = ready()
            .filter_map(|row| row.grid_code.as_ref())
            .map(|code| code.as_str())
            .filter(|code| !self.grids.contains_key(*code))
            .collect();
        if !grids.is_empty() {
            let asked: Vec<&str> = grids.into_iter().collect();
            let found = divisions::list_known(db, &asked).await?;
            let asked: Vec<String> = asked.into_iter().map(str::to_owned).collect();
            self.grids
                .extend(asked.into_iter().map(|code| (code, false)));
            self.grids
                .extend(found.into_iter().map(|code| (code, true)));
        }
        Ok(())
    }

    /// Why the places a row names cannot be taken, if they cannot.
    pub fn refuse(&self, row: &Ready) -> Option<Rejection> {
        let enclosure = row.residence.as_ref().map(|(_, code)| code);
        let employer = row.employment.as_ref().map(|(_, code)| code.as_str());
        let grid = row.grid_code.as_ref().map(|code| code.as_str());
        let unknown = [
            (
                enclosure.is_some_and(|code| !self.enclosures.contains_key(code)),
                ("enclosure_unknown", "enclosure_code"),
            ),
            (
                employer.is_some_and(|code| self.employer(code).is_none()),
                ("employer_unknown", "employer_code"),
            ),
            (
                grid.is_some_and(|code| !self.grids.get(code).is_some_and(|known| *known)),
                ("grid_unknown", "grid_code"),
            ),
        ];
        let wrong: Vec<_> = unknown
            .into_iter()
            .filter_map(|(is, what)| is.then_some(what))
            .collect();
        let (code, _) = *wrong.first()?;
        let fields = wrong.into_iter().map(|(_, field)| field).collect();
        Some(Rejection { code, fields })
    }

    /// The enclosure of a code.
    pub fn enclosure(&self, code: &str) -> Option<EnclosureId> {
        self.enclosures.get(code).copied()
    }

    /// The employer of a credit code.
    pub fn employer(&self, code: &str) -> Option<EmployerId> {
        self.employers.get(code).copied().flatten()
    }
}
