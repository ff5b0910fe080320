//! Who may do what: one table.
//!
//! A handler names the permission it needs in its argument
//! (`Staff<access::ReadPeople>`), so an endpoint without one does not compile into
//! anything that knows its caller.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Roles of staff accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the system: directory, devices, settings; sees nobody's data.
    SystemAdmin,
    /// Answers for accounts, grants, sessions and keys; sees nobody's data.
    SecurityAdmin,
    /// Reads and proves the audit log; can change nothing.
    AuditAdmin,
    /// The one office that owns every number.
    DataDesk,
    /// Writes rule tables.
    RuleMaker,
    /// Approves what rule makers wrote.
    RuleApprover,
    /// Checks people at a gate.
    GateGuard,
    /// Calls at doors.
    GridWorker,
    /// Community worker of the response team: leads it, keeps its register.
    TeamWorker,
    /// Doctor of the response team: answers for medical evidence.
    TeamDoctor,
    /// Police officer of the response team: keeps order.
    TeamPolice,
    /// Leads a community.
    CommunityLead,
    /// Leads a subdistrict's work.
    SubdistrictOfficer,
    /// Manages an employer's roster and gates.
    EmployerManager,
    /// Watches over the use of personal data.
    PrivacyOfficer,
    /// Looks on from outside: numbers, digests, no single person.
    Oversight,
}

impl Role {
    /// Every role, in the order of the table below.
    pub const ALL: [Role; 16] = [
        Role::SystemAdmin,
        Role::SecurityAdmin,
        Role::AuditAdmin,
        Role::DataDesk,
        Role::RuleMaker,
        Role::RuleApprover,
        Role::GateGuard,
        Role::GridWorker,
        Role::TeamWorker,
        Role::TeamDoctor,
        Role::TeamPolice,
        Role::CommunityLead,
        Role::SubdistrictOfficer,
        Role::EmployerManager,
        Role::PrivacyOfficer,
        Role::Oversight,
    ];

    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::SystemAdmin => "system_admin",
            Role::SecurityAdmin => "security_admin",
            Role::AuditAdmin => "audit_admin",
            Role::DataDesk => "data_desk",
            Role::RuleMaker => "rule_maker",
            Role::RuleApprover => "rule_approver",
            Role::GateGuard => "gate_guard",
            Role::GridWorker => "grid_worker",
            Role::TeamWorker => "team_worker",
            Role::TeamDoctor => "team_doctor",
            Role::TeamPolice => "team_police",
            Role::CommunityLead => "community_lead",
            Role::SubdistrictOfficer => "subdistrict_officer",
            Role::EmployerManager => "employer_manager",
            Role::PrivacyOfficer => "privacy_officer",
            Role::Oversight => "oversight",
        }
    }

    /// Whether one person may hold both: the three administrators check each other, and so
    /// do the maker and the approver of rules.
    pub fn goes_with(self, other: Role) -> bool {
        let kept_apart: [&[Role]; 2] = [
            &[Role::SystemAdmin, Role::SecurityAdmin, Role::AuditAdmin],
            &[Role::RuleMaker, Role::RuleApprover],
        ];
        self == other
            || !kept_apart
                .iter()
                .any(|group| group.contains(&self) && group.contains(&other))
    }

    /// Whether a grant of the role may cover one enclosure or one employer only. The other
    /// roles act on divisions.
    pub fn may_be_narrow(self) -> bool {
        matches!(self, Role::GateGuard | Role::EmployerManager)
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// A permission as a type: a handler's argument names it.
pub trait Permission: Send + Sync + 'static {
    /// Name as printed in the table.
    const NAME: &'static str;
    /// Roles that have it.
    const ROLES: &'static [Role];
}

