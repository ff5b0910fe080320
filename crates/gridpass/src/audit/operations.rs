//! Every operation of the API with what it does to personal data, and what for.
//!
//! A test compares this table with the API description: a new operation needs a line here.
//! Operations that leave no entry say why; that list only shrinks.

/// What an operation does to personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Shows people's data; the handler names them.
    Read,
    /// Changes people's data; the handler names them.
    Change,
    /// Changes things that are nobody's: places, gates, rules, accounts, files.
    Manage,
    /// Looks at the log itself or at findings about staff.
    Supervise,
    /// Shows and changes nothing personal; only a refusal is an entry.
    Plain,
    /// Leaves no entry, for the reason given.
    Exempt(&'static str),
    /// A background job or a command, which writes an entry when it named somebody.
    Job,
}

/// What personal data is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Registering people.
    Registration,
    /// Checking evidence about people, and recording it.
    Evidence,
    /// Calls at doors.
    Visits,
    /// Quarantine and alerts.
    Response,
    /// Issuing and withdrawing passes.
    Passes,
    /// A gate's check.
    Gate,
    /// The person's own business.
    Own,
    /// Comparing with registries.
    Comparison,
    /// Running the system.
    Administration,
    /// Watching over the use of data.
    Supervision,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Purpose; 10] = [
        Purpose::Registration,
        Purpose::Evidence,
        Purpose::Visits,
        Purpose::Response,
        Purpose::Passes,
        Purpose::Gate,
        Purpose::Own,
        Purpose::Comparison,
        Purpose::Administration,
        Purpose::Supervision,
    ];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Registration => "registration",
            Purpose::Evidence => "evidence",
            Purpose::Visits => "visits",
            Purpose::Response => "response",
            Purpose::Passes => "passes",
            Purpose::Gate => "gate",
            Purpose::Own => "own",
            Purpose::Comparison => "comparison",
            Purpose::Administration => "administration",
            Purpose::Supervision => "supervision",
        }
    }

    /// In plain English.
    pub fn words(self) -> &'static str {
        match self {
            Purpose::Registration => "registering you or checking your registration",
            Purpose::Evidence => "checking the evidence behind your pass's colour",
            Purpose::Visits => "a visit at your door",
            Purpose::Response => "quarantine or an alert that concerns you",
            Purpose::Passes => "issuing or withdrawing your pass",
            Purpose::Gate => "a check at a gate",
            Purpose::Own => "your own use, or that of whoever looks after your pass",
            Purpose::Comparison => "comparing with a register",
            Purpose::Administration => "running the system",
            Purpose::Supervision => "watching over the use of data",
        }
    }

    /// In plain Chinese.
    pub fn words_zh(self) -> &'static str {
        match self {
            Purpose::Registration => "办理或核对您的登记信息",
            Purpose::Evidence => "核对您通行证颜色的依据",
            Purpose::Visits => "上门核查",
            Purpose::Response => "与您有关的隔离或告警处置",
            Purpose::Passes => "签发或注销您的通行证",
            Purpose::Gate => "卡口查验",
            Purpose::Own => "您本人或代办人使用",
            Purpose::Comparison => "与登记库比对",
            Purpose::Administration => "系统运行管理",
            Purpose::Supervision => "对数据使用的监督",
        }
    }
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// Operation id of the API.
    pub id: &'static str,
    /// What it does.
    pub kind: Kind,
    /// What for.
    pub purpose: Purpose,
}

macro_rules! operations {
    ($($id:ident: $kind:ident $(($why:literal))? $purpose:ident;)*) => {
        /// Every operation, in order of name.
        pub const OPERATIONS: &[Operation] = &[$(Operation {
            id: stringify!($id),
            kind: Kind::$kind $(($why))?,
            purpose: Purpose::$purpose,
        }),*];
    };
}

