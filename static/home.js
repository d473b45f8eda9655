/** The home page: shows who is logged in, and what they can do next. */

import { getEmail, listSessions } from './account-api.js';
import { ADMIN } from './api.js';
import { serverTime } from './clock.js';
import { initialOf } from './header.js';
import { ApiError } from './problem.js';
import { checkLogin, currentUser, startPage } from './protected-page.js';
import { currentToken, renewalStatus } from './renewal.js';
import { durationText, setTime } from './time.js';
import { announce, byId, newChip, setText } from './ui.js';

/** How far the exact time on display may be off: responses don't always take equally long. */
const TOLERANCE_MS = 1_500;

const ends = byId('ends', HTMLTimeElement);
const steps = byId('steps');

startPage({ countsDown: true, show, tick, wake: checkLogin });

/** @param {import('./api.js').User} user */
function show(user) {
  const { name, roles } = user;
  byId('name').textContent = name;
  byId('avatar').textContent = initialOf(name);
  byId('roles').hidden = roles.length === 0;
  byId('roles').replaceChildren(...roles.map(newChip));
  byId('users-step').hidden = !roles.includes(ADMIN);
  announce(`You are logged in as ${name}.`);
  showDetails(user);
}

/**
 * Shows what the page can do without: the e-mail address and the number of devices.
 *
 * @param {import('./api.js').User} user
 */
async function showDetails(user) {
  steps.setAttribute('aria-busy', 'true');
  const [email, sessions] = await Promise.all([attempt(getEmail), attempt(listSessions)]);
  if (currentUser() !== user) return;
  steps.removeAttribute('aria-busy');
  byId('email').textContent = email;
  byId('add-email').hidden = email !== '';
  byId('devices').textContent = devicesText(sessions?.length);
}

/**
 * Sends a request that may fail. It never renews the token: if that is refused, the next thing that
 * the user does finds out.
 *
 * @template T
 * @param {(token: string) => Promise<T>} request
 * @returns {Promise<T | null>} null if it failed
 */
async function attempt(request) {
  const token = currentToken();
  try {
    return token === null ? null : await request(token);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return null;
  }
}

/** @param {number | undefined} count */
function devicesText(count) {
  if (count === undefined) return 'See where you are logged in.';
  return count === 1 ? 'You are logged in only here.' : `You are logged in on ${count} devices.`;
}

/** Says when the session ends, but only if it can't go on. */
function tick() {
  const { renews, remaining, isLate } = renewalStatus();
  byId('late-note').hidden = !isLate;
  byId('ends-note').hidden = renews || remaining === Infinity;
  if (byId('ends-note').hidden) return;
  setText(ends, `in ${durationText(remaining)}`);
  const time = serverTime() + remaining;
  const difference = Math.abs(time - Date.parse(ends.dateTime));
  if (!(difference < TOLERANCE_MS)) setTime(ends, new Date(time)); // at first there is no time, and NaN
}
