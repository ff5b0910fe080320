-- Who was written down at a gate and found nowhere: the community looks, and says who it was.

ALTER TABLE gate_register
    ADD COLUMN settled_by bigint,
    ADD COLUMN settled_at timestamptz,
    ADD CHECK ((settled_by IS NULL) = (settled_at IS NULL));
COMMENT ON COLUMN gate_register.settled_by IS 'Who of the community said who it was, or that nobody can be found; null when nobody had to.';
COMMENT ON COLUMN gate_register.settled_at IS 'When.';
GRANT SELECT ON gate_register TO gridpass_staff;
CREATE POLICY staff ON gate_register TO gridpass_staff
    USING (EXISTS (SELECT FROM gate g WHERE g.gate_id = gate_register.gate_id AND in_scope(g.place_code)));
