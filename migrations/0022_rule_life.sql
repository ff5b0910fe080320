-- The life of a rule set: drafts that may change, versions that may not, where each is in force.

CREATE TABLE rule_draft (
    rule_set_version integer PRIMARY KEY,
    colour_csv text NOT NULL,
    gate_csv text NOT NULL,
    cases text NOT NULL,
    content_sha256 bytea NOT NULL,
    note text NOT NULL,
    based_on integer,
    revision integer NOT NULL CHECK (revision >= 1),
    status text NOT NULL CHECK (status IN ('draft','checked','approved','withdrawn')),
    created_at timestamptz NOT NULL,
    created_by bigint,
    changed_at timestamptz NOT NULL
);
COMMENT ON TABLE rule_draft IS 'Versions as they are worked on; what decides is rule_set, which holds a copy from the approval on.';
COMMENT ON COLUMN rule_draft.rule_set_version IS 'Version; given when the draft is begun, only grows.';
COMMENT ON COLUMN rule_draft.colour_csv IS 'The colour table in its canonical CSV form.';
COMMENT ON COLUMN rule_draft.gate_csv IS 'The gate table in its canonical CSV form.';
COMMENT ON COLUMN rule_draft.cases IS 'Cases with what is expected, one JSON object a line.';
COMMENT ON COLUMN rule_draft.content_sha256 IS 'SHA-256 over both tables; a back-test counts for exactly this content.';
COMMENT ON COLUMN rule_draft.note IS 'Why this version is made.';
COMMENT ON COLUMN rule_draft.based_on IS 'Version it began as a copy of, if any.';
COMMENT ON COLUMN rule_draft.revision IS 'Grows with each edit, so that two makers do not overwrite each other.';
COMMENT ON COLUMN rule_draft.status IS 'draft, checked (all cases pass as it stands), approved or withdrawn.';
COMMENT ON COLUMN rule_draft.created_at IS 'When it was begun.';
COMMENT ON COLUMN rule_draft.created_by IS 'Staff member; null for the version shipped with the program.';
COMMENT ON COLUMN rule_draft.changed_at IS 'When it was last edited.';
CREATE TABLE rule_draft_editor (
    rule_set_version integer NOT NULL REFERENCES rule_draft (rule_set_version),
    staff_id bigint NOT NULL,
    unit text NOT NULL,
    edited_at timestamptz NOT NULL,
    PRIMARY KEY (rule_set_version, staff_id)
);
COMMENT ON TABLE rule_draft_editor IS 'Who wrote a version: none of them, and nobody of their units, approves it.';
COMMENT ON COLUMN rule_draft_editor.rule_set_version IS 'The version.';
COMMENT ON COLUMN rule_draft_editor.staff_id IS 'Staff member.';
COMMENT ON COLUMN rule_draft_editor.unit IS 'Unit of that person then.';
COMMENT ON COLUMN rule_draft_editor.edited_at IS 'When last.';
CREATE TABLE rule_step (
    step_id bigint PRIMARY KEY,
    rule_set_version integer NOT NULL,
    step text NOT NULL,
    place_prefix text,
    note text NOT NULL,
    taken_at timestamptz NOT NULL,
    taken_by bigint,
    unit text
);
CREATE INDEX rule_step_version_idx ON rule_step (rule_set_version, step_id);
COMMENT ON TABLE rule_step IS 'Every step in the life of a version; insert-only.';
COMMENT ON COLUMN rule_step.step_id IS 'Identity; grows with time.';
COMMENT ON COLUMN rule_step.rule_set_version IS 'The version.';
COMMENT ON COLUMN rule_step.step IS 'What happened.';
COMMENT ON COLUMN rule_step.place_prefix IS 'Where, if it is about a place; empty is the whole district.';
COMMENT ON COLUMN rule_step.note IS 'Why, in the words of whoever did it; or numbers.';
COMMENT ON COLUMN rule_step.taken_at IS 'When.';
COMMENT ON COLUMN rule_step.taken_by IS 'Staff member; null for background work.';
COMMENT ON COLUMN rule_step.unit IS 'Unit of that person then.';

ALTER TABLE rule_set
    ADD COLUMN cases text NOT NULL DEFAULT '',
    ADD COLUMN approved_at timestamptz,
    ADD COLUMN approved_by bigint,
    ADD COLUMN key_number smallint,
    ADD COLUMN signature bytea CHECK (octet_length(signature) = 64),
    ADD CONSTRAINT rule_set_two_people CHECK (approved_by <> created_by),
    ADD CONSTRAINT rule_set_signed CHECK ((signature IS NULL) = (key_number IS NULL));
COMMENT ON COLUMN rule_set.cases IS 'Cases that all passed when it was approved, one JSON object a line.';
COMMENT ON COLUMN rule_set.approved_at IS 'When it was approved; null for versions from before approvals.';
COMMENT ON COLUMN rule_set.approved_by IS 'Second staff member; null for the version shipped with the program.';
COMMENT ON COLUMN rule_set.key_number IS 'Key of the signature; null for versions from before signatures.';
COMMENT ON COLUMN rule_set.signature IS 'Over the canonical bytes of the version, by the algorithm of the key.';
INSERT INTO rule_draft (rule_set_version, colour_csv, gate_csv, cases, content_sha256, note, revision, status,
        created_at, created_by, changed_at)
    SELECT rule_set_version, colour_csv, gate_csv, cases, content_sha256, note, 1, 'approved', created_at,
        created_by, created_at FROM rule_set;

