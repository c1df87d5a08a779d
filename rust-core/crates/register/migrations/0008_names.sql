-- The parts of a person's name, as applications ask for them: JSON, without those that are not known.
ALTER TABLE people ADD COLUMN names TEXT NOT NULL DEFAULT '{}';
