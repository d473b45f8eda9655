/** The way in, for the pages that lead from a name and a password to the home page. */

import { ApiError, logIn, logOut, whoIs } from './api.js';
import * as tokens from './token.js';

/**
 * Logs in and goes home.
 *
 * @param {string} name
 * @param {string} password
 * @throws {ApiError | tokens.StorageError}
 */
export async function enter(name, password) {
  tokens.load(); // Where nothing can be stored, the password need not travel.
  await keep(await logIn(name, password));
  goHome();
}

/**
 * Finds out whether this browser holds a good token, and forgets a bad one.
 *
 * @returns {Promise<boolean>}
 * @throws {tokens.StorageError}
 */
export async function isLoggedIn() {
  const token = tokens.load();
  if (token === null) return false;
  try {
    await whoIs(token);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Only the server's word ends a login. When it is out of reach, the form will say so as soon as it is used.
    if (error.status === 401) tokens.forget(token);
    return false;
  }
}

/** Goes home in place of this page, so that Back does not return to the form. */
export function goHome() {
  window.location.replace('/');
}

/** Stores a new token, or ends its session again when that fails: nobody could use it. */
async function keep(token) {
  try {
    tokens.save(token);
  } catch (error) {
    await logOut(token).catch(() => {});
    throw error;
  }
}
