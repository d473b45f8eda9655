// Uses a running Latchkey as a client with keys of its own would, from the login to the end of the
// session. Keys and proofs come from the package dpop, which knows nothing of Latchkey.
//
// ORIGIN is where the client believes that Latchkey is; it connects to loopback whatever the host.
// The user NAME with PASSWORD must be an administrator.

import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";
import { calculateThumbprint, generateKeyPair, generateProof } from "dpop";

const { ORIGIN: origin, NAME: name, PASSWORD: password } = process.env;
const json = "application/json";
const form = "application/x-www-form-urlencoded";

/** What a client remembers: its key, the server's last nonce, its cookies and its access token. */
class Client {
  cookies = new Map();
  nonce;
  token;

  constructor(keys) {
    this.keys = keys;
  }

  /** Sends a request without a proof. */
  async send(method, path, { body, type = json, bearer = false, proof } = {}) {
    const headers = {};
    if (this.cookies.size > 0) headers.Cookie = [...this.cookies].map((pair) => pair.join("=")).join("; ");
    if (bearer) headers.Authorization = `Bearer ${this.token}`;
    if (proof) headers.DPoP = proof;
    if (body !== undefined) headers["Content-Type"] = type;
    const text = body === undefined || type === form ? body?.toString() : JSON.stringify(body);
    const response = await exchange(method, origin + path, headers, text);
    for (const cookie of response.headers["set-cookie"] ?? []) {
      const [, key, value] = cookie.match(/^([^=]+)=([^;]*)/);
      if (/max-age=0/i.test(cookie)) this.cookies.delete(key);
      else this.cookies.set(key, value);
    }
    this.nonce = response.headers["dpop-nonce"] ?? this.nonce;
    return response;
  }

  /** Sends a request with a proof for it, and once more if the server wants a newer nonce. */
  async prove(method, path, options = {}) {
    const [url] = (origin + path).split("?");
    const proof = () =>
      generateProof(this.keys, url, method, this.nonce, options.bearer ? this.token : undefined);
    const response = await this.send(method, path, { ...options, proof: await proof() });
    if (!wantsNonce(response)) return response;
    return this.send(method, path, { ...options, proof: await proof() });
  }
}

/** Sends a request to loopback, whatever the host of the URL is. */
function exchange(method, url, headers, body) {
  const { request } = url.startsWith("https:") ? https : http;
  const lookup = (_, options, done) =>
    options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, lookup, agent: false }, async (response) => {
      try {
        const text = Buffer.concat(await response.toArray()).toString();
        const isJSON = /json/.test(response.headers["content-type"] ?? "");
        resolve({ status: response.statusCode, headers: response.headers, body: isJSON ? JSON.parse(text) : text });
      } catch (error) {
        reject(error);
      }
    });
    sent.on("error", reject).end(body);
  });
}

const wantsNonce = ({ body }) =>
  body?.type === "/problems/use-dpop-nonce" || body?.error === "use_dpop_nonce";

/** Fails unless a response has this status and, if it is given, this type of problem or OAuth error. */
function want(what, response, status, type) {
  const got = response.body?.type ?? response.body?.error;
  const detail = `${what}: status ${response.status}, ${JSON.stringify(response.body)}`;
  assert.equal(response.status, status, detail);
  if (type) assert.equal(got, type, detail);
  console.log(`${what}: ${status}${type ? " " + type : ""}`);
  return response.body;
}

const invalid = "/problems/invalid-proof";

async function logIn(client, secret = password) {
  const body = want("log in with a proof", await client.prove("POST", "/login", { body: { name, password: secret } }), 200);
  assert.equal(body.token_type, "bearer");
  assert.ok(client.nonce, "a response to a proof carries no DPoP-Nonce");
  client.token = body.token;
}

async function refresh(client, stranger) {
  want("refresh without a proof", await client.send("POST", "/refresh"), 401, invalid);
  const { keys, nonce } = client;
  client.keys = stranger;
  want("refresh with a second key", await client.prove("POST", "/refresh"), 401, invalid);
  client.keys = keys;
  client.nonce = undefined;
  const without = await client.send("POST", "/refresh", {
    proof: await generateProof(keys, origin + "/refresh", "POST"),
  });
  want("refresh without a nonce", without, 401, "/problems/use-dpop-nonce");
  assert.match(without.headers["www-authenticate"], /^DPoP .*error="use_dpop_nonce"/);
  assert.ok(client.nonce, "the demand for a nonce carries none");
  client.nonce = "made-up";
  want("refresh with a nonce of another server", await client.prove("POST", "/refresh"), 401, invalid);
  client.nonce = undefined; // as after a restart of the client: it asks for one and tries again
  client.token = want("refresh with a proof", await client.prove("POST", "/refresh"), 200).token;
  client.nonce = nonce;
  client.token = want("refresh with an earlier nonce", await client.prove("POST", "/refresh"), 200).token;
}

