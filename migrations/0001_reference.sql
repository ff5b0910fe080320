-- Places, gates, staff, rules and keys: the small tables every node reads.

CREATE TABLE epoch (
    name text PRIMARY KEY,
    value bigint NOT NULL
);
INSERT INTO epoch (name, value) VALUES ('rules', 1), ('directory', 1);
COMMENT ON TABLE epoch IS 'Version counters that caches compare inside the scan batch''s transaction.';
COMMENT ON COLUMN epoch.name IS 'Which cache: rules or directory.';
COMMENT ON COLUMN epoch.value IS 'Grows by one with each change; never shrinks.';
CREATE TABLE counter (
    name text PRIMARY KEY,
    next_value bigint NOT NULL
);
INSERT INTO counter (name, next_value) VALUES ('pass_serial', 1);
COMMENT ON TABLE counter IS 'Named counters given out in blocks, one row each.';
COMMENT ON COLUMN counter.name IS 'What is counted, for example pass_serial.';
COMMENT ON COLUMN counter.next_value IS 'First value not given out yet.';
CREATE TABLE division (
    division_code text PRIMARY KEY CHECK (division_code ~ '^[0-9]{4}$|^[0-9]{6}$|^[0-9]{9}$|^[0-9]{12}$|^[0-9]{15}$'),
    name text NOT NULL,
    level text NOT NULL CHECK (level IN ('city','district','subdistrict','community','grid')),
    parent_code text,
    created_at timestamptz NOT NULL
);
CREATE INDEX division_parent_idx ON division (parent_code);
COMMENT ON TABLE division IS 'The tree of administrative divisions; a jurisdiction is a code prefix.';
COMMENT ON COLUMN division.division_code IS 'Hierarchical code: 4 city, 6 district, 9 subdistrict, 12 community, 15 grid.';
COMMENT ON COLUMN division.name IS 'Name as shown, for example 六联社区.';
COMMENT ON COLUMN division.level IS 'Level of the node.';
COMMENT ON COLUMN division.parent_code IS 'Code one level up; null at the root of what was imported.';
COMMENT ON COLUMN division.created_at IS 'When the node was first imported.';
CREATE TABLE enclosure (
    enclosure_id bigint PRIMARY KEY,
    code text UNIQUE,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('estate','urban_village','industrial_park','site','school','dormitory','other')),
    community_code text NOT NULL REFERENCES division (division_code),
    area_status smallint NOT NULL DEFAULT 0 CHECK (area_status BETWEEN 0 AND 2),
    contact text,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX enclosure_community_idx ON enclosure (community_code text_pattern_ops, enclosure_id);
