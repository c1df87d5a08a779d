-- Whether an authenticator was accepted under a test policy, so that it proves less under one in earnest.
ALTER TABLE authenticators ADD COLUMN trial BIGINT NOT NULL DEFAULT 0 CHECK (trial IN (0, 1));

-- The verdict is JSON without spaces, in which a quotation mark inside a text has a backslash before it.
-- One that does not say is believed to be of a trial.
UPDATE authenticators SET trial = 1 WHERE verdict IS NOT NULL AND verdict NOT LIKE '%"test":false%';
