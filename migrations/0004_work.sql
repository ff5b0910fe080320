-- Visits, quarantine orders, alerts and imports.

CREATE TABLE visit (
    person_id bigint NOT NULL,
    visit_id bigint NOT NULL,
    cause text NOT NULL,
    place_code text NOT NULL CHECK (length(place_code) = 15),
    status text NOT NULL CHECK (status IN ('open','done','not_executable')),
    due_at timestamptz NOT NULL,
    assigned_to bigint,
    created_at timestamptz NOT NULL,
    created_by bigint,
    completed_at timestamptz,
    completed_by bigint,
    outcome text,
    note_sealed bytea,
    PRIMARY KEY (person_id, visit_id),
    CHECK ((status = 'open') = (completed_at IS NULL))
);
CREATE UNIQUE INDEX visit_one_open_idx ON visit (person_id, cause) WHERE status = 'open';
CREATE INDEX visit_open_idx ON visit (place_code text_pattern_ops, visit_id) WHERE status = 'open';
CREATE INDEX visit_done_idx ON visit (completed_at) WHERE completed_at IS NOT NULL;
COMMENT ON TABLE visit IS 'A grid worker''s call at a door; ends in facts.';
COMMENT ON COLUMN visit.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN visit.visit_id IS 'Identity.';
COMMENT ON COLUMN visit.cause IS 'Reason code that made it needed.';
COMMENT ON COLUMN visit.place_code IS 'Leaf division whose grid worker goes.';
COMMENT ON COLUMN visit.status IS 'Where it stands.';
COMMENT ON COLUMN visit.due_at IS 'By when.';
COMMENT ON COLUMN visit.assigned_to IS 'Staff member; null while nobody has it.';
COMMENT ON COLUMN visit.created_at IS 'When it was needed first.';
COMMENT ON COLUMN visit.created_by IS 'Staff member; null when a rule asked for it.';
COMMENT ON COLUMN visit.completed_at IS 'When it ended.';
COMMENT ON COLUMN visit.completed_by IS 'Who ended it.';
COMMENT ON COLUMN visit.outcome IS 'verified_moved_in, moved_out or not_found.';
COMMENT ON COLUMN visit.note_sealed IS 'Sealed remark of the worker.';
CREATE TABLE quarantine_order (
    person_id bigint NOT NULL,
    order_id bigint NOT NULL,
    fact_id bigint NOT NULL,
    place_code text NOT NULL CHECK (length(place_code) = 15),
    place text NOT NULL CHECK (place IN ('home','central','hospital')),
    start_date date NOT NULL,
    end_date date NOT NULL,
    status text NOT NULL CHECK (status IN ('live','released')),
    reason text NOT NULL,
    document text,
    household_id bigint,
    created_at timestamptz NOT NULL,
    created_by bigint NOT NULL,
    released_at timestamptz,
    end_reason text CHECK (end_reason IN ('completed','cancelled')),
    PRIMARY KEY (person_id, order_id),
    CHECK (start_date < end_date),
    CHECK ((status = 'released') = (released_at IS NOT NULL))
);
CREATE UNIQUE INDEX quarantine_order_one_live_idx ON quarantine_order (person_id) WHERE status = 'live';
CREATE INDEX quarantine_order_live_end_idx ON quarantine_order (end_date) WHERE status = 'live';
CREATE INDEX quarantine_order_place_idx ON quarantine_order (place_code text_pattern_ops, order_id);
COMMENT ON TABLE quarantine_order IS 'Quarantine orders; each change retracts the fact before and appends a new one.';
COMMENT ON COLUMN quarantine_order.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN quarantine_order.order_id IS 'Identity.';
COMMENT ON COLUMN quarantine_order.fact_id IS 'The live fact that speaks for the order.';
COMMENT ON COLUMN quarantine_order.place_code IS 'Leaf division whose team watches.';
COMMENT ON COLUMN quarantine_order.place IS 'Where it is served.';
COMMENT ON COLUMN quarantine_order.start_date IS 'First day.';
COMMENT ON COLUMN quarantine_order.end_date IS 'First day free.';
COMMENT ON COLUMN quarantine_order.status IS 'Where it stands.';
COMMENT ON COLUMN quarantine_order.reason IS 'Why it was ordered, as a reason code.';
COMMENT ON COLUMN quarantine_order.document IS 'Number of the paper order.';
COMMENT ON COLUMN quarantine_order.household_id IS 'Household it is counted with.';
COMMENT ON COLUMN quarantine_order.created_at IS 'When it was entered.';
COMMENT ON COLUMN quarantine_order.created_by IS 'Who entered it.';
COMMENT ON COLUMN quarantine_order.released_at IS 'When it was released, if it was.';
COMMENT ON COLUMN quarantine_order.end_reason IS 'How it ended.';
CREATE TABLE alert (
    person_id bigint NOT NULL,
    alert_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('red_at_gate','fever_at_gate','late_red','sealed_area','forged_proof','replayed_presentation')),
    dedupe_key text NOT NULL,
    gate_id bigint,
    place_code text NOT NULL CHECK (length(place_code) = 15),
    reason text NOT NULL,
    happened_at timestamptz NOT NULL,
    raised_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('open','accepted','closed')),
    accepted_at timestamptz,
    accepted_by bigint,
    closed_at timestamptz,
    closed_by bigint,
    outcome text,
    PRIMARY KEY (person_id, alert_id),
    UNIQUE (person_id, kind, dedupe_key)
);
CREATE INDEX alert_open_idx ON alert (place_code text_pattern_ops, alert_id) WHERE status <> 'closed';
COMMENT ON TABLE alert IS 'Leads for the response team; an alert is for a person to check, never a penalty.';
COMMENT ON COLUMN alert.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN alert.alert_id IS 'Identity.';
COMMENT ON COLUMN alert.kind IS 'What happened.';
COMMENT ON COLUMN alert.dedupe_key IS 'Same cause, same key.';
COMMENT ON COLUMN alert.gate_id IS 'Where, if at a gate.';
COMMENT ON COLUMN alert.place_code IS 'Leaf division whose team acts.';
COMMENT ON COLUMN alert.reason IS 'Reason code.';
COMMENT ON COLUMN alert.happened_at IS 'When it happened.';
COMMENT ON COLUMN alert.raised_at IS 'When it reached the inbox.';
COMMENT ON COLUMN alert.status IS 'Where it stands.';
COMMENT ON COLUMN alert.accepted_at IS 'When somebody took it.';
COMMENT ON COLUMN alert.accepted_by IS 'Who took it.';
COMMENT ON COLUMN alert.closed_at IS 'When it ended.';
COMMENT ON COLUMN alert.closed_by IS 'Who ended it.';
COMMENT ON COLUMN alert.outcome IS 'How it ended.';
CREATE TABLE registry_import (
    import_id bigint PRIMARY KEY,
    source text NOT NULL,
    creates_people boolean NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    started_by bigint NOT NULL,
    rows_read bigint NOT NULL DEFAULT 0,
    matched bigint NOT NULL DEFAULT 0,
    created bigint NOT NULL DEFAULT 0,
    conflicts bigint NOT NULL DEFAULT 0,
    missed bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE registry_import IS 'Imports of population registries and declarations.';
COMMENT ON COLUMN registry_import.import_id IS 'Identity.';
COMMENT ON COLUMN registry_import.source IS 'Which registry.';
COMMENT ON COLUMN registry_import.creates_people IS 'Whether unknown people were entered.';
COMMENT ON COLUMN registry_import.started_at IS 'When it began.';
COMMENT ON COLUMN registry_import.finished_at IS 'When it ended; null while running or when it broke off.';
COMMENT ON COLUMN registry_import.started_by IS 'Who sent it.';
COMMENT ON COLUMN registry_import.rows_read IS 'Rows read so far.';
COMMENT ON COLUMN registry_import.matched IS 'Rows whose person was known and agreed.';
COMMENT ON COLUMN registry_import.created IS 'Rows that entered a new person.';
COMMENT ON COLUMN registry_import.conflicts IS 'Rows whose person was known and disagreed.';
COMMENT ON COLUMN registry_import.missed IS 'Rows whose person was unknown and not entered.';
COMMENT ON COLUMN registry_import.rejected IS 'Rows that could not be read.';
CREATE TABLE registry_import_row (
    import_id bigint NOT NULL REFERENCES registry_import (import_id),
    row_number bigint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('conflict','missed','rejected')),
    code text NOT NULL,
    fields text[] NOT NULL,
    person_id bigint,
    PRIMARY KEY (import_id, row_number)
);
COMMENT ON TABLE registry_import_row IS 'Rows of an import that need somebody''s eye.';
COMMENT ON COLUMN registry_import_row.import_id IS 'The import.';
COMMENT ON COLUMN registry_import_row.row_number IS 'Row in the file, the header being row 1.';
COMMENT ON COLUMN registry_import_row.outcome IS 'What became of it.';
COMMENT ON COLUMN registry_import_row.code IS 'Stable code of the reason.';
COMMENT ON COLUMN registry_import_row.fields IS 'Columns concerned; never their values.';
COMMENT ON COLUMN registry_import_row.person_id IS 'The person, if known.';
CREATE TABLE idempotency (
    caller text NOT NULL,
    key text NOT NULL,
    request_sha256 bytea NOT NULL,
    status smallint NOT NULL,
    answer_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);
COMMENT ON TABLE idempotency IS 'Answers of creating calls, so that a repeated call is answered the same.';
COMMENT ON COLUMN idempotency.caller IS 'Kind and id of the caller.';
COMMENT ON COLUMN idempotency.key IS 'The Idempotency-Key header.';
COMMENT ON COLUMN idempotency.request_sha256 IS 'Digest of operation and body; another body under the same key is refused.';
COMMENT ON COLUMN idempotency.status IS 'HTTP status answered.';
COMMENT ON COLUMN idempotency.answer_sealed IS 'Sealed body answered.';
COMMENT ON COLUMN idempotency.created_at IS 'When.';
