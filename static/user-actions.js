/** What administrators do to a user in the list: disable, enable or delete. */

import { deleteUser, updateUser } from './api.js';
import { askToConfirm } from './confirm-dialog.js';
import { showLoggedOut } from './protected-page.js';
import { replaceRow, runInRow, showOutcome } from './table-row.js';
import { find } from './ui.js';
import { isCurrentUser, showUser, userOf } from './user-row.js';

/**
 * Disables an enabled user, or the other way round. Asks first only if administrators disable
 * themselves: every other change is easy to undo.
 *
 * @param {HTMLTableRowElement} row
 */
export async function changeState(row) {
  const user = userOf(row);
  const disabled = !user.disabled;
  if (disabled && isCurrentUser(user)) {
    const text = 'This is your own account. You will be logged out, and only another administrator can enable it again.';
    if (!(await askToConfirm('Disable your account?', text, 'Disable'))) return;
  }
  const button = find(row, '.change-state');
  const progress = `${disabled ? 'Disabling' : 'Enabling'} ${user.username}…`;
  const changed = await runInRow(row, button, progress, (token) => updateUser(token, user.id, { disabled }));
  if (!changed) return;
  if (changed.disabled && isCurrentUser(user)) {
    showLoggedOut('account-closed', 'Your account has been disabled. Another administrator can enable it again.');
    return;
  }
  showUser(row, changed);
  showOutcome(row, `${user.username} has been ${changed.disabled ? 'disabled' : 'enabled'}.`);
}

/**
 * Deletes a user, after a confirmation.
 *
 * @param {HTMLTableRowElement} row
 * @returns {Promise<boolean>} whether the list has one user less
 */
export async function removeUser(row) {
  const user = userOf(row);
  const consequence = isCurrentUser(user)
    ? 'This is your own account. You will be logged out, and the account will be deleted for good.'
    : `${user.username} will be logged out everywhere, and the account will be deleted for good.`;
  const text = `${consequence} Anyone can then take the username.`;
  if (!(await askToConfirm(`Delete ${user.username}?`, text, 'Delete'))) return false;
  const button = find(row, '.delete');
  const request = (/** @type {string} */ token) => deleteUser(token, user.id);
  if ((await runInRow(row, button, `Deleting ${user.username}…`, request)) === null) return false;
  if (isCurrentUser(user)) {
    showLoggedOut('account-closed', 'Your account has been deleted.');
    return false;
  }
  replaceRow(row, `${user.username} has been deleted.`);
  return true;
}
