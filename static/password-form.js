/** The form on the account page that changes the password. */

import { prepareMemberForm } from './member-form.js';
import { showOutcome } from './outcome.js';
import { checkNewPassword, newPasswordError, preparePasswordField } from './password-field.js';
import { currentUser, showLoggedOut } from './protected-page.js';
import { loadSessions } from './session-list.js';
import { changePassword } from './session.js';
import { byId } from './ui.js';

const current = preparePasswordField('current-');
const next = preparePasswordField('new-');
const fields = { 'body.current_password': current.input, 'body.new_password': next.input };
const form = prepareMemberForm(fields, 'errors', 'change-password', submit);

// The browser may keep the page in memory. Don't let it keep passwords.
window.addEventListener('pagehide', clearPasswords);
checkNewPassword(next.input, weakness);
byId('change-password', HTMLButtonElement).disabled = false;

/**
 * Shows the form as it is at first.
 *
 * @param {string} username
 */
export function resetPasswordForm(username) {
  byId('username', HTMLInputElement).value = username;
  form.clearErrors();
}

/** @param {import('./api.js').User} user */
async function submit({ name }) {
  if (current.input.value === '') return form.showFieldError(current.input, 'Enter your current password.');
  if (next.input.value === '') return form.showFieldError(next.input, 'Enter a new password.');
  const reason = weakness();
  if (reason) return form.showFieldError(next.input, reason);

  current.setRevealed(false);
  next.setRevealed(false);
  const changed = await form.send('Changing your password…', () =>
    changePassword(name, current.input.value, next.input.value),
  );
  if (!changed) {
    if (current.input.matches('[aria-invalid="true"]')) current.clear();
    return;
  }
  clearPasswords();
  if (!changed.value) {
    showLoggedOut('ended', 'Your password has been changed. Log in again with the new one.');
    return;
  }
  showOutcome(byId('password'), 'Your password has been changed. You have been logged out on all other devices.');
  loadSessions();
}

/** @returns {string | null} why the server will refuse the new password */
function weakness() {
  const user = currentUser();
  return user && newPasswordError(next.input, user.name, user.roles);
}

function clearPasswords() {
  current.clear();
  next.clear();
}
