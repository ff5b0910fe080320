-- Passages of time that wait for a person, sources that are late, and flips by the hour.

CREATE TABLE held_state (
    person_id bigint NOT NULL,
    from_at timestamptz NOT NULL,
    hold_id bigint NOT NULL,
    source text,
    until_at timestamptz,
    let_through boolean NOT NULL,
    PRIMARY KEY (person_id, from_at),
    CHECK (until_at IS NOT NULL OR NOT let_through)
);
CREATE INDEX held_state_hold_idx ON held_state (hold_id) WHERE until_at IS NULL;
COMMENT ON TABLE held_state IS 'Whose state stays as it was although a date was reached: one row for each person and hold.';
COMMENT ON COLUMN held_state.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN held_state.from_at IS 'The date that would have changed the state: what stays from then on is the state just before.';
COMMENT ON COLUMN held_state.hold_id IS 'The hold.';
COMMENT ON COLUMN held_state.source IS 'The source whose silence is held; null when too many would change at once.';
COMMENT ON COLUMN held_state.until_at IS 'Until when it stayed: new evidence came, or somebody decided; null while it stays.';
COMMENT ON COLUMN held_state.let_through IS 'Somebody decided that the date takes effect.';

ALTER TABLE person_state ADD COLUMN held_from timestamptz;
ALTER TABLE person_state ADD CONSTRAINT person_state_held_check CHECK (held_from IS NULL OR valid_until IS NULL);
COMMENT ON COLUMN person_state.held_from IS 'The date that does not take effect while it is held: state and durations stay as they were just before; null for nearly everybody.';

CREATE TABLE passed_flip (
    community_code text NOT NULL CHECK (length(community_code) = 12),
    hour_at timestamptz NOT NULL,
    flips bigint NOT NULL CHECK (flips >= 0),
    PRIMARY KEY (community_code, hour_at)
);
COMMENT ON TABLE passed_flip IS 'Colours that passing time has changed already, by community and hour; kept for two days.';
COMMENT ON COLUMN passed_flip.community_code IS 'The community.';
COMMENT ON COLUMN passed_flip.hour_at IS 'Beginning of the hour in which they changed.';
COMMENT ON COLUMN passed_flip.flips IS 'How many people.';

CREATE TABLE time_hold (
    hold_id bigint PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('passage','source')),
    place_code text NOT NULL CHECK (length(place_code) = 15),
    hour_at timestamptz,
    source text,
    late_since timestamptz,
    people bigint NOT NULL,
    flips bigint NOT NULL,
    status text NOT NULL CHECK (status IN ('held','kept','released','over')),
    held_at timestamptz NOT NULL,
    kept_until timestamptz,
    decided_at timestamptz,
    decided_by bigint,
    CHECK ((kind = 'passage') = (hour_at IS NOT NULL)),
    CHECK ((kind = 'source') = (source IS NOT NULL AND late_since IS NOT NULL)),
    CHECK ((status = 'kept') = (kept_until IS NOT NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL))
);
CREATE UNIQUE INDEX time_hold_hour_idx ON time_hold (place_code, hour_at) WHERE kind = 'passage';
CREATE UNIQUE INDEX time_hold_source_idx ON time_hold (source) WHERE kind = 'source' AND status <> 'over';
COMMENT ON TABLE time_hold IS 'What passing time would do and does not until a person decides.';
COMMENT ON COLUMN time_hold.hold_id IS 'Identity.';
COMMENT ON COLUMN time_hold.kind IS 'passage: too many people of a community in one hour; source: a source is late.';
COMMENT ON COLUMN time_hold.place_code IS 'The community, or the district for a source, as a leaf code.';
COMMENT ON COLUMN time_hold.hour_at IS 'Beginning of the hour.';
COMMENT ON COLUMN time_hold.source IS 'The source that is late.';
COMMENT ON COLUMN time_hold.late_since IS 'Since when it is late.';
COMMENT ON COLUMN time_hold.people IS 'People of the community when somebody was last held.';
COMMENT ON COLUMN time_hold.flips IS 'People whose state was held, all in all.';
COMMENT ON COLUMN time_hold.status IS 'held: waits for a person; kept: somebody keeps the old colours for a time; released: takes effect; over: nothing is left to decide.';
COMMENT ON COLUMN time_hold.held_at IS 'When it was noticed; for a passage usually before its hour.';
COMMENT ON COLUMN time_hold.kept_until IS 'Until when the old colours are kept; then somebody is asked again.';
COMMENT ON COLUMN time_hold.decided_at IS 'When somebody last decided.';
COMMENT ON COLUMN time_hold.decided_by IS 'That person.';

