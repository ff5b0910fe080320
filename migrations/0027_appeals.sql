-- Appeals: against a colour or a wrong detail, with an owner, a clock, evidence and an end.

ALTER TABLE division ADD COLUMN phone text CHECK (phone ~ '^[0-9+][0-9 -]{2,23}$');
COMMENT ON COLUMN division.phone IS 'Public phone of the unit that answers for the division; null while none is entered.';

CREATE TABLE appeal (
    person_id bigint NOT NULL,
    appeal_id bigint NOT NULL,
    place_code text NOT NULL CHECK (length(place_code) = 15),
    kind text NOT NULL CHECK (kind IN ('red','yellow','detail')),
    cause text NOT NULL,
    rule_id text,
    rule_set_version integer,
    fact_ids bigint[] NOT NULL,
    set_by bigint[] NOT NULL,
    medical boolean NOT NULL,
    statement_sealed bytea NOT NULL,
    desk text NOT NULL CHECK (desk IN ('community','team','data_desk')),
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 2),
    owner_id bigint,
    status text NOT NULL CHECK (status IN ('open','granted','rejected','withdrawn')),
    opened_at timestamptz NOT NULL,
    opened_by bigint,
    due_at timestamptz NOT NULL,
    missed smallint NOT NULL CHECK (missed >= 0),
    provisional text CHECK (provisional IN ('keep','suspend_cause')),
    provisional_at timestamptz,
    decided_at timestamptz,
    decided_by bigint,
    decision_reason text,
    decision_sealed bytea,
    PRIMARY KEY (person_id, appeal_id),
    CHECK ((status = 'open') = (decided_at IS NULL)),
    CHECK ((status IN ('granted','rejected')) = (decided_by IS NOT NULL)),
    CHECK ((decided_by IS NULL) = (decision_reason IS NULL)),
    CHECK ((decided_by IS NULL) = (decision_sealed IS NULL)),
    CHECK (decided_by IS NULL OR decided_by <> ALL (set_by)),
    CHECK ((provisional IS NULL) = (provisional_at IS NULL)),
    CHECK (NOT medical OR provisional IS DISTINCT FROM 'suspend_cause')
);
CREATE UNIQUE INDEX appeal_one_open_idx ON appeal (person_id, cause) WHERE status = 'open';
CREATE INDEX appeal_due_idx ON appeal (due_at) WHERE status = 'open' AND provisional IS NULL;
CREATE INDEX appeal_place_idx ON appeal (place_code text_pattern_ops, appeal_id);
CREATE INDEX appeal_owner_idx ON appeal (owner_id, appeal_id) WHERE status = 'open';
COMMENT ON TABLE appeal IS 'Appeals of people against the colour of their pass or a wrong detail.';
COMMENT ON COLUMN appeal.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN appeal.appeal_id IS 'Identity.';
COMMENT ON COLUMN appeal.place_code IS 'Leaf division where the person counted when it was opened; decides who answers for it.';
COMMENT ON COLUMN appeal.kind IS 'red or yellow: against a colour; detail: against something on record.';
COMMENT ON COLUMN appeal.cause IS 'Reason code of the colour, or the detail that is wrong; one open appeal for each.';
COMMENT ON COLUMN appeal.rule_id IS 'Row of the colour table that gave the colour; null for details.';
COMMENT ON COLUMN appeal.rule_set_version IS 'Version that gave it.';
COMMENT ON COLUMN appeal.fact_ids IS 'Facts that caused it, as the explanation named them; empty where evidence is missing.';
COMMENT ON COLUMN appeal.set_by IS 'Staff who recorded or confirmed these facts: none of them decides.';
COMMENT ON COLUMN appeal.medical IS 'Whether a doctor answers for one of these facts; such a cause is never suspended by a clock.';
COMMENT ON COLUMN appeal.statement_sealed IS 'Sealed words of the person.';
COMMENT ON COLUMN appeal.desk IS 'Which kind of unit answers: community, response team or data desk.';
COMMENT ON COLUMN appeal.level IS '0 community, 1 subdistrict, 2 district: who answers for it now.';
COMMENT ON COLUMN appeal.owner_id IS 'Staff member who has it; null while there is nobody fit.';
COMMENT ON COLUMN appeal.status IS 'Where it stands.';
COMMENT ON COLUMN appeal.opened_at IS 'When it was opened.';
COMMENT ON COLUMN appeal.opened_by IS 'Staff member at a counter; null when a phone opened it.';
COMMENT ON COLUMN appeal.due_at IS 'Deadline of the level that has it now.';
COMMENT ON COLUMN appeal.missed IS 'Deadlines that passed.';
COMMENT ON COLUMN appeal.provisional IS 'What holds since the last deadline passed: keep, or suspend_cause.';
COMMENT ON COLUMN appeal.provisional_at IS 'Since when.';
COMMENT ON COLUMN appeal.decided_at IS 'When it was decided or withdrawn.';
COMMENT ON COLUMN appeal.decided_by IS 'Who decided; never who set the cause.';
COMMENT ON COLUMN appeal.decision_reason IS 'Why, from a closed list.';
COMMENT ON COLUMN appeal.decision_sealed IS 'Sealed words that the person reads.';

