-- Break-glass: one person's record unmasked for half an hour, with a reason that others read.

CREATE TABLE break_glass (
    person_id bigint NOT NULL,
    glass_id bigint NOT NULL,
    place_code text NOT NULL CHECK (length(place_code) = 15),
    opened_by bigint NOT NULL,
    reason text NOT NULL CHECK (reason IN ('emergency_rescue','urgent_contact','contact_tracing','identity_dispute')),
    note_sealed bytea NOT NULL,
    opened_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    reviewed_at timestamptz,
    reviewed_by bigint,
    PRIMARY KEY (person_id, glass_id),
    CHECK (opened_at < expires_at),
    CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL)),
    CHECK (reviewed_by <> opened_by)
);
CREATE INDEX break_glass_place_idx ON break_glass (place_code text_pattern_ops, glass_id);
COMMENT ON TABLE break_glass IS 'Accesses that lift the masks of one person for a short time; never deleted or edited, only reviewed.';
COMMENT ON COLUMN break_glass.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN break_glass.glass_id IS 'Identity.';
COMMENT ON COLUMN break_glass.place_code IS 'Leaf division where the person counted; whose supervisors are told.';
COMMENT ON COLUMN break_glass.opened_by IS 'Staff member who looked.';
COMMENT ON COLUMN break_glass.reason IS 'Why, from a closed list.';
COMMENT ON COLUMN break_glass.note_sealed IS 'Sealed words of whoever looked.';
COMMENT ON COLUMN break_glass.opened_at IS 'From when the masks were lifted.';
COMMENT ON COLUMN break_glass.expires_at IS 'When they fell back by themselves.';
COMMENT ON COLUMN break_glass.reviewed_at IS 'When a supervisor looked at it; null while nobody has.';
COMMENT ON COLUMN break_glass.reviewed_by IS 'Supervisor; never whoever opened it.';
-- Sealing anew under a newer key is all the engine may change.
REVOKE UPDATE, DELETE ON break_glass FROM gridpass_engine;
GRANT UPDATE (note_sealed) ON break_glass TO gridpass_engine;
GRANT SELECT, INSERT ON break_glass TO gridpass_staff;
GRANT UPDATE (reviewed_at, reviewed_by) ON break_glass TO gridpass_staff;
ALTER TABLE break_glass ENABLE ROW LEVEL SECURITY;
ALTER TABLE break_glass FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON break_glass TO gridpass_engine USING (true);
CREATE POLICY staff ON break_glass TO gridpass_staff USING (in_scope(place_code) OR is_subject(person_id));
