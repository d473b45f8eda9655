/**
 * What the pages for people who are logged in share. Such a page holds one card for each thing it may turn out to say.
 * This module finds out who is logged in, lets the page welcome them, and shows the card that fits to everybody else.
 */

import { ApiError, SESSION_ENDED, explain, whoIs } from './api.js';
import * as login from './session.js';
import * as tokens from './token.js';
import { announce, byId, showNav } from './ui.js';

const LOGIN = '/login';
const COUNTDOWN_SECONDS = 3;
/** Tabs notice the end of a session within this time of each other. */
const TABS_APART_MS = 2_000;
/** A page whose clock stood still for so long was asleep. */
const ASLEEP_MS = 30_000;

/**
 * @typedef {object} Session what the page's own card shows
 * @property {import('./api.js').User} user
 * @property {() => number} now the server's clock in milliseconds
 * @property {boolean} isLast whether no token was going to follow when the page looked last
 */

/**
 * @typedef {object} Member what a page does for who is logged in
 * @property {(session: Session) => void} welcome fills in the page's own card, which shows already
 * @property {() => void} tick is called every second from then on
 * @property {() => void} wake is called instead after a long sleep
 */

const main = byId('main');

/** Counts what the page sets out to do, so that an answer to something older can be dropped. */
let turn = 0;
/** The timer of the card that shows. */
let timer = 0;
/** How often in a row the server could not be asked. */
let failures = 0;
/** @type {Member} */
let page;
/** @type {Session | null} null while the page's own card does not show */
export let session = null;

/**
 * Starts a page, for as long as it lives.
 *
 * @param {Member} member
 */
export function start(member) {
  page = member;
  byId('try-again').addEventListener('click', check);
  window.addEventListener('online', () => {
    if (!byId('unreachable').hidden) check();
  });
  // The browser may keep the page in memory and bring it back as it was, so it leaves without a name on it.
  window.addEventListener('pagehide', () => {
    begin();
    show('checking');
  });
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) check();
  });
  document.addEventListener('visibilitychange', () => {
    if (session && document.visibilityState === 'visible') comeBack();
  });
  tokens.onChange(follow);
  check();
}

/**
 * Sets out to do something that overtakes whatever the page was doing.
 *
 * @returns {() => boolean} whether nothing has overtaken this
 */
export function begin() {
  const mine = ++turn;
  return () => mine === turn;
}

/** Finds out who is logged in and shows the card for it. */
export function check() {
  failures = 0;
  show('checking');
  return find();
}

/** Finds out, quietly, whether who shows is still logged in. */
export async function lookAgain() {
  const mine = session;
  let stored = null;
  try {
    stored = tokens.load();
    const { user } = await ask();
    if (session !== mine) return;
    // Names and roles change. The page then begins again with those of now.
    if (isSame(user, mine.user)) page.tick();
    else check();
  } catch (error) {
    if (session !== mine) return;
    if (error instanceof ApiError && error.status === 401 && stored === null && error.type !== SESSION_ENDED) {
      begin();
      visit();
    } else if (!isOver(error) && stored === null) {
      login.retry(error);
    }
  }
}

/**
 * Tells whether an error means that nobody is logged in any more, and shows the card that says so.
 *
 * @param {Error} error
 * @returns {boolean}
 */
export function isOver(error) {
  if (error instanceof tokens.StorageError) {
    begin();
    stop('blocked', error.message);
    return true;
  }
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 401) end(error);
  return error.status === 401;
}

/**
 * Says that the session is over. Nothing moves on by itself: somebody may be reading.
 *
 * @param {ApiError} [error] how the server said it
 */
export function end(error) {
  begin();
  login.forget();
  show('ended');
  const reason = error?.type === SESSION_ENDED ? 'It may have been ended from another device.' : '';
  byId('ended-reason').textContent = `${reason} Log in again to go on.`.trim();
  announce(`Your session has ended. ${reason}`.trim());
}

/**
 * Shows a card that says what is in the way.
 *
 * @param {string} card
 * @param {string} sentence
 */
export function stop(card, sentence) {
  show(card);
  byId(`${card}-reason`).textContent = sentence;
  announce(sentence);
}

/**
 * Shows one card and stops what the last one was doing. The focus follows when it was in there.
 *
 * @param {string} card
 */
