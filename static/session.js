/**
 * The session of this browser. Its access token lives for minutes, and this module sees to it that there is one to use: it
 * renews the token before it ends, when the server refuses it and when it is gone, one tab for all. Only the server's word
 * ends a session: a token that vanished is a question, and an answer that never came says nothing.
 *
 * Times are counted by a clock that nobody sets, from the moment an answer came.
 */

import * as api from './api.js';
import * as tokens from './token.js';

/** The lock that a tab holds while it asks for a token. */
const LOCK = 'latchkey-session';
/** A tab that holds the lock for longer has come to a stop. The server copes with two that ask at once. */
const LOCK_MS = 10_000;
/** A token is renewed when so much of its life is over, or so long before its end, whichever is later. */
const LIFE_SHARE = 0.8;
const AHEAD_MS = 60_000;
/** The tabs that did not renew the last token leave the next one to the tab that did, for so much of its life or so long. */
const LAG_SHARE = 0.05;
const LAG_MS = 10_000;
/** How long to wait after a first failure, and at most. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** Timers take no more than 24 days. */
const MAX_TIMER_MS = 24 * 60 * 60 * 1000;

/** @typedef {{token: string, renewAt: number, endsAt: number}} Held a token and its times by performance.now() */

/** The token that this page knows best. @type {Held | null} */
let held = null;
/** Whom the page belongs to, while it keeps the session fresh. @type {string | null} */
let owner = null;
/** What the page does when the session may be over. */
let onDoubt = () => {};
/** The renewal that is under way. @type {Promise<string> | null} */
let renewal = null;
/** The timer of the next one. */
let timer = 0;
/** How many renewals have failed in a row, and when to try again. */
let failures = 0;
let retryAt = 0;

document.addEventListener('visibilitychange', catchUp);
window.addEventListener('online', catchUp);

/**
 * Sends a request that needs a token. A token that is over is renewed, once.
 *
 * @template T
 * @param {(token: string) => Promise<T>} request
 * @returns {Promise<T>}
 * @throws {api.ApiError | tokens.StorageError} the status is 401 when nobody is logged in any more
 */
