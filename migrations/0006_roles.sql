-- What the two lesser roles may do. The owner, who runs this, makes and changes the schema and
-- is never used once the server runs. Roles themselves are made before the first migration.

-- The engine: gates, phones, jobs. It sees everybody, but makes no tables, and what is
-- append-only is append-only for it.
GRANT SELECT, INSERT, UPDATE, DELETE ON
    epoch, counter, division, enclosure, employer, gate, gate_lane, gate_device, staff, staff_session, pass_key,
    person, person_identifier, holder_session, guardian_link, pass, person_state, state_tally, people_cell, outbox,
    scan_tally, scan_hour, scan_minute, scan_proof, visit, quarantine_order, alert,
    registry_import, registry_import_row, idempotency
    TO gridpass_engine;
GRANT SELECT, INSERT ON fact, scan, late_red, upload_batch, rule_set, rule_set_activation TO gridpass_engine;
GRANT UPDATE (retracted_at, retracted_by, retract_reason) ON fact TO gridpass_engine;
-- A later table is open to the engine unless its migration takes that away, and closed to staff
-- until its migration opens it. A later function is closed to both.
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO gridpass_engine;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
-- Partitions are made ahead by a job of the engine, which makes no tables: these two functions
-- do it with the owner's rights, for names of one shape only, and nobody else may call them.
CREATE OR REPLACE FUNCTION make_scan_partition(partition_name text, from_at timestamptz, to_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF partition_name !~ '^scan_[0-9]{8}$' THEN
        RAISE EXCEPTION 'not the name of a partition of scans';
    END IF;
    IF to_regclass(partition_name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE scan INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
        -- Rights and policies are those of the whole table; nobody goes to a partition by name.
        EXECUTE format('REVOKE ALL ON %I FROM gridpass_engine', partition_name);
        EXECUTE format('ALTER TABLE scan ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition_name, from_at, to_at);
    END IF;
END
$$;
CREATE OR REPLACE FUNCTION index_scan_partition(partition_name text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF partition_name !~ '^scan_[0-9]{8}$' THEN
        RAISE EXCEPTION 'not the name of a partition of scans';
    END IF;
    IF to_regclass(partition_name) IS NULL OR to_regclass(partition_name || '_gate_idx') IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE INDEX %I ON %I (gate_id, at)', partition_name || '_gate_idx', partition_name);
    RETURN true;
END
$$;
REVOKE EXECUTE ON FUNCTION make_scan_partition, index_scan_partition FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_scan_partition, index_scan_partition TO gridpass_engine;
