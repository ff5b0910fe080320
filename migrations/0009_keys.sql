-- Generations of the master keys, and the work of taking a new one into use.

CREATE TABLE master_key (
    which text NOT NULL CHECK (which IN ('sealing', 'digest', 'pass')),
    number smallint NOT NULL CHECK (number BETWEEN 1 AND 255),
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 8),
    active_from timestamptz NOT NULL,
    first_seen_at timestamptz NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (which, number)
);
COMMENT ON TABLE master_key IS 'What the database knows of the keys that it never holds: which there are, and which are not needed any more.';
COMMENT ON COLUMN master_key.which IS 'What the key is for.';
COMMENT ON COLUMN master_key.number IS 'Its generation; sealed values carry it.';
COMMENT ON COLUMN master_key.fingerprint IS 'Names the key without telling it, so that another key under its number is noticed.';
COMMENT ON COLUMN master_key.active_from IS 'From when it is written with.';
COMMENT ON COLUMN master_key.first_seen_at IS 'When a node had it first.';
COMMENT ON COLUMN master_key.retired_at IS 'When it was found that nothing by it is left; it opens nothing since.';

CREATE TABLE key_work (
    target text PRIMARY KEY,
    key_number smallint NOT NULL,
    after_id bigint NOT NULL,
    moved bigint NOT NULL,
    failed bigint NOT NULL,
    finished boolean NOT NULL,
    changed_at timestamptz NOT NULL
);
COMMENT ON TABLE key_work IS 'How far sealing or digesting anew has come, by column.';
COMMENT ON COLUMN key_work.target IS 'The column.';
COMMENT ON COLUMN key_work.key_number IS 'The generation that is taken into use.';
COMMENT ON COLUMN key_work.after_id IS 'Where the next batch begins.';
COMMENT ON COLUMN key_work.moved IS 'Values brought to the new key so far.';
COMMENT ON COLUMN key_work.failed IS 'Values that did not open when they were met.';
COMMENT ON COLUMN key_work.finished IS 'Whether nothing by an older key was left.';
COMMENT ON COLUMN key_work.changed_at IS 'When this last changed.';

ALTER TABLE person ADD COLUMN digest_key smallint;
COMMENT ON COLUMN person.digest_key IS 'Generation of the key of the digests in this row; null is the first.';
ALTER TABLE person_identifier ADD COLUMN digest_key smallint;
COMMENT ON COLUMN person_identifier.digest_key IS 'Generation of the key of the digest; null is the first.';
