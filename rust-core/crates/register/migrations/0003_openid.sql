-- Sessions of signed-in people, and what applications were given under them. Of every secret that a
-- browser or an application holds there is only the SHA-256 here.

CREATE TABLE sessions (
    -- The `sid` that applications are told.
    id TEXT PRIMARY KEY,
    -- Of the cookie.
    token TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES people (id),
    -- The passkey of the latest sign-in, and what that proved.
    credential_id TEXT NOT NULL REFERENCES authenticators (credential_id),
    assurance BIGINT NOT NULL CHECK (assurance IN (2, 3)),
    signed_in_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    -- The latest it can last, however busy it is.
    ends_at BIGINT NOT NULL,
    -- The `person_roleid` chosen in this session; null for somebody who went on without one.
    role TEXT,
    role_chosen_at BIGINT,
    ended_at BIGINT,
    ended_why TEXT
);

CREATE INDEX sessions_that_live ON sessions (ended_at, seen_at);
CREATE INDEX sessions_by_credential ON sessions (credential_id);

-- How often somebody tried something in a window of time.
CREATE TABLE attempts (
    act TEXT NOT NULL,
    who TEXT NOT NULL,
    window_at BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (act, who, window_at)
);

-- What applications asked for and users have not finished with.
CREATE TABLE openid_requests (
    id TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);

-- What an application was given, once. Codes and tokens point here; revoking it revokes them all.
CREATE TABLE openid_grants (
    id TEXT PRIMARY KEY,
    session TEXT NOT NULL REFERENCES sessions (id),
    client TEXT NOT NULL,
    -- What tokens say: scopes, acr, nonce, time and level of the sign-in, role (JSON).
    facts TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_why TEXT
);

CREATE INDEX openid_grants_by_session ON openid_grants (session);

-- Authorization codes, access tokens and refresh tokens.
CREATE TABLE openid_tokens (
    token TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('code', 'access', 'refresh')),
    granted TEXT NOT NULL REFERENCES openid_grants (id),
    -- Of a code: the redirect_uri and the PKCE challenge it is bound to (JSON). Of a token: its scopes.
    bound_to TEXT NOT NULL,
    ends_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX openid_tokens_by_end ON openid_tokens (ends_at);

-- Assertions of clients that were used, until they could not be used anyway.
CREATE TABLE openid_assertions (
    client TEXT NOT NULL,
    jti TEXT NOT NULL,
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (client, jti)
);

-- Applications that have to hear of a session's end.
CREATE TABLE openid_logouts (
    session TEXT NOT NULL REFERENCES sessions (id),
    client TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('due', 'sending', 'told', 'failed')),
    due_at BIGINT NOT NULL,
    -- Why it could not be told.
    detail TEXT,
    PRIMARY KEY (session, client)
);

CREATE INDEX openid_logouts_by_state ON openid_logouts (state, due_at);

-- The private keys that tokens are signed with (PKCS #1, base64url).
CREATE TABLE signing_keys (
    id TEXT PRIMARY KEY,
    private_key TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
