/** The account page: changes the password, and shows where the user is logged in. */

import { changePassword, endOtherSessions, endSession, explain, listSessions } from './api.js';
import { confirmed } from './dialog.js';
import { startForm } from './form.js';
import { begin, check, isOver, session, show, start } from './member.js';
import { passwordField, weakness } from './password-field.js';
import { act, isActing, newRow, replaceRow } from './row.js';
import { call, logOut } from './session.js';
import { setExact, showAgo } from './time.js';
import { announce, byId, fullStop, isBusy, setBusy, showError } from './ui.js';

/** @typedef {import('./api.js').ListedSession} ListedSession */

const current = passwordField('current-');
const next = passwordField('new-');
const changeButton = byId('change-password');
const errors = byId('errors');
const { accept, refuse } = startForm([current.input, next.input], errors);

const table = byId('sessions');
const rows = byId('rows');
const endOthersButton = byId('end-others');
const listErrors = byId('sessions-errors');
const reloadButton = byId('reload');
/** @type {WeakMap<HTMLElement, ListedSession>} which session is in each row */
const sessions = new WeakMap();
/** Counts the lists that were asked for, so that only the last one shows. */
let asked = 0;

byId('password-form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (session && !isBusy(changeButton)) change();
});
// What is half typed does not stay in the browser's memory.
window.addEventListener('pagehide', clear);
rows.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  const row = event.target.closest('tr');
  if (button && !isActing(row)) endOne(row, button);
});
endOthersButton.addEventListener('click', () => {
  if (!isBusy(endOthersButton)) endOthers();
});
reloadButton.addEventListener('click', () => {
  if (!isBusy(reloadButton)) list();
});

changeButton.disabled = false;
start({ welcome, tick, wake: check });

/** @param {import('./member.js').Session} session */
function welcome({ user }) {
  byId('name').textContent = user.name;
  byId('username').value = user.name;
  accept();
  byId('password-outcome').textContent = '';
  byId('sessions-outcome').textContent = '';
  rows.replaceChildren();
  table.hidden = true;
  endOthersButton.hidden = true;
  byId('count').textContent = 'Loading…';
  list();
}

/** Keeps the times right while the page stays open. */
function tick() {
  for (const time of rows.querySelectorAll('time')) showAgo(time, session.now());
}

async function change() {
  accept();
  byId('password-outcome').textContent = '';
  if (current.input.value === '') return refuse(current.input, 'Enter your current password.');
  if (next.input.value === '') return refuse(next.input, 'Enter a new password.');
  const weak = weakness(next.input, session.user.name);
  if (weak) return refuse(next.input, weak);

  current.setRevealed(false);
  next.setRevealed(false);
  setBusy(changeButton, 'Changing your password…');
  announce('Changing your password…');
  const mine = session;
  try {
    await call((token) => changePassword(token, current.input.value, next.input.value));
    if (session !== mine) return;
    clear();
    const sentence = 'Your password is changed. All other sessions are ended.';
    byId('password-outcome').textContent = sentence;
    announce(sentence);
    list();
  } catch (error) {
    if (session !== mine || isOver(error)) return;
    announce('');
    fail(error);
  } finally {
    setBusy(changeButton);
  }
}

/** Says why the password is as it was, and where to mend it. */
function fail(error) {
  const reason = reasonOf(error);
  if (error.status !== 422) {
    showError(errors, reason);
    changeButton.focus();
  } else if (reason.startsWith('The current')) {
    current.clear();
    refuse(current.input, reason);
  } else {
    refuse(next.input, reason);
  }
}

function clear() {
  current.clear();
  next.clear();
}

