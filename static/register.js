/** The sign-up page: makes an account, logs in with it and goes home. */

import { ApiError, explain, register } from './api.js';
import { enter, goHome, isLoggedIn } from './entrance.js';
import { clearPassword, password, setRevealed } from './password-field.js';
import * as tokens from './token.js';
import { announce, byId, fullStop, isBusy, setBusy, showError } from './ui.js';

const MIN_LENGTH = Number(password.dataset.minLength);
const MAX_LENGTH = 256;

const form = byId('register-form');
const username = byId('username');
const email = byId('email');
const createButton = byId('create-account');
const errors = byId('errors');
const fields = [username, password, email];
/** What describes each field while nothing is wrong with it. */
const rules = new Map(fields.map((field) => [field, field.getAttribute('aria-describedby')]));

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!isBusy(createButton)) signUp();
});

for (const field of fields) {
  field.addEventListener('input', () => accept(field));
}

// A page that comes back from the browser's memory is as it was left, and much may have happened since.
window.addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  setBusy(createButton);
  clearPassword();
  goHomeIfLoggedIn();
});

tokens.onChange(goHomeIfLoggedIn);

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
  const user = { username: username.value.trim(), password: password.value, email: email.value.trim() };
  fields.forEach(accept);
  errors.replaceChildren();
  const mistake = check(user);
  if (mistake) return refuse(...mistake);

  setRevealed(false);
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
 * Finds what the server would refuse, and says it in the server's words. Which passwords are too common, only the
 * server knows.
 *
 * @returns {[HTMLElement, string] | null} the field to mend and why
 */
function check(user) {
  const characters = Array.from(user.password.normalize('NFC')); // by code points, as the server counts
  if (user.username === '') return [username, 'Enter a user name.'];
  if (!/^[A-Za-z0-9._@+-]{3,64}$/.test(user.username)) {
    return [username, 'The user name must be 3 to 64 letters, digits and . _ - @ + signs.'];
  }
  if (user.password === '') return [password, 'Enter a password.'];
  if (characters.length < MIN_LENGTH) return [password, `The password is too short. Use at least ${MIN_LENGTH} characters.`];
  if (characters.length > MAX_LENGTH) return [password, `The password is too long. Use at most ${MAX_LENGTH} characters.`];
  if (user.password.toLowerCase().includes(user.username.toLowerCase())) {
    return [password, 'The password contains the user name. Use one that does not.'];
  }
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
  return reason.startsWith('The e-mail') ? email : password;
}

/** Says that there is an account, although logging in with it failed. */
function finish(name, reason) {
  clearPassword();
  byId('sign-up').hidden = true;
  byId('created').hidden = false;
  byId('created-reason').textContent = `The account ${name} is ready, but logging in did not work. ${reason}`;
  byId('created').querySelector('h1').focus();
  announce(`Your account is created. ${byId('created-reason').textContent}`);
}

function accept(field) {
  field.removeAttribute('aria-invalid');
  const own = rules.get(field);
  if (own) field.setAttribute('aria-describedby', own);
  else field.removeAttribute('aria-describedby');
}

function refuse(field, reason) {
  showError(errors, reason);
  field.setAttribute('aria-invalid', 'true');
  field.setAttribute('aria-describedby', ['errors', rules.get(field)].filter(Boolean).join(' '));
  field.focus();
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
