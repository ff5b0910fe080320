-- A key is claimed before its call runs, so that of calls at the same moment one runs, on
-- whichever node; and a kept answer knows whom it showed.

CREATE TABLE idempotency_claim (
    caller text NOT NULL,
    key text NOT NULL,
    request_sha256 bytea NOT NULL,
    claim bigint NOT NULL,
    claimed_at timestamptz NOT NULL,
    lease_until timestamptz NOT NULL,
    committed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (caller, key)
);
COMMENT ON TABLE idempotency_claim IS 'Calls with an Idempotency-Key that are running, or were cut off.';
COMMENT ON COLUMN idempotency_claim.caller IS 'Digest of the caller''s token and of what it acts as.';
COMMENT ON COLUMN idempotency_claim.key IS 'The Idempotency-Key header.';
COMMENT ON COLUMN idempotency_claim.request_sha256 IS 'Digest of operation, query and body.';
COMMENT ON COLUMN idempotency_claim.claim IS 'Which of the calls runs; a call that lost its claim cannot commit.';
COMMENT ON COLUMN idempotency_claim.claimed_at IS 'Since when.';
COMMENT ON COLUMN idempotency_claim.lease_until IS 'From when another call may take over, unless something was committed.';
COMMENT ON COLUMN idempotency_claim.committed IS 'Whether the call has committed something; set in the same transaction.';
CREATE INDEX idempotency_claim_age_idx ON idempotency_claim (claimed_at);
-- The change of a member of staff says in its own transaction that it is done.
GRANT SELECT, UPDATE (committed) ON idempotency_claim TO gridpass_staff;

ALTER TABLE idempotency
    ADD COLUMN subjects bigint[],
    ADD COLUMN object text,
    ADD COLUMN content_type text;
COMMENT ON COLUMN idempotency.subjects IS 'People whom the answer shows; null for answers kept before this was noted.';
COMMENT ON COLUMN idempotency.object IS 'Which other thing it is about, as the audit log names it.';
COMMENT ON COLUMN idempotency.content_type IS 'Media type of the answer; null for JSON of before, and for none.';
CREATE INDEX idempotency_age_idx ON idempotency (created_at);
