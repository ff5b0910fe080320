-- What a gate's device needs for a shift: a code to be enrolled by, guards on duty, everybody's
-- colour for when there is no network, and a register for when nothing else is left.

CREATE TABLE device_code (
    code_digest bytea PRIMARY KEY CHECK (octet_length(code_digest) = 16),
    gate_id bigint NOT NULL REFERENCES gate (gate_id),
    name text NOT NULL,
    made_by bigint NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    device_id bigint,
    CHECK ((used_at IS NULL) = (device_id IS NULL))
);
COMMENT ON TABLE device_code IS 'Codes by which a device is enrolled once, without anybody copying a token.';
COMMENT ON COLUMN device_code.code_digest IS 'Keyed digest of the code; the code itself is shown once.';
COMMENT ON COLUMN device_code.gate_id IS 'Where the device will work.';
COMMENT ON COLUMN device_code.name IS 'What the guards will call it.';
COMMENT ON COLUMN device_code.made_by IS 'Supervisor who made it.';
COMMENT ON COLUMN device_code.made_at IS 'When.';
COMMENT ON COLUMN device_code.expires_at IS 'From when it does not count.';
COMMENT ON COLUMN device_code.used_at IS 'When a device was enrolled by it; null until then.';
COMMENT ON COLUMN device_code.device_id IS 'Which device that was.';

CREATE TABLE gate_shift (
    shift_id bigint PRIMARY KEY,
    device_id bigint NOT NULL REFERENCES gate_device (device_id),
    gate_id bigint NOT NULL REFERENCES gate (gate_id),
    staff_id bigint NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_how text CHECK (ended_how IN ('handed_over', 'relieved', 'lapsed')),
    summary jsonb,
    CHECK ((ended_at IS NULL) = (ended_how IS NULL)),
    CHECK (ended_at >= started_at)
);
CREATE UNIQUE INDEX gate_shift_open_idx ON gate_shift (device_id) WHERE ended_at IS NULL;
CREATE INDEX gate_shift_gate_idx ON gate_shift (gate_id, shift_id);
COMMENT ON TABLE gate_shift IS 'Which guard was on duty with which device, from when to when. A scan of a device is the scan of the guard on duty.';
COMMENT ON COLUMN gate_shift.shift_id IS 'Identity; grows with time.';
COMMENT ON COLUMN gate_shift.device_id IS 'The device; one shift at a time.';
COMMENT ON COLUMN gate_shift.gate_id IS 'The gate it was used at.';
COMMENT ON COLUMN gate_shift.staff_id IS 'The guard.';
COMMENT ON COLUMN gate_shift.started_at IS 'When the guard signed in.';
COMMENT ON COLUMN gate_shift.ended_at IS 'When it ended; null while it lasts.';
COMMENT ON COLUMN gate_shift.ended_how IS 'handed_over by the guard, relieved by the next one, or lapsed.';
COMMENT ON COLUMN gate_shift.summary IS 'Counts of the shift, as handed over.';

CREATE TABLE colour_snapshot (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    version bigint NOT NULL,
    as_of timestamptz NOT NULL,
    took_ms integer NOT NULL,
    rules_epoch bigint NOT NULL,
    read_up_to bigint NOT NULL,
    serials integer NOT NULL CHECK (serials >= 0),
    colours bytea NOT NULL,
    revocations bytea NOT NULL
);
COMMENT ON TABLE colour_snapshot IS 'Everybody''s colour by the serial of the pass, two bits each, for gates without network. Names nobody.';
COMMENT ON COLUMN colour_snapshot.single IS 'There is one row.';
COMMENT ON COLUMN colour_snapshot.version IS 'Grows with each change; never goes back, also after a restored backup.';
COMMENT ON COLUMN colour_snapshot.as_of IS 'Everything committed before this is in it.';
COMMENT ON COLUMN colour_snapshot.took_ms IS 'What the last reading cost; the next waits accordingly.';
COMMENT ON COLUMN colour_snapshot.rules_epoch IS 'Rules it was coloured by; another epoch colours everybody anew.';
COMMENT ON COLUMN colour_snapshot.read_up_to IS 'Transactions below this number are in it; later ones are read the next time.';
COMMENT ON COLUMN colour_snapshot.serials IS 'Serials from 0 up to below this one.';
COMMENT ON COLUMN colour_snapshot.colours IS 'Two bits a serial, the first in the lowest bits: 0 green, 1 yellow, 2 red, 3 nobody.';
COMMENT ON COLUMN colour_snapshot.revocations IS 'Of withdrawn passes: serial, and the seconds before which phones'' and paper passes do not count.';

CREATE TABLE colour_change (
    version bigint PRIMARY KEY,
    made_at timestamptz NOT NULL,
    colours bytea NOT NULL,
    revocations bytea NOT NULL
);
COMMENT ON TABLE colour_change IS 'What each version of the snapshot changed, for a day: gates fetch only that.';
COMMENT ON COLUMN colour_change.version IS 'The version that came of it.';
COMMENT ON COLUMN colour_change.made_at IS 'When.';
COMMENT ON COLUMN colour_change.colours IS 'A serial and its colour each, in four bytes: serial times four, plus colour.';
COMMENT ON COLUMN colour_change.revocations IS 'Withdrawn passes that were new, as in the snapshot.';

