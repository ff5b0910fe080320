-- The catalogue: kinds of facts and columns of the state as data, and what they add up to.

CREATE TABLE catalogue_proposal (
    proposal_id bigint PRIMARY KEY,
    sort text NOT NULL CHECK (sort IN ('kind','column')),
    entry_key text NOT NULL CHECK (length(entry_key) BETWEEN 1 AND 40),
    definition jsonb NOT NULL,
    note text NOT NULL,
    status text NOT NULL CHECK (status IN ('proposed','approved','withdrawn')),
    proposed_at timestamptz NOT NULL,
    proposed_by bigint NOT NULL,
    proposed_unit text NOT NULL,
    decided_at timestamptz,
    decided_by bigint,
    decided_unit text,
    decision_note text,
    CHECK ((status = 'proposed') = (decided_at IS NULL)),
    CHECK (status <> 'approved' OR (decided_by <> proposed_by AND decided_unit <> proposed_unit))
);
COMMENT ON TABLE catalogue_proposal IS 'Kinds and columns as they are proposed; what counts is catalogue_entry, which holds a copy from the approval on.';
COMMENT ON COLUMN catalogue_proposal.proposal_id IS 'Identity; grows with time.';
COMMENT ON COLUMN catalogue_proposal.sort IS 'kind of facts, or column of the state.';
COMMENT ON COLUMN catalogue_proposal.entry_key IS 'Its name.';
COMMENT ON COLUMN catalogue_proposal.definition IS 'What is proposed.';
COMMENT ON COLUMN catalogue_proposal.note IS 'Why.';
COMMENT ON COLUMN catalogue_proposal.status IS 'proposed, approved or withdrawn.';
COMMENT ON COLUMN catalogue_proposal.proposed_at IS 'When.';
COMMENT ON COLUMN catalogue_proposal.proposed_by IS 'Staff member.';
COMMENT ON COLUMN catalogue_proposal.proposed_unit IS 'Unit of that person then.';
COMMENT ON COLUMN catalogue_proposal.decided_at IS 'When it was approved or withdrawn.';
COMMENT ON COLUMN catalogue_proposal.decided_by IS 'By whom.';
COMMENT ON COLUMN catalogue_proposal.decided_unit IS 'Unit of that person then.';
COMMENT ON COLUMN catalogue_proposal.decision_note IS 'Why.';
REVOKE DELETE ON catalogue_proposal FROM gridpass_engine;

CREATE TABLE catalogue_entry (
    catalogue_version integer PRIMARY KEY,
    proposal_id bigint NOT NULL UNIQUE REFERENCES catalogue_proposal (proposal_id),
    sort text NOT NULL CHECK (sort IN ('kind','column')),
    entry_key text NOT NULL,
    definition jsonb NOT NULL,
    approved_at timestamptz NOT NULL,
    UNIQUE (sort, entry_key)
);
COMMENT ON TABLE catalogue_entry IS 'Approved kinds and columns; insert-only, so a name always means the same.';
COMMENT ON COLUMN catalogue_entry.catalogue_version IS 'Version of the catalogue that brought it; only grows.';
COMMENT ON COLUMN catalogue_entry.proposal_id IS 'What was approved.';
COMMENT ON COLUMN catalogue_entry.sort IS 'kind of facts, or column of the state.';
COMMENT ON COLUMN catalogue_entry.entry_key IS 'Its name.';
COMMENT ON COLUMN catalogue_entry.definition IS 'What it is.';
COMMENT ON COLUMN catalogue_entry.approved_at IS 'When it was approved.';
REVOKE UPDATE, DELETE ON catalogue_entry FROM gridpass_engine;
GRANT SELECT ON catalogue_proposal, catalogue_entry TO gridpass_staff;

ALTER TABLE person_state ADD COLUMN catalogued jsonb
    CHECK (catalogued IS NULL OR jsonb_typeof(catalogued) = 'array');
COMMENT ON COLUMN person_state.catalogued IS 'Live facts of catalogued kinds in the order of recording: k kind, r recorded, f fields; null when there is none.';
-- Only people with such facts: whom a change of the rules concerns that names columns of the catalogue. By a
-- column that never changes: colouring everybody anew must write no index.
CREATE INDEX person_state_catalogued_idx ON person_state (person_id) WHERE catalogued IS NOT NULL;
