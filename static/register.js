/** The sign-up page: makes an account, logs in with it and goes home. */

import { ApiError, explain, register } from './api.js';
import { enter, goHome, isLoggedIn } from './entrance.js';
import { startForm } from './form.js';
import { passwordField, weakness } from './password-field.js';
import * as tokens from './token.js';
import { announce, byId, fullStop, isBusy, setBusy, showError } from './ui.js';

const form = byId('register-form');
const username = byId('username');
const password = passwordField();
const email = byId('email');
const createButton = byId('create-account');
const errors = byId('errors');
const { accept, refuse } = startForm([username, password.input, email], errors);

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!isBusy(createButton)) signUp();
});

// A page that comes back from the browser's memory is as it was left, and much may have happened since.
window.addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  setBusy(createButton);
  password.clear();
  goHomeIfLoggedIn();
});

tokens.onChange((token) => {
  if (token !== null) goHomeIfLoggedIn();
});

createButton.disabled = false;
goHomeIfLoggedIn();

/** Leaves for the home page when somebody is logged in; once the form has been sent, its own answer decides. */
async function goHomeIfLoggedIn() {
  try {
    if ((await isLoggedIn()) && !isBusy(createButton) && byId('created').hidden) goHome();
  } catch (error) {
    if (!(error instanceof tokens.StorageError)) throw error;
    showError(errors, error.message);
  }
}

async function signUp() {
  // Neither user names nor addresses hold spaces, but keyboards that complete words add one.
  const user = { username: username.value.trim(), password: password.input.value, email: email.value.trim() };
  accept();
  const mistake = check(user);
  if (mistake) return refuse(...mistake);

  password.setRevealed(false);
  setBusy(createButton, 'Creating your account…');
  announce('Creating your account…');
  try {
    tokens.load(); // Where nothing can be stored, nobody could log in to the new account here.
    await register(user);
  } catch (error) {
    announce('');
    setBusy(createButton);
    return fail(error);
  }
  try {
    await enter(user.username, user.password);
  } catch (error) {
    finish(user.username, sentence(error));
  }
}

/**
 * Finds what the server would refuse, and says it in the server's words.
 *
 * @returns {[HTMLElement, string] | null} the field to mend and why
 */
function check(user) {
  if (user.username === '') return [username, 'Enter a user name.'];
  if (!/^[A-Za-z0-9._@+-]{3,64}$/.test(user.username)) {
    return [username, 'The user name must be 3 to 64 letters, digits and . _ - @ + signs.'];
  }
  if (user.password === '') return [password.input, 'Enter a password.'];
  const weak = weakness(password.input, user.username);
  if (weak) return [password.input, weak];
  if (email.validity.typeMismatch || email.validity.badInput) {
    return [email, 'The e-mail address is not one, such as name@example.org.'];
  }
  return null;
}

/** Says why there is no account, and where to mend it. */
function fail(error) {
  const reason = sentence(error);
  if (error.status === 409) return refuse(username, reason);
  if (error.status === 422) return refuse(fieldOf(reason), reason);
  showError(errors, reason);
  createButton.focus();
}

/** What the server finds wrong with a value begins with what the value is. */
function fieldOf(reason) {
  if (reason.startsWith('The user name')) return username;
  return reason.startsWith('The e-mail') ? email : password.input;
}

/** Says that there is an account, although logging in with it failed. */
function finish(name, reason) {
  password.clear();
  byId('sign-up').hidden = true;
  byId('created').hidden = false;
  byId('created-reason').textContent = `The account ${name} is ready, but logging in did not work. ${reason}`;
  byId('created').querySelector('h1').focus();
  announce(`Your account is created. ${byId('created-reason').textContent}`);
}

function sentence(error) {
  if (error instanceof tokens.StorageError) return error.message;
  if (!(error instanceof ApiError)) throw error;
  switch (error.status) {
    case 401:
    case 403:
    case 409:
    case 422:
      return error.detail ? fullStop(error.detail) : explain(error);
    default:
      return explain(error);
  }
}
