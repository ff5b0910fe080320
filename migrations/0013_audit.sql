-- Who did what with whose data: entries, their chain, and what is published of it.

CREATE TABLE audit_entry (
    entry_id bigint NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor IN ('staff','holder','device','system','nobody')),
    actor_id bigint NOT NULL,
    unit text,
    role text,
    jurisdiction text NOT NULL,
    purpose text NOT NULL,
    action text NOT NULL,
    subjects bigint[] NOT NULL,
    object text,
    result text NOT NULL CHECK (result IN ('shown','done','unchanged','refused')),
    code text,
    origin text,
    session text,
    reference text,
    key_number smallint NOT NULL,
    mac bytea NOT NULL CHECK (octet_length(mac) = 32),
    PRIMARY KEY (entry_id, at)
) PARTITION BY RANGE (at);
CREATE INDEX audit_entry_subjects_idx ON audit_entry USING gin (subjects);
CREATE INDEX audit_entry_actor_idx ON audit_entry (actor_id, entry_id);
COMMENT ON TABLE audit_entry IS 'Changes and reads of personal data, and refused attempts; insert-only, partitioned by month.';
COMMENT ON COLUMN audit_entry.entry_id IS 'Identity; grows with time.';
COMMENT ON COLUMN audit_entry.at IS 'When.';
COMMENT ON COLUMN audit_entry.actor IS 'Kind of caller.';
COMMENT ON COLUMN audit_entry.actor_id IS 'Staff member, person or device; 0 for the system and for callers not signed in.';
COMMENT ON COLUMN audit_entry.unit IS 'Organisation of the member of staff.';
COMMENT ON COLUMN audit_entry.role IS 'Role of the member of staff.';
COMMENT ON COLUMN audit_entry.jurisdiction IS 'Jurisdiction of the member of staff; empty is everywhere.';
COMMENT ON COLUMN audit_entry.purpose IS 'What for, as declared for the operation.';
COMMENT ON COLUMN audit_entry.action IS 'Operation of the API, job or command.';
COMMENT ON COLUMN audit_entry.subjects IS 'People concerned; no foreign key, and no key of distribution: the log is kept in one place.';
COMMENT ON COLUMN audit_entry.object IS 'Other thing concerned, as kind/identity.';
COMMENT ON COLUMN audit_entry.result IS 'shown, done, unchanged (asked for again) or refused.';
COMMENT ON COLUMN audit_entry.code IS 'Error code of a refusal.';
COMMENT ON COLUMN audit_entry.origin IS 'Network address of the caller.';
COMMENT ON COLUMN audit_entry.session IS 'First eight hex digits of the session''s digest; not the token.';
COMMENT ON COLUMN audit_entry.reference IS 'Break-glass or approval that allowed it.';
COMMENT ON COLUMN audit_entry.key_number IS 'Key of the MAC.';
COMMENT ON COLUMN audit_entry.mac IS 'HMAC-SHA-256 over all other columns, so that a row cannot be made or changed without the server''s key.';
CREATE TABLE audit_pending (
    entry_id bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (entry_id, at)
);
COMMENT ON TABLE audit_pending IS 'Entries not linked yet; written with the entry, taken away with the link.';
COMMENT ON COLUMN audit_pending.entry_id IS 'The entry.';
COMMENT ON COLUMN audit_pending.at IS 'When; names the partition.';
CREATE TABLE audit_link (
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    entry_id bigint NOT NULL,
    leaf bytea NOT NULL CHECK (octet_length(leaf) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    key_number smallint NOT NULL,
    mac bytea NOT NULL CHECK (octet_length(mac) = 32),
    PRIMARY KEY (seq, at)
) PARTITION BY RANGE (at);
CREATE INDEX audit_link_entry_idx ON audit_link (entry_id);
COMMENT ON TABLE audit_link IS 'The chain over the entries; insert-only, partitioned by month.';
COMMENT ON COLUMN audit_link.seq IS 'Number in the chain, from 1, without gaps.';
COMMENT ON COLUMN audit_link.at IS 'Time of the entry.';
COMMENT ON COLUMN audit_link.entry_id IS 'The entry.';
COMMENT ON COLUMN audit_link.leaf IS 'SHA-256 over the entry.';
COMMENT ON COLUMN audit_link.hash IS 'SHA-256 over the hash before, the number and the leaf.';
COMMENT ON COLUMN audit_link.key_number IS 'Key of the MAC.';
COMMENT ON COLUMN audit_link.mac IS 'HMAC-SHA-256 over number and hash, so that the chain cannot be made anew without the server''s key.';
CREATE TABLE audit_digest (
    day date PRIMARY KEY,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    head bytea NOT NULL CHECK (octet_length(head) = 32),
    previous bytea NOT NULL CHECK (octet_length(previous) = 32),
    key_number smallint NOT NULL,
    signature bytea NOT NULL CHECK (octet_length(signature) = 64),
    made_at timestamptz NOT NULL,
    CHECK (last_seq >= first_seq - 1)
);
COMMENT ON TABLE audit_digest IS 'What is published of each day of the log.';
COMMENT ON COLUMN audit_digest.day IS 'Day of the district.';
COMMENT ON COLUMN audit_digest.first_seq IS 'First link of the day.';
COMMENT ON COLUMN audit_digest.last_seq IS 'Last link of the day; one below the first when there was none.';
COMMENT ON COLUMN audit_digest.root IS 'Merkle root over the day''s leaves (RFC 6962).';
COMMENT ON COLUMN audit_digest.head IS 'Hash of the last link at the end of the day.';
COMMENT ON COLUMN audit_digest.previous IS 'Hash of the digest of the day before; zeros for the first.';
COMMENT ON COLUMN audit_digest.key_number IS 'Key of the signature.';
COMMENT ON COLUMN audit_digest.signature IS 'Ed25519.';
COMMENT ON COLUMN audit_digest.made_at IS 'When it was made.';
CREATE TABLE audit_key (
    key_number smallint PRIMARY KEY,
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
    seed_sealed bytea NOT NULL,
    made_at timestamptz NOT NULL
);
COMMENT ON TABLE audit_key IS 'Keys of the log: one seed gives the signing key of the digests and the key of the MACs.';
COMMENT ON COLUMN audit_key.key_number IS 'Number.';
COMMENT ON COLUMN audit_key.public_key IS 'Ed25519 public key, published.';
COMMENT ON COLUMN audit_key.seed_sealed IS 'Sealed seed.';
COMMENT ON COLUMN audit_key.made_at IS 'When it was made.';
ALTER TABLE idempotency ADD COLUMN entry_id bigint;
COMMENT ON COLUMN idempotency.entry_id IS 'Audit entry of the call that was answered first; a repeated answer is recorded with its subjects.';
-- Partitions are made ahead by a job that may make no tables: this function does it with the
-- owner's rights, for months only. Nobody goes to a partition by its name.
CREATE FUNCTION make_audit_month(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    base text;
    part text;
    begins timestamptz := date_trunc('month', month) AT TIME ZONE 'UTC';
    ends timestamptz := (date_trunc('month', month) + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    PERFORM pg_advisory_xact_lock(5703419002);
    FOREACH base IN ARRAY ARRAY['audit_entry', 'audit_link'] LOOP
        part := base || to_char(month, '_YYYYMM');
        IF to_regclass(part) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, base, begins, ends);
            EXECUTE format('REVOKE ALL ON %I FROM gridpass_engine', part);
        END IF;
    END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION make_audit_month FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_audit_month TO gridpass_engine;
-- Insert-only: nobody but the owner changes or deletes an entry, a link or a digest.
REVOKE ALL ON audit_entry, audit_link, audit_digest, audit_key FROM gridpass_engine;
GRANT SELECT, INSERT ON audit_entry, audit_link, audit_digest, audit_key TO gridpass_engine;
-- Sealing anew under another master key changes the sealed seed and nothing else.
GRANT UPDATE (seed_sealed) ON audit_key TO gridpass_engine;
REVOKE UPDATE ON audit_pending FROM gridpass_engine;
GRANT INSERT ON audit_entry, audit_pending TO gridpass_staff;
GRANT SELECT (entry_id, at) ON audit_entry TO gridpass_staff;
