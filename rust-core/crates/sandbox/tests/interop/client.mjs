// Applications on openid-client. `rounds`: signs a user in, refreshes, reads the claims, ends the session, and
// hears of it. `levels`: asks for more than a passkey proved, and is refused, until the user takes a better one.
// The test that started it plays the user's browser: each line printed is an order or a report (JSON), each
// line read is what came of it.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import * as jose from "jose";
import * as openid from "openid-client";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function ask(order) {
  console.log(JSON.stringify(order));
  const { value, done } = await lines.next();
  if (done) throw new Error("the test has gone");
  return JSON.parse(value);
}

/** Where logout tokens arrive, each to be waited for once. */
class Ear {
  #heard = [];
  #waiting = [];

  async start() {
    this.server = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      const token = new URLSearchParams(body).get("logout_token");
      response.writeHead(200).end();
      const next = this.#waiting.shift();
      if (next) next(token);
      else this.#heard.push(token);
    });
    await new Promise((ready) => this.server.listen(0, "127.0.0.1", ready));
    return `http://127.0.0.1:${this.server.address().port}/logout`;
  }

  next() {
    if (this.#heard.length > 0) return Promise.resolve(this.#heard.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

function check(holds, what) {
  if (!holds) throw new Error(`does not hold: ${what}`);
}

/** One sign-in from start to end, with one way of client authentication. */
async function round(issuer, id, authentication, ear) {
  const config = await openid.discovery(new URL(issuer), id, undefined, authentication);
  const verifier = openid.randomPKCECodeVerifier();
  const [state, nonce] = [openid.randomState(), openid.randomNonce()];
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: "https://ward.example.org/back",
    scope: "openid profile email nationalrbacaccess selectedrole",
    acr_values: "AAL3_ANY",
    max_age: "300",
    state,
    nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const { back } = await ask({ go: url.href });
  const tokens = await openid.authorizationCodeGrant(config, new URL(back), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    maxAge: 300,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  check(claims.acr === "AAL3_ANY" && claims.amr[0] === "FIDO2", JSON.stringify(claims));
  const info = await openid.fetchUserInfo(config, tokens.access_token, claims.sub);
  check(info.email === "ward.one@example.org", JSON.stringify(info));
  check(info.selected_roleid === claims.selected_roleid, "one role in both");

  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token);
  check(refreshed.claims().sid === claims.sid, "the session stays");
  const again = await openid.refreshTokenGrant(config, refreshed.refresh_token);
  await openid.fetchUserInfo(config, again.access_token, claims.sub);

  const end = openid.buildEndSessionUrl(config, {
    id_token_hint: again.id_token,
    post_logout_redirect_uri: "https://ward.example.org/bye",
    state,
  });
  const { bye } = await ask({ leave: end.href });
  check(bye === `https://ward.example.org/bye?state=${state}`, bye);
  const keys = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
  const { payload } = await jose.jwtVerify(await ear.next(), keys, {
    issuer,
    audience: id,
    typ: "logout+jwt",
    algorithms: ["RS256"],
    requiredClaims: ["iat", "exp", "jti", "sid", "events"],
  });
  check(payload.sid === claims.sid && payload.sub === claims.sub, "this session's end");
  check(payload.nonce === undefined, "a logout token has no nonce");
  let refused;
  await openid.refreshTokenGrant(config, again.refresh_token).catch((error) => (refused = error));
  check(refused?.error === "invalid_grant", `nothing is left: ${refused}`);
}

/** Asks for these levels, of a user who takes this phone. */
async function signIn(config, acr_values, phone) {
  const verifier = openid.randomPKCECodeVerifier();
  const [state, nonce] = [openid.randomState(), openid.randomNonce()];
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: "https://ward.example.org/back",
    scope: "openid",
    acr_values,
    state,
    nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const { back } = await ask({ go: url.href, phone });
  const tokens = await openid.authorizationCodeGrant(config, new URL(back), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
  return tokens.claims();
}

/** Level 2 first, then level 3: refused with the passkey that proved less, granted with the other. */
async function levels(issuer, id, authentication) {
  const config = await openid.discovery(new URL(issuer), id, undefined, authentication);
  const first = await signIn(config, "AAL2_ANY", "weak");
  check(first.acr === "AAL2_ANY", JSON.stringify(first));
  check(first.authentication_assurance_level === "2", JSON.stringify(first));
  let refused;
  await signIn(config, "AAL3_ANY", "weak").catch((error) => (refused = error));
  check(refused instanceof openid.AuthorizationResponseError, `no refusal: ${refused}`);
  check(refused.error === "unmet_authentication_requirements", refused.error);
  const second = await signIn(config, "AAL3_ANY", "strong");
  check(second.acr === "AAL3_ANY", JSON.stringify(second));
  check(second.authentication_assurance_level === "3", JSON.stringify(second));
  check(second.sid === first.sid && second.sub === first.sub, "the session goes on");
}

const ear = new Ear();
const { privateKey, publicKey } = await jose.generateKeyPair("ES256", { extractable: true });
const { issuer, secret } = await ask({
  ready: { logout: await ear.start(), jwk: await jose.exportJWK(publicKey) },
});
if (process.argv[2] === "levels") {
  await levels(issuer, "basic", openid.ClientSecretBasic(secret));
} else {
  await round(issuer, "basic", openid.ClientSecretBasic(secret), ear);
  await round(issuer, "post", openid.ClientSecretPost(secret), ear);
  await round(issuer, "keys", openid.PrivateKeyJwt(privateKey), ear);
}
console.log(JSON.stringify({ done: true }));
ear.server.close();
process.exit(0);
