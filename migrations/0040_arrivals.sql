-- When somebody of the response team will be there, by their own word; and a gate's own alerts.

ALTER TABLE alert
    ADD COLUMN expected_at timestamptz,
    ADD CONSTRAINT alert_expected_accepted CHECK (expected_at IS NULL OR accepted_at IS NOT NULL);
CREATE INDEX alert_gate_idx ON alert (gate_id, raised_at) WHERE gate_id IS NOT NULL;
COMMENT ON COLUMN alert.expected_at IS 'When whoever took it said they would be there; null while they said nothing, and due_at is what a gate is told.';

ALTER TABLE alert_step
    ADD COLUMN expected_at timestamptz,
    DROP CONSTRAINT alert_step_step_check,
    ADD CONSTRAINT alert_step_step_check CHECK (step IN ('raised','accepted','on_the_way','arrived','escalated','closed'));
COMMENT ON COLUMN alert_step.expected_at IS 'When the person said they would be there; with accepted and on_the_way only.';
