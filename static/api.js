/**
 * The server's API, as the pages use it. Every function throws an ApiError if the request fails.
 *
 * A request with which a thief could take over a session or an account carries a proof that it
 * comes from this browser.
 */

import { ApiError } from './problem.js';
import { readObject, request } from './request.js';
import { createKey } from './session-key.js';

/** The role that may manage users. */
export const ADMIN = 'admin';

/** @typedef {{id: string, name: string, roles: string[]}} User */

/** @typedef {{token: string, lifetime: number}} IssuedToken the lifetime is in milliseconds */

/**
 * Logs in. The response also sets the session's cookie. The session is bound to this browser's key,
 * which is created if there is none: the caller holds the lock.
 *
 * @param {string} name
 * @param {string} password
 * @param {boolean} remember whether the cookie outlasts the closing of the browser
 * @returns {Promise<IssuedToken>}
 */
export async function logIn(name, password, remember) {
  await createKey();
  return readToken(await request('POST', '/login', { json: { name, password, remember }, proof: true }));
}

/**
 * Exchanges the session's cookie, which no script can read, for a new access token and the next
 * cookie. The browser receives that cookie even if the user leaves the page meanwhile (keepalive).
 *
 * @returns {Promise<IssuedToken | null>} null if the browser has no session cookie
 */
export async function renew() {
  const response = await request('POST', '/refresh', { keepalive: true, proof: true });
  return response.status === 204 ? null : readToken(response);
}

/**
 * Signs up a new user. This doesn't log the user in.
 *
 * @param {{username: string, password: string, email: string}} user the e-mail address may be empty
 */
export async function register({ username, password, email }) {
  await request('POST', '/register', { json: { username, password, email: email || undefined } });
}

/**
 * Returns the user of a token, and the server's time, since this machine's clock may be wrong.
 *
 * @param {string} token
 * @returns {Promise<{user: User, time: number | null}>} the time is in milliseconds since 1970;
 *   null if the response has no date
 */
export async function getUser(token) {
  const response = await request('GET', '/user', { token });
  const { id, name, roles } = await readObject(response);
  if (typeof id !== 'string' || typeof name !== 'string') throw new ApiError(response.status);
  const time = Date.parse(response.headers.get('Date') ?? '');
  return {
    user: { id, name, roles: Array.isArray(roles) ? roles : [] },
    time: Number.isNaN(time) ? null : time,
  };
}

/**
 * Ends the session of the token and the session of the browser's cookie.
 *
 * @param {string | null} token null if there is none
 */
export async function logOut(token) {
  await request('POST', '/logout', { token });
}

/**
 * Changes the user's own password. All sessions of the user end, this one too.
 *
 * @param {string} token
 * @param {string} currentPassword
 * @param {string} newPassword
 */
export async function changePassword(token, currentPassword, newPassword) {
  const json = { current_password: currentPassword, new_password: newPassword };
  await request('POST', '/users/me/password', { token, json, proof: true });
}

/**
 * @param {Response} response
 * @returns {Promise<IssuedToken>}
 */
async function readToken(response) {
  const { token, expires_in: seconds } = await readObject(response);
  if (typeof token !== 'string' || token === '' || typeof seconds !== 'number' || !(seconds > 0)) {
    throw new ApiError(response.status);
  }
  return { token, lifetime: seconds * 1000 };
}
