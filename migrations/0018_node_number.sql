-- Each process that works on this database takes a number at its start, which goes into the
-- identities it gives out. Sixty-four starts later a number comes again.
CREATE SEQUENCE node_number AS bigint MINVALUE 0 MAXVALUE 63 CYCLE;
GRANT USAGE ON SEQUENCE node_number TO gridpass_engine;