CREATE TABLE appeal_step (
    person_id bigint NOT NULL,
    step_id bigint NOT NULL,
    appeal_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('opened','evidence','assigned','escalated','provisional','granted','rejected','withdrawn')),
    at timestamptz NOT NULL,
    by_staff bigint,
    level smallint NOT NULL,
    owner_id bigint,
    due_at timestamptz,
    detail text,
    PRIMARY KEY (person_id, step_id)
);
CREATE INDEX appeal_step_of_idx ON appeal_step (person_id, appeal_id, step_id);
COMMENT ON TABLE appeal_step IS 'What happened to an appeal, step by step; shown to the person and to staff.';
COMMENT ON COLUMN appeal_step.person_id IS 'The person; distribution key.';
COMMENT ON COLUMN appeal_step.step_id IS 'Identity.';
COMMENT ON COLUMN appeal_step.appeal_id IS 'Of which appeal.';
COMMENT ON COLUMN appeal_step.kind IS 'What happened.';
COMMENT ON COLUMN appeal_step.at IS 'When.';
COMMENT ON COLUMN appeal_step.by_staff IS 'Staff member who did it; null for the person and for the clock.';
COMMENT ON COLUMN appeal_step.level IS 'Level that has the appeal from then on.';
COMMENT ON COLUMN appeal_step.owner_id IS 'Staff member who has it from then on.';
COMMENT ON COLUMN appeal_step.due_at IS 'Deadline from then on.';
COMMENT ON COLUMN appeal_step.detail IS 'A code: the outcome, the reason of a decision, the kind of a paper.';

CREATE TABLE appeal_evidence (
    person_id bigint NOT NULL,
    evidence_id bigint NOT NULL,
    appeal_id bigint NOT NULL,
    media text NOT NULL CHECK (media IN ('image','pdf')),
    content_bytes integer NOT NULL CHECK (content_bytes > 0),
    upload_digest bytea NOT NULL,
    added_at timestamptz NOT NULL,
    added_by bigint,
    PRIMARY KEY (person_id, evidence_id),
    UNIQUE (person_id, appeal_id, upload_digest)
);
COMMENT ON TABLE appeal_evidence IS 'Photos and papers that somebody showed for an appeal.';
COMMENT ON COLUMN appeal_evidence.person_id IS 'The person; distribution key.';
COMMENT ON COLUMN appeal_evidence.evidence_id IS 'Identity.';
COMMENT ON COLUMN appeal_evidence.appeal_id IS 'Of which appeal.';
COMMENT ON COLUMN appeal_evidence.media IS 'image: a JPEG drawn anew; pdf: checked, with its metadata blanked.';
COMMENT ON COLUMN appeal_evidence.content_bytes IS 'Bytes as stored, before sealing.';
COMMENT ON COLUMN appeal_evidence.upload_digest IS 'Keyed digest of the upload: the same file again is the same evidence.';
COMMENT ON COLUMN appeal_evidence.added_at IS 'When it was added.';
COMMENT ON COLUMN appeal_evidence.added_by IS 'Staff member at a counter; null when a phone sent it.';

