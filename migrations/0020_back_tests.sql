-- Back-tests: what a rule set would change, found out without changing anything.

CREATE TABLE back_test (
    back_test_id bigint PRIMARY KEY,
    content_sha256 bytea NOT NULL CHECK (octet_length(content_sha256) = 32),
    rule_set_version integer,
    colour_csv text NOT NULL,
    gate_csv text NOT NULL,
    divisions text[] NOT NULL,
    scan_days smallint NOT NULL CHECK (scan_days BETWEEN 0 AND 14),
    assumptions jsonb NOT NULL,
    status text NOT NULL CHECK (status IN ('waiting','running','done','failed')),
    percent smallint NOT NULL CHECK (percent BETWEEN 0 AND 100),
    started_at timestamptz NOT NULL,
    started_by bigint NOT NULL,
    claimed_at timestamptz,
    finished_at timestamptz,
    people bigint,
    changed bigint,
    scans bigint,
    scans_changed bigint,
    card jsonb,
    CHECK ((status IN ('done','failed')) = (finished_at IS NOT NULL)),
    CHECK ((status = 'done') = (card IS NOT NULL))
);
CREATE INDEX back_test_open_idx ON back_test (back_test_id) WHERE status IN ('waiting','running');
CREATE INDEX back_test_content_idx ON back_test (content_sha256, back_test_id);
COMMENT ON TABLE back_test IS 'What rule sets would have changed when they were tried; counts only, nobody is named.';
COMMENT ON COLUMN back_test.back_test_id IS 'Identity, given by the application; grows with time.';
COMMENT ON COLUMN back_test.content_sha256 IS 'SHA-256 over both tables, as in rule_set: a table changed afterwards has no back-test.';
COMMENT ON COLUMN back_test.rule_set_version IS 'Stored version that was tried; null for tables that were sent along.';
COMMENT ON COLUMN back_test.colour_csv IS 'The colour table tried, in its canonical CSV form.';
COMMENT ON COLUMN back_test.gate_csv IS 'The gate table tried, in its canonical CSV form.';
COMMENT ON COLUMN back_test.divisions IS 'Prefixes of the divisions where it was taken to be in force; empty is everywhere.';
COMMENT ON COLUMN back_test.scan_days IS 'Days of scans that were decided anew, counted back from the start; 0 is none.';
COMMENT ON COLUMN back_test.assumptions IS 'Seconds an action takes at a gate, visits a worker makes a day, and when a group counts as hit harder.';
COMMENT ON COLUMN back_test.status IS 'waiting, running, done or failed.';
COMMENT ON COLUMN back_test.percent IS 'How far it has come.';
COMMENT ON COLUMN back_test.started_at IS 'When it was asked for.';
COMMENT ON COLUMN back_test.started_by IS 'Staff member who asked.';
COMMENT ON COLUMN back_test.claimed_at IS 'When a node last said that it works on it; another takes over a while after.';
COMMENT ON COLUMN back_test.finished_at IS 'When it ended.';
COMMENT ON COLUMN back_test.people IS 'People whose colour was decided by both.';
COMMENT ON COLUMN back_test.changed IS 'People whose colour differs.';
COMMENT ON COLUMN back_test.scans IS 'Scans that were decided by both.';
COMMENT ON COLUMN back_test.scans_changed IS 'Scans whose action differs.';
COMMENT ON COLUMN back_test.card IS 'The impact card: counts by place, age band and origin, visits, minutes at gates.';
-- A record of what was known before an approval is not edited afterwards, and not deleted.
REVOKE UPDATE, DELETE ON back_test FROM gridpass_engine;
GRANT UPDATE (status, percent, claimed_at, finished_at, people, changed, scans, scans_changed, card) ON back_test TO gridpass_engine;
