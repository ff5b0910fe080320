-- Each guardian's phone ends alone: what it shows of somebody is void by its key, and the other's card stays.

ALTER TABLE pass
    ADD COLUMN void_keys bytea[] CHECK (cardinality(void_keys) <= 16),
    ADD COLUMN carried_from timestamptz;
COMMENT ON COLUMN pass.void_keys IS 'Keys of guardians'' phones that show this pass no more; null when there is none. Whatever was issued to them is void.';
COMMENT ON COLUMN pass.carried_from IS 'When a guardian''s phone ended last. Gates without network know times and no keys, so there nothing issued before counts; the other phones ask anew.';
