-- The second wall: what staff do not see even where a statement forgets to ask.
--
-- A request of staff sets, for its transaction, the range of division codes it may reach, and
-- perhaps one person whom the caller was authorised for. Without the settings these tables are
-- empty to the role of staff. The engine, and the owner as its member, sees everybody.

CREATE FUNCTION in_scope(place_code text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN place_code ~>=~ current_setting('gridpass.place_from', true)
    AND place_code ~<~ current_setting('gridpass.place_until', true);
COMMENT ON FUNCTION in_scope IS 'Whether a division code lies in the jurisdiction set for this transaction; nothing does without one.';
CREATE FUNCTION is_subject(person_id bigint) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN person_id = nullif(current_setting('gridpass.subject', true), '')::bigint;
COMMENT ON FUNCTION is_subject IS 'Whether this transaction was authorised for the person, wherever the person counts.';
GRANT EXECUTE ON FUNCTION in_scope, is_subject TO gridpass_engine, gridpass_staff;

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['person', 'person_identifier', 'holder_session', 'guardian_link', 'pass', 'fact',
        'person_state', 'outbox', 'scan', 'scan_proof', 'late_red', 'visit', 'quarantine_order', 'alert',
        'registry_import_row', 'idempotency', 'staff', 'red_proposal',
        'notice', 'text_message', 'phone_code',
        'staff_session', 'staff_sign_in', 'lookup_finding']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', walled);
        EXECUTE format('CREATE POLICY engine ON %I TO gridpass_engine USING (true)', walled);
    END LOOP;
END
$$;

-- What has a place of its own.
GRANT SELECT, UPDATE ON person_state TO gridpass_staff;
CREATE POLICY staff ON person_state TO gridpass_staff USING (in_scope(place_code) OR is_subject(person_id));
GRANT SELECT, INSERT, UPDATE ON visit, quarantine_order TO gridpass_staff;
CREATE POLICY staff ON visit TO gridpass_staff USING (in_scope(place_code) OR is_subject(person_id));
CREATE POLICY staff ON quarantine_order TO gridpass_staff USING (in_scope(place_code) OR is_subject(person_id));
GRANT SELECT, UPDATE ON alert TO gridpass_staff;
CREATE POLICY staff ON alert TO gridpass_staff USING (in_scope(place_code) OR is_subject(person_id));

GRANT SELECT, INSERT, UPDATE ON red_proposal TO gridpass_staff;
CREATE POLICY staff ON red_proposal TO gridpass_staff USING (in_scope(place_code) OR is_subject(person_id));

-- What belongs to a person who is in reach.
GRANT SELECT ON person_identifier, guardian_link TO gridpass_staff;
CREATE POLICY staff ON person_identifier TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = person_identifier.person_id));
CREATE POLICY staff ON guardian_link TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = guardian_link.person_id)
        AND EXISTS (SELECT FROM person_state s WHERE s.person_id = guardian_link.dependant_id));
GRANT SELECT, INSERT, UPDATE ON pass TO gridpass_staff;
CREATE POLICY staff ON pass TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = pass.person_id));
GRANT SELECT, INSERT ON fact TO gridpass_staff;
GRANT UPDATE (retracted_at, retracted_by, retract_reason) ON fact TO gridpass_staff;
CREATE POLICY staff ON fact TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = fact.person_id));
GRANT SELECT ON registry_import_row TO gridpass_staff;
CREATE POLICY staff ON registry_import_row TO gridpass_staff
    USING (person_id IS NULL OR EXISTS (SELECT FROM person_state s WHERE s.person_id = registry_import_row.person_id));
-- An open alert, visit or order brings somebody from elsewhere into reach: the team at a gate
-- must know whom it looks for.
GRANT SELECT ON person TO gridpass_staff;
GRANT UPDATE (photo_sealed) ON person TO gridpass_staff;
CREATE POLICY staff ON person TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = person.person_id)
        OR EXISTS (SELECT FROM alert a WHERE a.person_id = person.person_id AND a.status <> 'closed')
        OR EXISTS (SELECT FROM visit v WHERE v.person_id = person.person_id AND v.status = 'open')
        OR EXISTS (SELECT FROM quarantine_order o WHERE o.person_id = person.person_id AND o.status = 'live'));

-- What happened at a gate in reach.
GRANT SELECT ON scan, late_red TO gridpass_staff;
CREATE POLICY staff ON scan TO gridpass_staff
    USING (EXISTS (SELECT FROM gate g WHERE g.gate_id = scan.gate_id AND in_scope(g.place_code)));
CREATE POLICY staff ON late_red TO gridpass_staff
    USING (EXISTS (SELECT FROM gate g WHERE g.gate_id = late_red.gate_id AND in_scope(g.place_code)));

-- Colleagues within the caller's jurisdiction or above it; never their passwords.
GRANT SELECT (staff_id, username, display_name, jurisdiction, unit, active, created_at, password_must_change, tries,
    tries_since, totp_confirmed_at) ON staff TO gridpass_staff;
GRANT SELECT ON staff_grant TO gridpass_staff;
CREATE POLICY staff ON staff TO gridpass_staff
    USING (in_scope(jurisdiction)
        OR (in_scope(current_setting('gridpass.place_from', true))
            AND starts_with(current_setting('gridpass.place_from', true), jurisdiction)));

-- Findings about staff, by the jurisdiction of whom they are about.
GRANT SELECT ON lookup_finding TO gridpass_staff;
CREATE POLICY staff ON lookup_finding TO gridpass_staff USING (in_scope(jurisdiction));

-- Follow-ups, notices and counts are written with their cause and read by jobs and phones alone.
GRANT INSERT ON outbox, state_tally TO gridpass_staff;
CREATE POLICY staff ON notice FOR INSERT TO gridpass_staff WITH CHECK (true);
CREATE POLICY staff ON outbox FOR INSERT TO gridpass_staff WITH CHECK (true);

-- What is nobody's personal data.
GRANT SELECT, INSERT, UPDATE ON red_quota TO gridpass_staff;
GRANT SELECT ON red_list, red_finding TO gridpass_staff;
GRANT SELECT ON epoch, division, enclosure, employer, gate_lane, rule_set, rule_set_activation, people_cell,
    scan_hour, scan_minute, registry_import TO gridpass_staff;
GRANT SELECT (gate_id, name, place_code, enclosure_id, employer_id, active, created_at) ON gate TO gridpass_staff;
GRANT SELECT (device_id, gate_id, name, public_key, active, created_at) ON gate_device TO gridpass_staff;
