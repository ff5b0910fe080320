//! An entry, and the one way to write it as bytes.

use gridpass_ledger::{Canonical, Hash, leaf};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;

use super::context::Actor;
use crate::access::Role;

/// Name of the layout of the bytes; another layout gets another name.
const LAYOUT: &str = "gridpass audit entry 1";

/// An entry to write.
pub(super) struct New {
    pub entry_id: i64,
    pub at: Timestamp,
    pub actor: Actor,
    pub purpose: String,
    pub action: String,
    pub subjects: Vec<i64>,
    pub object: Option<String>,
    pub result: &'static str,
    pub code: Option<&'static str>,
    pub origin: Option<String>,
    pub session: Option<String>,
    pub reference: Option<String>,
}

impl New {
    /// The entry as it will be read, without its MAC yet.
    pub fn entry(&self, key_number: i16) -> Entry {
        let Actor {
            kind,
            id,
            unit,
            role,
            jurisdiction,
        } = self.actor.clone();
        Entry {
            entry_id: self.entry_id,
            at: in_microseconds(self.at),
            actor: kind.to_owned(),
            actor_id: id,
            unit,
            role: role.map(str::to_owned),
            jurisdiction,
            purpose: self.purpose.clone(),
            action: self.action.clone(),
            subjects: self.subjects.clone(),
            object: self.object.clone(),
            result: self.result.to_owned(),
            code: self.code.map(str::to_owned),
            origin: self.origin.clone(),
            session: self.session.clone(),
            reference: self.reference.clone(),
            key_number,
            mac: Vec::new(),
        }
    }
}

/// The database keeps microseconds; what is hashed must be what is read back.
fn in_microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// An entry as stored and as exported. The columns of `audit_entry`, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Identity; grows with time.
    pub entry_id: i64,
    /// When.
    pub at: Timestamp,
    /// Kind of caller.
    pub actor: String,
    /// Which one; 0 for the system and for callers not signed in.
    pub actor_id: i64,
    /// Organisation of the member of staff.
    pub unit: Option<String>,
    /// Role of the member of staff.
    pub role: Option<String>,
    /// Jurisdiction of the member of staff.
    pub jurisdiction: String,
    /// What for.
    pub purpose: String,
    /// Operation, job or command.
    pub action: String,
    /// People concerned.
    pub subjects: Vec<i64>,
    /// Other thing concerned.
    pub object: Option<String>,
    /// `shown`, `done`, `unchanged` or `refused`.
    pub result: String,
    /// Error code of a refusal.
    pub code: Option<String>,
    /// Network address.
    pub origin: Option<String>,
    /// Beginning of the session's digest.
    pub session: Option<String>,
    /// What allowed it.
    pub reference: Option<String>,
    /// Key of the MAC.
    pub key_number: i16,
    /// HMAC-SHA-256.
    #[serde(with = "super::export::hex")]
    pub mac: Vec<u8>,
}

impl Entry {
    /// The bytes under the MAC: every column but the MAC itself.
    pub fn bytes(&self) -> Vec<u8> {
        Canonical::new(LAYOUT)
            .number(self.entry_id)
            .number(self.at.as_microsecond())
            .text(&self.actor)
            .number(self.actor_id)
            .optional(self.unit.as_deref())
            .optional(self.role.as_deref())
            .text(&self.jurisdiction)
            .text(&self.purpose)
            .text(&self.action)
            .numbers(&self.subjects)
            .optional(self.object.as_deref())
            .text(&self.result)
            .optional(self.code.as_deref())
            .optional(self.origin.as_deref())
            .optional(self.session.as_deref())
            .optional(self.reference.as_deref())
            .number(i64::from(self.key_number))
            .finish()
    }

    /// The leaf of the chain: everything, the MAC too.
    pub fn leaf(&self) -> Hash {
        let mut bytes = self.bytes();
        bytes.extend_from_slice(&self.mac);
        leaf(&bytes)
    }

    /// Who acted.
    pub(super) fn actor(&self) -> Actor {
        let kinds = ["staff", "holder", "device", "system"];
        let kind = kinds.into_iter().find(|kind| *kind == self.actor);
        Actor {
            kind: kind.unwrap_or("nobody"),
            id: self.actor_id,
            unit: self.unit.clone(),
            role: self.role.as_deref().and_then(Role::parse).map(Role::as_str),
            jurisdiction: self.jurisdiction.clone(),
        }
    }
}

/// Reads an entry whose columns begin at `first`, in the order of the table.
pub fn read(row: &Row, first: usize) -> Entry {
    Entry {
        entry_id: row.get(first),
        at: row.get(first + 1),
        actor: row.get(first + 2),
        actor_id: row.get(first + 3),
        unit: row.get(first + 4),
        role: row.get(first + 5),
        jurisdiction: row.get(first + 6),
        purpose: row.get(first + 7),
        action: row.get(first + 8),
        subjects: row.get(first + 9),
        object: row.get(first + 10),
        result: row.get(first + 11),
        code: row.get(first + 12),
        origin: row.get(first + 13),
        session: row.get(first + 14),
        reference: row.get(first + 15),
        key_number: row.get(first + 16),
        mac: row.get(first + 17),
    }
}
