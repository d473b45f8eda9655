/**
 * Renews the access token, which lives for minutes. One tab renews it for all tabs. Pages that show
 * a user renew it before it expires; all pages renew it when the server refuses it or when it is
 * missing.
 *
 * All times come from performance.now(), which ignores changes to the system clock.
 */

import * as tokens from './access-token.js';
import * as api from './api.js';
import { withLock } from './lock.js';
import { ApiError, INVALID_PROOF, LoggedOutError, asLoggedOut, retryDelay } from './problem.js';

/**
 * A token is renewed after this share of its lifetime, or this long before it expires, whichever is
 * later.
 */
const RENEW_AFTER_SHARE = 0.8;
const RENEW_BEFORE_EXPIRY_MS = 60_000;
/**
 * A tab that got the token from another tab waits longer, by up to this share of the lifetime or
 * this long, whichever is less. The tab that renewed the token last is thus the first to renew it
 * again.
 */
const OTHER_TABS_WAIT_SHARE = 0.05;
const OTHER_TABS_WAIT_MS = 10_000;
/** setTimeout accepts at most about 24 days. */
const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1000;

/**
 * The newest token that this tab knows, and when to renew it.
 *
 * @type {{token: string, renewAt: number, expiresAt: number} | null}
 */
let current = null;
/** The id of the user that the page shows, or null if it shows none. @type {string | null} */
let userId = null;
/** Called when the user may no longer be logged in. */
let onUncertain = () => {};
/** The renewal in progress. @type {Promise<string> | null} */
let renewal = null;
/** The timer of the next renewal. */
let timer = 0;
/** How many renewals have failed in a row, and the earliest time of the next attempt. */
let failures = 0;
let retryAt = 0;

document.addEventListener('visibilitychange', catchUp);
window.addEventListener('online', catchUp);

/**
 * Renews a token, unless another tab has already done so.
 *
 * @param {string | null} token null if there is none
 * @param {boolean} [isValid] whether the token is still valid
 * @returns {Promise<string>} the new token
 * @throws {ApiError | LoggedOutError | tokens.StorageError}
 */
export function renew(token, isValid = false) {
  renewal ??= withLock(() => renewNow(token, isValid)).finally(() => {
    renewal = null;
  });
  return renewal;
}

/**
 * Returns the token to send: the stored one, even if it has expired, or a new one if there is none.
 * A login that ends with the browser leaves its token behind when the browser is closed. Such a
 * token is not sent: it is renewed if the session goes on, and removed if not.
 *
 * @returns {Promise<string>}
 * @throws {ApiError | LoggedOutError | tokens.StorageError}
 */
export async function usableToken() {
  const token = tokens.load();
  if (token !== null && !tokens.mayBeLeftover(token)) return token;
  try {
    return await renew(token);
  } catch (error) {
    if (error instanceof LoggedOutError && token !== null) tokens.remove(token);
    throw error;
  }
}

/**
 * From now on, renews the token before it expires, for a page that shows a user.
 *
 * @param {string} token
 * @param {number | null} remaining milliseconds until the token expires; null if unknown
 * @param {string} user the id of the user
 * @param {() => void} callback called when the user may no longer be logged in
 */
export function startRenewing(token, remaining, user, callback) {
  userId = user;
  onUncertain = callback;
  if (current?.token === token) schedule(current);
  else setCurrent(token, tokens.lifetime(token), remaining);
}

/** Stops what startRenewing started. */
export function stopRenewing() {
  userId = null;
  clearTimeout(timer);
}

/**
 * Uses a token that this tab has received.
 *
 * @param {string} token
 * @param {number} lifetime in milliseconds
 */
export function useToken(token, lifetime) {
  setCurrent(token, lifetime, lifetime);
}

/**
 * Uses a token that another tab has stored.
 *
 * @param {string} token
 */
export function adoptTokenFromOtherTab(token) {
  const lifetime = tokens.lifetime(token);
  const wait = Math.min((lifetime ?? 0) * OTHER_TABS_WAIT_SHARE, OTHER_TABS_WAIT_MS);
  setCurrent(token, lifetime, lifetime, wait * (0.5 + Math.random() / 2));
}

/**
 * Tries to renew the token soon, after a failure.
 *
 * @param {ApiError} error
 */
export function retryRenewal(error) {
  failures += 1;
  retryAt = performance.now() + retryDelay(failures, error);
  if (!current) return;
  current.renewAt = Math.min(current.renewAt, retryAt);
  schedule(current);
}

