/**
 * Sends requests with the access token of this browser's session, and ends that session.
 *
 * Only the server can say that a session has ended. A token that is missing from storage and a
 * server that can't be reached say nothing about the session.
 */

import * as tokens from './access-token.js';
import * as api from './api.js';
import { withLock } from './lock.js';
import { LoggedOutError, asLoggedOut, isUnauthorized } from './problem.js';
import { currentToken, isOtherUser, isTokenExpired, renew } from './renewal.js';

/**
 * Sends a request with the access token. If the token is missing or has expired, renews it first.
 * If the server refuses it, renews it and sends the request again, once.
 *
 * @template T
 * @param {(token: string) => Promise<T>} request
 * @returns {Promise<T>}
 * @throws {import('./problem.js').ApiError | LoggedOutError | tokens.StorageError}
 */
export async function withToken(request) {
  let token = tokens.load();
  if (token === null || (token === currentToken() && isTokenExpired())) token = await renewOrRemove(token);
  await reloadIfOtherUser(token);
  try {
    return await request(token);
  } catch (error) {
    if (!isUnauthorized(error)) throw error;
  }
  token = await renewOrRemove(token);
  await reloadIfOtherUser(token);
  try {
    return await request(token);
  } catch (error) {
    throw asLoggedOut(error);
  }
}

/**
 * Ends the session on the server, then removes the token. The order matters: if the server can't be
 * reached, the user is still logged in. No tab renews the token meanwhile.
 *
 * @throws {import('./problem.js').ApiError | tokens.StorageError}
 */
export async function logOut() {
  await withLock(async () => {
    const token = tokens.load() ?? currentToken();
    if (token !== null) await reloadIfOtherUser(token);
    try {
      await api.logOut(token);
    } catch (error) {
      if (!isUnauthorized(error)) throw error; // 401: the session had ended already
    }
    if (token !== null) tokens.remove(token);
  });
}

/**
 * Renews a token that isn't valid, or removes it if the user is logged out.
 *
 * @param {string | null} token
 * @returns {Promise<string>}
 */
async function renewOrRemove(token) {
  try {
    return await renew(token);
  } catch (error) {
    if (error instanceof LoggedOutError && token !== null) tokens.remove(token);
    throw error;
  }
}

/**
 * Reloads the page if it shows a different user from the token's, so that nothing is done as the
 * wrong user.
 *
 * @param {string} token
 */
async function reloadIfOtherUser(token) {
  if (!isOtherUser(token)) return;
  window.location.reload();
  await new Promise(() => {}); // never resolves: the page is being reloaded
}
