-- Both parents carry a child: each guardian's phone has a key of its own, and one does not void
-- what the other shows.

CREATE TABLE carrier_key (
    person_id bigint NOT NULL,
    guardian_id bigint NOT NULL,
    device_key bytea NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (person_id, guardian_id)
);
COMMENT ON TABLE carrier_key IS 'Keys of the guardians'' phones that show a person''s pass.';
COMMENT ON COLUMN carrier_key.person_id IS 'Whose pass; random, 53 bits; distribution key.';
COMMENT ON COLUMN carrier_key.guardian_id IS 'Whose phone shows it.';
COMMENT ON COLUMN carrier_key.device_key IS 'Public key of that phone.';
COMMENT ON COLUMN carrier_key.since IS 'Since when it is this key.';
ALTER TABLE carrier_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE carrier_key FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON carrier_key TO gridpass_engine USING (true);
