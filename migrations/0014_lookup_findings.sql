-- Odd look-ups: leads for the privacy officer, never a penalty.

CREATE TABLE lookup_finding (
    finding_id bigint PRIMARY KEY,
    staff_id bigint NOT NULL,
    day date NOT NULL,
    unit text,
    role text NOT NULL,
    jurisdiction text NOT NULL,
    score smallint NOT NULL CHECK (score > 0),
    reasons text[] NOT NULL,
    people integer NOT NULL,
    people_hour_max integer NOT NULL,
    unlinked integer NOT NULL,
    repeats_max integer NOT NULL,
    off_hours integer NOT NULL,
    status text NOT NULL CHECK (status IN ('open','explained','escalated')),
    note_sealed bytea,
    decided_by bigint,
    decided_at timestamptz,
    created_at timestamptz NOT NULL,
    UNIQUE (staff_id, day),
    CHECK ((status = 'open') = (decided_at IS NULL))
);
COMMENT ON TABLE lookup_finding IS 'A member of staff whose look-ups of a day stand out; for a person to check.';
COMMENT ON COLUMN lookup_finding.finding_id IS 'Identity.';
COMMENT ON COLUMN lookup_finding.staff_id IS 'Whose look-ups.';
COMMENT ON COLUMN lookup_finding.day IS 'Day of the district.';
COMMENT ON COLUMN lookup_finding.unit IS 'Organisation on that day.';
COMMENT ON COLUMN lookup_finding.role IS 'Role on that day.';
COMMENT ON COLUMN lookup_finding.jurisdiction IS 'Jurisdiction on that day.';
COMMENT ON COLUMN lookup_finding.score IS 'Sum of the reasons'' points.';
COMMENT ON COLUMN lookup_finding.reasons IS 'Codes of what stands out.';
COMMENT ON COLUMN lookup_finding.people IS 'Different people looked up.';
COMMENT ON COLUMN lookup_finding.people_hour_max IS 'Different people in the busiest hour.';
COMMENT ON COLUMN lookup_finding.unlinked IS 'Different people without any task of the member of staff.';
COMMENT ON COLUMN lookup_finding.repeats_max IS 'Most looks at one person without a task.';
COMMENT ON COLUMN lookup_finding.off_hours IS 'Looks between 22:00 and 06:00.';
COMMENT ON COLUMN lookup_finding.status IS 'open, explained or escalated.';
COMMENT ON COLUMN lookup_finding.note_sealed IS 'Sealed note of whoever decided.';
COMMENT ON COLUMN lookup_finding.decided_by IS 'Who decided.';
COMMENT ON COLUMN lookup_finding.decided_at IS 'When.';
COMMENT ON COLUMN lookup_finding.created_at IS 'When it was found.';
