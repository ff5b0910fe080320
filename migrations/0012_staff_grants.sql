-- Grants apart from accounts, a second factor, lock-out, sessions that can be seen and ended, and the
-- rules of information security that everybody confirms.

CREATE TABLE staff_grant (
    grant_id bigint PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff (staff_id),
    role text NOT NULL,
    jurisdiction text NOT NULL CHECK (jurisdiction ~ '^[0-9]{0,15}$'),
    enclosure_id bigint REFERENCES enclosure (enclosure_id),
    employer_id bigint REFERENCES employer (employer_id),
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    reason text NOT NULL,
    granted_by bigint REFERENCES staff (staff_id),
    granted_at timestamptz NOT NULL,
    handed_from bigint REFERENCES staff_grant (grant_id),
    ended_at timestamptz,
    ended_by bigint REFERENCES staff (staff_id),
    CHECK (enclosure_id IS NULL OR employer_id IS NULL),
    CHECK (valid_until > valid_from),
    CHECK (handed_from IS NULL OR valid_until IS NOT NULL)
);
CREATE INDEX staff_grant_staff_idx ON staff_grant (staff_id);
CREATE INDEX staff_grant_handed_idx ON staff_grant (handed_from) WHERE handed_from IS NOT NULL;
COMMENT ON TABLE staff_grant IS 'Who may act in which role, where and how long; rows are ended, never changed or deleted.';
COMMENT ON COLUMN staff_grant.grant_id IS 'Identity, given by the application.';
COMMENT ON COLUMN staff_grant.staff_id IS 'Who holds it.';
COMMENT ON COLUMN staff_grant.role IS 'One role of the access table.';
COMMENT ON COLUMN staff_grant.jurisdiction IS 'Prefix of the divisions it covers; for one enclosure or employer the division that lies in.';
COMMENT ON COLUMN staff_grant.enclosure_id IS 'The one enclosure it covers, if it covers one only.';
COMMENT ON COLUMN staff_grant.employer_id IS 'The one employer it covers, if it covers one only.';
COMMENT ON COLUMN staff_grant.valid_from IS 'From when it counts.';
COMMENT ON COLUMN staff_grant.valid_until IS 'From when it counts no more; null is until ended.';
COMMENT ON COLUMN staff_grant.reason IS 'Why it was given, in the words of the giver.';
COMMENT ON COLUMN staff_grant.granted_by IS 'Who gave it; null when made on the command line.';
COMMENT ON COLUMN staff_grant.granted_at IS 'When it was given.';
COMMENT ON COLUMN staff_grant.handed_from IS 'The colleague''s grant that this one hands over for a time.';
COMMENT ON COLUMN staff_grant.ended_at IS 'When it was ended early.';
COMMENT ON COLUMN staff_grant.ended_by IS 'Who ended it.';

INSERT INTO staff_grant (grant_id, staff_id, role, jurisdiction, valid_from, reason, granted_at)
    SELECT staff_id, staff_id, role, jurisdiction, created_at, '', created_at FROM staff;

