-- Standard address codes: the 25 digits that the city's address register gives to each room.

ALTER TABLE person ADD COLUMN address_code_sealed bytea;
COMMENT ON COLUMN person.address_code_sealed IS 'Sealed standard address code of the room, 25 digits, where a register or a worker gave one.';
GRANT UPDATE (address_code_sealed) ON person TO gridpass_staff;
