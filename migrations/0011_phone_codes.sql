-- One-time codes for phones, and counts of how often somebody did something.

CREATE TABLE phone_code (
    phone_digest bytea NOT NULL CHECK (octet_length(phone_digest) = 16),
    purpose text NOT NULL CHECK (purpose IN ('enrol','dependant')),
    code_digest bytea NOT NULL CHECK (octet_length(code_digest) = 16),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    tries smallint NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (phone_digest, purpose)
);
COMMENT ON TABLE phone_code IS 'The last one-time code of each phone and purpose; removed when it has run out.';
COMMENT ON COLUMN phone_code.phone_digest IS 'Keyed digest of the phone number.';
COMMENT ON COLUMN phone_code.purpose IS 'What the code may be used for.';
COMMENT ON COLUMN phone_code.code_digest IS 'Keyed digest of purpose, phone and code.';
COMMENT ON COLUMN phone_code.created_at IS 'When it was sent.';
COMMENT ON COLUMN phone_code.expires_at IS 'From when it does not count.';
COMMENT ON COLUMN phone_code.tries IS 'Times somebody tried it, rightly or wrongly.';
COMMENT ON COLUMN phone_code.used_at IS 'When it was used up.';
CREATE TABLE limit_count (
    kind text NOT NULL,
    key_digest bytea NOT NULL,
    uses bigint NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (kind, key_digest)
);
COMMENT ON TABLE limit_count IS 'How often somebody did something within a window; removed when the window is over.';
COMMENT ON COLUMN limit_count.kind IS 'What is counted.';
COMMENT ON COLUMN limit_count.key_digest IS 'Keyed digest of the phone, document or challenge.';
COMMENT ON COLUMN limit_count.uses IS 'Uses within the window.';
COMMENT ON COLUMN limit_count.ends_at IS 'When the window ends.';
-- Somebody on duty may tell a person what they did; what was told stays.
GRANT INSERT ON notice TO gridpass_staff;
