//! What a registry has said about a person before, so that the same file again adds nothing.
//!
//! A fact is added only when it differs from the registry's own last word on that matter.
//! What others found out since (a grid worker's visit) is not undone by an old file.

use std::collections::HashMap;

use gridpass_rules::FactBody;
use gridpass_rules::words::{EmploymentStatus, RegistryStatus, ResidenceStatus};
use gridpass_types::ids::{EmployerId, EnclosureId};

use super::directory::Directory;
use super::prepare::Ready;
use super::store;
use crate::db::Client;
use crate::facts::NewFact;
use crate::http::error::ApiResult;

/// The registry's last words about a person.
#[derive(Default)]
pub(super) struct Said {
    registry: Option<RegistryStatus>,
    residence: Option<(ResidenceStatus, EnclosureId)>,
    employment: HashMap<EmployerId, EmploymentStatus>,
}

impl Said {
    /// Reads the registry's live facts about people, in order of recording.
    pub async fn load(db: &Client, source: &str, people: &[i64]) -> ApiResult<HashMap<i64, Self>> {
        let mut said: HashMap<i64, Self> = HashMap::new();
        for (person_id, body) in store::list_said(db, source, people).await? {
            said.entry(person_id).or_default().hear(&body);
        }
        Ok(said)
    }

    fn hear(&mut self, body: &FactBody) {
        match body {
            FactBody::Registry { status, .. } => self.registry = Some(*status),
            FactBody::Residence { status, enclosure } => {
                self.residence = Some((*status, *enclosure));
            }
            FactBody::Employment { status, employer } => {
                self.employment.insert(*employer, *status);
            }
            _ => {}
        }
    }

    /// The facts a row adds to what was said. A row that disagrees about who the person is
    /// says nothing else about them.
    pub fn news(
        &self,
        (row, agrees): (&Ready, bool),
        directory: &Directory,
        source: &str,
    ) -> Vec<NewFact> {
        let status = if agrees {
            RegistryStatus::Matched
        } else {
            RegistryStatus::Conflict
        };
        let mut bodies = Vec::with_capacity(3);
        if self.registry != Some(status) {
            bodies.push(FactBody::Registry {
                status,
                registry_source: source.to_owned(),
            });
        }
        if agrees {
            bodies.extend(self.residence_news(row, directory));
            bodies.extend(self.employment_news(row, directory));
        }
        let fact = |body| NewFact {
            body,
            source: source.to_owned(),
            recorded_by: None,
            grounds: None,
        };
        bodies.into_iter().map(fact).collect()
    }

    fn residence_news(&self, row: &Ready, directory: &Directory) -> Option<FactBody> {
        let (status, code) = row.residence.as_ref()?;
        let enclosure = directory.enclosure(code)?;
        let new = self.residence != Some((*status, enclosure));
        new.then_some(FactBody::Residence {
            status: *status,
            enclosure,
        })
    }

    fn employment_news(&self, row: &Ready, directory: &Directory) -> Option<FactBody> {
        let (status, code) = row.employment.as_ref()?;
        let employer = directory.employer(code.as_str())?;
        let new = self.employment.get(&employer) != Some(status);
        new.then_some(FactBody::Employment {
            status: *status,
            employer,
        })
    }
}
