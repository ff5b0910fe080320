-- Families: on what a link stands, who carries one's pass, and a code for handing a pass over.

ALTER TABLE guardian_link ADD COLUMN basis text CHECK (basis IN ('consent','minor','household'));
COMMENT ON COLUMN guardian_link.basis IS 'On what it stands; null for links older than this column.';
ALTER TABLE phone_code DROP CONSTRAINT phone_code_purpose_check;
ALTER TABLE phone_code ADD CONSTRAINT phone_code_purpose_check CHECK (purpose IN ('enrol','dependant','hand_over','new_phone'));

CREATE TABLE pass_carrier (
    person_id bigint NOT NULL,
    guardian_id bigint NOT NULL,
    basis text NOT NULL CHECK (basis IN ('consent','minor','household')),
    since timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (person_id, guardian_id)
);
COMMENT ON TABLE pass_carrier IS 'Whose phones carry a person''s pass, kept with that person: what they see, and may end.';
COMMENT ON COLUMN pass_carrier.person_id IS 'Whose pass; random, 53 bits; distribution key.';
COMMENT ON COLUMN pass_carrier.guardian_id IS 'Whose phone carries it.';
COMMENT ON COLUMN pass_carrier.basis IS 'On what it stands.';
COMMENT ON COLUMN pass_carrier.since IS 'Since when.';
COMMENT ON COLUMN pass_carrier.ended_at IS 'When it ended, if it did.';
INSERT INTO pass_carrier (person_id, guardian_id, basis, since, ended_at)
    SELECT dependant_id, person_id, coalesce(basis, 'minor'), created_at, ended_at FROM guardian_link;
REVOKE DELETE ON pass_carrier FROM gridpass_engine;
ALTER TABLE pass_carrier ENABLE ROW LEVEL SECURITY;
ALTER TABLE pass_carrier FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON pass_carrier TO gridpass_engine USING (true);
