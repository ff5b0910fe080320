-- Papers: the two that a community may be asked for, and who issued which.

CREATE TABLE issued_paper (
    person_id bigint NOT NULL,
    paper_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('observation_end','residence')),
    order_id bigint,
    place_code text NOT NULL CHECK (length(place_code) = 15),
    issued_at timestamptz NOT NULL,
    issued_by bigint NOT NULL,
    issued_unit text NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by bigint,
    PRIMARY KEY (person_id, paper_id),
    CHECK ((kind = 'observation_end') = (order_id IS NOT NULL)),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);
CREATE INDEX issued_paper_id_idx ON issued_paper (paper_id);
COMMENT ON TABLE issued_paper IS 'Printed papers: end-of-observation notices and proofs of residence.';
COMMENT ON COLUMN issued_paper.person_id IS 'Whom it is about; random, 53 bits; distribution key.';
COMMENT ON COLUMN issued_paper.paper_id IS 'Identity; the serial on the paper is made of it.';
COMMENT ON COLUMN issued_paper.kind IS 'Which of the two papers.';
COMMENT ON COLUMN issued_paper.order_id IS 'The order whose end it says.';
COMMENT ON COLUMN issued_paper.place_code IS 'Leaf division where the person counted.';
COMMENT ON COLUMN issued_paper.issued_at IS 'When.';
COMMENT ON COLUMN issued_paper.issued_by IS 'Who issued it.';
COMMENT ON COLUMN issued_paper.issued_unit IS 'Unit that answers for it.';
COMMENT ON COLUMN issued_paper.withdrawn_at IS 'When it was taken back; it proves nothing from then on.';
COMMENT ON COLUMN issued_paper.withdrawn_by IS 'Who took it back.';
REVOKE DELETE ON issued_paper FROM gridpass_engine;
GRANT SELECT, INSERT ON issued_paper TO gridpass_staff;
GRANT UPDATE (withdrawn_at, withdrawn_by) ON issued_paper TO gridpass_staff;
ALTER TABLE issued_paper ENABLE ROW LEVEL SECURITY;
ALTER TABLE issued_paper FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON issued_paper TO gridpass_engine USING (true);
CREATE POLICY staff ON issued_paper TO gridpass_staff USING (in_scope(place_code) OR is_subject(person_id));
