-- A device's own token is not a guard: what shows people needs the token of an open shift.

INSERT INTO epoch (name, value) VALUES ('shifts', 1);
COMMENT ON COLUMN epoch.name IS 'Which cache: rules, directory or shifts.';

CREATE TABLE shift_token (
    shift_id bigint PRIMARY KEY,
    device_id bigint NOT NULL REFERENCES gate_device (device_id),
    token_digest bytea NOT NULL CHECK (octet_length(token_digest) = 32),
    started_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > started_at),
    ended_at timestamptz CHECK (ended_at >= started_at)
);
CREATE UNIQUE INDEX shift_token_open_idx ON shift_token (device_id) WHERE ended_at IS NULL;
CREATE INDEX shift_token_device_idx ON shift_token (device_id, started_at);
COMMENT ON TABLE shift_token IS 'By what a device shows that a guard is on duty with it; one open at a time, each for twelve hours at most. Kept some days, so that a check told later can be held to it.';
COMMENT ON COLUMN shift_token.shift_id IS 'The shift.';
COMMENT ON COLUMN shift_token.device_id IS 'The device.';
COMMENT ON COLUMN shift_token.token_digest IS 'SHA-256 of the token; the token itself is given once, at the beginning of the shift.';
COMMENT ON COLUMN shift_token.started_at IS 'From when it counts.';
COMMENT ON COLUMN shift_token.ends_at IS 'From when it does not count, whatever else happens.';
COMMENT ON COLUMN shift_token.ended_at IS 'When it was ended before: handed over, relieved, or the device barred; null until then.';