macro_rules! permissions {
    ($($(#[doc = $meaning:literal])* $name:ident: $($role:ident)*;)*) => {
        $($(#[doc = $meaning])* pub struct $name;
        impl Permission for $name {
            const NAME: &'static str = stringify!($name);
            const ROLES: &'static [Role] = &[$(Role::$role),*];
        })*
        /// Every permission with the roles that have it.
        pub const TABLE: &[(&str, &[Role])] = &[$(($name::NAME, $name::ROLES)),*];
        /// What each permission of [`TABLE`] means, in the same order.
        pub const MEANINGS: &[&str] = &[$(concat!($($meaning),*)),*];
    };
}

permissions! {
    /// Anything that every signed-in person may do.
    SignedIn: SystemAdmin SecurityAdmin AuditAdmin DataDesk RuleMaker RuleApprover GateGuard GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead SubdistrictOfficer EmployerManager PrivacyOfficer Oversight;
    /// Make and list staff accounts.
    ManageStaff: SecurityAdmin;
    /// Import divisions, enter and change enclosures.
    ManageDivisions: SystemAdmin DataDesk;
    /// Upload the map of a division, and take it away.
    ManageMaps: DataDesk SubdistrictOfficer CommunityLead;
    /// Set an enclosure normal, controlled or sealed.
    ChangeAreaStatus: DataDesk SubdistrictOfficer;
    /// Look up divisions, enclosures, employers and gates.
    ReadDirectory: SystemAdmin SecurityAdmin AuditAdmin DataDesk RuleMaker RuleApprover GateGuard GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead SubdistrictOfficer EmployerManager PrivacyOfficer Oversight;
    /// Register employers.
    ManageEmployers: SystemAdmin DataDesk;
    /// Enter gates and lanes.
    ManageGates: SystemAdmin CommunityLead;
    /// Enrol and revoke devices of gates; who manages an employer, of its own gates only.
    ManageDevices: SystemAdmin CommunityLead EmployerManager;
    /// Go on duty at a gate with one of its devices.
    KeepGate: GateGuard CommunityLead EmployerManager;
    /// See who was on duty at a gate, and what the shifts added up to.
    ReadShifts: CommunityLead SubdistrictOfficer EmployerManager;
    /// Read who was written down at a gate and not found, one by one, and say who it was.
    SettleRegister: CommunityLead;
    /// Enter people at a counter or a door.
    EnterPeople: GridWorker CommunityLead;
    /// Look a person up and see the masked record.
    ReadPeople: GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead;
    /// Lift the masks of one person for half an hour, with a reason that supervisors read.
    BreakGlass: TeamWorker TeamDoctor TeamPolice CommunityLead;
    /// See and review who lifted masks.
    ReviewBreakGlass: CommunityLead SubdistrictOfficer PrivacyOfficer;
    /// Record ordinary evidence: residence, employment, declared stay, health, registry, gate check.
    AppendFacts: GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead;
    /// Record or retract evidence that a doctor answers for: case, contact, clearance,
    /// exemption, quarantine, confirmed stay.
    AppendMedicalFacts: TeamDoctor;
    /// See a person's facts and the reasons of a decision.
    ReadFacts: GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead;
    /// Propose what would turn a pass red, with its evidence.
    ProposeRed: GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead;
    /// Confirm or refuse what somebody of another unit proposed.
    ConfirmRed: TeamWorker TeamDoctor TeamPolice CommunityLead;
    /// Send in lists of many people at once.
    SubmitRedLists: TeamWorker TeamDoctor;
    /// See such lists, what they would do and where they stand; names nobody.
    ReadRedLists: TeamWorker TeamDoctor TeamPolice CommunityLead SubdistrictOfficer DataDesk;
    /// Approve or refuse lists above one person's hourly cap.
    ApproveRedLists: SubdistrictOfficer DataDesk;
    /// Look into patterns of red by list.
    ReviewRed: PrivacyOfficer Oversight;
    /// Read rule sets.
    ReadRules: SystemAdmin DataDesk RuleMaker SubdistrictOfficer CommunityLead RuleApprover;
    /// Read the catalogue: kinds of facts and columns of the state. It holds nobody's data.
    ReadCatalogue: SystemAdmin DataDesk RuleMaker RuleApprover GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead SubdistrictOfficer;
    /// Write rule sets: drafts with their cases, and checks; propose entries of the catalogue.
    ManageRules: RuleMaker;
    /// Try a rule set on the live people and on past scans, and see masked examples of whom it concerns.
    RunBackTests: RuleMaker RuleApprover;
    /// Give a version up: makers their drafts, approvers what is approved; give up a proposed entry of the catalogue.
    WithdrawRules: RuleMaker RuleApprover;
    /// Evaluate an approved version beside what is in force, and count.
    ShadowRules: RuleMaker RuleApprover;
    /// Approve what others wrote, also for the catalogue, say where and when it is in force, release what is held, roll back.
    ApproveRules: RuleApprover;
    /// Print paper passes.
    IssuePaperPasses: GridWorker CommunityLead;
    /// Revoke a person's credentials.
    RevokePasses: GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead;
    /// Rotate signing keys.
    ManagePassKeys: SystemAdmin;
    /// Make specimen passes, for training and for inspections.
    IssueSpecimens: SystemAdmin SubdistrictOfficer Oversight;
    /// Inspect gates with a specimen; nobody who runs a gate does.
    InspectGates: SubdistrictOfficer Oversight;
    /// See which master keys there are, and how far a change of one has come.
    ReadMasterKeys: SecurityAdmin;
    /// List single scans.
    ReadScans: TeamWorker TeamDoctor TeamPolice;
    /// See visits.
    ReadVisits: GridWorker CommunityLead SubdistrictOfficer;
    /// Finish visits.
    WorkVisits: GridWorker CommunityLead;
    /// Create and assign visits.
    AssignVisits: CommunityLead SubdistrictOfficer;
    /// Start, extend, transfer and release quarantine.
    OrderQuarantine: TeamWorker TeamDoctor TeamPolice;
    /// See quarantine orders.
    ReadQuarantine: TeamWorker TeamDoctor TeamPolice CommunityLead;
    /// Accept alerts, arrive, close them; grid workers those of somebody held at a gate.
    WorkAlerts: GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead;
    /// Open an appeal for somebody at a counter and add what they show.
    EnterAppeals: GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead;
    /// See appeals with what was written and shown for them.
    ReadAppeals: GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead SubdistrictOfficer DataDesk;
    /// Decide appeals against what others have set.
    DecideAppeals: TeamWorker TeamDoctor TeamPolice CommunityLead SubdistrictOfficer DataDesk;
    /// Give appeals to somebody else.
    AssignAppeals: TeamWorker CommunityLead SubdistrictOfficer DataDesk;
    /// See how long appeals take, by street.
    ReadAppealStats: CommunityLead SubdistrictOfficer DataDesk PrivacyOfficer Oversight;
    /// Set the phones that the public is told.
    SetPublicPhones: DataDesk SubdistrictOfficer CommunityLead;
    /// See alerts, and be told of those that nobody answers; grid workers those of somebody held at a gate.
    ReadAlerts: GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead SubdistrictOfficer;
    /// Watch over people under observation: daily checks, openings of doors, needs.
    WorkObservation: GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead;
    /// Put sensors on doors of people under observation, and take them down.
    ManageSensors: TeamWorker TeamPolice CommunityLead;
    /// Issue, print and withdraw the two papers a community may be asked for.
    IssuePapers: TeamWorker TeamDoctor CommunityLead;
    /// Check a paper that somebody shows.
    CheckPapers: GateGuard GridWorker TeamWorker TeamDoctor TeamPolice CommunityLead SubdistrictOfficer EmployerManager;
    /// Import registries.
    ImportRegistry: DataDesk;
    /// See imports with their counts and why some wait; names nobody.
    ReadImports: DataDesk SubdistrictOfficer;
    /// Let a held import of somebody else be sent again.
    ReleaseImports: DataDesk SubdistrictOfficer;
    /// See what is held before it changes many colours, and which sources are late; names nobody.
    ReadHolds: DataDesk RuleMaker RuleApprover SubdistrictOfficer CommunityLead;
    /// Decide whether dates that would change many colours take effect.
    DecideHolds: DataDesk RuleApprover SubdistrictOfficer;
    /// Say how often a source is to be heard of.
    SetRhythms: DataDesk;
    /// Read counts.
    ReadStats: DataDesk SubdistrictOfficer CommunityLead GridWorker TeamWorker TeamDoctor TeamPolice RuleMaker;
    /// Compare roll-ups with the raw rows.
    VerifyStats: DataDesk;
    /// Search the audit log; oversight without people.
    SearchAudit: AuditAdmin PrivacyOfficer Oversight;
    /// See look-ups that stand out, and decide on them.
    ReviewLookups: PrivacyOfficer;
}

/// Whether `code` lies in the jurisdiction `prefix`.
pub fn in_jurisdiction(prefix: &str, code: &str) -> bool {
    code.starts_with(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_see_nobody() {
        for (name, roles) in TABLE {
            if [
                "ReadPeople",
                "ReadFacts",
                "ReadScans",
                "ReadVisits",
                "WorkVisits",
                "WorkAlerts",
            ]
            .contains(name)
            {
                for administrator in [Role::SystemAdmin, Role::SecurityAdmin, Role::AuditAdmin] {
                    assert!(!roles.contains(&administrator), "{name}");
                }
            }
        }
    }

    #[test]
    fn who_checks_each_other_is_kept_apart() {
        assert!(!Role::SystemAdmin.goes_with(Role::SecurityAdmin));
        assert!(!Role::AuditAdmin.goes_with(Role::SystemAdmin));
        assert!(!Role::RuleApprover.goes_with(Role::RuleMaker));
        assert!(Role::RuleApprover.goes_with(Role::SystemAdmin));
        assert!(Role::GridWorker.goes_with(Role::CommunityLead));
    }

    #[test]
    fn roles_round_trip() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }
}