CREATE TABLE gate_register (
    device_id bigint NOT NULL REFERENCES gate_device (device_id),
    entry_id bigint NOT NULL,
    entry_key text NOT NULL CHECK (length(entry_key) BETWEEN 8 AND 64),
    gate_id bigint NOT NULL REFERENCES gate (gate_id),
    at timestamptz NOT NULL,
    direction smallint NOT NULL CHECK (direction BETWEEN 0 AND 1),
    action smallint NOT NULL CHECK (action BETWEEN 0 AND 2),
    temperature_decicelsius smallint CHECK (temperature_decicelsius BETWEEN 300 AND 450),
    shown_colour smallint CHECK (shown_colour BETWEEN 0 AND 2),
    pass_serial integer,
    details_sealed bytea,
    received_at timestamptz NOT NULL,
    next_try_at timestamptz,
    tries smallint NOT NULL,
    became text CHECK (became IN ('scan', 'nobody', 'refused')),
    PRIMARY KEY (device_id, entry_id),
    UNIQUE (device_id, entry_key),
    CHECK ((next_try_at IS NULL) = (details_sealed IS NULL))
);
CREATE INDEX gate_register_due_idx ON gate_register (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX gate_register_gate_idx ON gate_register (gate_id, entry_id);
ALTER TABLE gate_register ENABLE ROW LEVEL SECURITY;
ALTER TABLE gate_register FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON gate_register TO gridpass_engine USING (true);
COMMENT ON TABLE gate_register IS 'People written down at a gate by number, or by hand when all else failed; turned into scans as soon as somebody is known.';
COMMENT ON COLUMN gate_register.device_id IS 'By which device.';
COMMENT ON COLUMN gate_register.entry_id IS 'Identity.';
COMMENT ON COLUMN gate_register.entry_key IS 'What the device calls the entry; the same is taken once.';
COMMENT ON COLUMN gate_register.gate_id IS 'Where.';
COMMENT ON COLUMN gate_register.at IS 'When, by the device''s clock.';
COMMENT ON COLUMN gate_register.direction IS '0 in, 1 out.';
COMMENT ON COLUMN gate_register.action IS 'What the guard did: 0 pass, 1 check, 2 stop.';
COMMENT ON COLUMN gate_register.temperature_decicelsius IS 'Reading in tenths of a degree Celsius; null if none.';
COMMENT ON COLUMN gate_register.shown_colour IS 'What the snapshot said of the serial; null when nothing was known.';
COMMENT ON COLUMN gate_register.pass_serial IS 'Serial of the pass, if that is how the person was named.';
COMMENT ON COLUMN gate_register.details_sealed IS 'Name, phone and document number, sealed; null once they are not needed any more.';
COMMENT ON COLUMN gate_register.received_at IS 'When the server took it.';
COMMENT ON COLUMN gate_register.next_try_at IS 'When the person is looked for again; null when that is over.';
COMMENT ON COLUMN gate_register.tries IS 'How often it was looked.';
COMMENT ON COLUMN gate_register.became IS 'What came of it: a scan, nobody found within the time, or a scan that was refused; null while open.';

CREATE TABLE specimen_scan (
    gate_id bigint NOT NULL,
    device_id bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (gate_id, device_id, at)
);
COMMENT ON TABLE specimen_scan IS 'Specimens that inspectors showed and a guard scanned: who only looks at screens scans none.';
COMMENT ON COLUMN specimen_scan.gate_id IS 'Where.';
COMMENT ON COLUMN specimen_scan.device_id IS 'By which device.';
COMMENT ON COLUMN specimen_scan.at IS 'When the server saw it.';

CREATE TABLE device_report (
    device_id bigint PRIMARY KEY REFERENCES gate_device (device_id),
    at timestamptz NOT NULL,
    app_version text NOT NULL CHECK (length(app_version) BETWEEN 1 AND 40),
    waiting integer NOT NULL CHECK (waiting >= 0),
    snapshot_as_of timestamptz
);
GRANT SELECT ON device_report TO gridpass_staff;
COMMENT ON TABLE device_report IS 'What each device last said of itself, so that a supervisor sees which one is lost, old, or full. Names nobody.';
COMMENT ON COLUMN device_report.device_id IS 'The device.';
COMMENT ON COLUMN device_report.at IS 'When the server heard it.';
COMMENT ON COLUMN device_report.app_version IS 'Which build of the app it runs.';
COMMENT ON COLUMN device_report.waiting IS 'Scans and entries it still has to upload.';
COMMENT ON COLUMN device_report.snapshot_as_of IS 'Up to when the colours it holds are complete; null when it holds none it can open.';
