/**
 * What the pages that need a login have in common: finds out who is logged in, and shows the page's
 * own card or the one that says why not, such as that the session has ended.
 */

import * as tokens from './access-token.js';
import { getUser } from './api.js';
import { switchToCard } from './cards.js';
import { setServerTime, watchForSleep } from './clock.js';
import { showHeader } from './header.js';
import { logOutWith } from './log-out.js';
import { goToLogin, startCountdown } from './login-redirect.js';
import { leadBackHere } from './next.js';
import { ApiError, INSUFFICIENT_SCOPE, KEY_UNREADABLE, LoggedOutError, describe, retryDelay } from './problem.js';
import * as renewal from './renewal.js';
import { withToken } from './session.js';
import { byId, onPress } from './ui.js';

/** @typedef {import('./api.js').User} User */

/**
 * @typedef {object} ProtectedPage
 * @property {string} [role] the role that the user needs
 * @property {boolean} [countsDown] whether visitors learn that they aren't logged in before they
 *   are taken to the login page
 * @property {(user: User) => void} show fills in the page's own card
 * @property {() => void} tick updates times; called once a second while the card is visible
 * @property {() => void} wake called instead of tick after the device was asleep
 */

/** All tabs notice within this time that a session has ended. */
const TABS_APART_MS = 2_000;
/** How long to wait at least before asking an unreachable server again. */
const RETRY_MS = 4_000;

/** @type {ProtectedPage} */
let page;
/** The user whose card is visible. @type {User | null} */
let user = null;
/** Whether the token was going to be renewed at the last tick. */
let renews = true;
/** The number of the newest task. */
let newestTask = 0;
/** The timer of the visible card. */
let timer = 0;
/** How often in a row the server couldn't be reached. */
let failures = 0;

/** @param {ProtectedPage} protectedPage */
export function startPage(protectedPage) {
  page = protectedPage;
  byId('try-again').addEventListener('click', checkLogin);
  onPress(byId('log-out'), logOutHere);
  leadBackHere();
  window.addEventListener('hashchange', leadBackHere);
  window.addEventListener('online', () => {
    if (!byId('unreachable').hidden) checkLogin();
  });
  // The browser may show the page again from memory. It must not show the user then.
  window.addEventListener('pagehide', () => {
    startTask();
    showCard('checking');
  });
  window.addEventListener('pageshow', ({ persisted }) => persisted && checkLogin());
  document.addEventListener('visibilitychange', () => {
    if (!user || document.visibilityState !== 'visible') return;
    if (renewal.isTokenExpired()) page.wake();
    else recheckLogin();
  });
  tokens.onChange(onTokenChange);
  checkLogin();
}

/**
 * Returns the user that the page shows, or null while it shows none. Each time the page shows its
 * card, the user is a new object: compare it after an await to see whether the page has moved on.
 *
 * @returns {User | null}
 */
export function currentUser() {
  return user;
}

/**
 * Starts a task that replaces the one before, if that isn't finished.
 *
 * @returns {() => boolean} whether this is still the newest task; if not, drop its result
 */
export function startTask() {
  const task = ++newestTask;
  return () => task === newestTask;
}

/** Finds out who is logged in and shows the card for that. */
export function checkLogin() {
  failures = 0;
  showCard('checking');
  findUser();
}

/** Checks in the background whether the same user is still logged in. */
export async function recheckLogin() {
  const before = user;
  let stored = null;
  try {
    stored = tokens.load();
    const response = await withToken(getUser);
    if (!before || user !== before) return;
    // The name and the roles can change. If they have, start over.
    if (JSON.stringify(response.user) === JSON.stringify(before)) page.tick();
    else checkLogin();
  } catch (error) {
    if (user !== before) return;
    if (error instanceof LoggedOutError && stored === null && error.type === '') {
      startTask();
      showVisitor();
    } else if (!showLostAccess(error)) {
      if (!(error instanceof ApiError)) throw error;
      if (stored === null) renewal.retryRenewal(error);
    }
  }
}

/**
 * Returns what to tell the user about a failed request. Returns null if the error means that the
 * user can't use the page any more: the page then shows why.
 *
 * @param {unknown} error
 * @returns {string | null}
 */
export function explainError(error) {
  return showLostAccess(error) ? null : describe(error);
}

/**
 * Shows a card in place of the page's own, so that the page shows no user any more.
 *
 * @param {string} card its id
 * @param {string} [reason] what the card says about why it is shown
 */
function showCard(card, reason) {
  clearInterval(timer);
  user = null;
  renewal.stopRenewing();
  showHeader(null);
  byId('page-errors').replaceChildren();
  switchToCard(card, reason);
}

