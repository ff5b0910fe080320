-- A person's own data: the notice accepted, and what people declare.

CREATE TABLE privacy_consent (
    person_id bigint NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, version)
);
COMMENT ON TABLE privacy_consent IS 'Which versions of the privacy notice a person accepted.';
COMMENT ON COLUMN privacy_consent.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN privacy_consent.version IS 'Version of the notice.';
COMMENT ON COLUMN privacy_consent.accepted_at IS 'When it was accepted first.';
REVOKE UPDATE, DELETE ON privacy_consent FROM gridpass_engine;

CREATE TABLE declaration (
    person_id bigint NOT NULL,
    declaration_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('travel','health')),
    answered_at timestamptz NOT NULL,
    answer_sealed bytea NOT NULL,
    PRIMARY KEY (person_id, declaration_id)
);
COMMENT ON TABLE declaration IS 'What a person declared, whole; what of it counts for the colour is a fact.';
COMMENT ON COLUMN declaration.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN declaration.declaration_id IS 'Identity; grows with time.';
COMMENT ON COLUMN declaration.kind IS 'travel or health.';
COMMENT ON COLUMN declaration.answered_at IS 'When it was answered.';
COMMENT ON COLUMN declaration.answer_sealed IS 'Sealed answer.';
-- Sealing anew under a newer key is all the engine may change.
REVOKE UPDATE, DELETE ON declaration FROM gridpass_engine;
GRANT UPDATE (answer_sealed) ON declaration TO gridpass_engine;
ALTER TABLE declaration ENABLE ROW LEVEL SECURITY;
ALTER TABLE declaration FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON declaration TO gridpass_engine USING (true);

CREATE TABLE risk_area (
    area_code text PRIMARY KEY CHECK (area_code ~ '^[1-9][0-9]+$' AND length(area_code) IN (2, 4, 6, 9, 12, 15)),
    name_zh text NOT NULL,
    name_en text NOT NULL,
    since date NOT NULL,
    until date,
    entered_by bigint NOT NULL,
    entered_at timestamptz NOT NULL,
    CHECK (until IS NULL OR since <= until)
);
COMMENT ON TABLE risk_area IS 'Areas of high risk: a declared stay there counts for the colour.';
COMMENT ON COLUMN risk_area.area_code IS 'Division code, from a province (2 digits) down.';
COMMENT ON COLUMN risk_area.name_zh IS 'Name in Chinese.';
COMMENT ON COLUMN risk_area.name_en IS 'Name in English.';
COMMENT ON COLUMN risk_area.since IS 'First day of the risk.';
COMMENT ON COLUMN risk_area.until IS 'Last day of it; null while it lasts.';
COMMENT ON COLUMN risk_area.entered_by IS 'Staff member who entered it.';
COMMENT ON COLUMN risk_area.entered_at IS 'When.';