export async function call(request) {
  let token = tokens.load();
  if (token === null || (held?.token === token && isPast())) token = await replace(token);
  await belong(token);
  try {
    return await request(token);
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
  token = await replace(token);
  await belong(token);
  return request(token);
}

/**
 * Ends the session on the server first: only then is it true that somebody is logged out. No tab renews the token
 * meanwhile.
 *
 * @throws {api.ApiError | tokens.StorageError}
 */
export async function logOut() {
  await exclusively(async () => {
    const token = tokens.load() ?? held?.token;
    if (token) await belong(token);
    await api.logOut(token).catch((error) => {
      if (!isRefused(error)) throw error; // 401 says that it was over already.
    });
    if (token) tokens.forget(token);
  });
}

/**
 * Takes turns with the other tabs. Where a browser has no locks, as on plain http, nothing bad comes of two at once.
 *
 * @template T
 * @param {() => Promise<T>} task
 * @returns {Promise<T>}
 */
export async function exclusively(task) {
  if (!navigator.locks) return task();
  let begun = false;
  try {
    return await navigator.locks.request(LOCK, { signal: AbortSignal.timeout(LOCK_MS) }, () => {
      begun = true;
      return task();
    });
  } catch (error) {
    if (begun) throw error;
    return task();
  }
}

/**
 * Renews a token, unless another tab has done so.
 *
 * @param {string | null} token null when there is none
 * @param {boolean} [ahead] whether the token still holds
 * @returns {Promise<string>} the token that follows
 * @throws {api.ApiError | tokens.StorageError}
 */
export function renew(token, ahead = false) {
  renewal ??= exclusively(() => follow(token, ahead)).finally(() => {
    renewal = null;
  });
  return renewal;
}

/**
 * Keeps the session fresh from now on, for a page that shows who is logged in.
 *
 * @param {string} token
 * @param {number | null} left how long the token still holds, in milliseconds; null when nobody knows
 * @param {string} user the id of who is logged in
 * @param {() => void} callback is called when the session may be over
 */
export function keep(token, left, user, callback) {
  owner = user;
  onDoubt = callback;
  if (held?.token !== token) hold(token, tokens.lifetime(token), left);
  else schedule();
}

/** Leaves the session to other pages. */
export function release() {
  owner = null;
  clearTimeout(timer);
}

/**
 * Uses a token from another tab.
 *
 * @param {string} token
 */
export function adopt(token) {
  const lag = Math.min((tokens.lifetime(token) ?? 0) * LAG_SHARE, LAG_MS);
  hold(token, tokens.lifetime(token), tokens.lifetime(token), lag * (0.5 + Math.random() / 2));
}

/**
 * Tries to renew the token soon, after a failure.
 *
 * @param {api.ApiError} error
 */
export function retry(error) {
  failures += 1;
  retryAt = performance.now() + backOff(failures, error);
  if (held) held.renewAt = Math.min(held.renewAt, retryAt);
  schedule();
}

/** Forgets the token of a session that is over. */
export function forget() {
  if (held) tokens.forget(held.token);
}

/**
 * Says what is next, for a page that keeps the session fresh.
 *
 * @returns {{renews: boolean, left: number, late: boolean}} whether the token is going to be renewed or ends, in how many
 *   milliseconds, and whether that has failed so far
 */
export function outlook() {
  const renews = !tokens.isLast(held.token);
  return { renews, left: (renews ? held.renewAt : held.endsAt) - performance.now(), late: renews && failures > 0 };
}

/** @returns {boolean} whether the token that this page knows has ended */
export function isPast() {
  return held !== null && performance.now() >= held.endsAt;
}

/**
 * @param {number} count how many tries have failed
 * @param {api.ApiError} error
 * @returns {number} milliseconds to wait before the next one
 */
export function backOff(count, error) {
  const wait = Math.min(RETRY_MS * 2 ** (count - 1), MAX_RETRY_MS);
  return Math.max(wait, error.retryAfter * 1000) * (1 + Math.random() / 4); // not all tabs at once
}

/** Renews a token that does not hold, and forgets it when nothing follows. */
async function replace(token) {
  try {
    return await renew(token);
  } catch (error) {
    if (isRefused(error) && token !== null) tokens.forget(token);
    throw error;
  }
}

/** Finds the token that follows on another, while no other tab does. */
async function follow(old, ahead) {
  const before = tokens.load();
  const isNews = (token) => token !== null && token !== before;
  if (before !== null && before !== old) {
    adopt(before);
    return before;
  }
  const grant = await api.refresh().catch((error) => error);
  // Other pages know of no lock. One on which somebody logged in meanwhile has the last word.
  const now = tokens.load();
  if (isNews(now)) {
    adopt(now);
    return now;
  }
  if (grant instanceof Error) throw grant;
  // A page without a cookie of its own may have logged in somebody else, who stays as long as the token does.
  if (ahead && tokens.subject(grant.token) !== tokens.subject(old)) throw new api.ApiError(401);
  tokens.save(grant.token);
  hold(grant.token, grant.lifetime, grant.lifetime);
  return grant.token;
}

/** Renews the token when its time has come. */
async function renewInTime() {
  if (owner === null || tokens.isLast(held.token)) return;
  if (performance.now() < Math.max(held.renewAt, retryAt)) return schedule();
  const { token } = held;
  try {
    await renew(token, true);
  } catch (error) {
    if (owner === null) return;
    if (error instanceof api.ApiError) {
      if (error.status !== 401) return retry(error);
      tokens.markLast(token); // It may hold for a while yet.
    } else if (!(error instanceof tokens.StorageError)) {
      throw error;
    }
    onDoubt();
  }
}

/** Does at once what throttled timers and a lost connection have put off. */
function catchUp() {
  if (owner === null || document.visibilityState !== 'visible') return;
  retryAt = 0;
  renewInTime();
}

/** Loads the page anew when it is of another user: nothing may be done in that one's name. */
async function belong(token) {
  if (owner === null || tokens.subject(token) === owner) return;
  window.location.reload();
  await new Promise(() => {}); // The page is on its way out.
}

/** Remembers a token and its times, and forgets about failures before it. */
function hold(token, lifetime, left, lag = 0) {
  const endsAt = left === null ? Infinity : performance.now() + left;
  const ahead = lifetime === null ? 0 : Math.min(lifetime * (1 - LIFE_SHARE), AHEAD_MS);
  held = { token, renewAt: endsAt - ahead + lag, endsAt };
  failures = 0;
  retryAt = 0;
  schedule();
}

function schedule() {
  clearTimeout(timer);
  if (owner === null) return;
  const wait = Math.max(held.renewAt, retryAt) - performance.now();
  timer = setTimeout(renewInTime, Math.min(Math.max(wait, 0), MAX_TIMER_MS));
}

function isRefused(error) {
  return error instanceof api.ApiError && error.status === 401;
}
