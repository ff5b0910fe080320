-- Inspections of gates: somebody shows a specimen, and sees whether the guard scans or only looks.

CREATE TABLE inspection (
    inspection_id bigint PRIMARY KEY,
    gate_id bigint NOT NULL REFERENCES gate (gate_id),
    started_at timestamptz NOT NULL,
    started_by bigint NOT NULL,
    closed_at timestamptz,
    closed_by bigint,
    result text CHECK (result IN ('stopped','waved_through','let_in_anyway','cancelled')),
    CHECK ((closed_at IS NULL) = (result IS NULL)),
    CHECK ((closed_at IS NULL) = (closed_by IS NULL)),
    CHECK (closed_at >= started_at)
);
CREATE UNIQUE INDEX inspection_open_idx ON inspection (gate_id) WHERE closed_at IS NULL;
CREATE INDEX inspection_gate_idx ON inspection (gate_id, inspection_id);
GRANT SELECT, INSERT, UPDATE ON inspection TO gridpass_staff;
GRANT SELECT ON specimen_scan TO gridpass_staff;
COMMENT ON TABLE inspection IS 'An inspector at a gate with a specimen, and what the guard did. Names nobody who was checked.';
COMMENT ON COLUMN inspection.inspection_id IS 'Identity; grows with time.';
COMMENT ON COLUMN inspection.gate_id IS 'Which gate; one open inspection each, so that a specimen scanned there is its specimen.';
COMMENT ON COLUMN inspection.started_at IS 'From when a specimen scanned at the gate counts for it.';
COMMENT ON COLUMN inspection.started_by IS 'The inspector.';
COMMENT ON COLUMN inspection.closed_at IS 'When it ended; null while it is open, and the gate is not told of it.';
COMMENT ON COLUMN inspection.closed_by IS 'Who said how it ended.';
COMMENT ON COLUMN inspection.result IS 'stopped: not let in, as it should be; waved_through: let in without a scan; let_in_anyway: let in although the device refused; cancelled: it came to nothing.';
COMMENT ON COLUMN specimen_scan.at IS 'When it was scanned, by the device''s clock; an upload of the same moment is the same scan.';