/** Shows all sessions as they are now. */
async function list() {
  const mine = session;
  const number = ++asked;
  const holds = () => session === mine && asked === number;
  listErrors.replaceChildren();
  table.setAttribute('aria-busy', 'true');
  if (!reloadButton.hidden) setBusy(reloadButton, 'Loading…');
  try {
    const answer = await call(listSessions);
    if (!holds()) return;
    const [here, elsewhere] = [answer.filter((one) => one.current), answer.filter((one) => !one.current)];
    rows.replaceChildren(...[...here, ...elsewhere].map(sessionRow));
    table.hidden = false;
    reloadButton.hidden = true;
    showCount();
  } catch (error) {
    if (!holds() || isOver(error)) return;
    showError(listErrors, explain(error));
    reloadButton.hidden = false;
  } finally {
    if (holds()) {
      table.removeAttribute('aria-busy');
      setBusy(reloadButton);
    }
  }
}

/** @param {ListedSession} listed */
function sessionRow(listed) {
  const row = newRow('session-row');
  const part = (name) => row.querySelector(`.${name}`);
  sessions.set(row, listed);
  part('device').textContent = listed.device;
  part('current').hidden = !listed.current;
  part('address').textContent = listed.address;
  setExact(part('created'), new Date(listed.created_at));
  setExact(part('used'), new Date(listed.last_used_at));
  for (const time of row.querySelectorAll('time')) showAgo(time, session.now());
  part('end').textContent = listed.current ? 'Log out' : 'End';
  part('end').setAttribute('aria-label', listed.current ? 'Log out here' : `End the session of ${listed.device}, ${listed.address}`);
  return row;
}

/** @returns {HTMLElement[]} the rows of all sessions but this one */
function otherRows() {
  return [...rows.children].filter((row) => sessions.has(row) && !sessions.get(row).current);
}

function showCount() {
  const { length } = otherRows();
  byId('count').textContent = length === 0 ? 'You are logged in here and nowhere else.' : `You are logged in here and in ${others(length)}.`;
  endOthersButton.hidden = length === 0;
}

function others(count) {
  return count === 1 ? '1 other session' : `${count} other sessions`;
}

async function endOne(row, button) {
  const { id, device, current: here } = sessions.get(row);
  if (here) return leave(row, button);
  // One that is over already is what was wanted.
  const end = (token) => endSession(token, id).then(() => true, (error) => {
    if (error.status !== 404) throw error;
    return true;
  });
  const done = await act(row, button, `Ending the session of ${device}…`, end, reasonUnlessOver);
  if (!done) return;
  replaceRow(row, `The session of ${device} is ended.`);
  showCount();
}

/** Logs out, when that is what the person means by ending the session of this browser. */
async function leave(row, button) {
  const text = 'This is the session of this browser. You are logged out in all its tabs at once.';
  if (!(await confirmed('Log out?', text, 'Log out'))) return;
  const done = await act(row, button, 'Logging out…', () => logOut().then(() => true), reasonUnlessOver);
  if (!done) return;
  begin();
  show('logged-out');
  announce('You are logged out.');
}

async function endOthers() {
  const count = others(otherRows().length);
  const text = 'They are logged out at once, and whoever uses them has to log in again. You stay logged in here.';
  if (!(await confirmed(`End ${count}?`, text, 'End'))) return;
  listErrors.replaceChildren();
  byId('sessions-outcome').textContent = '';
  setBusy(endOthersButton, 'Ending…');
  announce(`Ending ${count}…`);
  const mine = session;
  try {
    await call(endOtherSessions);
    if (session !== mine) return;
    const sentence = `${count} ${otherRows().length === 1 ? 'is' : 'are'} ended.`;
    for (const row of otherRows()) row.remove();
    showCount();
    byId('sessions-heading').focus(); // the button is gone
    byId('sessions-outcome').textContent = sentence;
    announce(sentence);
    list();
  } catch (error) {
    if (session !== mine || isOver(error)) return;
    announce('');
    showError(listErrors, explain(error));
  } finally {
    setBusy(endOthersButton);
  }
}

/** @param {import('./api.js').ApiError} error */
function reasonOf(error) {
  return [404, 422].includes(error.status) && error.detail ? fullStop(error.detail) : explain(error);
}

/** Says why something failed, unless that ends the page. @returns {string | null} */
function reasonUnlessOver(error) {
  return isOver(error) ? null : reasonOf(error);
}
