/**
 * The server's API for administrators. All functions require the role admin, and throw an ApiError
 * if the request fails.
 */

import { ApiError } from './problem.js';
import { readObject, request } from './request.js';

/** How many users are listed at a time. */
const LIST_LENGTH = 50;
/** How many requests at most look for that many users. */
const MAX_REQUESTS = 10;

/**
 * @typedef {object} ListedUser
 * @property {string} id
 * @property {string} username
 * @property {string | null} email
 * @property {boolean} disabled
 * @property {string[]} roles
 * @property {string} created_at
 * @property {string | null} last_login_at null before the first login
 */

/**
 * @typedef {object} Query
 * @property {string} q lists only users whose username or e-mail address begins with this
 * @property {string} role lists only users with this role; empty for all
 * @property {string} disabled `true` or `false`; empty for both
 */

/** @typedef {{users: ListedUser[], next: string | null}} UsersResponse `next` is null at the end */

/**
 * Lists users. The server examines a bounded number of users for a response, so several requests
 * may be needed to find enough; after some it is the user's turn to ask for more.
 *
 * @param {string} token
 * @param {Query} query
 * @param {string | null} after the `next` of the previous response; null for the first users
 * @returns {Promise<UsersResponse>}
 */
export async function listUsers(token, query, after) {
  /** @type {UsersResponse} */
  const list = { users: [], next: after };
  for (let requests = 0; requests < MAX_REQUESTS; requests++) {
    const { users, next } = await requestUsers(token, query, LIST_LENGTH - list.users.length, list.next);
    list.users.push(...users);
    list.next = next;
    if (next === null || list.users.length >= LIST_LENGTH) break;
  }
  return list;
}

/**
 * @param {string} token
 * @param {string} username
 * @returns {Promise<ListedUser | null>} null if there is no such user
 */
export async function findUser(token, username) {
  // The shortest username that begins with the text comes first.
  const { users } = await requestUsers(token, { q: username, role: '', disabled: '' }, 1, null);
  return users.find((user) => user.username === username) ?? null;
}

/**
 * @param {string} token
 * @param {{username: string, email?: string, roles: string[], password?: string}} user without a
 *   password, the user can't log in before setting one with a link
 * @returns {Promise<ListedUser>} the new user
 */
export async function createUser(token, user) {
  return readUser(await request('POST', '/users', { token, json: user, proof: true }));
}

/**
 * Changes the given properties of a user and no others.
 *
 * @param {string} token
 * @param {string} id
 * @param {{disabled?: boolean, roles?: string[], email?: string | null}} change
 * @returns {Promise<ListedUser>} the changed user
 */
export async function updateUser(token, id, change) {
  return readUser(await request('PATCH', pathOf(id), { token, json: change, proof: true }));
}

/**
 * Deletes a user for good.
 *
 * @param {string} token
 * @param {string} id
 */
export async function deleteUser(token, id) {
  await request('DELETE', pathOf(id), { token, proof: true });
}

/**
 * Makes a set-password link. Links made for the user before no longer work.
 *
 * @param {string} token
 * @param {string} id
 * @returns {Promise<{url: string, expires: Date}>}
 */
export async function makePasswordLink(token, id) {
  const response = await request('POST', `${pathOf(id)}/password-link`, { token, proof: true });
  const { url, expires_at: expires } = await readObject(response);
  if (typeof url !== 'string' || typeof expires !== 'string') throw new ApiError(response.status);
  return { url, expires: new Date(expires) };
}

/**
 * Lists the sessions of a user, the most recently used first.
 *
 * @param {string} token
 * @param {string} id
 * @returns {Promise<import('./account-api.js').ListedSession[]>}
 */
export async function listUserSessions(token, id) {
  const response = await request('GET', `${pathOf(id)}/sessions`, { token, proof: true });
  const { sessions } = await readObject(response);
  if (!Array.isArray(sessions)) throw new ApiError(response.status);
  return sessions;
}

/**
 * Ends all sessions of a user.
 *
 * @param {string} token
 * @param {string} id
 */
export async function endUserSessions(token, id) {
  await request('DELETE', `${pathOf(id)}/sessions`, { token, proof: true });
}

/** @param {string} id */
function pathOf(id) {
  return `/users/${encodeURIComponent(id)}`;
}

/**
 * @param {string} token
 * @param {Query} query
 * @param {number} limit
 * @param {string | null} after
 * @returns {Promise<UsersResponse>}
 */
async function requestUsers(token, query, limit, after) {
  const parameters = new URLSearchParams({ limit: String(limit) });
  for (const [name, value] of Object.entries({ ...query, after: after ?? '' })) {
    if (value !== '') parameters.set(name, value);
  }
  const response = await request('GET', `/users?${parameters}`, { token, proof: true });
  const { users, next } = await readObject(response);
  if (!Array.isArray(users)) throw new ApiError(response.status);
  return { users, next: typeof next === 'string' ? next : null };
}

/**
 * @param {Response} response
 * @returns {Promise<ListedUser>}
 */
async function readUser(response) {
  return /** @type {any} */ (await readObject(response));
}
