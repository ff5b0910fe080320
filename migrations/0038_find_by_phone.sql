-- Somebody written down at a gate by name and phone is found by both.
CREATE INDEX person_phone_digest ON person (phone_digest) WHERE phone_digest IS NOT NULL;
