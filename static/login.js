/** The login page. */

import { prepareForm } from './form.js';
import { logInAndGoOn, startLoginPage } from './login-flow.js';
import { preparePasswordField } from './password-field.js';
import { ApiError, INVALID_CREDENTIALS } from './problem.js';
import { announce, byId, setBusy } from './ui.js';

const username = byId('username', HTMLInputElement);
const password = preparePasswordField();
const remember = byId('remember', HTMLInputElement);
const logInButton = byId('log-in', HTMLButtonElement);
const errors = byId('errors');
const fields = { 'body.name': username, 'body.password': password.input };
const { showMistakes, showFailure, endWait } = prepareForm(fields, errors, logInButton, submit);

username.addEventListener('input', endWait); // the wait may be for one name only
startLoginPage(logInButton, password, errors);

async function submit() {
  const name = username.value.trim(); // some keyboards add a space after a word
  /** @type {import('./form.js').Mistake[]} */
  const mistakes = [];
  if (name === '') mistakes.push([username, 'Enter your username.']);
  if (password.input.value === '') mistakes.push([password.input, 'Enter your password.']);
  if (mistakes.length > 0) return showMistakes(mistakes);

  password.setRevealed(false);
  setBusy(logInButton, 'Logging in…');
  announce('Logging in…');
  try {
    await logInAndGoOn(name, password.input.value, remember.checked);
  } catch (error) {
    announce('');
    setBusy(logInButton);
    showFailure(error);
    if (error instanceof ApiError && error.type === INVALID_CREDENTIALS) {
      password.clear();
      password.input.focus({ preventScroll: true }); // the message is in view
    }
  }
}
