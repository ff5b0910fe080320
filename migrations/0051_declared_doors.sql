-- Who says on a phone where they live is of no household by their own word. The door is kept beside it,
-- so that everybody of one door is one stop for whoever calls there.

ALTER TABLE person
    ADD COLUMN declared_door bigint,
    ADD COLUMN declared_enclosure_id bigint,
    ADD CHECK ((declared_door IS NULL) = (declared_enclosure_id IS NULL));
COMMENT ON COLUMN person.declared_door IS 'Number of the door the person declared, that of the household its people would make; keyed digest. It gives no right.';
COMMENT ON COLUMN person.declared_enclosure_id IS 'Enclosure of that door; it counts while the person lives there.';

CREATE INDEX person_declared_door_idx ON person (declared_door) WHERE declared_door IS NOT NULL;

-- Whoever corrects an address at a door takes the declared one away.
GRANT UPDATE (declared_door, declared_enclosure_id) ON person TO gridpass_staff;