/**
 * Shows a card after the session has ended, and removes the token.
 *
 * @param {string} card its id
 * @param {string} reason
 */
export function showLoggedOut(card, reason) {
  startTask();
  const token = renewal.currentToken();
  if (token !== null) tokens.remove(token);
  showCard(card, reason);
}

/**
 * Says that the user lacks the role that the page needs.
 *
 * @param {User} lacking
 */
export function showForbidden(lacking) {
  startTask();
  const reason = `This page needs the role ${page.role}, which ${lacking.name} doesn't have.`;
  showCard('forbidden', `${reason} Ask an administrator for it.`);
  showHeader({ ...lacking, roles: [] });
}

/** @param {HTMLElement} button the one that was pressed */
function logOutHere(button) {
  const onLoggedOut = () => {
    startTask(); // whatever was requested meanwhile, its result is for nobody
    showCard('logged-out');
  };
  logOutWith(button, onLoggedOut, (error) => (user ? explainError(error) : null));
}

async function findUser() {
  const isNewest = startTask();
  let stored = null;
  try {
    stored = tokens.load();
    const response = await withToken(async (token) => ({ token, ...(await getUser(token)) }));
    if (isNewest()) showContent(response);
  } catch (error) {
    if (!isNewest()) return;
    if (error instanceof ApiError) showUnreachable(error);
    else if (error instanceof LoggedOutError && !error.isNews(stored !== null)) showVisitor();
    else if (!showLostAccess(error)) throw error;
  }
}

/** @param {{user: User, time: number | null, token: string}} response */
function showContent({ user: found, time, token }) {
  if (page.role && !found.roles.includes(page.role)) {
    showForbidden(found);
    return;
  }
  showCard('content');
  showHeader(found);
  user = found;
  failures = 0;
  renews = true;
  setServerTime(time);
  const expiry = tokens.expiry(token);
  const remaining = expiry === null || time === null ? tokens.lifetime(token) : expiry - time;
  renewal.startRenewing(token, remaining, found.id, recheckLogin);

  const wasAsleep = watchForSleep();
  const tick = () => {
    const status = renewal.renewalStatus();
    renews = status.renews;
    if (wasAsleep()) page.wake();
    else if (!renews && status.remaining <= 0) showSessionEnded();
    else page.tick();
  };
  timer = setInterval(tick, 1000);
  page.show(found);
  if (user) tick();
}

/**
 * Reacts to another tab, which has stored or removed the token.
 *
 * @param {string | null} token
 */
function onTokenChange(token) {
  if (!user) {
    // A card that says why nobody is logged in stays until a user logs in.
    const isAsking = !byId('checking').hidden || !byId('unreachable').hidden;
    if (token !== null || isAsking) checkLogin();
  } else if (token === null) {
    // A tab removes the token when it expires. All tabs should then say the same.
    if (!renews && renewal.renewalStatus().remaining < TABS_APART_MS) showSessionEnded();
    else recheckLogin();
  } else if (tokens.subject(token) === user.id) {
    renewal.adoptTokenFromOtherTab(token);
  } else {
    window.location.reload();
  }
}

/**
 * Shows why the user can't use the page any more, if that is what the error means.
 *
 * @param {unknown} error
 * @returns {boolean}
 */
function showLostAccess(error) {
  if (error instanceof LoggedOutError) {
    showSessionEnded(error);
  } else if (error instanceof tokens.StorageError) {
    startTask();
    showCard('blocked', error.message);
  } else if (error instanceof ApiError && error.type === INSUFFICIENT_SCOPE && user) {
    showForbidden(user);
  } else {
    return false;
  }
  return true;
}

/** @param {LoggedOutError} [error] */
function showSessionEnded(error = new LoggedOutError()) {
  showLoggedOut('ended', describe(error));
}

/**
 * Says that the server can't be reached or is unavailable, or that the browser can't read its key,
 * and tries again later.
 *
 * @param {ApiError} error
 */
function showUnreachable(error) {
  const card = error.type === KEY_UNREADABLE ? 'blocked' : 'unreachable';
  const isOffline = error.status === 0 && card === 'unreachable';
  const reason = isOffline ? 'Check your connection. This page keeps trying.' : describe(error);
  const isNew = byId(card).hidden || byId(`${card}-reason`).textContent !== reason;
  if (isNew) showCard(card, reason);
  failures += 1;
  clearTimeout(timer);
  timer = setTimeout(findUser, RETRY_MS + retryDelay(failures, error));
}

/** Takes a visitor to the login page. */
function showVisitor() {
  showCard(page.countsDown ? 'visitor' : 'checking');
  if (page.countsDown) timer = startCountdown();
  else goToLogin();
}
