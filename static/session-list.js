/** The list of devices on the account page: the user's own sessions. */

import { endOtherSessions, endSession, listSessions } from './account-api.js';
import { serverTime } from './clock.js';
import { askToConfirm } from './confirm-dialog.js';
import { clearOutcomes, runIn, showOutcome } from './outcome.js';
import { ApiError, SESSION_NOT_FOUND } from './problem.js';
import { currentUser, explainError } from './protected-page.js';
import { withToken } from './session.js';
import { setTime, showTimeAgo } from './time.js';
import { announce, byId, find, onPress, setBusy, setText, showError } from './ui.js';

/** @typedef {import('./account-api.js').ListedSession} ListedSession */

const rows = byId('rows');
const errors = byId('devices-errors');
const endOthersButton = byId('end-others');
const reloadButton = byId('reload-devices');

/** The session of each row. @type {Map<HTMLElement, ListedSession>} */
let sessions = new Map();
/** How many lists have been requested. Only the response to the last request counts. */
let requested = 0;

onPress(endOthersButton, endOthers);
onPress(reloadButton, loadSessions);

/** Empties the list. */
export function resetSessions() {
  sessions.clear();
  rows.replaceChildren();
  endOthersButton.hidden = true;
  byId('count').textContent = 'Loading…';
}

/** Requests the sessions and shows them, the current one first. */
export async function loadSessions() {
  const user = currentUser();
  const number = ++requested;
  const isNewest = () => currentUser() === user && requested === number;
  errors.replaceChildren();
  rows.setAttribute('aria-busy', 'true');
  if (!reloadButton.hidden) setBusy(reloadButton, 'Loading…');
  try {
    const response = await withToken(listSessions);
    if (!isNewest()) return;
    const sorted = [...response.filter((s) => s.current), ...response.filter((s) => !s.current)];
    sessions = new Map(sorted.map((session) => [newRow(session), session]));
    rows.replaceChildren(...sessions.keys());
    reloadButton.hidden = true;
    updateTimes();
    showCount();
  } catch (error) {
    const message = isNewest() ? explainError(error) : null;
    if (message === null) return;
    byId('count').textContent = '';
    showError(errors, message);
    reloadButton.hidden = false;
  } finally {
    if (isNewest()) {
      rows.removeAttribute('aria-busy');
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
 * @returns {HTMLElement}
 */
function newRow(session) {
  const { device, address, current, created_at: created, last_used_at: lastUsed } = session;
  const { content } = byId('device-row', HTMLTemplateElement);
  const row = /** @type {HTMLElement} */ (find(content, 'li').cloneNode(true));
  const button = find(row, '.end');
  find(row, '.device').textContent = device;
  find(row, '.current').hidden = !current;
  find(row, '.address').textContent = address;
  setTime(find(row, '.created', HTMLTimeElement), new Date(created));
  setTime(find(row, '.used', HTMLTimeElement), new Date(lastUsed));
  button.hidden = current; // the button in the header does that
  button.setAttribute('aria-label', `Log out ${device}, ${address}`);
  onPress(button, () => end(session, row, button));
  return row;
}

/** @returns {HTMLElement[]} the rows of all sessions except the current one */
function otherRows() {
  return [...sessions].filter(([, { current }]) => !current).map(([row]) => row);
}

function showCount() {
  const { length } = otherRows();
  const others = length === 1 ? '1 other device' : `${length} other devices`;
  setText(
    byId('count'),
    length === 0 ? 'You are logged in here and nowhere else.' : `You are logged in here and on ${others}.`,
  );
  endOthersButton.hidden = length === 0;
}

/**
 * @param {ListedSession} session
 * @param {HTMLElement} row
 * @param {HTMLElement} button
 */
async function end({ id, device }, row, button) {
  clearOutcomes();
  const ended = await runIn(() => row, button, `Logging out ${device}…`, (token) => endIfThere(token, id));
  if (ended === null) return;
  sessions.delete(row);
  replaceRow(row, `${device} has been logged out.`);
  showCount();
}

/**
 * Ends a session. If it has already ended, that is what the user wanted.
 *
 * @param {string} token
 * @param {string} id
 */
async function endIfThere(token, id) {
  try {
    await endSession(token, id);
  } catch (error) {
    if (!(error instanceof ApiError && error.type === SESSION_NOT_FOUND)) throw error;
  }
}

/**
 * Replaces what a row shows with a sentence. If the focus was in the row, it moves to the sentence.
 *
 * @param {HTMLElement} row
 * @param {string} sentence
 */
function replaceRow(row, sentence) {
  const hadFocus = row.contains(document.activeElement);
  row.className = 'gone soft';
  row.tabIndex = -1;
  row.textContent = sentence;
  if (hadFocus) row.focus();
  announce(sentence);
}

async function endOthers() {
  const { length } = otherRows();
  const devices = length === 1 ? 'the other device' : `${length} other devices`;
  if (!(await askToConfirm(`Log out ${devices}?`, 'You stay logged in here.', 'Log out'))) return;
  const user = currentUser();
  errors.replaceChildren();
  clearOutcomes();
  setBusy(endOthersButton, 'Logging out…');
  announce(`Logging out ${devices}…`);
  try {
    await withToken(endOtherSessions);
    if (currentUser() !== user) return;
    for (const row of otherRows()) {
      sessions.delete(row);
      row.remove();
    }
    showCount();
    byId('devices-heading').focus(); // the button that had the focus is hidden now
    const done = length === 1 ? 'The other device has' : `${length} other devices have`;
    showOutcome(byId('devices'), `${done} been logged out.`);
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