CREATE TABLE appeal_evidence_chunk (
    person_id bigint NOT NULL,
    evidence_id bigint NOT NULL,
    chunk smallint NOT NULL CHECK (chunk BETWEEN 0 AND 63),
    content_sealed bytea NOT NULL,
    PRIMARY KEY (person_id, evidence_id, chunk)
);
COMMENT ON TABLE appeal_evidence_chunk IS 'The content of photos and papers, sealed piece by piece, so that it is sent without being held whole.';
COMMENT ON COLUMN appeal_evidence_chunk.person_id IS 'The person; distribution key.';
COMMENT ON COLUMN appeal_evidence_chunk.evidence_id IS 'Of which photo or paper.';
COMMENT ON COLUMN appeal_evidence_chunk.chunk IS 'Which piece, from 0; bound into the seal, so pieces cannot change places.';
COMMENT ON COLUMN appeal_evidence_chunk.content_sealed IS 'Sealed bytes.';

CREATE TABLE resolved_evidence (
    person_id bigint NOT NULL,
    evidence_digest bytea NOT NULL,
    fact_id bigint NOT NULL,
    appeal_id bigint NOT NULL,
    resolved_at timestamptz NOT NULL,
    lifted_at timestamptz,
    PRIMARY KEY (person_id, evidence_digest)
);
COMMENT ON TABLE resolved_evidence IS 'Evidence that an appeal found wrong: the same again records no fact.';
COMMENT ON COLUMN resolved_evidence.person_id IS 'The person; distribution key.';
COMMENT ON COLUMN resolved_evidence.evidence_digest IS 'Keyed digest of kind, source and what identifies the evidence.';
COMMENT ON COLUMN resolved_evidence.fact_id IS 'The fact it had led to.';
COMMENT ON COLUMN resolved_evidence.appeal_id IS 'The appeal that resolved it.';
COMMENT ON COLUMN resolved_evidence.resolved_at IS 'Since when it counts no more.';
COMMENT ON COLUMN resolved_evidence.lifted_at IS 'From when it may count again: a suspension that ended against the person; null while it stands.';

REVOKE DELETE ON appeal, resolved_evidence FROM gridpass_engine;
REVOKE UPDATE, DELETE ON appeal_step, appeal_evidence, appeal_evidence_chunk FROM gridpass_engine;
-- Sealing anew under a newer key.
GRANT UPDATE (content_sealed) ON appeal_evidence_chunk TO gridpass_engine;

GRANT SELECT, INSERT ON appeal, appeal_step, appeal_evidence, appeal_evidence_chunk, resolved_evidence TO gridpass_staff;
GRANT UPDATE (level, owner_id, status, due_at, decided_at, decided_by, decision_reason, decision_sealed) ON appeal TO gridpass_staff;
GRANT UPDATE (fact_id, appeal_id, resolved_at, lifted_at) ON resolved_evidence TO gridpass_staff;
GRANT UPDATE (name_sealed, name_digest) ON person TO gridpass_staff;

ALTER TABLE appeal ENABLE ROW LEVEL SECURITY;
ALTER TABLE appeal FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON appeal TO gridpass_engine USING (true);
CREATE POLICY staff ON appeal TO gridpass_staff USING (in_scope(place_code) OR is_subject(person_id));
ALTER TABLE appeal_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE appeal_step FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON appeal_step TO gridpass_engine USING (true);
CREATE POLICY staff ON appeal_step TO gridpass_staff USING (EXISTS (SELECT FROM appeal a
    WHERE a.person_id = appeal_step.person_id AND a.appeal_id = appeal_step.appeal_id));
ALTER TABLE appeal_evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE appeal_evidence FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON appeal_evidence TO gridpass_engine USING (true);
CREATE POLICY staff ON appeal_evidence TO gridpass_staff USING (EXISTS (SELECT FROM appeal a
    WHERE a.person_id = appeal_evidence.person_id AND a.appeal_id = appeal_evidence.appeal_id));
ALTER TABLE appeal_evidence_chunk ENABLE ROW LEVEL SECURITY;
ALTER TABLE appeal_evidence_chunk FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON appeal_evidence_chunk TO gridpass_engine USING (true);
CREATE POLICY staff ON appeal_evidence_chunk TO gridpass_staff USING (EXISTS (SELECT FROM appeal_evidence e
    WHERE e.person_id = appeal_evidence_chunk.person_id AND e.evidence_id = appeal_evidence_chunk.evidence_id));
ALTER TABLE resolved_evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE resolved_evidence FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON resolved_evidence TO gridpass_engine USING (true);
CREATE POLICY staff ON resolved_evidence TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = resolved_evidence.person_id));
