/**
 * What the pages for people who are logged in share. Such a page holds one card for each thing it may turn out to say.
 * This module finds out who is logged in, lets the page welcome them, and shows the card that fits to everybody else.
 */

import { ApiError, explain, whoIs } from './api.js';
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
 * @property {string} token
 * @property {() => number} now the server's clock in milliseconds
 * @property {() => number} remaining milliseconds until the token ends
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
  tokens.onChange((token) => {
    // Every tab forgets a token that has ended. Whichever is first, they should all say the same.
    const ended = !byId('ended').hidden || session?.remaining() < TABS_APART_MS;
    if (token === null && ended) end();
    else check();
  });
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
export async function check() {
  const holds = begin();
  show('checking');
  let token;
  try {
    token = tokens.load();
    if (token === null) return visit();
    const { user, time } = await whoIs(token);
    if (holds()) welcome(user, token, time);
  } catch (error) {
    if (!holds()) return;
    if (error instanceof tokens.StorageError) return stop('blocked', error.message);
    if (!(error instanceof ApiError)) throw error;
    // A server that is out of reach has said nothing about the token, so it stays.
    if (error.status !== 401) return stop('unreachable', explain(error));
    tokens.forget(token);
    visit();
  }
}

/** Says that the session is over. Nothing moves on by itself: somebody may be reading. */
export function end() {
  begin();
  if (session) tokens.forget(session.token);
  show('ended');
  announce('Your session has ended.');
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
  showNav(null);
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
  const focused = main !== document.activeElement && main.contains(document.activeElement);
  for (const section of main.querySelectorAll('.card')) section.hidden = section.id !== card;
  if (focused) byId(card).querySelector('h1').focus();
}

/**
 * @param {import('./api.js').User} user
 * @param {string} token
 * @param {number} time the server's clock in milliseconds
 */
function welcome(user, token, time) {
  const expiry = tokens.expiry(token);
  const asked = performance.now();
  // Counted from the server's clock. The one of this machine may be wrong, and may be set while the page is open.
  const now = () => time + performance.now() - asked;
  show('member');
  showNav(user);
  session = { user, token, now, remaining: () => (expiry === null ? Infinity : expiry.getTime() - now()) };

  let last = Date.now();
  const tick = () => {
    const asleep = document.visibilityState === 'visible' && Date.now() - last > ASLEEP_MS;
    last = Date.now();
    if (asleep) return page.wake();
    if (session.remaining() <= 0) return end();
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
