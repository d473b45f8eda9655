/** The way in, for the pages that lead from a name and a password to the home page. */

import { ApiError, logIn, logOut, whoIs } from './api.js';
import { call, exclusively, renew } from './session.js';
import { inWords } from './time.js';
import * as tokens from './token.js';
import { announce, byId } from './ui.js';

/**
 * Logs in and goes home, or says why that will not last.
 *
 * @param {string} name
 * @param {string} password
 * @throws {ApiError | tokens.StorageError}
 */
export async function enter(name, password) {
  tokens.load(); // Where nothing can be stored, the password need not travel.
  // An answer to an older question must not bring back the cookie of the session before.
  const { token, lifetime } = await exclusively(() => logIn(name, password));
  await keep(token);
  if (await stays(token)) return goHome();
  tokens.markLast(token);
  showNotKept(lifetime);
}

/**
 * Finds out whether somebody is logged in with this browser.
 *
 * @returns {Promise<boolean>}
 * @throws {tokens.StorageError}
 */
export async function isLoggedIn() {
  try {
    await call(whoIs);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Only the server's word ends a login. When it is out of reach, the form will say so as soon as it is used.
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

/** Tells whether the browser kept the cookie of a new session. No script can see it, so the server is asked. */
async function stays(token) {
  try {
    await renew(token);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.status !== 401; // Any other failure says nothing about the cookie.
  }
}

/** Says that the login ends with its first token, and why. */
function showNotKept(lifetime) {
  const card = byId('not-kept');
  const { publicUrl } = card.dataset;
  const insecure = window.location.protocol === 'http:' && publicUrl.startsWith('https:');
  const heading = `You are logged in for ${inWords(lifetime)} only`;
  const reason = insecure
    ? `This browser did not keep the login cookie, because this page was opened at ${window.location.origin}. Go to ${publicUrl} and log in there.`
    : 'This browser did not keep the login cookie. Allow cookies for this site, then log in again.';
  byId('not-kept-heading').textContent = heading;
  byId('not-kept-reason').textContent = reason;
  byId('public-address').hidden = !insecure;
  if (insecure) byId('public-address').href = new URL('/login', publicUrl).href;
  for (const other of document.querySelectorAll('.card')) other.hidden = other !== card;
  byId('not-kept-heading').focus();
  announce(`${heading}. ${reason}`);
}