operations! {
    accept_alert: Change Response;
    accept_need: Change Response;
    accept_privacy_notice: Change Own;
    add_appeal_evidence: Change Evidence;
    add_dependant: Change Own;
    add_own_appeal_evidence: Change Own;
    add_register_entries: Manage Gate;
    announce_opening: Change Response;
    announce_own_opening: Change Own;
    append_fact: Change Evidence;
    approve_catalogue_entry: Manage Administration;
    approve_red_list: Manage Evidence;
    approve_rule_set: Manage Administration;
    arrive_at_alert: Change Response;
    ask_identity_provider: Plain Administration;
    ask_need: Change Response;
    ask_own_need: Change Own;
    assign_appeal: Change Evidence;
    assign_visit: Change Visits;
    assign_visits: Change Visits;
    begin_second_factor: Manage Administration;
    cancel_rule_schedule: Manage Administration;
    change_own_phone: Change Own;
    change_password: Manage Administration;
    check_paper: Read Evidence;
    check_rule_set: Manage Administration;
    check_rule_tables: Plain Administration;
    choose_grant: Manage Administration;
    close_alert: Change Response;
    close_inspection: Manage Supervision;
    close_red_finding: Manage Supervision;
    close_staff: Manage Administration;
    complete_visit: Change Visits;
    confirm_red: Change Evidence;
    confirm_red_list: Manage Evidence;
    confirm_second_factor: Manage Administration;
    confirm_ten_donts: Manage Administration;
    create_device: Manage Administration;
    create_device_code: Manage Administration;
    create_employer: Manage Administration;
    create_enclosure: Manage Administration;
    create_gate: Manage Administration;
    create_gate_check: Change Gate;
    create_inspection: Manage Supervision;
    create_own_declaration: Change Own;
    create_own_paper_pass: Change Own;
    create_paper_pass: Change Passes;
    create_paper_passes: Change Passes;
    create_person: Change Registration;
    create_rule_set: Manage Administration;
    create_scan: Exempt("the scan is the record: who, where, when, by which device, what was decided") Gate;
    create_sensor: Change Response;
    create_specimen_pass: Manage Administration;
    create_staff: Manage Administration;
    create_visit: Change Visits;
    decide_appeal: Change Evidence;
    decide_number_claim: Change Registration;
    delete_division_map: Manage Administration;
    delete_own_photo: Change Own;
    deliver_need: Change Response;
    end_grant: Manage Administration;
    end_hand_over: Manage Administration;
    end_other_sessions: Manage Administration;
    end_own_phone: Change Own;
    end_own_session: Manage Administration;
    end_rule_shadow: Manage Administration;
    end_staff_sessions: Manage Administration;
    enrol_device: Manage Administration;
    enrol_person: Change Own;
    evaluate_case: Plain Administration;
    find_public_enclosures: Plain Own;
    find_stop: Read Visits;
    get_appeal: Read Evidence;
    get_appeal_evidence: Read Evidence;
    get_appeal_stats: Plain Administration;
    get_audit_digests: Plain Supervision;
    get_back_test: Plain Administration;
    get_colour_snapshot: Plain Gate;
    get_decision: Read Evidence;
    get_device: Plain Gate;
    get_device_table: Plain Gate;
    get_diary: Read Response;
    get_division: Plain Administration;
    get_division_map: Plain Administration;
    get_employer: Plain Administration;
    get_enclosure: Plain Administration;
    get_enrol_challenge: Plain Own;
    get_family: Read Own;
    get_gate: Plain Administration;
    get_gate_board: Plain Gate;
    get_gate_code: Plain Gate;
    get_health: Plain Administration;
    get_hold: Read Gate;
    get_identity_provider: Plain Administration;
    get_live_stats: Plain Administration;
    get_master_keys: Plain Administration;
    get_me: Plain Administration;
    get_metrics: Plain Administration;
    get_own_appeal_evidence: Read Own;
    get_own_data: Read Own;
    get_own_observation: Read Own;
    get_own_photo: Read Own;
    get_paper: Read Response;
    get_pass: Read Own;
    get_pass_explanation: Read Own;
    get_pass_history: Read Own;
    get_pass_keys: Plain Passes;
    get_people_stats: Plain Administration;
    get_person: Read Registration;
    get_photo: Read Registration;
    get_privacy_notice: Plain Own;
    get_readiness: Plain Administration;
    get_red_list: Read Evidence;
    get_red_proposal: Read Evidence;
    get_register_entry: Read Gate;
    get_registry_import: Plain Comparison;
    get_rule_dmn: Plain Administration;
    get_rule_set: Plain Administration;
    get_rule_shadow: Plain Administration;
    get_rule_table: Plain Administration;
    get_rules_in_force: Plain Administration;
    get_scan_card: Exempt("what a gate shows of somebody it has just scanned; the scan is the record") Gate;
    get_scan_photo: Exempt("what a gate shows of somebody it has just scanned; the scan is the record") Gate;
    get_scan_stats: Plain Administration;
    get_shift: Plain Gate;
    get_staff: Plain Administration;
    get_ten_donts: Plain Administration;
    get_time: Plain Administration;
    get_time_hold: Plain Administration;
    get_visit_load: Plain Visits;
    grant_role: Manage Administration;
    hand_over_grant: Manage Administration;
    hand_over_pass: Change Own;
    hand_over_shift: Manage Gate;
    hand_over_visits: Change Visits;
    import_divisions: Manage Administration;
    import_employers: Manage Administration;
    import_enclosures: Manage Administration;
    import_registry: Manage Comparison;
    import_rule_set: Manage Administration;
    issue_credential: Change Passes;
    issue_paper: Change Response;
    keep_time_hold: Manage Administration;
    leave_carrier: Change Own;
    link_identity: Manage Administration;
    list_alert_notices: Read Response;
    list_alert_steps: Read Response;
    list_alerts: Read Response;
    list_appeal_assignees: Plain Evidence;
    list_appeals: Read Evidence;
    list_back_test_examples: Read Evidence;
    list_back_tests: Plain Administration;
    list_break_glass: Read Supervision;
    list_catalogue_entries: Plain Administration;
    list_divisions: Plain Administration;
    list_employers: Plain Administration;
    list_enclosures: Plain Administration;
    list_facts: Read Evidence;
    list_gate_holds: Read Gate;
    list_gates: Plain Administration;
    list_hand_overs: Plain Administration;
    list_inspections: Plain Supervision;
    list_lookup_findings: Supervise Supervision;
    list_lookups: Read Supervision;
    list_needs: Read Response;
    list_number_claims: Read Registration;
    list_observed: Read Response;
    list_openings: Read Response;
    list_order_steps: Read Response;
    list_own_appeals: Read Own;
    list_own_declarations: Read Own;
    list_own_lookups: Read Own;
    list_own_notices: Read Own;
    list_own_sessions: Plain Administration;
    list_own_sign_ins: Plain Administration;
    list_papers: Read Response;
    list_person_scans: Read Response;
    list_quarantine_orders: Read Response;
    list_recalls: Read Gate;
    list_red_findings: Supervise Supervision;
    list_red_lists: Read Evidence;
    list_red_proposals: Read Evidence;
    list_register_entries: Plain Gate;
    list_registry_import_rows: Read Comparison;
    list_registry_imports: Plain Comparison;
    list_risk_area_changes: Plain Administration;
    list_risk_areas: Plain Administration;
    list_rule_schedules: Plain Administration;
    list_rule_sets: Plain Administration;
    list_rule_shadows: Plain Administration;
    list_rule_steps: Plain Administration;
    list_scans: Read Response;
    list_sensors: Read Response;
    list_shifts: Plain Administration;
    list_sources: Plain Administration;
    list_staff: Plain Administration;
    list_staff_sessions: Plain Administration;
    list_staff_sign_ins: Plain Administration;
    list_stops: Read Visits;
    list_time_holds: Plain Administration;
    list_visits: Read Visits;
    open_appeal: Change Evidence;
    open_break_glass: Change Response;
    open_own_appeal: Change Own;
    present_second_factor: Manage Administration;
    propose_catalogue_entry: Manage Administration;
    propose_red: Change Evidence;
    put_device_key: Manage Gate;
    put_division_map: Manage Administration;
    put_own_photo: Change Own;
    put_person_phone: Change Registration;
    put_photo: Change Registration;
    put_risk_areas: Manage Administration;
    read_rule_workbook: Plain Administration;
    record_calls: Change Visits;
    record_check: Change Response;
    record_own_check: Change Own;
    refuse_need: Change Response;
    refuse_red: Change Evidence;
    refuse_red_list: Manage Evidence;
    reject_rule_schedule: Manage Administration;
    release_quarantine: Change Response;
    release_registry_import: Manage Comparison;
    release_rule_schedule: Manage Administration;
    release_time_hold: Manage Administration;
    remove_dependant: Change Own;
    remove_sensor: Change Response;
    renew_recovery_codes: Manage Administration;
    report_opening: Change Response;
    request_correction: Change Own;
    request_phone_code: Manage Own;
    reset_password: Manage Administration;
    reset_second_factor: Manage Administration;
    resolve_lookup_finding: Manage Supervision;
    retract_fact: Change Evidence;
    review_break_glass: Change Supervision;
    revoke_device: Manage Administration;
    revoke_passes: Change Passes;
    roll_back_rules: Manage Administration;
    rotate_pass_keys: Manage Administration;
    run_back_test: Manage Administration;
    scan_gate_code: Exempt("the scan is the record: who, where, when, what was decided") Gate;
    schedule_rule_set: Manage Administration;
    search_audit_entries: Supervise Supervision;
    search_people: Read Registration;
    set_clock: Plain Administration;
    set_division_phone: Manage Administration;
    set_own_home: Change Own;
    set_source_rhythm: Manage Administration;
    settle_register_entry: Change Gate;
    show_phone_code: Manage Own;
    sign_in: Manage Administration;
    sign_in_with_identity: Manage Administration;
    sign_out: Manage Administration;
    start_rule_shadow: Manage Administration;
    start_shift: Manage Gate;
    stream_events: Plain Administration;
    submit_red_list: Manage Evidence;
    unlock_staff: Manage Administration;
    update_enclosure: Manage Administration;
    update_gate: Manage Administration;
    update_rule_set: Manage Administration;
    upload_scans: Exempt("the scans are the record, and the upload is kept with its signature") Gate;
    verify_stats: Plain Administration;
    withdraw_catalogue_entry: Manage Administration;
    withdraw_opening: Change Response;
    withdraw_own_appeal: Change Own;
    withdraw_own_opening: Change Own;
    withdraw_paper: Change Response;
    withdraw_red: Change Evidence;
    withdraw_rule_set: Manage Administration;
}

/// The operation of an id.
pub fn find(id: &str) -> Option<&'static Operation> {
    let place = OPERATIONS.binary_search_by(|operation| operation.id.cmp(id));
    place.ok().map(|place| &OPERATIONS[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_of_name() {
        assert!(OPERATIONS.is_sorted_by(|a, b| a.id < b.id));
        assert_eq!(find("get_person").map(|one| one.kind), Some(Kind::Read));
        assert!(find("no_such").is_none());
    }
}
