-- Observation: what happened to an order, daily checks, announced door openings, door sensors, needs.

CREATE TABLE quarantine_step (
    person_id bigint NOT NULL,
    order_id bigint NOT NULL,
    step_id bigint NOT NULL,
    place_code text NOT NULL CHECK (length(place_code) = 15),
    step text NOT NULL CHECK (step IN ('started','extended','transferred','released','completed')),
    place text NOT NULL CHECK (place IN ('home','central','hospital')),
    end_date date NOT NULL,
    document text,
    document_date date,
    means text CHECK (means IN ('official_document','verbal')),
    end_reason text CHECK (end_reason IN ('completed','cancelled')),
    at timestamptz NOT NULL,
    by bigint,
    confirmed_by bigint,
    PRIMARY KEY (person_id, order_id, step_id)
);
COMMENT ON TABLE quarantine_step IS 'Every change of a quarantine order with its paper; append-only.';
COMMENT ON COLUMN quarantine_step.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN quarantine_step.order_id IS 'The order.';
COMMENT ON COLUMN quarantine_step.step_id IS 'Identity; grows with time.';
COMMENT ON COLUMN quarantine_step.place_code IS 'Leaf division whose team watches.';
COMMENT ON COLUMN quarantine_step.step IS 'What was done.';
COMMENT ON COLUMN quarantine_step.place IS 'Where the order is served from then on.';
COMMENT ON COLUMN quarantine_step.end_date IS 'First day free from then on.';
COMMENT ON COLUMN quarantine_step.document IS 'Number of the paper behind the change.';
COMMENT ON COLUMN quarantine_step.document_date IS 'Day on that paper.';
COMMENT ON COLUMN quarantine_step.means IS 'How the person was told: by the paper, or first by word.';
COMMENT ON COLUMN quarantine_step.end_reason IS 'How it ended.';
COMMENT ON COLUMN quarantine_step.at IS 'When.';
COMMENT ON COLUMN quarantine_step.by IS 'Who proposed it, or released; null when the order reached its end.';
COMMENT ON COLUMN quarantine_step.confirmed_by IS 'Second person, of another unit.';
INSERT INTO quarantine_step (person_id, order_id, step_id, place_code, step, place, end_date, document, at, by)
    SELECT person_id, order_id, order_id, place_code, 'started', place, end_date, document, created_at, created_by
    FROM quarantine_order;

CREATE TABLE daily_check (
    person_id bigint NOT NULL,
    check_id bigint NOT NULL,
    order_id bigint NOT NULL,
    day date NOT NULL,
    day_part text NOT NULL CHECK (day_part IN ('morning','evening')),
    at timestamptz NOT NULL,
    decicelsius smallint NOT NULL CHECK (decicelsius BETWEEN 300 AND 450),
    symptoms text[] NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by bigint,
    fact_id bigint,
    PRIMARY KEY (person_id, check_id),
    UNIQUE (person_id, at)
);
COMMENT ON TABLE daily_check IS 'Temperature and symptoms of people under observation, morning and evening; append-only.';
COMMENT ON COLUMN daily_check.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN daily_check.check_id IS 'Identity.';
COMMENT ON COLUMN daily_check.order_id IS 'The order it belongs to.';
COMMENT ON COLUMN daily_check.day IS 'Day of the district it counts for.';
COMMENT ON COLUMN daily_check.day_part IS 'Which of the two checks of the day.';
COMMENT ON COLUMN daily_check.at IS 'When it was taken; the same instant sent again is the same check.';
COMMENT ON COLUMN daily_check.decicelsius IS 'Body temperature in tenths of a degree.';
COMMENT ON COLUMN daily_check.symptoms IS 'Words of the closed list; none if empty.';
COMMENT ON COLUMN daily_check.recorded_at IS 'When it arrived.';
COMMENT ON COLUMN daily_check.recorded_by IS 'Staff member; null when the person entered it.';
COMMENT ON COLUMN daily_check.fact_id IS 'The health fact; null while a reading that would turn the pass red waits for two people.';

CREATE TABLE missed_check (
    person_id bigint NOT NULL,
    day date NOT NULL,
    day_part text NOT NULL CHECK (day_part IN ('morning','evening')),
    order_id bigint NOT NULL,
    found_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, day, day_part)
);
COMMENT ON TABLE missed_check IS 'Checks that were due and not there; written once by a job, so that one miss has one consequence.';
COMMENT ON COLUMN missed_check.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN missed_check.day IS 'Day of the district.';
COMMENT ON COLUMN missed_check.day_part IS 'Which of the two checks of the day.';
COMMENT ON COLUMN missed_check.order_id IS 'The order.';
COMMENT ON COLUMN missed_check.found_at IS 'When it was found missing.';

CREATE TABLE door_opening (
    person_id bigint NOT NULL,
    opening_id bigint NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('rubbish','parcel','medical','other')),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    announced_at timestamptz NOT NULL,
    announced_by bigint,
    withdrawn_at timestamptz,
    PRIMARY KEY (person_id, opening_id),
    CHECK (from_at < until_at)
);
CREATE INDEX door_opening_until_idx ON door_opening (until_at);
COMMENT ON TABLE door_opening IS 'Times at which a person under observation said that the door would open.';
COMMENT ON COLUMN door_opening.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN door_opening.opening_id IS 'Identity.';
COMMENT ON COLUMN door_opening.purpose IS 'What for.';
COMMENT ON COLUMN door_opening.from_at IS 'From when.';
COMMENT ON COLUMN door_opening.until_at IS 'Until when.';
COMMENT ON COLUMN door_opening.announced_at IS 'When it was announced.';
COMMENT ON COLUMN door_opening.announced_by IS 'Staff member; null when the person did it.';
COMMENT ON COLUMN door_opening.withdrawn_at IS 'When it was taken back.';

