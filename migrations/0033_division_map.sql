-- Maps that divisions upload, for the plan of a grid in the field app.

CREATE TABLE division_map (
    division_code text PRIMARY KEY CHECK (length(division_code) IN (6, 9, 12, 15)),
    features jsonb NOT NULL,
    uploaded_at timestamptz NOT NULL,
    uploaded_by bigint NOT NULL
);
COMMENT ON TABLE division_map IS 'The map of a division: buildings and outlines as they were uploaded, checked.';
COMMENT ON COLUMN division_map.division_code IS 'The division it shows.';
COMMENT ON COLUMN division_map.features IS 'Outlines in degrees of WGS 84 with enclosure, building and label; no person.';
COMMENT ON COLUMN division_map.uploaded_at IS 'When it was uploaded.';
COMMENT ON COLUMN division_map.uploaded_by IS 'Who uploaded it.';
GRANT SELECT, INSERT, UPDATE, DELETE ON division_map TO gridpass_staff;
