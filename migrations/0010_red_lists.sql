-- Lists of proposals that are held above the cap, and what looks like red by list.

CREATE TABLE red_list (
    list_id bigint PRIMARY KEY,
    place_code text NOT NULL,
    status text NOT NULL CHECK (status IN ('open','held','refused','lapsed')),
    people integer NOT NULL CHECK (people > 0),
    held boolean NOT NULL,
    submitted_at timestamptz NOT NULL,
    submitted_by bigint NOT NULL,
    submitted_unit text NOT NULL,
    lapses_at timestamptz NOT NULL,
    approved_at timestamptz,
    approved_by bigint,
    approved_unit text,
    CHECK (approved_by IS NULL OR (approved_by <> submitted_by AND approved_unit <> submitted_unit))
);
CREATE INDEX red_list_held_idx ON red_list (lapses_at) WHERE status = 'held';
COMMENT ON TABLE red_list IS 'Many proposals from one file; above the cap held until somebody above approves.';
COMMENT ON COLUMN red_list.list_id IS 'Identity.';
COMMENT ON COLUMN red_list.place_code IS 'Longest division prefix that holds everybody on the list.';
COMMENT ON COLUMN red_list.status IS 'open: its proposals wait for a second person; held: nothing acts.';
COMMENT ON COLUMN red_list.people IS 'How many people it proposes.';
COMMENT ON COLUMN red_list.held IS 'Whether it was above the cap, so that somebody above answers for it.';
COMMENT ON COLUMN red_list.submitted_at IS 'When it was sent in.';
COMMENT ON COLUMN red_list.submitted_by IS 'Who sent it in.';
COMMENT ON COLUMN red_list.submitted_unit IS 'Unit of that person then.';
COMMENT ON COLUMN red_list.lapses_at IS 'When it lapses if nobody approves.';
COMMENT ON COLUMN red_list.approved_at IS 'When it was approved or refused.';
COMMENT ON COLUMN red_list.approved_by IS 'Who approved or refused it; null when it was not held.';
COMMENT ON COLUMN red_list.approved_unit IS 'Unit of that person then.';
CREATE TABLE red_finding (
    finding_id bigint PRIMARY KEY,
    pattern text NOT NULL,
    subject text NOT NULL,
    place_code text NOT NULL,
    day date NOT NULL,
    score smallint NOT NULL CHECK (score BETWEEN 1 AND 100),
    people integer NOT NULL,
    found_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by bigint,
    outcome text CHECK (outcome IN ('explained','passed_on')),
    UNIQUE (pattern, subject, day),
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
COMMENT ON TABLE red_finding IS 'Patterns of red by list: leads for the privacy officer to look at, never a penalty; names no person.';
COMMENT ON COLUMN red_finding.finding_id IS 'Identity.';
COMMENT ON COLUMN red_finding.pattern IS 'Which pattern.';
COMMENT ON COLUMN red_finding.subject IS 'Evidence, account, unit, enclosure or employer it is about.';
COMMENT ON COLUMN red_finding.place_code IS 'Longest division prefix that holds everybody concerned.';
COMMENT ON COLUMN red_finding.day IS 'Day of the newest red in it; the same pattern counts once a day.';
COMMENT ON COLUMN red_finding.score IS 'How odd, 1 to 100.';
COMMENT ON COLUMN red_finding.people IS 'How many people.';
COMMENT ON COLUMN red_finding.found_at IS 'When it was found.';
COMMENT ON COLUMN red_finding.closed_at IS 'When somebody had looked into it.';
COMMENT ON COLUMN red_finding.closed_by IS 'Who.';
COMMENT ON COLUMN red_finding.outcome IS 'What came of it.';