CREATE TABLE door_sensor (
    person_id bigint NOT NULL,
    sensor_id bigint NOT NULL,
    token_digest bytea NOT NULL,
    created_at timestamptz NOT NULL,
    created_by bigint NOT NULL,
    removed_at timestamptz,
    PRIMARY KEY (person_id, sensor_id)
);
COMMENT ON TABLE door_sensor IS 'Sensors on doors of people under observation, and their tokens.';
COMMENT ON COLUMN door_sensor.person_id IS 'Whose door; random, 53 bits; distribution key.';
COMMENT ON COLUMN door_sensor.sensor_id IS 'Identity.';
COMMENT ON COLUMN door_sensor.token_digest IS 'SHA-256 of the token.';
COMMENT ON COLUMN door_sensor.created_at IS 'When it was put up.';
COMMENT ON COLUMN door_sensor.created_by IS 'Who put it up.';
COMMENT ON COLUMN door_sensor.removed_at IS 'When it was taken down; its token counts no more.';

CREATE TABLE door_event (
    person_id bigint NOT NULL,
    sensor_id bigint NOT NULL,
    at timestamptz NOT NULL,
    announced boolean NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, sensor_id, at)
);
COMMENT ON TABLE door_event IS 'Openings that a sensor reported; the same sent again is the same.';
COMMENT ON COLUMN door_event.person_id IS 'Whose door; random, 53 bits; distribution key.';
COMMENT ON COLUMN door_event.sensor_id IS 'Which sensor.';
COMMENT ON COLUMN door_event.at IS 'When the door opened.';
COMMENT ON COLUMN door_event.announced IS 'Whether somebody of the household had said so.';
COMMENT ON COLUMN door_event.received_at IS 'When the report arrived.';

CREATE TABLE need (
    person_id bigint NOT NULL,
    need_id bigint NOT NULL,
    household_id bigint,
    kind text NOT NULL CHECK (kind IN ('food','medicine','rubbish','other')),
    note_sealed bytea,
    status text NOT NULL CHECK (status IN ('asked','accepted','delivered','refused')),
    asked_at timestamptz NOT NULL,
    asked_by bigint,
    accepted_at timestamptz,
    accepted_by bigint,
    closed_at timestamptz,
    closed_by bigint,
    refusal text CHECK (refusal IN ('not_available','not_permitted','asked_twice','not_under_observation')),
    PRIMARY KEY (person_id, need_id),
    CHECK ((status IN ('delivered','refused')) = (closed_at IS NOT NULL)),
    CHECK ((status = 'refused') = (refusal IS NOT NULL))
);
CREATE INDEX need_open_idx ON need (need_id) WHERE status IN ('asked','accepted');
COMMENT ON TABLE need IS 'What isolated households ask for, and what became of it.';
COMMENT ON COLUMN need.person_id IS 'Who asks; random, 53 bits; distribution key.';
COMMENT ON COLUMN need.need_id IS 'Identity.';
COMMENT ON COLUMN need.household_id IS 'Household it is for.';
COMMENT ON COLUMN need.kind IS 'What is needed.';
COMMENT ON COLUMN need.note_sealed IS 'Sealed words of whoever asks.';
COMMENT ON COLUMN need.status IS 'Where it stands.';
COMMENT ON COLUMN need.asked_at IS 'When it was asked for.';
COMMENT ON COLUMN need.asked_by IS 'Staff member; null when the person did it.';
COMMENT ON COLUMN need.accepted_at IS 'When somebody took it.';
COMMENT ON COLUMN need.accepted_by IS 'Who took it.';
COMMENT ON COLUMN need.closed_at IS 'When it was delivered or refused.';
COMMENT ON COLUMN need.closed_by IS 'Who delivered or refused it.';
COMMENT ON COLUMN need.refusal IS 'Why it was refused, from a closed list.';

REVOKE UPDATE, DELETE ON quarantine_step, daily_check, missed_check, door_event FROM gridpass_engine;
GRANT SELECT, INSERT ON quarantine_step, daily_check TO gridpass_staff;
GRANT SELECT ON missed_check TO gridpass_staff;
GRANT SELECT, INSERT, UPDATE ON door_opening, need TO gridpass_staff;
GRANT INSERT, UPDATE (removed_at) ON door_sensor TO gridpass_staff;
GRANT SELECT (person_id, sensor_id, created_at, created_by, removed_at) ON door_sensor TO gridpass_staff;
GRANT SELECT ON door_event TO gridpass_staff;

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['quarantine_step', 'daily_check', 'missed_check', 'door_opening', 'door_sensor',
        'door_event', 'need']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', walled);
        EXECUTE format('CREATE POLICY engine ON %I TO gridpass_engine USING (true)', walled);
    END LOOP;
END
$$;
CREATE POLICY staff ON quarantine_step TO gridpass_staff USING (in_scope(place_code) OR is_subject(person_id));
-- The rest is in reach with its person.
CREATE POLICY staff ON daily_check TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = daily_check.person_id));
CREATE POLICY staff ON missed_check TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = missed_check.person_id));
CREATE POLICY staff ON door_opening TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = door_opening.person_id));
CREATE POLICY staff ON door_sensor TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = door_sensor.person_id));
CREATE POLICY staff ON door_event TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = door_event.person_id));
CREATE POLICY staff ON need TO gridpass_staff
    USING (EXISTS (SELECT FROM person_state s WHERE s.person_id = need.person_id));
