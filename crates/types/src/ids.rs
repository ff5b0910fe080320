//! One newtype per entity, so that a gate's id can never be passed where a person's is meant.

use crate::macros::int_newtype;

int_newtype! {
    /// A person. Given by the application: random, positive and below 2^53, so that JavaScript
    /// reads it exactly and nobody can count people from it.
    PersonId(i64, INT8)
}
int_newtype! {
    /// An enclosure (围合区).
    EnclosureId(i64, INT8)
}
int_newtype! {
    /// A gate (卡口) of an enclosure or an employer.
    GateId(i64, INT8)
}
int_newtype! {
    /// A device used at a gate.
    DeviceId(i64, INT8)
}
int_newtype! {
    /// An employer (复工单位).
    EmployerId(i64, INT8)
}
int_newtype! {
    /// A staff account.
    StaffId(i64, INT8)
}
int_newtype! {
    /// A grant: a role in a place for a time, given to a staff account.
    GrantId(i64, INT8)
}
int_newtype! {
    /// A session of a staff account; says nothing about its token.
    SessionId(i64, INT8)
}
int_newtype! {
    /// A fact. Of two facts recorded at the same instant the greater id is the later one.
    FactId(i64, INT8)
}
int_newtype! {
    /// A grid worker's visit (网格核查).
    VisitId(i64, INT8)
}
int_newtype! {
    /// A quarantine order (隔离).
    QuarantineOrderId(i64, INT8)
}
int_newtype! {
    /// A proposal that would turn a pass red.
    RedProposalId(i64, INT8)
}
int_newtype! {
    /// Many proposals from one file.
    RedListId(i64, INT8)
}
int_newtype! {
    /// An alert to a response team.
    AlertId(i64, INT8)
}
int_newtype! {
    /// An access that lifts the masks of one person.
    BreakGlassId(i64, INT8)
}
int_newtype! {
    /// An appeal against a colour or a detail.
    AppealId(i64, INT8)
}
int_newtype! {
    /// A photo or a paper that belongs to an appeal.
    AppealEvidenceId(i64, INT8)
}
int_newtype! {
    /// A household.
    HouseholdId(i64, INT8)
}
int_newtype! {
    /// One import of a population registry.
    RegistryImportId(i64, INT8)
}
int_newtype! {
    /// The dense number of a pass: the position of its colour in a gate's snapshot.
    PassSerial(i32, INT4)
}
int_newtype! {
    /// The version of a rule set; versions only grow.
    RuleSetVersion(i32, INT4)
}

impl PersonId {
    /// The greatest id, 2^53 − 1: the last integer a JavaScript number holds exactly.
    pub const MAX: Self = Self::new((1 << 53) - 1);

    /// Makes an id from 64 random bits; the result is in `1..=PersonId::MAX`.
    #[must_use]
    pub const fn from_random(bits: u64) -> Self {
        let value = (bits >> 11).cast_signed();
        Self::new(if value == 0 { 1 } else { value })
    }
}

int_newtype! {
    /// A guard's shift on a device.
    ShiftId(i64, INT8)
}
int_newtype! {
    /// An inspection of a gate with a specimen.
    InspectionId(i64, INT8)
}
int_newtype! {
    /// A person written down at a gate by hand.
    RegisterEntryId(i64, INT8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_person_ids_stay_exact_in_json_numbers() {
        assert_eq!(PersonId::from_random(0).get(), 1);
        assert_eq!(PersonId::from_random(u64::MAX), PersonId::MAX);
        assert_eq!(PersonId::MAX.get(), 9_007_199_254_740_991);
    }

    #[test]
    fn ids_are_bare_numbers_on_the_wire_and_in_text() {
        let id = GateId::new(42);
        assert_eq!(serde_json::to_string(&id).unwrap(), "42");
        assert_eq!(serde_json::from_str::<GateId>("42").unwrap(), id);
        assert_eq!("42".parse::<GateId>().unwrap(), id);
        assert_eq!(id.to_string(), "42");
        assert!("4 2".parse::<GateId>().is_err());
    }
}
