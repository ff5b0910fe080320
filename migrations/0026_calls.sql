-- Calls at doors: what a grid worker found there, also without network; who was not at home.

CREATE TABLE door_call (
    person_id bigint NOT NULL,
    call_id bigint NOT NULL CHECK (call_id > 0),
    place_code text NOT NULL CHECK (length(place_code) = 15),
    called_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    staff_id bigint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('verified_moved_in','moved_out','checked','absent','not_executable')),
    reason text,
    next_try_at timestamptz,
    needs text[] NOT NULL,
    note_sealed bytea,
    PRIMARY KEY (person_id, call_id),
    CHECK ((reason IS NOT NULL) = (outcome IN ('absent','not_executable'))),
    CHECK (next_try_at IS NULL OR outcome = 'absent')
);
CREATE INDEX door_call_staff_idx ON door_call (staff_id, recorded_at);
COMMENT ON TABLE door_call IS 'What one call at a door found about one person; sent again it is known by its number.';
COMMENT ON COLUMN door_call.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN door_call.call_id IS 'Number that the worker''s phone gave the call; people of one door share it.';
COMMENT ON COLUMN door_call.place_code IS 'Leaf division where the person counted.';
COMMENT ON COLUMN door_call.called_at IS 'When the worker stood at the door, by the phone''s clock.';
COMMENT ON COLUMN door_call.recorded_at IS 'When the server recorded it.';
COMMENT ON COLUMN door_call.staff_id IS 'Who called.';
COMMENT ON COLUMN door_call.outcome IS 'verified_moved_in, moved_out, checked, absent or not_executable.';
COMMENT ON COLUMN door_call.reason IS 'Why nobody could be asked, from the closed list.';
COMMENT ON COLUMN door_call.next_try_at IS 'When the worker tries again.';
COMMENT ON COLUMN door_call.needs IS 'What is missing there; each became a visit.';
COMMENT ON COLUMN door_call.note_sealed IS 'Sealed remark of the worker.';
ALTER TABLE door_call ENABLE ROW LEVEL SECURITY;
ALTER TABLE door_call FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON door_call TO gridpass_engine USING (true);
CREATE POLICY staff ON door_call TO gridpass_staff USING (in_scope(place_code) OR is_subject(person_id));
REVOKE UPDATE, DELETE ON door_call FROM gridpass_engine;
GRANT UPDATE (note_sealed) ON door_call TO gridpass_engine;
GRANT SELECT, INSERT ON door_call TO gridpass_staff;

ALTER TABLE visit ADD COLUMN tries smallint;
ALTER TABLE visit ADD COLUMN try_reason text;
ALTER TABLE visit ADD COLUMN next_try_at timestamptz;
ALTER TABLE visit ADD COLUMN end_reason text;
ALTER TABLE visit ADD COLUMN escalated_at timestamptz;
COMMENT ON COLUMN visit.tries IS 'How often nobody was there to ask; null is never.';
COMMENT ON COLUMN visit.try_reason IS 'Why it was not done the last time, from the closed list.';
COMMENT ON COLUMN visit.next_try_at IS 'When the worker tries again.';
COMMENT ON COLUMN visit.end_reason IS 'Why it could not be done, from the closed list.';
COMMENT ON COLUMN visit.escalated_at IS 'When it was put before the community''s lead: late, or tried too often.';
CREATE INDEX visit_unescalated_idx ON visit (due_at) WHERE status = 'open' AND escalated_at IS NULL;
CREATE INDEX visit_assigned_idx ON visit (assigned_to) WHERE status = 'open' AND assigned_to IS NOT NULL;

ALTER TABLE person ADD COLUMN address_changed_at timestamptz;
ALTER TABLE person ADD COLUMN address_changed_by bigint;
COMMENT ON COLUMN person.address_changed_at IS 'When the address was last corrected at the door; null is as first entered.';
COMMENT ON COLUMN person.address_changed_by IS 'Staff member who corrected it.';
GRANT UPDATE (address_sealed, household_id, address_changed_at, address_changed_by) ON person TO gridpass_staff;
