-- How enclosures were managed at any time, so that a gate's decision can be replayed.

CREATE TABLE enclosure_area (
    enclosure_id bigint NOT NULL REFERENCES enclosure (enclosure_id),
    since timestamptz NOT NULL,
    area_status smallint NOT NULL CHECK (area_status BETWEEN 0 AND 2),
    PRIMARY KEY (enclosure_id, since)
);
COMMENT ON TABLE enclosure_area IS 'From when an enclosure was normal, controlled or sealed; append-only.';
COMMENT ON COLUMN enclosure_area.enclosure_id IS 'The enclosure.';
COMMENT ON COLUMN enclosure_area.since IS 'From when; for what was there before this table, when the enclosure was entered.';
COMMENT ON COLUMN enclosure_area.area_status IS '0 normal, 1 controlled, 2 sealed.';
INSERT INTO enclosure_area (enclosure_id, since, area_status)
    SELECT enclosure_id, created_at, area_status FROM enclosure;
REVOKE DELETE ON enclosure_area FROM gridpass_engine;
GRANT SELECT ON enclosure_area TO gridpass_staff;