ALTER TABLE staff ALTER COLUMN role DROP NOT NULL;
COMMENT ON COLUMN staff.role IS 'Superseded by staff_grant and read by nobody; goes in a later release.';
COMMENT ON COLUMN staff.jurisdiction IS 'Division whose security administrator answers for the account; empty is everywhere.';
ALTER TABLE staff ADD COLUMN password_set_at timestamptz;
ALTER TABLE staff ADD COLUMN password_must_change boolean NOT NULL DEFAULT false;
ALTER TABLE staff ADD COLUMN tries integer NOT NULL DEFAULT 0;
ALTER TABLE staff ADD COLUMN tries_since timestamptz;
ALTER TABLE staff ADD COLUMN totp_secret_sealed bytea;
ALTER TABLE staff ADD COLUMN totp_confirmed_at timestamptz;
ALTER TABLE staff ADD COLUMN totp_step bigint NOT NULL DEFAULT 0;
ALTER TABLE staff ADD COLUMN ten_donts_version integer NOT NULL DEFAULT 0;
ALTER TABLE staff ADD COLUMN ten_donts_at timestamptz;
COMMENT ON COLUMN staff.password_set_at IS 'When the password was last set; null on accounts from before it was kept.';
COMMENT ON COLUMN staff.password_must_change IS 'True when somebody else set the password.';
COMMENT ON COLUMN staff.tries IS 'Attempts to sign in since tries_since that were not successful yet.';
COMMENT ON COLUMN staff.tries_since IS 'When counting the attempts began.';
COMMENT ON COLUMN staff.totp_secret_sealed IS 'Sealed secret of the one-time codes (RFC 6238).';
COMMENT ON COLUMN staff.totp_confirmed_at IS 'When a first code proved the secret; null while it is not in force.';
COMMENT ON COLUMN staff.totp_step IS 'Time step of the last code taken; earlier ones are replays.';
COMMENT ON COLUMN staff.ten_donts_version IS 'Version of the ten rules that was confirmed; 0 is none.';
COMMENT ON COLUMN staff.ten_donts_at IS 'When it was confirmed.';

-- Everybody signs in again: a session now says under which grant it acts.
DELETE FROM staff_session;
ALTER TABLE staff_session ADD COLUMN session_id bigint NOT NULL UNIQUE;
ALTER TABLE staff_session ADD COLUMN grant_id bigint REFERENCES staff_grant (grant_id);
ALTER TABLE staff_session ADD COLUMN last_seen_at timestamptz NOT NULL;
ALTER TABLE staff_session ADD COLUMN factor_at timestamptz;
ALTER TABLE staff_session ADD COLUMN client text NOT NULL;
COMMENT ON COLUMN staff_session.session_id IS 'Identity by which it is listed and ended; says nothing about the token.';
COMMENT ON COLUMN staff_session.grant_id IS 'The grant it acts under; null until one is chosen.';
COMMENT ON COLUMN staff_session.last_seen_at IS 'When it was last used, to the minute.';
COMMENT ON COLUMN staff_session.factor_at IS 'When the second factor was presented.';
COMMENT ON COLUMN staff_session.client IS 'What the browser calls itself, cut to 120 characters.';

CREATE TABLE staff_recovery_code (
    staff_id bigint NOT NULL REFERENCES staff (staff_id),
    code_digest bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (staff_id, code_digest)
);
COMMENT ON TABLE staff_recovery_code IS 'Codes that stand in for a lost second factor, each once.';
COMMENT ON COLUMN staff_recovery_code.staff_id IS 'Whose code.';
COMMENT ON COLUMN staff_recovery_code.code_digest IS 'SHA-256 of the code; the code itself is shown once.';
COMMENT ON COLUMN staff_recovery_code.used_at IS 'When it was used, if it was.';

CREATE TABLE staff_sign_in (
    sign_in_id bigint PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff (staff_id),
    happened_at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN
        ('signed_in', 'wrong_password', 'locked', 'second_factor', 'recovery_code', 'wrong_code', 'identity_provider')),
    client text NOT NULL
);
CREATE INDEX staff_sign_in_staff_idx ON staff_sign_in (staff_id, sign_in_id);
COMMENT ON TABLE staff_sign_in IS 'Attempts to sign in to an account, shown to its owner.';
COMMENT ON COLUMN staff_sign_in.sign_in_id IS 'Identity, given by the application.';
COMMENT ON COLUMN staff_sign_in.staff_id IS 'The account that was tried.';
COMMENT ON COLUMN staff_sign_in.happened_at IS 'When.';
COMMENT ON COLUMN staff_sign_in.outcome IS 'How it ended.';
COMMENT ON COLUMN staff_sign_in.client IS 'What the browser calls itself, cut to 120 characters.';

-- What was granted and what was tried stays on record.
REVOKE DELETE ON staff_grant FROM gridpass_engine;
REVOKE UPDATE, DELETE ON staff_sign_in FROM gridpass_engine;
