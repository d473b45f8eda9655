/**
 * The server's API for the user's own account: the profile, the sessions and its end. Every
 * function throws an ApiError if the request fails.
 */

import { ApiError } from './problem.js';
import { readObject, request } from './request.js';

/**
 * @typedef {object} ListedSession
 * @property {string} id
 * @property {string} device
 * @property {string} address
 * @property {string} created_at
 * @property {string} last_used_at
 * @property {boolean} current whether it is the session of the request
 */

/**
 * @param {string} token
 * @returns {Promise<string>} the user's e-mail address; empty if there is none
 */
export async function getEmail(token) {
  return readEmail(await request('GET', '/users/me', { token }));
}

/**
 * Replaces or removes the user's e-mail address.
 *
 * @param {string} token
 * @param {string} email empty to remove it
 * @returns {Promise<string>} the address that is now stored
 */
export async function updateEmail(token, email) {
  const json = { email: email || null };
  return readEmail(await request('PATCH', '/users/me', { token, json, proof: true }));
}

/**
 * Deletes the user's account for good.
 *
 * @param {string} token
 * @param {string} currentPassword
 */
export async function deleteAccount(token, currentPassword) {
  const json = { current_password: currentPassword };
  await request('POST', '/users/me/deletion', { token, json, proof: true });
}

/**
 * Lists the user's sessions, the most recently used first.
 *
 * @param {string} token
 * @returns {Promise<ListedSession[]>}
 */
export async function listSessions(token) {
  const response = await request('GET', '/sessions', { token, proof: true });
  const { sessions } = await readObject(response);
  if (!Array.isArray(sessions)) throw new ApiError(response.status);
  return sessions;
}

/**
 * Ends one of the user's sessions.
 *
 * @param {string} token
 * @param {string} id
 */
export async function endSession(token, id) {
  await request('DELETE', `/sessions/${encodeURIComponent(id)}`, { token, proof: true });
}

/**
 * Ends all of the user's sessions except the one the token belongs to.
 *
 * @param {string} token
 */
export async function endOtherSessions(token) {
  await request('DELETE', '/sessions', { token, proof: true });
}

/** @param {Response} response */
async function readEmail(response) {
  const { email } = await readObject(response);
  return typeof email === 'string' ? email : '';
}
