-- Scans and their counts.

CREATE TABLE scan (
    person_id bigint NOT NULL,
    at timestamptz NOT NULL,
    gate_id bigint NOT NULL,
    received_at timestamptz NOT NULL,
    device_id bigint,
    rule_set_version integer NOT NULL,
    direction smallint NOT NULL CHECK (direction BETWEEN 0 AND 1),
    colour smallint NOT NULL CHECK (colour BETWEEN 0 AND 2),
    action smallint NOT NULL CHECK (action BETWEEN 0 AND 2),
    rung smallint NOT NULL CHECK (rung BETWEEN 0 AND 6),
    shown_colour smallint CHECK (shown_colour BETWEEN 0 AND 2),
    temperature_decicelsius smallint CHECK (temperature_decicelsius BETWEEN 300 AND 450),
    colour_rule text NOT NULL,
    gate_rule text NOT NULL,
    PRIMARY KEY (person_id, at, gate_id)
) PARTITION BY RANGE (at);
CREATE INDEX scan_received_idx ON scan USING brin (received_at) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE scan IS 'One check of one person at one gate. Partitioned by day; the key is both idempotency and history.';
COMMENT ON COLUMN scan.person_id IS 'The person; distribution key.';
COMMENT ON COLUMN scan.at IS 'When it happened by the device''s clock.';
COMMENT ON COLUMN scan.gate_id IS 'Where.';
COMMENT ON COLUMN scan.received_at IS 'When the server took it.';
COMMENT ON COLUMN scan.device_id IS 'By which device; null when the holder scanned the gate''s code.';
COMMENT ON COLUMN scan.rule_set_version IS 'Version that decided.';
COMMENT ON COLUMN scan.direction IS '0 in, 1 out.';
COMMENT ON COLUMN scan.colour IS '0 green, 1 yellow, 2 red.';
COMMENT ON COLUMN scan.action IS 'What the table said: 0 pass, 1 check, 2 stop.';
COMMENT ON COLUMN scan.rung IS 'How the person was known: 0 presentation, 1 gate code, 2 number, 3 paper, 4 offline snapshot, 5 offline code, 6 offline paper or number.';
COMMENT ON COLUMN scan.shown_colour IS 'What an offline gate showed; null online.';
COMMENT ON COLUMN scan.temperature_decicelsius IS 'Reading in tenths of a degree Celsius; null if none.';
COMMENT ON COLUMN scan.colour_rule IS 'Row of the colour table that decided.';
COMMENT ON COLUMN scan.gate_rule IS 'Row of the gate table that decided.';
-- A partition is made apart and then attached: creating it in place would hold up every
-- transaction that touches the table.
CREATE FUNCTION make_scan_partition(partition_name text, from_at timestamptz, to_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass(partition_name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE scan INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
        EXECUTE format('ALTER TABLE scan ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition_name, from_at, to_at);
    END IF;
END
$$;
COMMENT ON FUNCTION make_scan_partition IS 'Makes the partition of a day unless it is there.';
CREATE FUNCTION index_scan_partition(partition_name text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass(partition_name) IS NULL OR to_regclass(partition_name || '_gate_idx') IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE INDEX %I ON %I (gate_id, at)', partition_name || '_gate_idx', partition_name);
    RETURN true;
END
$$;
COMMENT ON FUNCTION index_scan_partition IS 'Gives a closed day its index by gate unless it has it.';
CREATE TABLE scan_tally (
    lane smallint NOT NULL,
    tally_id bigint NOT NULL,
    gate_ids bigint[] NOT NULL,
    minutes integer[] NOT NULL,
    cells smallint[] NOT NULL,
    PRIMARY KEY (lane, tally_id)
);
COMMENT ON TABLE scan_tally IS 'Scans of one batch not folded in yet; written in the batch''s transaction.';
COMMENT ON COLUMN scan_tally.lane IS 'Worker the batch ran on; 0 on one PostgreSQL.';
COMMENT ON COLUMN scan_tally.tally_id IS 'Identity, given by the application.';
COMMENT ON COLUMN scan_tally.gate_ids IS 'Gate per scan.';
COMMENT ON COLUMN scan_tally.minutes IS 'Minute of the scan since 1970, per scan.';
COMMENT ON COLUMN scan_tally.cells IS 'colour * 100 + action * 10 + direction * 2 + fever, per scan.';
CREATE TABLE scan_hour (
    gate_id bigint NOT NULL,
    hour timestamptz NOT NULL,
    cell smallint NOT NULL,
    scans bigint NOT NULL,
    PRIMARY KEY (gate_id, hour, cell)
) WITH (fillfactor = 50);
CREATE INDEX scan_hour_hour_idx ON scan_hour (hour);
COMMENT ON TABLE scan_hour IS 'Scans counted by gate, hour, colour, action and direction; folded from scan_tally.';
COMMENT ON COLUMN scan_hour.gate_id IS 'Where.';
COMMENT ON COLUMN scan_hour.hour IS 'Start of the hour.';
COMMENT ON COLUMN scan_hour.cell IS 'colour * 100 + action * 10 + direction * 2 + fever.';
COMMENT ON COLUMN scan_hour.scans IS 'How many.';
CREATE TABLE scan_minute (
    gate_id bigint NOT NULL,
    minute timestamptz NOT NULL,
    colour smallint NOT NULL,
    scans bigint NOT NULL,
    PRIMARY KEY (minute, gate_id, colour)
);
COMMENT ON TABLE scan_minute IS 'Scans counted by gate, minute and colour; kept for two days, for live pages.';
COMMENT ON COLUMN scan_minute.gate_id IS 'Where.';
COMMENT ON COLUMN scan_minute.minute IS 'Start of the minute.';
COMMENT ON COLUMN scan_minute.colour IS '0 green, 1 yellow, 2 red.';
COMMENT ON COLUMN scan_minute.scans IS 'How many.';
CREATE TABLE scan_proof (
    person_id bigint NOT NULL,
    at timestamptz NOT NULL,
    gate_id bigint NOT NULL,
    device_id bigint NOT NULL,
    presentation bytea NOT NULL,
    PRIMARY KEY (person_id, at, gate_id)
);
COMMENT ON TABLE scan_proof IS 'Presentations that came with an offline upload, until a job has checked their signatures again.';
COMMENT ON COLUMN scan_proof.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN scan_proof.at IS 'Time of the scan.';
COMMENT ON COLUMN scan_proof.gate_id IS 'Gate of the scan.';
COMMENT ON COLUMN scan_proof.device_id IS 'Device that uploaded it.';
COMMENT ON COLUMN scan_proof.presentation IS 'The QR text as scanned.';
CREATE TABLE late_red (
    person_id bigint NOT NULL,
    at timestamptz NOT NULL,
    gate_id bigint NOT NULL,
    red_since timestamptz,
    reason text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, at, gate_id)
);
COMMENT ON TABLE late_red IS 'People let in by a gate without network who were red by then.';
COMMENT ON COLUMN late_red.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN late_red.at IS 'Time of the scan.';
COMMENT ON COLUMN late_red.gate_id IS 'Where the person was let in.';
COMMENT ON COLUMN late_red.red_since IS 'From when the person was red; null if always.';
COMMENT ON COLUMN late_red.reason IS 'Reason of the red.';
COMMENT ON COLUMN late_red.recorded_at IS 'When the upload brought it to light.';
CREATE TABLE upload_batch (
    device_id bigint NOT NULL,
    batch_id bigint NOT NULL,
    body_sha256 bytea NOT NULL,
    answer jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, batch_id)
);
COMMENT ON TABLE upload_batch IS 'Uploads of gates that were without network; the same batch again is answered the same.';
COMMENT ON COLUMN upload_batch.device_id IS 'The device.';
COMMENT ON COLUMN upload_batch.batch_id IS 'Number the device gave the batch.';
COMMENT ON COLUMN upload_batch.body_sha256 IS 'Digest of the body, so that a different body under the same number is refused.';
COMMENT ON COLUMN upload_batch.answer IS 'What was answered: counts and indexes only.';
COMMENT ON COLUMN upload_batch.received_at IS 'When.';
