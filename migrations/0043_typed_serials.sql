-- A typed serial proves less than a typed number: whoever counts finds serials. Who was known by
-- one is told apart, because a fever read then is evidence only if the person was shown as well.

ALTER TABLE scan
    DROP CONSTRAINT scan_rung_check,
    ADD CONSTRAINT scan_rung_check CHECK (rung BETWEEN 0 AND 7);
COMMENT ON COLUMN scan.rung IS 'How the person was known: 0 presentation, 1 gate code, 2 number, 3 paper, 4 offline snapshot, 5 offline code, 6 offline paper or number, or nothing shown, 7 serial.';
