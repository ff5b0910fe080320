-- Signing in through a government identity provider (OpenID Connect), and audit keys that vouch
-- for each other.

CREATE TABLE staff_identity (
    issuer text NOT NULL,
    subject text NOT NULL CHECK (octet_length(subject) BETWEEN 1 AND 255),
    staff_id bigint NOT NULL UNIQUE REFERENCES staff (staff_id),
    linked_by bigint NOT NULL REFERENCES staff (staff_id),
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);
COMMENT ON TABLE staff_identity IS 'Which account an identity of a provider opens; made by a security administrator, never by itself.';
COMMENT ON COLUMN staff_identity.issuer IS 'The provider, as it names itself.';
COMMENT ON COLUMN staff_identity.subject IS 'The provider''s own name of the person; never a phone or a name.';
COMMENT ON COLUMN staff_identity.staff_id IS 'The account.';
COMMENT ON COLUMN staff_identity.linked_by IS 'Who made the link.';
COMMENT ON COLUMN staff_identity.linked_at IS 'When.';
ALTER TABLE staff_identity ENABLE ROW LEVEL SECURITY;
ALTER TABLE staff_identity FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON staff_identity TO gridpass_engine USING (true);
REVOKE UPDATE ON staff_identity FROM gridpass_engine;

CREATE TABLE staff_identity_question (
    question_digest bytea PRIMARY KEY CHECK (octet_length(question_digest) = 32),
    nonce text NOT NULL,
    verifier text NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE staff_identity_question IS 'Questions to the provider that are not answered yet; each is answered once.';
COMMENT ON COLUMN staff_identity_question.question_digest IS 'SHA-256 of the state that comes back through the provider and the key that the browser keeps.';
COMMENT ON COLUMN staff_identity_question.nonce IS 'What the identity token must repeat.';
COMMENT ON COLUMN staff_identity_question.verifier IS 'Proof key of the exchange (RFC 7636); worthless without the code.';
COMMENT ON COLUMN staff_identity_question.expires_at IS 'Until when it may be answered.';
REVOKE UPDATE ON staff_identity_question FROM gridpass_engine;

ALTER TABLE staff_session ADD COLUMN by_provider boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN staff_session.by_provider IS 'True when it was opened through the identity provider, without the password.';

ALTER TABLE audit_key ADD COLUMN endorsement bytea CHECK (octet_length(endorsement) = 64);
COMMENT ON COLUMN audit_key.endorsement IS 'Ed25519 of the key before over this one''s number and public key; null for the first.';
