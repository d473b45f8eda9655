/** What administrators do to a user at once: disable, enable, log out everywhere or delete. */

import { askToConfirm } from './confirm-dialog.js';
import { runIn, showOutcome } from './outcome.js';
import { showLoggedOut } from './protected-page.js';
import { isCurrentUser } from './user-view.js';
import { deleteUser, endUserSessions, updateUser } from './users-api.js';

/** @typedef {import('./users-api.js').ListedUser} ListedUser */

/**
 * @typedef {object} Origin where an action was started
 * @property {() => HTMLElement} place returns the list or the panel, which shows the outcome
 * @property {HTMLElement} button busy meanwhile
 */

/**
 * Disables an enabled user, or the other way round. Asks first only if administrators disable
 * themselves: every other change is easy to undo.
 *
 * @param {ListedUser} user
 * @param {Origin} origin
 * @returns {Promise<ListedUser | null>} the changed user; null if nothing has changed
 */
export async function changeState(user, { place, button }) {
  const disabled = !user.disabled;
  if (disabled && isCurrentUser(user)) {
    const text = 'This is your own account. You will be logged out, and only another administrator can enable it again.';
    if (!(await askToConfirm('Disable your account?', text, 'Disable'))) return null;
  }
  const progress = `${disabled ? 'Disabling' : 'Enabling'} ${user.username}…`;
  const changed = await runIn(place, button, progress, (token) => updateUser(token, user.id, { disabled }));
  if (!changed) return null;
  if (changed.disabled && isCurrentUser(user)) {
    showLoggedOut('account-closed', 'Your account has been disabled. Another administrator can enable it again.');
    return null;
  }
  showOutcome(place(), `${user.username} has been ${changed.disabled ? 'disabled' : 'enabled'}.`);
  return changed;
}

/**
 * Logs a user out on all devices, after a confirmation.
 *
 * @param {ListedUser} user
 * @param {Origin} origin
 * @returns {Promise<boolean>} whether the user has been logged out
 */
export async function logOutEverywhere(user, { place, button }) {
  const text = isCurrentUser(user)
    ? 'This is your own account. You will be logged out here too.'
    : `${user.username} can log in again. To prevent that, disable the account.`;
  if (!(await askToConfirm(`Log out ${user.username} everywhere?`, text, 'Log out everywhere'))) return false;
  const request = (/** @type {string} */ token) => endUserSessions(token, user.id);
  if ((await runIn(place, button, `Logging out ${user.username}…`, request)) === null) return false;
  if (isCurrentUser(user)) {
    showLoggedOut('account-closed', 'You have been logged out everywhere.');
    return false;
  }
  showOutcome(place(), `${user.username} has been logged out everywhere.`);
  return true;
}

/**
 * Deletes a user, after a confirmation.
 *
 * @param {ListedUser} user
 * @param {Origin} origin
 * @returns {Promise<boolean>} whether the list has one user less
 */
export async function removeUser(user, { place, button }) {
  const consequence = isCurrentUser(user)
    ? 'This is your own account. You will be logged out, and the account will be deleted for good.'
    : `${user.username} will be logged out everywhere, and the account will be deleted for good.`;
  const text = `${consequence} Anyone can then take the username.`;
  if (!(await askToConfirm(`Delete ${user.username}?`, text, 'Delete'))) return false;
  const request = (/** @type {string} */ token) => deleteUser(token, user.id);
  if ((await runIn(place, button, `Deleting ${user.username}…`, request)) === null) return false;
  if (isCurrentUser(user)) {
    showLoggedOut('account-closed', 'Your account has been deleted.');
    return false;
  }
  return true;
}
