/** The account page: changes the password and lists the sessions. */

import { prepareForm } from './form.js';
import { newPasswordError, preparePasswordField } from './password-field.js';
import { checkLogin, currentUser, explainError, showLoggedOut, startPage } from './protected-page.js';
import { loadSessions, resetSessions, updateTimes } from './session-list.js';
import { changePassword } from './session.js';
import { announce, byId, setBusy } from './ui.js';

/** @typedef {import('./api.js').User} User */

const current = preparePasswordField('current-');
const next = preparePasswordField('new-');
const changeButton = byId('change-password', HTMLButtonElement);
const outcome = byId('password-outcome');
const fields = { 'body.current_password': current.input, 'body.new_password': next.input };
const { clearErrors, showFieldError, showFailure } = prepareForm(fields, byId('errors'), changeButton, submit);

// The browser may keep the page in memory. Don't let it keep passwords.
window.addEventListener('pagehide', clearPasswords);

changeButton.disabled = false;
startPage({ show, tick: updateTimes, wake: checkLogin });

/** @param {User} user */
function show({ name }) {
  byId('name').textContent = name;
  byId('username', HTMLInputElement).value = name;
  clearErrors();
  outcome.textContent = '';
  resetSessions();
  loadSessions();
}

async function submit() {
  const user = currentUser();
  if (!user) return;
  clearErrors();
  outcome.textContent = '';
  if (current.input.value === '') return showFieldError(current.input, 'Enter your current password.');
  if (next.input.value === '') return showFieldError(next.input, 'Enter a new password.');
  const weakness = newPasswordError(next.input, user.name, user.roles);
  if (weakness) return showFieldError(next.input, weakness);

  current.setRevealed(false);
  next.setRevealed(false);
  setBusy(changeButton, 'Changing your password…');
  announce('Changing your password…');
  let isLoggedIn;
  try {
    isLoggedIn = await changePassword(user.name, current.input.value, next.input.value);
  } catch (error) {
    setBusy(changeButton);
    if (currentUser() !== user || explainError(error) === null) return;
    announce('');
    if (showFailure(error) === current.input) current.clear();
    return;
  }
  setBusy(changeButton);
  if (currentUser() !== user) return;
  clearPasswords();
  if (!isLoggedIn) {
    showLoggedOut('ended', 'Your password has been changed. Log in again with the new one.');
    return;
  }
  outcome.textContent = 'Your password has been changed. You have been logged out everywhere else.';
  announce(outcome.textContent);
  loadSessions();
}

function clearPasswords() {
  current.clear();
  next.clear();
}
