-- Clocks on alerts: who arrived, how far an unanswered one has gone up, and every step taken.

ALTER TABLE alert
    ADD COLUMN due_at timestamptz,
    ADD COLUMN escalate_at timestamptz,
    ADD COLUMN level smallint CHECK (level IN (6, 9, 12, 15)),
    ADD COLUMN arrived_at timestamptz,
    ADD COLUMN arrived_by bigint,
    ADD CONSTRAINT alert_arrived_whole CHECK ((arrived_at IS NULL) = (arrived_by IS NULL)),
    DROP CONSTRAINT alert_kind_check,
    ADD CONSTRAINT alert_kind_check CHECK (kind IN ('red_at_gate','fever_at_gate','late_red','sealed_area','forged_proof',
        'replayed_presentation','fever_at_home','checks_missed','unannounced_opening'));
CREATE INDEX alert_escalate_idx ON alert (escalate_at) WHERE escalate_at IS NOT NULL;
COMMENT ON COLUMN alert.due_at IS 'By when the next step, accepting or arriving, is due; null once somebody is there.';
COMMENT ON COLUMN alert.escalate_at IS 'When the next level up is told if nothing happens; null when there is none.';
COMMENT ON COLUMN alert.level IS 'Digits of the division told: 15 grid, 12 community, 9 subdistrict, 6 district; null, of a version before, is 15.';
COMMENT ON COLUMN alert.arrived_at IS 'When somebody was there.';
COMMENT ON COLUMN alert.arrived_by IS 'Who was there.';

CREATE TABLE alert_step (
    person_id bigint NOT NULL,
    alert_id bigint NOT NULL,
    step_id bigint NOT NULL,
    place_code text NOT NULL CHECK (length(place_code) = 15),
    step text NOT NULL CHECK (step IN ('raised','accepted','arrived','escalated','closed')),
    level smallint NOT NULL CHECK (level IN (6, 9, 12, 15)),
    at timestamptz NOT NULL,
    by bigint,
    PRIMARY KEY (person_id, alert_id, step_id)
);
CREATE INDEX alert_step_told_idx ON alert_step (level, step_id) WHERE step = 'escalated';
COMMENT ON TABLE alert_step IS 'What happened to an alert, and whom an escalation told; append-only.';
COMMENT ON COLUMN alert_step.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN alert_step.alert_id IS 'The alert.';
COMMENT ON COLUMN alert_step.step_id IS 'Identity; grows with time.';
COMMENT ON COLUMN alert_step.place_code IS 'Leaf division whose team acts.';
COMMENT ON COLUMN alert_step.step IS 'What happened.';
COMMENT ON COLUMN alert_step.level IS 'Digits of the division told from then on.';
COMMENT ON COLUMN alert_step.at IS 'When.';
COMMENT ON COLUMN alert_step.by IS 'Staff member; null when a job did it.';
REVOKE UPDATE, DELETE ON alert_step FROM gridpass_engine;
GRANT SELECT, INSERT ON alert_step TO gridpass_staff;
ALTER TABLE alert_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE alert_step FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON alert_step TO gridpass_engine USING (true);
CREATE POLICY staff ON alert_step TO gridpass_staff USING (in_scope(place_code) OR is_subject(person_id));
