/** The login page: trades a name and a password for a token, and sends whoever has a good one home. */

import { ApiError, explain, logIn, logOut, whoIs } from './api.js';
import * as tokens from './token.js';
import { announce, byId, isBusy, setBusy, showError } from './ui.js';

const form = byId('login-form');
const username = byId('username');
const password = byId('password');
const reveal = byId('reveal');
const logInButton = byId('log-in');
const errors = byId('errors');

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!isBusy(logInButton)) logInWithForm();
});

for (const field of [username, password]) {
  field.addEventListener('input', () => field.removeAttribute('aria-invalid'));
}

// Pressing the button with a pointer leaves the focus, and a phone's keyboard, with the field.
reveal.addEventListener('mousedown', (event) => event.preventDefault());
reveal.addEventListener('click', () => setRevealed(password.type === 'password'));

// A page that comes back from the browser's memory is as it was left, and much may have happened since.
window.addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  setBusy(logInButton);
  clearPassword();
  goHomeIfLoggedIn();
});

tokens.onChange(goHomeIfLoggedIn);

reveal.hidden = false;
logInButton.disabled = false;
goHomeIfLoggedIn();

/**
 * Leaves for the home page when this browser holds a good token, and forgets a bad one. The form is ready for use
 * while the server is asked; once it has been sent, its own answer decides.
 */
async function goHomeIfLoggedIn() {
  let token;
  try {
    token = tokens.load();
    if (token === null) return;
    await whoIs(token);
    if (!isBusy(logInButton)) goHome();
  } catch (error) {
    if (error instanceof tokens.StorageError) return showError(errors, error.message);
    if (!(error instanceof ApiError)) throw error;
    // Only the server's word ends a login. When it is out of reach, the form will say so as soon as it is used.
    if (error.status === 401) tokens.forget(token);
  }
}

async function logInWithForm() {
  // User names hold no spaces, but keyboards that complete words add one.
  const name = username.value.trim();
  if (name === '') return refuse(username, 'Enter your user name.');
  if (password.value === '') return refuse(password, 'Enter your password.');

  setRevealed(false);
  setBusy(logInButton, 'Logging in…');
  announce('Logging in…');
  try {
    tokens.load(); // Where nothing can be stored, the password need not travel.
    await keep(await logIn(name, password.value));
    goHome();
  } catch (error) {
    announce('');
    setBusy(logInButton);
    showError(errors, sentence(error));
    // What the server refused has to be typed again. What it never looked at can be sent again as it is.
    if (error instanceof ApiError && error.status >= 400 && error.status < 500) {
      clearPassword();
      password.focus();
    } else {
      logInButton.focus();
    }
  }
}

/** Stores a new token, or ends its session again when that fails: nobody could use it. */
async function keep(token) {
  try {
    tokens.save(token);
  } catch (error) {
    await logOut(token).catch(() => {});
    throw error;
  }
}

/** Goes home in place of this page, so that Back does not return to the form. */
function goHome() {
  window.location.replace('/');
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

function fullStop(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function clearPassword() {
  password.value = '';
  setRevealed(false);
}

/** Shows or hides the password, and leaves the caret where it is. */
function setRevealed(revealed) {
  const { selectionStart, selectionEnd } = password;
  password.type = revealed ? 'text' : 'password';
  password.setSelectionRange(selectionStart, selectionEnd);
  reveal.setAttribute('aria-pressed', String(revealed));
  byId('reveal-label').textContent = revealed ? 'Hide' : 'Show';
}