/** @returns {string | null} the newest token that this tab knows */
export function currentToken() {
  return current?.token ?? null;
}

/** @returns {boolean} whether the newest token that this tab knows has expired */
export function isTokenExpired() {
  return current !== null && performance.now() >= current.expiresAt;
}

/**
 * @param {string} token
 * @returns {boolean} whether the page shows a user and the token is another user's
 */
export function isOtherUser(token) {
  return userId !== null && tokens.subject(token) !== userId;
}

/**
 * Says what happens next to the token of a page that shows a user.
 *
 * @returns {{renews: boolean, remaining: number, isLate: boolean}} whether the token will be
 *   renewed or will expire, in how many milliseconds, and whether its renewal has failed so far
 */
export function renewalStatus() {
  if (!current) return { renews: false, remaining: 0, isLate: false };
  const renews = tokens.isRenewable(current.token);
  const remaining = (renews ? current.renewAt : current.expiresAt) - performance.now();
  return { renews, remaining, isLate: renews && failures > 0 };
}

/**
 * Renews a token while this tab holds the lock.
 *
 * @param {string | null} old
 * @param {boolean} isValid
 * @returns {Promise<string>}
 */
async function renewNow(old, isValid) {
  const before = tokens.load();
  if (before !== null && before !== old) {
    adoptTokenFromOtherTab(before);
    return before;
  }
  const [result] = await Promise.allSettled([api.renew()]);
  // Other pages of this origin don't use the lock. If one of them has logged in meanwhile, its
  // token counts, whatever the result is.
  const after = tokens.load();
  if (after !== null && after !== before) {
    adoptTokenFromOtherTab(after);
    return after;
  }
  if (result.status === 'rejected') throw asLoggedOut(result.reason);
  if (result.value === null) throw new LoggedOutError();
  const { token, lifetime } = result.value;
  // Another page may have stored a token without getting a cookie, and the cookie here is a
  // different user's. The user of the stored token then stays logged in until it expires.
  if (old !== null && isValid && tokens.subject(token) !== tokens.subject(old)) throw new LoggedOutError();
  tokens.save(token);
  useToken(token, lifetime);
  return token;
}

/** Renews the token if it is time, and sets the timer otherwise. */
async function renewIfDue() {
  if (userId === null || !current || !tokens.isRenewable(current.token)) return;
  if (performance.now() < dueAt(current)) {
    schedule(current);
    return;
  }
  const { token } = current;
  try {
    await renew(token, true);
  } catch (error) {
    if (userId === null) return;
    if (error instanceof ApiError) {
      retryRenewal(error);
      return;
    }
    if (error instanceof LoggedOutError) {
      // Without the key there is no way back, so all tabs should say so now.
      if (error.type === INVALID_PROOF) tokens.remove(token);
      else tokens.markNotRenewable(token); // it may be valid for a while yet
    } else if (!(error instanceof tokens.StorageError)) {
      throw error;
    }
    onUncertain();
  }
}

/** Makes up for timers that ran late, as in a hidden tab, and for attempts that failed offline. */
function catchUp() {
  if (userId === null || document.visibilityState !== 'visible') return;
  retryAt = 0;
  renewIfDue();
}

/**
 * @param {string} token
 * @param {number | null} lifetime in milliseconds; null if unknown
 * @param {number | null} remaining milliseconds until the token expires; null if unknown
 * @param {number} [wait] how many milliseconds later than usual to renew it
 */
function setCurrent(token, lifetime, remaining, wait = 0) {
  const expiresAt = remaining === null ? Infinity : performance.now() + remaining;
  const early = lifetime === null ? 0 : Math.min(lifetime * (1 - RENEW_AFTER_SHARE), RENEW_BEFORE_EXPIRY_MS);
  current = { token, renewAt: expiresAt - early + wait, expiresAt };
  failures = 0;
  retryAt = 0;
  schedule(current);
}

/** @param {{renewAt: number}} token */
function schedule(token) {
  clearTimeout(timer);
  if (userId === null) return;
  const delay = Math.max(dueAt(token) - performance.now(), 0);
  timer = setTimeout(renewIfDue, Math.min(delay, MAX_TIMEOUT_MS));
}

/** @param {{renewAt: number}} token */
function dueAt({ renewAt }) {
  return Math.max(renewAt, retryAt);
}
