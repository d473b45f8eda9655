/**
 * Begins and ends this browser's session, and sends requests with its access token.
 *
 * Only the server can say that a session has ended. A token that is missing from storage and a
 * server that can't be reached say nothing about the session.
 */

import * as tokens from './access-token.js';
import * as api from './api.js';
import { withLock } from './lock.js';
import { ApiError, LoggedOutError, asLoggedOut, isUnauthorized } from './problem.js';
import { currentToken, isOtherUser, isTokenExpired, renew, useToken } from './renewal.js';

/**
 * Sends a request with the access token. If the token is missing, has expired or may be a leftover,
 * renews it first.
 * If the server refuses it, renews it and sends the request again, once.
 *
 * @template T
 * @param {(token: string) => Promise<T>} request
 * @returns {Promise<T>}
 * @throws {import('./problem.js').ApiError | LoggedOutError | tokens.StorageError}
 */
export async function withToken(request) {
  let token = tokens.load();
  const isExpired = token !== null && token === currentToken() && isTokenExpired();
  if (token === null || isExpired || tokens.mayBeLeftover(token)) token = await renewOrRemove(token);
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
 * Logs in and saves the token. No tab renews a token meanwhile, which could bring back the cookie
 * of the session before. If the login fails, that session goes on.
 *
 * @param {string} name
 * @param {string} password
 * @param {boolean} remember whether the session outlasts the closing of the browser
 * @returns {Promise<import('./api.js').IssuedToken>}
 * @throws {ApiError | tokens.StorageError}
 */
export function logIn(name, password, remember) {
  return withLock(() => logInNow(name, password, remember));
}

/**
 * Changes the password, which ends all sessions of the user, and logs in again. Other tabs notice
 * nothing: if the server refuses their token meanwhile, they wait for the lock and then find the
 * new one.
 *
 * @param {string} name
 * @param {string} current
 * @param {string} next
 * @returns {Promise<boolean>} false if the password was changed but the login failed
 * @throws {ApiError | LoggedOutError | tokens.StorageError} the password wasn't changed
 */
export function changePassword(name, current, next) {
  return withToken((token) =>
    withLock(async () => {
      await api.changePassword(token, current, next);
      try {
        const isRenewable = tokens.isRenewable(token);
        const { token: newToken } = await logInNow(name, next, tokens.isRemembered());
        if (!isRenewable) tokens.markNotRenewable(newToken);
        return true;
      } catch (error) {
        if (error instanceof ApiError || error instanceof tokens.StorageError) return false;
        throw error;
      }
    }),
  );
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
 * Logs in while this tab holds the lock. If the token can't be saved, ends its session, since
 * nobody could use it.
 *
 * @param {string} name
 * @param {string} password
 * @param {boolean} remember
 */
async function logInNow(name, password, remember) {
  const issued = await api.logIn(name, password, remember);
  try {
    tokens.setRemembered(remember);
    tokens.save(issued.token);
  } catch (error) {
    await api.logOut(issued.token).catch(() => {});
    throw error;
  }
  useToken(issued.token, issued.lifetime);
  return issued;
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