CREATE TABLE time_hold_step (
    hold_id bigint NOT NULL REFERENCES time_hold (hold_id),
    step_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('held','kept','asked_again','released','heard','over')),
    people bigint NOT NULL,
    at timestamptz NOT NULL,
    by_staff bigint,
    note text NOT NULL,
    PRIMARY KEY (hold_id, step_id)
);
COMMENT ON TABLE time_hold_step IS 'What happened to a hold, in order; nothing is ever changed.';
COMMENT ON COLUMN time_hold_step.hold_id IS 'The hold.';
COMMENT ON COLUMN time_hold_step.step_id IS 'Identity; grows with time.';
COMMENT ON COLUMN time_hold_step.kind IS 'What happened.';
COMMENT ON COLUMN time_hold_step.people IS 'How many people were held then.';
COMMENT ON COLUMN time_hold_step.at IS 'When.';
COMMENT ON COLUMN time_hold_step.by_staff IS 'Who; null for background work.';
COMMENT ON COLUMN time_hold_step.note IS 'Why, in that person''s words.';

CREATE TABLE source_rhythm (
    source text PRIMARY KEY,
    every_hours smallint NOT NULL CHECK (every_hours BETWEEN 1 AND 744),
    note text NOT NULL,
    set_at timestamptz NOT NULL,
    set_by bigint NOT NULL
);
COMMENT ON TABLE source_rhythm IS 'How often a source has to be heard of, where somebody said so; others are known by their imports.';
COMMENT ON COLUMN source_rhythm.source IS 'Its name, as its facts carry it.';
COMMENT ON COLUMN source_rhythm.every_hours IS 'Every so many hours.';
COMMENT ON COLUMN source_rhythm.note IS 'Why.';
COMMENT ON COLUMN source_rhythm.set_at IS 'Since when.';
COMMENT ON COLUMN source_rhythm.set_by IS 'Who said so.';

CREATE TABLE registry_flip (
    import_id bigint NOT NULL,
    community_code text NOT NULL CHECK (length(community_code) = 12),
    at timestamptz NOT NULL,
    flips bigint NOT NULL CHECK (flips > 0),
    PRIMARY KEY (import_id, community_code, at)
);
CREATE INDEX registry_flip_at_idx ON registry_flip (community_code, at);
COMMENT ON TABLE registry_flip IS 'Colours that imports have changed, by community and time: several files of an hour add up.';
COMMENT ON COLUMN registry_flip.import_id IS 'The import.';
COMMENT ON COLUMN registry_flip.community_code IS 'The community.';
COMMENT ON COLUMN registry_flip.at IS 'When the rows were taken.';
COMMENT ON COLUMN registry_flip.flips IS 'How many people.';

ALTER TABLE red_list
    ADD COLUMN hold_reason text CHECK (hold_reason IN ('cap','size','share','empty')),
    ADD COLUMN held_count bigint,
    ADD COLUMN held_of bigint,
    ADD COLUMN held_community text;
ALTER TABLE red_list DROP CONSTRAINT red_list_people_check;
ALTER TABLE red_list ADD CONSTRAINT red_list_people_check CHECK (people >= 0);
UPDATE red_list SET hold_reason = 'cap' WHERE held;
COMMENT ON COLUMN red_list.hold_reason IS 'Why it is held: cap: more than the sender''s hour allows; size: ten times the usual; share: too many people of a community; empty: nothing where there usually is; null if it is not.';
COMMENT ON COLUMN red_list.held_count IS 'People of the list, or of it in the community.';
COMMENT ON COLUMN red_list.held_of IS 'The usual number, or the people of the community.';
COMMENT ON COLUMN red_list.held_community IS 'The community, when it is held for its share.';

CREATE INDEX fact_recorded_idx ON fact USING brin (recorded_at);

ALTER TABLE held_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE held_state FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON held_state TO gridpass_engine USING (true);
CREATE POLICY staff ON held_state TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = held_state.person_id));
REVOKE DELETE ON held_state, time_hold FROM gridpass_engine;
REVOKE UPDATE, DELETE ON time_hold_step FROM gridpass_engine;
GRANT SELECT ON held_state, time_hold, time_hold_step, source_rhythm TO gridpass_staff;
GRANT UPDATE (until_at, let_through) ON held_state TO gridpass_staff;
GRANT UPDATE (status, kept_until, decided_at, decided_by) ON time_hold TO gridpass_staff;
GRANT INSERT ON time_hold_step TO gridpass_staff;
GRANT INSERT, UPDATE, DELETE ON source_rhythm TO gridpass_staff;