COMMENT ON TABLE enclosure IS 'Fenced estates, urban villages, parks, sites and schools with gates.';
COMMENT ON COLUMN enclosure.enclosure_id IS 'Identity, given by the application.';
COMMENT ON COLUMN enclosure.code IS 'Short code used in imports; null when made by hand.';
COMMENT ON COLUMN enclosure.name IS 'Name as posted at its gate.';
COMMENT ON COLUMN enclosure.kind IS 'What kind of place it is.';
COMMENT ON COLUMN enclosure.community_code IS 'The community it lies in.';
COMMENT ON COLUMN enclosure.area_status IS '0 normal, 1 controlled, 2 sealed.';
COMMENT ON COLUMN enclosure.contact IS 'Office phone or post of the responsible cadre; never a private number.';
COMMENT ON COLUMN enclosure.created_at IS 'When it was entered.';
COMMENT ON COLUMN enclosure.changed_at IS 'When it was last changed.';
CREATE TABLE employer (
    employer_id bigint PRIMARY KEY,
    credit_code text NOT NULL UNIQUE,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('company','construction_site','school','industrial_park')),
    place_code text NOT NULL CHECK (length(place_code) = 15),
    enclosure_id bigint REFERENCES enclosure (enclosure_id),
    created_at timestamptz NOT NULL
);
CREATE INDEX employer_place_idx ON employer (place_code text_pattern_ops, employer_id);
COMMENT ON TABLE employer IS 'Companies, construction sites, schools and parks that people return to.';
COMMENT ON COLUMN employer.employer_id IS 'Identity, given by the application.';
COMMENT ON COLUMN employer.credit_code IS 'Unified social credit code (GB 32100), checked.';
COMMENT ON COLUMN employer.name IS 'Registered name.';
COMMENT ON COLUMN employer.kind IS 'What kind of employer it is.';
COMMENT ON COLUMN employer.place_code IS 'Leaf division code of its address.';
COMMENT ON COLUMN employer.enclosure_id IS 'The enclosure it lies in, if any.';
COMMENT ON COLUMN employer.created_at IS 'When it was registered.';
CREATE TABLE gate (
    gate_id bigint PRIMARY KEY,
    name text NOT NULL,
    place_code text NOT NULL CHECK (length(place_code) = 15),
    enclosure_id bigint REFERENCES enclosure (enclosure_id),
    employer_id bigint REFERENCES employer (employer_id),
    code_secret_sealed bytea NOT NULL,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    CHECK (enclosure_id IS NOT NULL OR employer_id IS NOT NULL)
);
CREATE INDEX gate_place_idx ON gate (place_code text_pattern_ops, gate_id);
COMMENT ON TABLE gate IS 'Checkpoints of an enclosure or an employer.';
COMMENT ON COLUMN gate.gate_id IS 'Identity, given by the application.';
COMMENT ON COLUMN gate.name IS 'Name as the guards call it.';
COMMENT ON COLUMN gate.place_code IS 'Leaf division code; every scan counts here.';
COMMENT ON COLUMN gate.enclosure_id IS 'Whose gate it is, if an enclosure''s.';
COMMENT ON COLUMN gate.employer_id IS 'Whose gate it is, if an employer''s.';
COMMENT ON COLUMN gate.code_secret_sealed IS 'Sealed key of the rotating gate code.';
COMMENT ON COLUMN gate.active IS 'False once the gate is closed for good.';
COMMENT ON COLUMN gate.created_at IS 'When it was entered.';
CREATE TABLE gate_lane (
    gate_id bigint NOT NULL REFERENCES gate (gate_id),
    lane smallint NOT NULL CHECK (lane BETWEEN 1 AND 32),
    direction text NOT NULL CHECK (direction IN ('in','out','both')),
    PRIMARY KEY (gate_id, lane)
);
COMMENT ON TABLE gate_lane IS 'Lanes of a gate.';
COMMENT ON COLUMN gate_lane.gate_id IS 'The gate.';
COMMENT ON COLUMN gate_lane.lane IS 'Number painted on the ground, from 1.';
COMMENT ON COLUMN gate_lane.direction IS 'Which way people walk.';
CREATE TABLE gate_device (
    device_id bigint PRIMARY KEY,
    gate_id bigint NOT NULL REFERENCES gate (gate_id),
    name text NOT NULL,
    token_digest bytea NOT NULL,
    public_key bytea CHECK (octet_length(public_key) = 32),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);
