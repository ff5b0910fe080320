-- Two people may say one document number: who types it first, or a register with a slip, may be wrong.
-- A number still belongs to one record. Whoever says it under another name or from another phone gets a
-- record of their own that does not hold the number, and a row here, until somebody has seen the document.

CREATE TABLE number_claim (
    person_id bigint PRIMARY KEY,
    held_person_id bigint NOT NULL,
    pass_serial integer NOT NULL,
    claimed_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by bigint,
    outcome text CHECK (outcome IN ('same_person','other_number','not_theirs')),
    CHECK (person_id <> held_person_id),
    CHECK ((ended_at IS NULL) = (outcome IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL))
);
COMMENT ON TABLE number_claim IS 'Records of people who gave a number that another record holds, until somebody has seen the document.';
COMMENT ON COLUMN number_claim.person_id IS 'The record of who gave the number; it does not hold it.';
COMMENT ON COLUMN number_claim.held_person_id IS 'The record that holds the number.';
COMMENT ON COLUMN number_claim.pass_serial IS 'Serial of the pass that was given for it.';
COMMENT ON COLUMN number_claim.claimed_at IS 'When the number was given.';
COMMENT ON COLUMN number_claim.ended_at IS 'When somebody who saw the document decided; null while nobody has.';
COMMENT ON COLUMN number_claim.ended_by IS 'Member of staff who decided.';
COMMENT ON COLUMN number_claim.outcome IS 'Both are one person; another person, whose right number was written; or a number that is not theirs.';

CREATE INDEX number_claim_held_idx ON number_claim (held_person_id, person_id) WHERE ended_at IS NULL;

GRANT SELECT ON number_claim TO gridpass_staff;
ALTER TABLE number_claim ENABLE ROW LEVEL SECURITY;
ALTER TABLE number_claim FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON number_claim TO gridpass_engine USING (true);
CREATE POLICY staff ON number_claim TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id IN (number_claim.person_id, number_claim.held_person_id)));
