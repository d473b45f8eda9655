/** The part of the panel that shows where a user is logged in. */

import { explainError } from './protected-page.js';
import { withToken } from './session.js';
import { setTime } from './time.js';
import { byId, find, showError } from './ui.js';
import { updateTimes } from './user-view.js';
import { listUserSessions } from './users-api.js';

const list = byId('devices');
const none = byId('no-devices');
const errors = byId('devices-errors');
const logOutButton = byId('log-out-everywhere');

/** Empties the list. */
export function clearDevices() {
  list.replaceChildren();
  none.textContent = '';
  errors.replaceChildren();
  logOutButton.hidden = true;
}

/**
 * Requests the sessions of a user and shows them.
 *
 * @param {import('./users-api.js').ListedUser} user
 * @param {() => boolean} isShown whether the panel still shows this user
 */
export async function loadDevices({ id }, isShown) {
  if (list.children.length === 0) none.textContent = 'Loading…';
  try {
    const sessions = await withToken((token) => listUserSessions(token, id));
    if (!isShown()) return;
    clearDevices();
    list.replaceChildren(...sessions.map(newDevice));
    none.textContent = sessions.length === 0 ? 'Not logged in anywhere.' : '';
    logOutButton.hidden = sessions.length === 0;
  } catch (error) {
    const message = isShown() ? explainError(error) : null;
    if (message === null) return;
    clearDevices();
    showError(errors, message);
  }
}

/** @param {import('./account-api.js').ListedSession} session */
function newDevice({ device, address, current, last_used_at: lastUsed }) {
  const { content } = byId('device-item', HTMLTemplateElement);
  const item = /** @type {HTMLLIElement} */ (find(content, 'li').cloneNode(true));
  find(item, '.device').textContent = device;
  find(item, '.current').hidden = !current;
  find(item, '.address').textContent = address;
  setTime(find(item, '.used', HTMLTimeElement), new Date(lastUsed));
  updateTimes(item);
  return item;
}