export function show(card) {
  clearInterval(timer);
  session = null;
  login.release();
  showNav(null);
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
  const focused = main !== document.activeElement && main.contains(document.activeElement);
  for (const section of main.querySelectorAll('.card')) section.hidden = section.id !== card;
  if (focused) byId(card).querySelector('h1').focus();
}

/** Asks who is logged in, and with which token. */
function ask() {
  return login.call(async (token) => ({ token, ...(await whoIs(token)) }));
}

async function find() {
  const holds = begin();
  let stored = null;
  try {
    stored = tokens.load();
    const answer = await ask();
    if (holds()) welcome(answer);
  } catch (error) {
    if (!holds()) return;
    if (error instanceof tokens.StorageError) return stop('blocked', error.message);
    if (!(error instanceof ApiError)) throw error;
    // A server that is out of reach has said nothing about the session, so it stays.
    if (error.status !== 401) return wait(error);
    // Who had a token was logged in, and should know that somebody ended it.
    if (stored !== null && error.type === SESSION_ENDED) return end(error);
    visit();
  }
}

/** Says that the server cannot be asked, and asks it again and again, less and less often. */
function wait(error) {
  const sentence = explain(error);
  if (byId('unreachable').hidden || byId('unreachable-reason').textContent !== sentence) stop('unreachable', sentence);
  failures += 1;
  clearTimeout(timer);
  timer = setTimeout(find, 4_000 + login.backOff(failures, error));
}

/** Does what another tab did. */
function follow(token) {
  const { user } = session ?? {};
  if (!user) {
    // What says that it is over stays so, until somebody logs in.
    const asking = !byId('checking').hidden || !byId('unreachable').hidden;
    if (token !== null || asking) check();
  } else if (token === null) {
    // Every tab forgets a token that has ended. Whichever is first, they should all say the same.
    if (session.isLast && login.outlook().left < TABS_APART_MS) end();
    else lookAgain();
  } else if (tokens.subject(token) === user.id) {
    login.adopt(token);
  } else {
    window.location.reload();
  }
}

/** Comes back into view. Much may have happened since, and a token that has ended meanwhile vouches for nothing. */
function comeBack() {
  if (login.isPast()) page.wake();
  else lookAgain();
}

/** @param {{user: import('./api.js').User, time: number | null, token: string}} answer */
function welcome({ user, time, token }) {
  const expiry = tokens.expiry(token);
  const asked = performance.now();
  // Counted from the server's clock. The one of this machine may be wrong, and may be set while the page is open.
  const begun = time ?? Date.now();
  const now = () => begun + performance.now() - asked;
  show('member');
  showNav(user);
  failures = 0;
  session = { user, now, isLast: false };
  login.keep(token, expiry === null || time === null ? tokens.lifetime(token) : expiry - time, user.id, lookAgain);

  // How far the clock of this machine is from the one that counts. It leaps after a sleep, in which only one goes on.
  const gap = () => Date.now() - performance.now();
  let last = gap();
  const tick = () => {
    const asleep = document.visibilityState === 'visible' && gap() - last > ASLEEP_MS;
    last = gap();
    if (asleep) return page.wake();
    const { renews, left } = login.outlook();
    session.isLast = !renews;
    if (session.isLast && left <= 0) return end();
    page.tick();
  };
  timer = setInterval(tick, 1000);
  page.welcome(session);
  if (session) tick();
}

/** Tells a visitor to log in, and goes there when nothing happens. */
function visit() {
  show('visitor');
  let seconds = COUNTDOWN_SECONDS;
  const sentence = () => `Taking you to the login page in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
  byId('countdown').textContent = sentence();
  announce(`You are not logged in. ${sentence()}`);
  timer = setInterval(() => {
    seconds -= 1;
    if (seconds > 0) {
      byId('countdown').textContent = sentence();
      return;
    }
    clearInterval(timer);
    // In place of this page, so that Back does not lead to the next countdown.
    window.location.replace(LOGIN);
  }, 1000);
}

/**
 * @param {import('./api.js').User} a
 * @param {import('./api.js').User} b
 */
function isSame(a, b) {
  return a.id === b.id && a.name === b.name && a.roles.join() === b.roles.join();
}
