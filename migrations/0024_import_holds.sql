-- Imports that wait for a person: too many colours would flip, or the file is of an unusual size.

ALTER TABLE registry_import
    ADD COLUMN held_at timestamptz,
    ADD COLUMN hold_reason text CHECK (hold_reason IN ('flips','size','empty')),
    ADD COLUMN held_community text,
    ADD COLUMN held_count bigint,
    ADD COLUMN held_of bigint,
    ADD COLUMN released_at timestamptz,
    ADD COLUMN released_by bigint,
    ADD COLUMN release_note text,
    ADD COLUMN releases bigint,
    ADD CONSTRAINT registry_import_held CHECK ((held_at IS NULL) = (hold_reason IS NULL)),
    ADD CONSTRAINT registry_import_two_people CHECK (released_by <> started_by);
CREATE INDEX registry_import_source_idx ON registry_import (source, started_at);
CREATE UNIQUE INDEX registry_import_releases_idx ON registry_import (releases) WHERE releases IS NOT NULL;
COMMENT ON COLUMN registry_import.held_at IS 'When it was held: nothing of the file was taken from there on; null if it was not.';
COMMENT ON COLUMN registry_import.hold_reason IS 'flips: too many colours of a community; size: ten times the usual; empty: nothing where there usually is.';
COMMENT ON COLUMN registry_import.held_community IS 'The community, when it was held for flips.';
COMMENT ON COLUMN registry_import.held_count IS 'Flips there, or rows of the file so far.';
COMMENT ON COLUMN registry_import.held_of IS 'People there, or the usual number of rows.';
COMMENT ON COLUMN registry_import.released_at IS 'When a second person let the file be sent again.';
COMMENT ON COLUMN registry_import.released_by IS 'That person.';
COMMENT ON COLUMN registry_import.release_note IS 'Why, in that person''s words.';
COMMENT ON COLUMN registry_import.releases IS 'The held import that this one carries out after its release; each once.';
