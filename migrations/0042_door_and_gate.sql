-- What a gate held and an order's early end: an alert of its own, and why.

ALTER TABLE alert
    DROP CONSTRAINT alert_kind_check,
    ADD CONSTRAINT alert_kind_check CHECK (kind IN ('red_at_gate','fever_at_gate','late_red','sealed_area','forged_proof',
        'replayed_presentation','fever_at_home','checks_missed','unannounced_opening','held_at_gate'));

ALTER TABLE quarantine_step
    ADD COLUMN ground text CHECK (ground IN ('medical_discharge','ordered_in_error','exposure_ruled_out','taken_over'));
COMMENT ON COLUMN quarantine_step.ground IS 'Why somebody ended the order before its time, from the closed list; null otherwise.';
