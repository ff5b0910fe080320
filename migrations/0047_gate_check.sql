-- Checks on the spot as gates told them: how often somebody was let in although the check spoke against it.

CREATE TABLE gate_check (
    person_id bigint NOT NULL,
    at timestamptz NOT NULL,
    gate_id bigint NOT NULL,
    device_id bigint NOT NULL,
    passed boolean NOT NULL,
    travel_history smallint CHECK (travel_history BETWEEN 0 AND 1),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, at, gate_id)
);
CREATE INDEX gate_check_against_idx ON gate_check (gate_id, at) WHERE passed AND travel_history = 1;
REVOKE UPDATE, DELETE ON gate_check FROM gridpass_engine;
ALTER TABLE gate_check ENABLE ROW LEVEL SECURITY;
ALTER TABLE gate_check FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON gate_check TO gridpass_engine USING (true);
COMMENT ON TABLE gate_check IS 'A check on the spot, once however often it is told; what follows from it is a fact.';
COMMENT ON COLUMN gate_check.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN gate_check.at IS 'When, by the device''s clock.';
COMMENT ON COLUMN gate_check.gate_id IS 'Where.';
COMMENT ON COLUMN gate_check.device_id IS 'By which device.';
COMMENT ON COLUMN gate_check.passed IS 'Whether the guard let the person in.';
COMMENT ON COLUMN gate_check.travel_history IS 'What the travel card showed: 0 no city, 1 at least one; null where it was not asked for.';
COMMENT ON COLUMN gate_check.recorded_at IS 'When the server was told.';
