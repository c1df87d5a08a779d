-- What people are looked up by: their names in small letters. SQLite knows those of English only, so the program
-- writes it, and fills it in where it is empty.
ALTER TABLE people ADD COLUMN search TEXT NOT NULL DEFAULT '';
