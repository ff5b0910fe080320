-- Areas of risk: a version of the list, and what changed of it when and by whom.

CREATE TABLE risk_area_list (
    only_one boolean PRIMARY KEY CHECK (only_one),
    version integer NOT NULL CHECK (version > 0)
);
COMMENT ON TABLE risk_area_list IS 'One row: the version of the list of risk areas, locked by whoever changes it.';
COMMENT ON COLUMN risk_area_list.only_one IS 'True; there is one list.';
COMMENT ON COLUMN risk_area_list.version IS 'Grows by one with each change.';
INSERT INTO risk_area_list (only_one, version) VALUES (true, 1);
REVOKE INSERT, DELETE ON risk_area_list FROM gridpass_engine;

CREATE TABLE risk_area_change (
    change_id bigint PRIMARY KEY,
    version integer NOT NULL CHECK (version > 0),
    area_code text NOT NULL,
    before jsonb,
    after jsonb,
    changed_at timestamptz NOT NULL,
    changed_by bigint NOT NULL,
    CHECK (before IS NOT NULL OR after IS NOT NULL)
);
COMMENT ON TABLE risk_area_change IS 'Every change of an area of risk; append-only.';
COMMENT ON COLUMN risk_area_change.change_id IS 'Identity; grows with time.';
COMMENT ON COLUMN risk_area_change.version IS 'Version of the list that the change made.';
COMMENT ON COLUMN risk_area_change.area_code IS 'Division code of the area.';
COMMENT ON COLUMN risk_area_change.before IS 'Names and days before; null when the area was added.';
COMMENT ON COLUMN risk_area_change.after IS 'Names and days from then on; null when the area was removed.';
COMMENT ON COLUMN risk_area_change.changed_at IS 'When.';
COMMENT ON COLUMN risk_area_change.changed_by IS 'Staff member who changed it.';
REVOKE UPDATE, DELETE ON risk_area_change FROM gridpass_engine;

-- What is on the list already: as it was entered last.
INSERT INTO risk_area_change (change_id, version, area_code, after, changed_at, changed_by)
    SELECT row_number() OVER (ORDER BY entered_at, area_code), 1, area_code,
           jsonb_build_object('area_code', area_code, 'name_zh', name_zh, 'name_en', name_en,
                              'since', since, 'until', until),
           entered_at, entered_by
    FROM risk_area;
