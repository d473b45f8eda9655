/** Logging in, for the pages with a form for it: the login page and the sign-up page. */

import * as tokens from './access-token.js';
import { getUser } from './api.js';
import { switchToCard } from './cards.js';
import { keepNext, nextPage } from './next.js';
import { ApiError, LoggedOutError } from './problem.js';
import { renew } from './renewal.js';
import { logIn, withToken } from './session.js';
import { durationText } from './time.js';
import { byId, find, isBusy, setBusy, showError } from './ui.js';

/**
 * Makes a form ready for use, and goes on to the next page if the user is already logged in. The
 * form works before that is known; once it is submitted, only the response to it matters.
 *
 * @param {HTMLButtonElement} button the form's submit button, disabled until now
 * @param {import('./password-field.js').PasswordField} password
 * @param {HTMLElement} errors an element with role=alert
 */
export function startLoginPage(button, password, errors) {
  const leaveIfLoggedIn = async () => {
    try {
      if ((await isLoggedIn()) && !isBusy(button)) goOn();
    } catch (error) {
      if (!(error instanceof tokens.StorageError)) throw error;
      showError(errors, error.message);
    }
  };
  tokens.onChange((token) => {
    if (token !== null) leaveIfLoggedIn();
  });
  // The browser may show the page again from memory, as the user left it.
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    setBusy(button);
    password.clear();
    leaveIfLoggedIn();
  });
  keepNext();
  byId('continue', HTMLAnchorElement).href = nextPage();
  button.disabled = false;
  leaveIfLoggedIn();
}

/**
 * Logs in and goes on to the next page. If the browser doesn't store the session's cookie, says so
 * instead.
 *
 * @param {string} name
 * @param {string} password
 * @param {boolean} remember whether the session outlasts the closing of the browser
 * @throws {ApiError | tokens.StorageError}
 */
export async function logInAndGoOn(name, password, remember) {
  tokens.load(); // throws before the password is sent if the browser can't store the token
  const { token, lifetime } = await logIn(name, password, remember);
  if (await hasCookie(token)) {
    goOn();
  } else {
    tokens.markNotRenewable(token);
    showCookieMissing(lifetime);
  }
}

/**
 * @returns {Promise<boolean>} false also if the server can't be reached: the form will say so
 * @throws {tokens.StorageError}
 */
async function isLoggedIn() {
  try {
    await withToken(getUser);
    return true;
  } catch (error) {
    if (error instanceof ApiError || error instanceof LoggedOutError) return false;
    throw error;
  }
}

/** Opens the next page in place of this one, so that Back doesn't return to the form. */
function goOn() {
  window.location.replace(nextPage());
}

/**
 * Finds out whether the browser has stored the session's cookie. Scripts can't see it, but renewing
 * the token works only with the cookie.
 *
 * @param {string} token
 */
async function hasCookie(token) {
  try {
    await renew(token);
    return true;
  } catch (error) {
    if (error instanceof LoggedOutError) return false;
    if (error instanceof ApiError) return true; // this says nothing about the cookie
    throw error;
  }
}

/**
 * Says that the session will end with its first token, and why.
 *
 * @param {number} lifetime of the token, in milliseconds
 */
function showCookieMissing(lifetime) {
  const card = byId('no-cookie');
  const link = byId('public-address', HTMLAnchorElement);
  const { origin, protocol } = window.location;
  const publicUrl = card.dataset.publicUrl ?? '';
  const isWrongAddress = protocol === 'http:' && publicUrl.startsWith('https:');
  link.hidden = !isWrongAddress;
  if (isWrongAddress) link.href = new URL('/login', publicUrl).href;
  const heading = find(card, 'h1');
  heading.textContent = `You will be logged out in ${durationText(lifetime)}`;
  switchToCard(
    'no-cookie',
    isWrongAddress
      ? `Your browser didn't store the login cookie because this page was opened at ${origin}. Go to ${publicUrl} and log in there.`
      : "Your browser didn't store the login cookie. Allow cookies for this site, then log in again.",
  );
  heading.focus();
}
