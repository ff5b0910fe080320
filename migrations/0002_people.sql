-- People, their facts and what these add up to. Every key contains person_id.

CREATE TABLE person (
    person_id bigint PRIMARY KEY,
    pass_serial integer NOT NULL,
    document_type text NOT NULL,
    document_number_sealed bytea NOT NULL,
    name_sealed bytea NOT NULL,
    phone_sealed bytea,
    address_sealed bytea,
    number_digest bytea NOT NULL,
    name_digest bytea NOT NULL,
    phone_digest bytea,
    birth_year smallint,
    sex smallint,
    origin_province text,
    grid_code text CHECK (length(grid_code) = 15),
    household_id bigint,
    photo_sealed bytea,
    source text NOT NULL,
    created_at timestamptz NOT NULL,
    enrolled_at timestamptz
);
CREATE INDEX person_serial_idx ON person (pass_serial);
CREATE INDEX person_household_idx ON person (household_id) WHERE household_id IS NOT NULL;
COMMENT ON TABLE person IS 'Anyone known to the system. Names, numbers, phones and addresses are sealed per field.';
COMMENT ON COLUMN person.person_id IS 'Random, 53 bits; distribution key.';
COMMENT ON COLUMN person.pass_serial IS 'Dense number of the pass; index into the gate snapshot.';
COMMENT ON COLUMN person.document_type IS 'Kind of identity document.';
COMMENT ON COLUMN person.document_number_sealed IS 'Sealed document number.';
COMMENT ON COLUMN person.name_sealed IS 'Sealed name.';
COMMENT ON COLUMN person.phone_sealed IS 'Sealed phone number; null if none is known.';
COMMENT ON COLUMN person.address_sealed IS 'Sealed address below the enclosure: building and room.';
COMMENT ON COLUMN person.number_digest IS 'Keyed digest of type and number, for matching.';
COMMENT ON COLUMN person.name_digest IS 'Keyed digest of the normalised name, for matching.';
COMMENT ON COLUMN person.phone_digest IS 'Keyed digest of the phone number.';
COMMENT ON COLUMN person.birth_year IS 'From the document, where it tells.';
COMMENT ON COLUMN person.sex IS '0 unknown, 1 male, 2 female; from the document.';
COMMENT ON COLUMN person.origin_province IS 'Two digits: province the document or registry names as origin.';
COMMENT ON COLUMN person.grid_code IS 'Grid of the home as far as it is known.';
COMMENT ON COLUMN person.household_id IS 'People who live together share it.';
COMMENT ON COLUMN person.photo_sealed IS 'Sealed portrait, JPEG, long side at most 480 pixels.';
COMMENT ON COLUMN person.source IS 'Where the row came from: holder, counter or registry name.';
COMMENT ON COLUMN person.created_at IS 'When first known.';
COMMENT ON COLUMN person.enrolled_at IS 'When the person applied; null if only imported.';
CREATE TABLE person_identifier (
    number_digest bytea PRIMARY KEY,
    person_id bigint NOT NULL
);
COMMENT ON TABLE person_identifier IS 'Directory from document digest to person; keyed by digest, not by person.';
COMMENT ON COLUMN person_identifier.number_digest IS 'Keyed digest of document type and number.';
COMMENT ON COLUMN person_identifier.person_id IS 'Who it belongs to.';
CREATE TABLE holder_session (
    person_id bigint NOT NULL,
    token_digest bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (person_id, token_digest)
);
COMMENT ON TABLE holder_session IS 'Phones that may show a person''s pass.';
COMMENT ON COLUMN holder_session.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN holder_session.token_digest IS 'SHA-256 of the holder token.';
COMMENT ON COLUMN holder_session.created_at IS 'When the phone was admitted.';
COMMENT ON COLUMN holder_session.expires_at IS 'When it ends at the latest.';
COMMENT ON COLUMN holder_session.revoked_at IS 'When it was ended, if it was.';
CREATE TABLE guardian_link (
    person_id bigint NOT NULL,
    dependant_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (person_id, dependant_id)
);
COMMENT ON TABLE guardian_link IS 'One phone, several people.';
COMMENT ON COLUMN guardian_link.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN guardian_link.dependant_id IS 'Person whose pass the guardian may show.';
COMMENT ON COLUMN guardian_link.created_at IS 'When the link was made.';
COMMENT ON COLUMN guardian_link.ended_at IS 'When it ended, if it did.';
CREATE TABLE pass (
    person_id bigint PRIMARY KEY,
    not_before timestamptz NOT NULL,
    paper_not_before timestamptz NOT NULL,
    device_key bytea CHECK (octet_length(device_key) = 32),
    credential_issued_at timestamptz,
    paper_issued_at timestamptz
);
COMMENT ON TABLE pass IS 'What of a person''s credentials counts; at most one phone at a time.';
COMMENT ON COLUMN pass.person_id IS 'The person.';
COMMENT ON COLUMN pass.not_before IS 'Credentials issued before this are void.';
COMMENT ON COLUMN pass.paper_not_before IS 'Paper passes issued before this are void.';
COMMENT ON COLUMN pass.device_key IS 'Ed25519 key of the holder''s phone.';
COMMENT ON COLUMN pass.credential_issued_at IS 'When the last credential was issued.';
COMMENT ON COLUMN pass.paper_issued_at IS 'When the last paper pass was issued.';
CREATE TABLE fact (
    person_id bigint NOT NULL,
    fact_id bigint NOT NULL,
    kind text NOT NULL,
    body jsonb NOT NULL,
    source text NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by bigint,
    retracted_at timestamptz,
    retracted_by bigint,
    retract_reason text,
    PRIMARY KEY (person_id, fact_id),
    CHECK (retracted_at IS NULL OR retracted_at >= recorded_at)
);
COMMENT ON TABLE fact IS 'Recorded, sourced, dated evidence about a person; append-only, may be retracted.';
COMMENT ON COLUMN fact.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN fact.fact_id IS 'Identity; grows with time, decides between equal recorded_at.';
COMMENT ON COLUMN fact.kind IS 'case, quarantine, contact, stay, health, clearance, residence, employment, registry, exemption or gate_check.';
COMMENT ON COLUMN fact.body IS 'The fields of the kind.';
COMMENT ON COLUMN fact.source IS 'Where the evidence came from.';
COMMENT ON COLUMN fact.recorded_at IS 'Live from this time.';
COMMENT ON COLUMN fact.recorded_by IS 'Staff member or device; null for the person or a registry.';
COMMENT ON COLUMN fact.retracted_at IS 'No longer live from this time.';
COMMENT ON COLUMN fact.retracted_by IS 'Staff member who retracted it.';
COMMENT ON COLUMN fact.retract_reason IS 'Why it was retracted.';
CREATE TABLE person_state (
    person_id bigint PRIMARY KEY,
    pass_serial integer NOT NULL,
    place_code text NOT NULL CHECK (length(place_code) = 15),
    case_status smallint NOT NULL CHECK (case_status BETWEEN 0 AND 2),
    quarantine smallint NOT NULL CHECK (quarantine BETWEEN 0 AND 3),
    contact smallint NOT NULL CHECK (contact BETWEEN 0 AND 2),
    health smallint NOT NULL CHECK (health BETWEEN 0 AND 3),
    stay smallint NOT NULL CHECK (stay BETWEEN 0 AND 2),
    exempt boolean NOT NULL,
    registry smallint NOT NULL CHECK (registry BETWEEN 0 AND 2),
    residence smallint NOT NULL CHECK (residence BETWEEN 0 AND 3),
    employment smallint NOT NULL CHECK (employment BETWEEN 0 AND 2),
    checked boolean NOT NULL,
    enclosure_id bigint,
    employer_ids bigint[] NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    colour smallint NOT NULL CHECK (colour BETWEEN 0 AND 2),
    rule_id text NOT NULL,
    rule_set_version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    CHECK (enclosure_id IS NULL OR residence <> 0),
    CHECK (employment = 0 OR cardinality(employer_ids) > 0)
) WITH (fillfactor = 80);
CREATE INDEX person_state_valid_until_idx ON person_state (valid_until) WHERE valid_until IS NOT NULL;
CREATE INDEX person_state_place_idx ON person_state (place_code text_pattern_ops, person_id);
COMMENT ON TABLE person_state IS 'What the live facts add up to; written only by the facts slice, one narrow row a person.';
COMMENT ON COLUMN person_state.person_id IS 'The person.';
COMMENT ON COLUMN person_state.pass_serial IS 'Dense number of the pass.';
COMMENT ON COLUMN person_state.place_code IS 'Leaf division where the person counts.';
COMMENT ON COLUMN person_state.case_status IS '0 none, 1 suspected, 2 confirmed.';
COMMENT ON COLUMN person_state.quarantine IS '0 none, 1 home, 2 central, 3 hospital.';
COMMENT ON COLUMN person_state.contact IS '0 none, 1 secondary, 2 close.';
COMMENT ON COLUMN person_state.health IS '0 none, 1 normal, 2 symptoms, 3 fever.';
COMMENT ON COLUMN person_state.stay IS '0 none, 1 declared, 2 confirmed.';
COMMENT ON COLUMN person_state.exempt IS 'A live exemption with two approvals.';
COMMENT ON COLUMN person_state.registry IS '0 none, 1 matched, 2 conflict.';
COMMENT ON COLUMN person_state.residence IS '0 none, 1 declared, 2 verified, 3 away.';
COMMENT ON COLUMN person_state.employment IS '0 none, 1 declared, 2 verified.';
COMMENT ON COLUMN person_state.checked IS 'Passed an on-the-spot check in the last 12 hours.';
COMMENT ON COLUMN person_state.enclosure_id IS 'Enclosure the current residence fact names.';
COMMENT ON COLUMN person_state.employer_ids IS 'Employers with a live declared or verified employment.';
COMMENT ON COLUMN person_state.valid_from IS 'From when this row describes the facts; 1970-01-01 when always.';
COMMENT ON COLUMN person_state.valid_until IS 'Until when it does; null when no date in the facts will change it.';
COMMENT ON COLUMN person_state.colour IS 'Colour when last derived: 0 green, 1 yellow, 2 red; for counts only, a scan derives anew.';
COMMENT ON COLUMN person_state.rule_id IS 'Row of the colour table that gave the colour.';
COMMENT ON COLUMN person_state.rule_set_version IS 'Version that gave the colour.';
COMMENT ON COLUMN person_state.changed_at IS 'When the row was last written.';
CREATE TABLE state_tally (
    lane smallint NOT NULL,
    tally_id bigint NOT NULL,
    place_codes text[] NOT NULL,
    cells smallint[] NOT NULL,
    deltas integer[] NOT NULL,
    PRIMARY KEY (lane, tally_id)
);
COMMENT ON TABLE state_tally IS 'Changes of people_cell not folded in yet; written in the transaction that changes a state row.';
COMMENT ON COLUMN state_tally.lane IS 'Worker the transaction ran on; 0 on one PostgreSQL.';
COMMENT ON COLUMN state_tally.tally_id IS 'Identity, given by the application.';
COMMENT ON COLUMN state_tally.place_codes IS 'Leaf division per change.';
COMMENT ON COLUMN state_tally.cells IS 'colour * 100 + residence * 10 + quarantine per change.';
COMMENT ON COLUMN state_tally.deltas IS 'People more (or less) in that cell.';
CREATE TABLE people_cell (
    place_code text NOT NULL,
    cell smallint NOT NULL,
    people bigint NOT NULL,
    PRIMARY KEY (place_code, cell)
) WITH (fillfactor = 50);
COMMENT ON TABLE people_cell IS 'People counted by leaf division and state; folded from state_tally.';
COMMENT ON COLUMN people_cell.place_code IS 'Leaf division.';
COMMENT ON COLUMN people_cell.cell IS 'colour * 100 + residence * 10 + quarantine.';
COMMENT ON COLUMN people_cell.people IS 'How many; zero is kept.';
CREATE TABLE outbox (
    person_id bigint NOT NULL,
    topic text NOT NULL,
    dedupe_key text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    done_at timestamptz,
    PRIMARY KEY (person_id, topic, dedupe_key)
);
CREATE INDEX outbox_pending_idx ON outbox (created_at) WHERE done_at IS NULL;
COMMENT ON TABLE outbox IS 'What a person-keyed write causes elsewhere; relayed to its handler, once.';
COMMENT ON COLUMN outbox.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN outbox.topic IS 'Which handler: visit.needed, alert.red, alert.late_red, alert.community.';
COMMENT ON COLUMN outbox.dedupe_key IS 'The same cause has the same key, so it is handled once.';
COMMENT ON COLUMN outbox.payload IS 'Ids, codes and times only.';
COMMENT ON COLUMN outbox.created_at IS 'When it was caused.';
COMMENT ON COLUMN outbox.done_at IS 'When it was handled.';
