-- A photo that staff took stands until staff take another: a pass is not lent by a picture.

ALTER TABLE person
    ADD COLUMN photo_by_staff boolean;
COMMENT ON COLUMN person.photo_by_staff IS 'Whether staff took the photo, with the person before them; null or false when the holder gave it, or there is none.';
GRANT UPDATE (photo_by_staff) ON person TO gridpass_staff;
