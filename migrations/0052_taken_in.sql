-- Whoever counts nowhere yet is entered where they turn up. That alone is no ground to take over the
-- phone that shows their pass: who entered them leaves that to a colleague for a day.

ALTER TABLE person
    ADD COLUMN taken_in_at timestamptz,
    ADD COLUMN taken_in_by bigint;
COMMENT ON COLUMN person.taken_in_at IS 'When a counter or a door last gave a home to the person, who had a phone and counted nowhere; null when none did.';
COMMENT ON COLUMN person.taken_in_by IS 'Member of staff who did.';
GRANT UPDATE (taken_in_at, taken_in_by) ON person TO gridpass_staff;