CREATE INDEX gate_device_gate_idx ON gate_device (gate_id);
COMMENT ON TABLE gate_device IS 'Phones and scanners that guards hold; each has its own token and key.';
COMMENT ON COLUMN gate_device.device_id IS 'Identity, given by the application.';
COMMENT ON COLUMN gate_device.gate_id IS 'Where the device works.';
COMMENT ON COLUMN gate_device.name IS 'What the guards call it.';
COMMENT ON COLUMN gate_device.token_digest IS 'SHA-256 of the device token; the token itself is shown once.';
COMMENT ON COLUMN gate_device.public_key IS 'Ed25519 key that signs offline uploads; null until enrolled.';
COMMENT ON COLUMN gate_device.active IS 'False once lost or withdrawn.';
COMMENT ON COLUMN gate_device.created_at IS 'When it was enrolled.';
CREATE TABLE staff (
    staff_id bigint PRIMARY KEY,
    username text NOT NULL UNIQUE CHECK (username = lower(username)),
    display_name text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL,
    jurisdiction text NOT NULL CHECK (jurisdiction ~ '^[0-9]{0,15}$'),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE staff IS 'People who work with the system.';
COMMENT ON COLUMN staff.staff_id IS 'Identity, given by the application.';
COMMENT ON COLUMN staff.username IS 'Sign-in name, lower case.';
COMMENT ON COLUMN staff.display_name IS 'Name colleagues know.';
COMMENT ON COLUMN staff.password_hash IS 'Argon2id, PHC string.';
COMMENT ON COLUMN staff.role IS 'One role of the access table.';
COMMENT ON COLUMN staff.jurisdiction IS 'Prefix of the divisions the person may act in; empty is everywhere.';
COMMENT ON COLUMN staff.active IS 'False once the account is closed.';
COMMENT ON COLUMN staff.created_at IS 'When the account was made.';
CREATE TABLE staff_session (
    token_digest bytea PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff (staff_id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX staff_session_staff_idx ON staff_session (staff_id);
COMMENT ON TABLE staff_session IS 'Signed-in sessions of staff.';
COMMENT ON COLUMN staff_session.token_digest IS 'SHA-256 of the session token.';
COMMENT ON COLUMN staff_session.staff_id IS 'Whose session.';
COMMENT ON COLUMN staff_session.created_at IS 'When signed in.';
COMMENT ON COLUMN staff_session.expires_at IS 'When it ends at the latest.';
COMMENT ON COLUMN staff_session.revoked_at IS 'When it was ended, if it was.';
CREATE TABLE rule_set (
    rule_set_version integer PRIMARY KEY,
    colour_csv text NOT NULL,
    gate_csv text NOT NULL,
    content_sha256 bytea NOT NULL,
    note text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by bigint
);
COMMENT ON TABLE rule_set IS 'Versions of the two decision tables, immutable.';
COMMENT ON COLUMN rule_set.rule_set_version IS 'Version; only grows.';
COMMENT ON COLUMN rule_set.colour_csv IS 'The colour table in its canonical CSV form.';
COMMENT ON COLUMN rule_set.gate_csv IS 'The gate table in its canonical CSV form.';
COMMENT ON COLUMN rule_set.content_sha256 IS 'SHA-256 over both tables.';
COMMENT ON COLUMN rule_set.note IS 'Why this version was made.';
COMMENT ON COLUMN rule_set.created_at IS 'When it was entered.';
COMMENT ON COLUMN rule_set.created_by IS 'Staff member; null for the version shipped with the program.';
CREATE TABLE rule_set_activation (
    activation_id bigint PRIMARY KEY,
    rule_set_version integer NOT NULL REFERENCES rule_set (rule_set_version),
    activated_at timestamptz NOT NULL,
    activated_by bigint
);
COMMENT ON TABLE rule_set_activation IS 'Which version was in force from when; append-only.';
COMMENT ON COLUMN rule_set_activation.activation_id IS 'Identity; the greatest is in force.';
COMMENT ON COLUMN rule_set_activation.rule_set_version IS 'The version put into force.';
COMMENT ON COLUMN rule_set_activation.activated_at IS 'From when it decides.';
COMMENT ON COLUMN rule_set_activation.activated_by IS 'Staff member; null for the first start.';
CREATE TABLE pass_key (
    kid bytea PRIMARY KEY CHECK (octet_length(kid) = 8),
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
    private_key_sealed bytea,
    not_before timestamptz NOT NULL,
    not_after timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE pass_key IS 'Signing keys of pass credentials, rotated.';
COMMENT ON COLUMN pass_key.kid IS 'First 8 bytes of SHA-256 of the public key.';
COMMENT ON COLUMN pass_key.public_key IS 'Ed25519 public key.';
COMMENT ON COLUMN pass_key.private_key_sealed IS 'Sealed Ed25519 seed; null once destroyed.';
COMMENT ON COLUMN pass_key.not_before IS 'From when it signs.';
COMMENT ON COLUMN pass_key.not_after IS 'From when it no longer signs; what it signed before goes on counting.';
COMMENT ON COLUMN pass_key.created_at IS 'When it was made.';
