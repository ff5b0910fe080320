-- Shadow mode: a version is evaluated beside what is in force, and counted; nobody is named.

CREATE TABLE rule_shadow (
    shadow_id bigint PRIMARY KEY,
    rule_set_version integer NOT NULL REFERENCES rule_set (rule_set_version),
    place_prefix text NOT NULL CHECK (place_prefix ~ '^([0-9]{9}|[0-9]{12}|[0-9]{15})?$'),
    scan_percent smallint NOT NULL CHECK (scan_percent BETWEEN 0 AND 100),
    count_people boolean NOT NULL,
    note text NOT NULL,
    started_at timestamptz NOT NULL,
    started_by bigint NOT NULL,
    ended_at timestamptz,
    ended_by bigint,
    scans_until timestamptz NOT NULL,
    people_counted_at timestamptz,
    CHECK (scan_percent > 0 OR count_people)
);
CREATE INDEX rule_shadow_running_idx ON rule_shadow (shadow_id) WHERE ended_at IS NULL;
COMMENT ON TABLE rule_shadow IS 'Versions that are evaluated beside what is in force.';
COMMENT ON COLUMN rule_shadow.shadow_id IS 'Identity.';
COMMENT ON COLUMN rule_shadow.rule_set_version IS 'The version.';
COMMENT ON COLUMN rule_shadow.place_prefix IS 'Where it is taken to be in force; empty is the whole district.';
COMMENT ON COLUMN rule_shadow.scan_percent IS 'Share of the scans that are decided a second time.';
COMMENT ON COLUMN rule_shadow.count_people IS 'Whether everybody there is counted by the colour they would have.';
COMMENT ON COLUMN rule_shadow.note IS 'Why.';
COMMENT ON COLUMN rule_shadow.started_at IS 'When it began.';
COMMENT ON COLUMN rule_shadow.started_by IS 'Who began it.';
COMMENT ON COLUMN rule_shadow.ended_at IS 'When it ended; null while it runs.';
COMMENT ON COLUMN rule_shadow.ended_by IS 'Who ended it.';
COMMENT ON COLUMN rule_shadow.scans_until IS 'Scans that the server took up to then are counted.';
COMMENT ON COLUMN rule_shadow.people_counted_at IS 'When people were last counted.';
CREATE TABLE rule_shadow_scan (
    shadow_id bigint NOT NULL REFERENCES rule_shadow (shadow_id),
    day date NOT NULL,
    division_code text NOT NULL,
    colour smallint NOT NULL,
    action smallint NOT NULL,
    shadow_colour smallint NOT NULL,
    shadow_action smallint NOT NULL,
    scans bigint NOT NULL,
    PRIMARY KEY (shadow_id, day, division_code, colour, action, shadow_colour, shadow_action)
);
COMMENT ON TABLE rule_shadow_scan IS 'Scans by what was decided and what the shadow would have decided.';
COMMENT ON COLUMN rule_shadow_scan.shadow_id IS 'The shadow.';
COMMENT ON COLUMN rule_shadow_scan.day IS 'Day of the district.';
COMMENT ON COLUMN rule_shadow_scan.division_code IS 'Community of the gate.';
COMMENT ON COLUMN rule_shadow_scan.colour IS 'Colour that was decided.';
COMMENT ON COLUMN rule_shadow_scan.action IS 'Action that was decided.';
COMMENT ON COLUMN rule_shadow_scan.shadow_colour IS 'Colour by the shadow.';
COMMENT ON COLUMN rule_shadow_scan.shadow_action IS 'Action by the shadow.';
COMMENT ON COLUMN rule_shadow_scan.scans IS 'How many.';
CREATE TABLE rule_shadow_people (
    shadow_id bigint NOT NULL REFERENCES rule_shadow (shadow_id),
    day date NOT NULL,
    division_code text NOT NULL,
    colour smallint NOT NULL,
    shadow_colour smallint NOT NULL,
    people bigint NOT NULL,
    PRIMARY KEY (shadow_id, day, division_code, colour, shadow_colour)
);
COMMENT ON TABLE rule_shadow_people IS 'People by the colour they have and the colour by the shadow, as last counted on a day.';
COMMENT ON COLUMN rule_shadow_people.shadow_id IS 'The shadow.';
COMMENT ON COLUMN rule_shadow_people.day IS 'Day of the district.';
COMMENT ON COLUMN rule_shadow_people.division_code IS 'Community where they count.';
COMMENT ON COLUMN rule_shadow_people.colour IS 'Colour they have.';
COMMENT ON COLUMN rule_shadow_people.shadow_colour IS 'Colour by the shadow.';
COMMENT ON COLUMN rule_shadow_people.people IS 'How many.';
REVOKE DELETE ON rule_shadow, rule_shadow_scan FROM gridpass_engine;
GRANT SELECT, INSERT ON rule_shadow TO gridpass_staff;
GRANT UPDATE (ended_at, ended_by) ON rule_shadow TO gridpass_staff;
GRANT SELECT ON rule_shadow_scan, rule_shadow_people TO gridpass_staff;
