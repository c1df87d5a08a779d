-- What a line is about: a registration, an authenticator or an application, by its id.
ALTER TABLE audit ADD COLUMN subject TEXT;
