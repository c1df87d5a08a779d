-- One set of migrations for SQLite and PostgreSQL: TEXT, BIGINT and plain constraints only.
-- Bytes are base64url without padding, times milliseconds since 1970 UTC, flags 0 or 1,
-- structured values JSON.

-- The pen that writes evidence. Every act takes it first, so that writers queue here.
CREATE TABLE evidence_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    -- The sequence number of the next record, and the hash of the last.
    next BIGINT NOT NULL,
    hash TEXT NOT NULL,
    -- How often the pen was taken.
    taken BIGINT NOT NULL
);

INSERT INTO evidence_head (id, next, hash, taken)
VALUES (1, 1, '0000000000000000000000000000000000000000000000000000000000000000', 0);

CREATE TABLE evidence (
    sequence BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- The record as it is exported, to the byte.
    line TEXT NOT NULL
);

-- What was refused or looked at and changed nothing; not evidence, but worth a look.
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    -- The person who was signed in, if anybody was.
    person TEXT,
    act TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX audit_by_time ON audit (at, id);

CREATE TABLE people (
    -- The user handle (WebAuthn §5.4.3): random, says nothing about the person.
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    -- Twelve digits, as applications know the person.
    uid TEXT NOT NULL UNIQUE,
    -- 1: authenticators come from a registration authority only; 0: an account of a tester.
    managed BIGINT NOT NULL CHECK (managed IN (0, 1)),
    -- May act as a registration authority.
    issues_authenticators BIGINT NOT NULL CHECK (issues_authenticators IN (0, 1)),
    -- NHS roles as OpenID Connect claims have them: a JSON array.
    roles TEXT NOT NULL,
    added_at BIGINT NOT NULL
);

CREATE TABLE authenticators (
    credential_id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (id),
    -- 'pending': made, cannot sign in yet. 'active'. 'removed': by somebody, with a reason.
    -- 'destroyed': the codes differed.
    state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'removed', 'destroyed')),
    -- The verifier's record of the credential (JSON).
    credential TEXT NOT NULL,
    transports TEXT NOT NULL,
    sign_count BIGINT NOT NULL,
    -- The level a sign-in with it reaches: 2 or 3.
    assurance BIGINT NOT NULL CHECK (assurance IN (2, 3)),
    -- The verdict on its attestation (JSON), if there was one to judge.
    verdict TEXT,
    -- Under whose eyes it was registered; nobody's if a tester did it alone.
    issued_by TEXT REFERENCES people (id),
    registered_at BIGINT NOT NULL,
    activated_at BIGINT,
    last_used_at BIGINT,
    ended_at BIGINT,
    ended_by TEXT REFERENCES people (id),
    ended_reason TEXT
);

CREATE INDEX authenticators_by_person ON authenticators (person, registered_at);

-- Challenges that wait for one answer.
CREATE TABLE ceremonies (
    -- SHA-256 of the name the client was given.
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    ends BIGINT NOT NULL
);

CREATE INDEX ceremonies_by_end ON ceremonies (ends);
