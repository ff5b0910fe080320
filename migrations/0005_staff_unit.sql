-- The organisation a member of staff belongs to: two people of one unit do not check each other.

ALTER TABLE staff ADD COLUMN unit text NOT NULL DEFAULT '' CHECK (char_length(unit) <= 60);
COMMENT ON COLUMN staff.unit IS 'Organisation the person belongs to, for example 六联社区居委会; empty on accounts from before units, each of which counts as a unit of its own.';