CREATE TABLE rule_schedule (
    schedule_id bigint PRIMARY KEY,
    rule_set_version integer NOT NULL REFERENCES rule_set (rule_set_version),
    place_prefix text NOT NULL CHECK (place_prefix ~ '^([0-9]{9}|[0-9]{12}|[0-9]{15})?$'),
    from_at timestamptz NOT NULL,
    until_at timestamptz CHECK (until_at > from_at),
    also_narrower boolean NOT NULL,
    status text NOT NULL CHECK (status IN ('scheduled','held','in_force','ended','cancelled','rejected')),
    note text NOT NULL,
    flips jsonb,
    created_at timestamptz NOT NULL,
    created_by bigint NOT NULL,
    decided_at timestamptz,
    decided_by bigint,
    CHECK (status <> 'held' OR flips IS NOT NULL)
);
CREATE INDEX rule_schedule_version_idx ON rule_schedule (rule_set_version);
CREATE INDEX rule_schedule_waiting_idx ON rule_schedule (from_at) WHERE status = 'scheduled';
CREATE INDEX rule_schedule_until_idx ON rule_schedule (until_at) WHERE status = 'in_force';
COMMENT ON TABLE rule_schedule IS 'Where and when an approved version is to be in force.';
COMMENT ON COLUMN rule_schedule.schedule_id IS 'Identity.';
COMMENT ON COLUMN rule_schedule.rule_set_version IS 'The version.';
COMMENT ON COLUMN rule_schedule.place_prefix IS 'Division; empty is the whole district.';
COMMENT ON COLUMN rule_schedule.from_at IS 'From when.';
COMMENT ON COLUMN rule_schedule.until_at IS 'Until when, not included; null until it is replaced.';
COMMENT ON COLUMN rule_schedule.also_narrower IS 'Whether divisions within, which have a version of their own, follow too.';
COMMENT ON COLUMN rule_schedule.status IS 'Where it stands; held waits for a person.';
COMMENT ON COLUMN rule_schedule.note IS 'Why.';
COMMENT ON COLUMN rule_schedule.flips IS 'Counts of people whose colour would change, by community, when it was held; names nobody.';
COMMENT ON COLUMN rule_schedule.created_at IS 'When it was decided.';
COMMENT ON COLUMN rule_schedule.created_by IS 'Rule approver.';
COMMENT ON COLUMN rule_schedule.decided_at IS 'When it was cancelled, released or rejected.';
COMMENT ON COLUMN rule_schedule.decided_by IS 'Rule approver who did.';
ALTER TABLE rule_set_activation
    ALTER COLUMN rule_set_version DROP NOT NULL,
    ADD COLUMN place_prefix text NOT NULL DEFAULT '',
    ADD COLUMN kind text NOT NULL DEFAULT 'start' CHECK (kind IN ('start','rolled_back','ended','taken_in')),
    ADD COLUMN schedule_id bigint,
    ADD COLUMN back_to bigint,
    ADD CONSTRAINT rule_set_activation_whole CHECK (rule_set_version IS NOT NULL OR place_prefix <> '');
CREATE INDEX rule_set_activation_place_idx ON rule_set_activation (place_prefix, activation_id DESC);
COMMENT ON TABLE rule_set_activation IS 'Which version was in force where from when; append-only. Of one place the greatest counts.';
COMMENT ON COLUMN rule_set_activation.rule_set_version IS 'The version put into force; null when the place follows the division around it again.';
COMMENT ON COLUMN rule_set_activation.place_prefix IS 'Division; empty is the whole district. The longest that fits a place decides.';
COMMENT ON COLUMN rule_set_activation.kind IS 'start, rolled_back, ended (its time was over) or taken_in (by a change of the division around it).';
COMMENT ON COLUMN rule_set_activation.schedule_id IS 'Schedule that started it, if any.';
COMMENT ON COLUMN rule_set_activation.back_to IS 'Activation that was in force here before; what a roll-back returns to.';
ALTER TABLE scan ADD COLUMN gate_rule_set_version integer;
COMMENT ON COLUMN scan.rule_set_version IS 'Version that decided the colour, and the action unless another is named.';
COMMENT ON COLUMN scan.gate_rule_set_version IS 'Version of the gate table where it was another; null when it was the same.';
-- A version never changes: what is append-only is append-only for the engine.
REVOKE UPDATE, DELETE ON rule_step FROM gridpass_engine;
REVOKE DELETE ON rule_draft, rule_draft_editor, rule_schedule FROM gridpass_engine;
GRANT SELECT ON rule_draft, rule_draft_editor, rule_step, rule_schedule TO gridpass_staff;
COMMENT ON COLUMN person_state.rule_set_version IS 'Version that gave the colour when it last changed; a later one may give the same by the same row.';
