-- What makes a pass red: grounds of facts, and proposals that wait for a second person.

ALTER TABLE fact
    ADD COLUMN reason text,
    ADD COLUMN evidence_kind text,
    ADD COLUMN evidence_reference text,
    ADD COLUMN confirmed_by bigint,
    ADD CONSTRAINT fact_two_people CHECK (confirmed_by IS NULL OR (recorded_by IS NOT NULL
        AND recorded_by <> confirmed_by AND reason IS NOT NULL
        AND evidence_kind IS NOT NULL AND evidence_reference IS NOT NULL));
COMMENT ON COLUMN fact.reason IS 'Reason of the closed list; null for facts that lead nobody to red.';
COMMENT ON COLUMN fact.evidence_kind IS 'Kind of paper or reading that the reason stands on.';
COMMENT ON COLUMN fact.evidence_reference IS 'Number of that paper or reading.';
COMMENT ON COLUMN fact.confirmed_by IS 'Second staff member, of another unit; null for readings of devices.';
CREATE TABLE red_proposal (
    person_id bigint NOT NULL,
    proposal_id bigint NOT NULL,
    place_code text NOT NULL CHECK (length(place_code) = 15),
    measure jsonb NOT NULL,
    reason text NOT NULL,
    evidence_kind text NOT NULL,
    evidence_reference text NOT NULL,
    until_date date,
    status text NOT NULL CHECK (status IN ('held','open','confirmed','refused','withdrawn','lapsed')),
    list_id bigint,
    proposed_at timestamptz NOT NULL,
    proposed_by bigint NOT NULL,
    proposed_unit text NOT NULL,
    lapses_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by bigint,
    decided_unit text,
    fact_id bigint,
    PRIMARY KEY (person_id, proposal_id),
    CHECK (status <> 'confirmed' OR (decided_by <> proposed_by AND decided_unit <> proposed_unit
        AND fact_id IS NOT NULL)),
    CHECK ((status IN ('held','open')) = (decided_at IS NULL))
);
CREATE UNIQUE INDEX red_proposal_one_open_idx ON red_proposal (person_id, reason)
    WHERE status IN ('held','open');
CREATE INDEX red_proposal_open_idx ON red_proposal (place_code text_pattern_ops, proposal_id)
    WHERE status = 'open';
CREATE INDEX red_proposal_lapse_idx ON red_proposal (lapses_at) WHERE status IN ('held','open');
CREATE INDEX red_proposal_by_idx ON red_proposal (proposed_by, proposed_at);
CREATE INDEX red_proposal_list_idx ON red_proposal (list_id, proposal_id) WHERE list_id IS NOT NULL;
CREATE INDEX red_proposal_confirmed_idx ON red_proposal (decided_at) WHERE status = 'confirmed';
COMMENT ON TABLE red_proposal IS 'What would turn a pass red, waiting for a second person of another unit; changes nothing until then.';
COMMENT ON COLUMN red_proposal.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN red_proposal.proposal_id IS 'Identity.';
COMMENT ON COLUMN red_proposal.place_code IS 'Leaf division where the person counted when it was proposed.';
COMMENT ON COLUMN red_proposal.measure IS 'What is to be done: a fact, or a step of a quarantine order.';
COMMENT ON COLUMN red_proposal.reason IS 'Reason of the closed list.';
COMMENT ON COLUMN red_proposal.evidence_kind IS 'Kind of paper or reading that the reason stands on.';
COMMENT ON COLUMN red_proposal.evidence_reference IS 'Number of that paper or reading.';
COMMENT ON COLUMN red_proposal.until_date IS 'First day on which it counts no more, where that is known.';
COMMENT ON COLUMN red_proposal.status IS 'Where it stands.';
COMMENT ON COLUMN red_proposal.list_id IS 'List it came with, if any.';
COMMENT ON COLUMN red_proposal.proposed_at IS 'When it was proposed.';
COMMENT ON COLUMN red_proposal.proposed_by IS 'Who proposed it.';
COMMENT ON COLUMN red_proposal.proposed_unit IS 'Unit of that person then.';
COMMENT ON COLUMN red_proposal.lapses_at IS 'When it lapses if nobody confirms.';
COMMENT ON COLUMN red_proposal.decided_at IS 'When it was confirmed, refused, withdrawn or lapsed.';
COMMENT ON COLUMN red_proposal.decided_by IS 'Who decided; null when it lapsed.';
COMMENT ON COLUMN red_proposal.decided_unit IS 'Unit of that person then.';
COMMENT ON COLUMN red_proposal.fact_id IS 'The fact that the confirmation recorded.';
CREATE TABLE red_quota (
    staff_id bigint PRIMARY KEY,
    taken_at timestamptz NOT NULL
);
COMMENT ON TABLE red_quota IS 'A row per proposer, locked while the last hour is counted, so that two nodes cannot double the cap.';
COMMENT ON COLUMN red_quota.staff_id IS 'Who proposes.';
COMMENT ON COLUMN red_quota.taken_at IS 'When last.';