async function useAccount(client, stranger) {
  want("GET /user with the bearer alone", await client.send("GET", "/user", { bearer: true }), 200);
  want("GET /users/me with the bearer alone", await client.send("GET", "/users/me", { bearer: true }), 200);
  const operations = [["GET", "/sessions"], ["DELETE", "/sessions"], ["GET", "/users?limit=1"]];
  for (const [method, path] of operations) {
    const what = `${method} ${path}`;
    want(`${what} with the bearer alone`, await client.send(method, path, { bearer: true }), 401, invalid);
    const { keys } = client;
    client.keys = stranger;
    want(`${what} with a second key`, await client.prove(method, path, { bearer: true }), 401, invalid);
    client.keys = keys;
    const response = await client.prove(method, path, { bearer: true });
    want(`${what} with a proof`, response, method === "DELETE" ? 204 : 200);
    assert.ok(response.headers["dpop-nonce"], `${what} carries no DPoP-Nonce`);
  }
}

async function administer(client) {
  const body = { username: "proven-" + Date.now(), password: "a kettle on a blue stove" };
  const user = want("sign up another user", await client.send("POST", "/register", { body }), 201);
  const path = "/users/" + user.id;
  const disable = { body: { disabled: true }, bearer: true };
  want("disable the user with the bearer alone", await client.send("PATCH", path, disable), 401, invalid);
  want("disable the user with a proof", await client.prove("PATCH", path, disable), 200);
  want("delete the user with the bearer alone", await client.send("DELETE", path, { bearer: true }), 401, invalid);
  want("delete the user with a proof", await client.prove("DELETE", path, { bearer: true }), 204);
}

/** Binds the refresh token of the token endpoint, as a client without cookies does. */
async function useTokenEndpoint(client, stranger) {
  const post = (fields) => client.prove("POST", "/token", { body: new URLSearchParams(fields), type: form });
  let tokens = want("/token with a password", await post({ username: name, password }), 200);
  assert.equal(tokens.token_type, "bearer");
  const renew = () => post({ grant_type: "refresh_token", refresh_token: tokens.refresh_token });
  const { keys } = client;
  client.keys = stranger;
  want("/token with a second key", await renew(), 400, "invalid_dpop_proof");
  client.keys = keys;
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: tokens.refresh_token });
  want("/token without a proof", await client.send("POST", "/token", { body, type: form }), 400, "invalid_dpop_proof");
  tokens = want("/token with a refresh token", await renew(), 200);
  client.nonce = undefined;
  tokens = want("/token with a refresh token and no nonce at first", await renew(), 200);
  client.token = tokens.access_token;
  want("the token works", await client.send("GET", "/user", { bearer: true }), 200);
  want("GET /sessions with a proof", await client.prove("GET", "/sessions", { bearer: true }), 200);
}

async function changePassword(client) {
  const body = { current_password: password, new_password: password + " and snow" };
  const change = { body, bearer: true };
  const path = "/users/me/password";
  want("change the password with the bearer alone", await client.send("POST", path, change), 401, invalid);
  want("change the password with a proof", await client.prove("POST", path, change), 204);
  want("the session has ended", await client.send("GET", "/user", { bearer: true }), 401, "/problems/session-ended");
  want("its cookie as well", await client.prove("POST", "/refresh"), 401, "/problems/session-ended");
  await logIn(client, body.new_password);
  want("log out with the cookie alone", await client.send("POST", "/logout"), 204);
  want("nothing is left to refresh", await client.prove("POST", "/refresh"), 204);
}

const keys = await generateKeyPair("ES256");
const stranger = await generateKeyPair("ES256");
assert.notEqual(await calculateThumbprint(keys.publicKey), await calculateThumbprint(stranger.publicKey));
const browser = new Client(keys);
await logIn(browser);
await refresh(browser, stranger);
await useAccount(browser, stranger);
await administer(browser);
const app = new Client(await generateKeyPair("ES256"));
await useTokenEndpoint(app, stranger);
await changePassword(browser);
console.log("done");
