/** The login page: trades a name and a password for a token, and sends whoever has a good one home. */

import { ApiError, explain } from './api.js';
import { enter, goHome, isLoggedIn } from './entrance.js';
import { passwordField } from './password-field.js';
import * as tokens from './token.js';
import { announce, byId, fullStop, isBusy, setBusy, showError } from './ui.js';

const form = byId('login-form');
const username = byId('username');
const password = passwordField();
const logInButton = byId('log-in');
const errors = byId('errors');

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!isBusy(logInButton)) logInWithForm();
});

for (const field of [username, password.input]) {
  field.addEventListener('input', () => field.removeAttribute('aria-invalid'));
}

// A page that comes back from the browser's memory is as it was left, and much may have happened since.
window.addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  setBusy(logInButton);
  password.clear();
  goHomeIfLoggedIn();
});

tokens.onChange((token) => {
  if (token !== null) goHomeIfLoggedIn();
});

logInButton.disabled = false;
goHomeIfLoggedIn();

/**
 * Leaves for the home page when somebody is logged in. The form is ready for use while the server is asked; once it
 * has been sent, its own answer decides.
 */
async function goHomeIfLoggedIn() {
  try {
    if ((await isLoggedIn()) && !isBusy(logInButton)) goHome();
  } catch (error) {
    if (!(error instanceof tokens.StorageError)) throw error;
    showError(errors, error.message);
  }
}

async function logInWithForm() {
  // User names hold no spaces, but keyboards that complete words add one.
  const name = username.value.trim();
  if (name === '') return refuse(username, 'Enter your user name.');
  if (password.input.value === '') return refuse(password.input, 'Enter your password.');

  password.setRevealed(false);
  setBusy(logInButton, 'Logging in…');
  announce('Logging in…');
  try {
    await enter(name, password.input.value);
  } catch (error) {
    announce('');
    setBusy(logInButton);
    showError(errors, sentence(error));
    // What the server refused has to be typed again. What it never looked at can be sent again as it is.
    if (error instanceof ApiError && error.status >= 400 && error.status < 500) {
      password.clear();
      password.input.focus();
    } else {
      logInButton.focus();
    }
  }
}

function refuse(field, reason) {
  showError(errors, reason);
  field.setAttribute('aria-invalid', 'true');
  field.focus();
}

function sentence(error) {
  if (error instanceof tokens.StorageError) return error.message;
  if (!(error instanceof ApiError)) throw error;
  switch (error.status) {
    case 401:
      return fullStop(error.detail || 'Incorrect username or password');
    case 413:
    case 422:
      return 'This user name and password cannot be right. Check both and try again.';
    default:
      return explain(error);
  }
}
