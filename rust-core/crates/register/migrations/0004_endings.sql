-- What is over is forgotten after a while, a little with each act; these find it.

CREATE INDEX openid_requests_by_end ON openid_requests (ends_at);
CREATE INDEX openid_assertions_by_end ON openid_assertions (ends_at);
CREATE INDEX openid_tokens_by_grant ON openid_tokens (granted);
CREATE INDEX attempts_by_window ON attempts (window_at);
