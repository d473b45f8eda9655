/** The login page. */

import { prepareForm } from './form.js';
import { logInAndGoOn, startLoginPage } from './login-flow.js';
import { preparePasswordField } from './password-field.js';
import { ApiError, INVALID_CREDENTIALS } from './problem.js';
import { announce, byId, setBusy } from './ui.js';

const username = byId('username', HTMLInputElement);
const password = preparePasswordField();
const logInButton = byId('log-in', HTMLButtonElement);
const errors = byId('errors');
const fields = { 'body.name': username, 'body.password': password.input };
const { showFieldError, showFailure, endWait } = prepareForm(fields, errors, logInButton, submit);

username.addEventListener('input', endWait); // the wait may be for one name only
startLoginPage(logInButton, password, errors);

async function submit() {
  const name = username.value.trim(); // some keyboards add a space after a word
  if (name === '') return showFieldError(username, 'Enter your username.');
  if (password.input.value === '') return showFieldError(password.input, 'Enter your password.');

  password.setRevealed(false);
  setBusy(logInButton, 'Logging in…');
  announce('Logging in…');
  try {
    await logInAndGoOn(name, password.input.value);
  } catch (error) {
    announce('');
    setBusy(logInButton);
    showFailure(error);
    if (error instanceof ApiError && error.type === INVALID_CREDENTIALS) {
      password.clear();
      password.input.focus();
    }
  }
}
