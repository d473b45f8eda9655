/** The home page: says who is logged in and until when, and takes everybody else to the login page. */

import { ApiError, explain, logOut, whoIs } from './api.js';
import * as tokens from './token.js';
import { announce, byId, isBusy, setBusy, showError } from './ui.js';

const LOGIN = '/login';
const COUNTDOWN_SECONDS = 3;
/** Tabs notice the end of a session within this time of each other. */
const TABS_APART_MS = 2_000;
/** A page whose clock stood still for so long was asleep, and asks the server again. */
const ASLEEP_MS = 30_000;

const main = byId('main');
const logOutButton = byId('log-out');

/** Counts what the page sets out to do, so that an answer to something older can be dropped. */
let turn = 0;
/** The timer of the card that shows. */
let timer = 0;
/** @type {{token: string, remaining: () => number} | null} the session that the card shows */
let session = null;

logOutButton.addEventListener('click', () => {
  if (session && !isBusy(logOutButton)) leave(session.token);
});
byId('try-again').addEventListener('click', check);
window.addEventListener('online', () => {
  if (!byId('unreachable').hidden) check();
});
// The browser may keep the page in memory and bring it back as it was, so it leaves without a name on it.
window.addEventListener('pagehide', () => {
  turn += 1;
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

/** Finds out who is logged in and shows the card for it. */
async function check() {
  const mine = ++turn;
  show('checking');
  let token;
  try {
    token = tokens.load();
    if (token === null) return visit();
    const { user, time } = await whoIs(token);
    if (mine === turn) welcome(user, token, time);
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof tokens.StorageError) return stop('blocked', error.message);
    if (!(error instanceof ApiError)) throw error;
    // A server that is out of reach has said nothing about the token, so it stays.
    if (error.status !== 401) return stop('unreachable', explain(error));
    tokens.forget(token);
    visit();
  }
}

/** Ends the session on the server first: only then is it true that somebody is logged out. */
async function leave(token) {
  const mine = ++turn;
  setBusy(logOutButton, 'Logging out…');
  announce('Logging out…');
  try {
    await logOut(token).catch((error) => {
      if (error.status !== 401) throw error; // 401 says that it was over already.
    });
    tokens.forget(token);
    if (mine !== turn) return;
    show('logged-out');
    announce('You are logged out.');
  } catch (error) {
    if (mine !== turn) return;
    if (!(error instanceof ApiError)) throw error;
    announce('');
    showError(byId('errors'), `${explain(error)} You are still logged in.`);
  } finally {
    setBusy(logOutButton);
  }
}

/**
 * @param {import('./api.js').User} user
 * @param {string} token
 * @param {number} time the server's clock in milliseconds
 */
function welcome(user, token, time) {
  const expiry = tokens.expiry(token);
  const asked = performance.now();
  show('member');
  session = {
    token,
    // Counted from the server's clock. The one of this machine may be wrong, and may be set while the page is open.
    remaining: () => (expiry === null ? Infinity : expiry.getTime() - time - (performance.now() - asked)),
  };

  byId('name').textContent = user.name;
  byId('avatar').textContent = Array.from(user.name)[0]?.toUpperCase() ?? '';
  byId('roles').hidden = user.roles.length === 0;
  byId('no-roles').hidden = user.roles.length > 0;
  byId('roles').replaceChildren(...user.roles.map(chip));
  byId('errors').replaceChildren();
  byId('ends-row').hidden = expiry === null;
  if (expiry !== null) {
    byId('ends').dateTime = expiry.toISOString();
    byId('ends').title = expiry.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
  }

  let last = Date.now();
  const tick = () => {
    if (document.visibilityState === 'visible' && Date.now() - last > ASLEEP_MS) return check();
    last = Date.now();
    if (session.remaining() <= 0) return end();
    const text = relative(session.remaining());
    if (byId('ends').textContent !== text) byId('ends').textContent = text;
  };
  timer = setInterval(tick, 1000);
  tick();
  if (session) announce(`You are logged in as ${user.name}.`);
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

/** Says that the session is over. Nothing moves on by itself: somebody may be reading. */
function end() {
  turn += 1;
  if (session) tokens.forget(session.token);
  show('ended');
  announce('Your session has ended.');
}

/** Shows a card that says what is in the way. */
function stop(card, sentence) {
  show(card);
  byId(`${card}-reason`).textContent = sentence;
  announce(sentence);
}

/** Shows one card and stops what the last one was doing. The focus follows when it was in there. */
function show(card) {
  clearInterval(timer);
  session = null;
  const focused = main !== document.activeElement && main.contains(document.activeElement);
  for (const section of main.querySelectorAll('.card')) section.hidden = section.id !== card;
  if (focused) byId(card).querySelector('h1').focus();
}

function chip(role) {
  const item = document.createElement('li');
  item.className = 'chip';
  item.dir = 'auto';
  item.textContent = role;
  return item;
}

/** @param {number} ms from now */
function relative(ms) {
  const minutes = Math.round(ms / 60_000);
  if (ms < 60_000) return 'in less than a minute';
  if (minutes < 60) return inUnits(minutes, 'minute');
  if (minutes < 48 * 60) return inUnits(Math.round(minutes / 60), 'hour');
  return inUnits(Math.round(minutes / 60 / 24), 'day');
}

function inUnits(count, unit) {
  return `in ${count} ${count === 1 ? unit : `${unit}s`}`;
}
