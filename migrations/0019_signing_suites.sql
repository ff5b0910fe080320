-- Servers sign with Ed25519 (suite standard) or with SM2 (suite guomi). Every key that is there
-- was made for Ed25519.
ALTER TABLE pass_key ADD COLUMN suite text NOT NULL DEFAULT 'standard';
ALTER TABLE pass_key DROP CONSTRAINT pass_key_public_key_check;
ALTER TABLE pass_key ADD CONSTRAINT pass_key_public_key_check CHECK (
    (suite = 'standard' AND octet_length(public_key) = 32) OR (suite = 'guomi' AND octet_length(public_key) = 65));
COMMENT ON COLUMN pass_key.kid IS 'First 8 bytes of the digest of the public key: SHA-256, or SM3 for SM2.';
COMMENT ON COLUMN pass_key.suite IS 'standard: Ed25519; guomi: SM2 with SM3.';
COMMENT ON COLUMN pass_key.public_key IS 'Public key: 32 bytes of Ed25519, or 04, x and y of SM2.';
COMMENT ON COLUMN pass_key.private_key_sealed IS 'Sealed secret of 32 bytes; null once destroyed.';
ALTER TABLE audit_key ADD COLUMN suite text NOT NULL DEFAULT 'standard';
ALTER TABLE audit_key DROP CONSTRAINT audit_key_public_key_check;
ALTER TABLE audit_key ADD CONSTRAINT audit_key_public_key_check CHECK (
    (suite = 'standard' AND octet_length(public_key) = 32) OR (suite = 'guomi' AND octet_length(public_key) = 65));
COMMENT ON COLUMN audit_key.suite IS 'standard: Ed25519; guomi: SM2 with SM3.';
COMMENT ON COLUMN audit_key.public_key IS 'Public key, published: 32 bytes of Ed25519, or 04, x and y of SM2.';
COMMENT ON COLUMN audit_digest.signature IS 'By the key: Ed25519, or SM2 with SM3.';
