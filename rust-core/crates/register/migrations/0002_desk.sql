-- Registrations under the eyes of a registration authority, from the link to the passkey.

CREATE TABLE registrations (
    id TEXT PRIMARY KEY,
    -- SHA-256 of what the link ends in.
    link TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES people (id),
    -- Who issued it; nobody: the service itself, for the first registration authorities.
    authority TEXT REFERENCES people (id),
    state TEXT NOT NULL CHECK (state IN ('issued', 'opened', 'checked', 'made', 'active', 'expired',
                                         'revoked', 'refused', 'differed', 'failed')),
    issued_at BIGINT NOT NULL,
    -- When the next step must have been taken.
    ends BIGINT NOT NULL,
    -- SHA-256 of the cookie of the one browser that opened the link.
    browser TEXT,
    -- The passkey, once there is one, with the code to compare and the verdict (JSON).
    credential_id TEXT,
    witness TEXT,
    verdict TEXT,
    ended_at BIGINT,
    ended_by TEXT REFERENCES people (id)
);

CREATE INDEX registrations_by_person ON registrations (person, issued_at);
CREATE INDEX registrations_by_end ON registrations (state, ends);

-- What a registration authority sees of it, in order. Numbered from 1, so that a page that lost its
-- connection asks for what it missed.
CREATE TABLE registration_events (
    registration TEXT NOT NULL REFERENCES registrations (id),
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- JSON.
    detail TEXT NOT NULL,
    PRIMARY KEY (registration, number)
);
