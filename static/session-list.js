/** The list of the user's own sessions on the account page. */

import { endOtherSessions, endSession, listSessions } from './api.js';
import { askToConfirm } from './confirm-dialog.js';
import { serverTime } from './clock.js';
import { ApiError, SESSION_NOT_FOUND } from './problem.js';
import { currentUser, explainError, logOutHere } from './protected-page.js';
import { withToken } from './session.js';
import { newRow, onRowButton, replaceRow, runInRow } from './table-row.js';
import { setTime, showTimeAgo } from './time.js';
import { announce, byId, find, onPress, setBusy, showError } from './ui.js';

/** @typedef {import('./api.js').ListedSession} ListedSession */

const table = byId('sessions');
const rows = byId('rows');
const outcome = byId('sessions-outcome');
const errors = byId('sessions-errors');
const endOthersButton = byId('end-others');
const reloadButton = byId('reload');

/** The session of each row. @type {Map<HTMLTableRowElement, ListedSession>} */
let sessions = new Map();
/** How many lists have been requested. Only the response to the last request counts. */
let requested = 0;

onRowButton(rows, (row, button) => {
  const session = sessions.get(row);
  if (session?.current) confirmLogOut(button);
  else if (session) end(session, row, button);
});
onPress(endOthersButton, endOthers);
onPress(reloadButton, loadSessions);

/** Empties the list. */
export function resetSessions() {
  outcome.textContent = '';
  sessions.clear();
  rows.replaceChildren();
  table.hidden = true;
  endOthersButton.hidden = true;
  byId('count').textContent = 'Loading…';
}

/** Requests the sessions and shows them, the current one first. */
export async function loadSessions() {
  const user = currentUser();
  const number = ++requested;
  const isNewest = () => currentUser() === user && requested === number;
  errors.replaceChildren();
  table.setAttribute('aria-busy', 'true');
  if (!reloadButton.hidden) setBusy(reloadButton, 'Loading…');
  try {
    const response = await withToken(listSessions);
    if (!isNewest()) return;
    const sorted = [...response.filter((s) => s.current), ...response.filter((s) => !s.current)];
    sessions = new Map(sorted.map((session) => [newSessionRow(session), session]));
    rows.replaceChildren(...sessions.keys());
    table.hidden = false;
    reloadButton.hidden = true;
    updateTimes();
    showCount();
  } catch (error) {
    const message = isNewest() ? explainError(error) : null;
    if (message === null) return;
    showError(errors, message);
    reloadButton.hidden = false;
  } finally {
    if (isNewest()) {
      table.removeAttribute('aria-busy');
      setBusy(reloadButton);
    }
  }
}

/** Updates the times in the list, which say how long ago something was. */
export function updateTimes() {
  for (const time of rows.querySelectorAll('time')) showTimeAgo(time, serverTime());
}

/**
 * @param {ListedSession} session
 * @returns {HTMLTableRowElement}
 */
function newSessionRow({ device, address, current, created_at: created, last_used_at: lastUsed }) {
  const row = newRow('session-row');
  find(row, '.device').textContent = device;
  find(row, '.current').hidden = !current;
  find(row, '.address').textContent = address;
  setTime(find(row, '.created', HTMLTimeElement), new Date(created));
  setTime(find(row, '.used', HTMLTimeElement), new Date(lastUsed));
  const label = current ? 'Log out on this device' : `Log out ${device}, ${address}`;
  find(row, '.end').setAttribute('aria-label', label);
  return row;
}

/** @returns {HTMLTableRowElement[]} the rows of all sessions except the current one */
function otherRows() {
  return [...sessions].filter(([, { current }]) => !current).map(([row]) => row);
}

function showCount() {
  const { length } = otherRows();
  byId('count').textContent =
    length === 0 ? 'You are logged in here and nowhere else.' : `You are logged in here and in ${othersText(length)}.`;
  endOthersButton.hidden = length === 0;
}

/** @param {number} count */
function othersText(count) {
  return count === 1 ? '1 other session' : `${count} other sessions`;
}

/**
 * @param {ListedSession} session
 * @param {HTMLTableRowElement} row
 * @param {HTMLElement} button
 */
async function end({ id, device }, row, button) {
  /** @param {string} token */
  const request = async (token) => {
    try {
      await endSession(token, id);
    } catch (error) {
      // A session that has already ended is what the user wanted.
      if (!(error instanceof ApiError && error.type === SESSION_NOT_FOUND)) throw error;
    }
  };
  if ((await runInRow(row, button, `Logging out ${device}…`, request)) === null) return;
  sessions.delete(row);
  replaceRow(row, `${device} has been logged out.`);
  showCount();
}

/**
 * Logs out: that is what ending the current session means.
 *
 * @param {HTMLElement} button
 */
async function confirmLogOut(button) {
  const text = 'You will be logged out in all tabs of this browser.';
  if (await askToConfirm('Log out on this device?', text, 'Log out')) logOutHere(button);
}

async function endOthers() {
  const count = othersText(otherRows().length);
  const text = 'These devices will be logged out. You stay logged in here.';
  if (!(await askToConfirm(`End ${count}?`, text, 'End sessions'))) return;
  errors.replaceChildren();
  outcome.textContent = '';
  setBusy(endOthersButton, 'Ending sessions…');
  announce(`Ending ${count}…`);
  const user = currentUser();
  try {
    await withToken(endOtherSessions);
    if (currentUser() !== user) return;
    outcome.textContent = `${count} ${otherRows().length === 1 ? 'has' : 'have'} been ended.`;
    for (const row of otherRows()) {
      sessions.delete(row);
      row.remove();
    }
    showCount();
    byId('sessions-heading').focus(); // the button that had the focus is hidden now
    announce(outcome.textContent);
    loadSessions();
  } catch (error) {
    const message = currentUser() === user ? explainError(error) : null;
    if (message === null) return;
    announce('');
    showError(errors, message);
  } finally {
    setBusy(endOthersButton);
  }
}
