/** The sign-up page: creates an account, logs in with it and goes on to the next page. */

import { load } from './access-token.js';
import { register } from './api.js';
import { switchToCard } from './cards.js';
import { prepareForm } from './form.js';
import { logInAndGoOn, startLoginPage } from './login-flow.js';
import { checkNewPassword, newPasswordError, preparePasswordField } from './password-field.js';
import { describe } from './problem.js';
import { announce, byId, find, setBusy } from './ui.js';

const username = byId('username', HTMLInputElement);
const password = preparePasswordField();
const email = byId('email', HTMLInputElement);
const createButton = byId('create-account', HTMLButtonElement);
const errors = byId('errors');
const fields = { 'body.username': username, 'body.password': password.input, 'body.email': email };
const { clearErrors, showMistakes, showFailure, endWait } = prepareForm(fields, errors, createButton, submit);

username.addEventListener('input', endWait); // the wait may be for one name only
checkNewPassword(password.input, () => newPasswordError(password.input, username.value.trim()));
startLoginPage(createButton, password, errors);

async function submit() {
  username.value = username.value.trim(); // some keyboards add a space after a word
  const user = { username: username.value, password: password.input.value, email: email.value.trim() };
  clearErrors();
  const mistakes = findMistakes();
  if (mistakes.length > 0) return showMistakes(mistakes);

  password.setRevealed(false);
  setBusy(createButton, 'Creating your account…');
  announce('Creating your account…');
  try {
    load(); // throws before there is an account if the browser can't store a token
    await register(user);
  } catch (error) {
    announce('');
    setBusy(createButton);
    showFailure(error);
    return;
  }
  try {
    await logInAndGoOn(user.username, user.password, true);
  } catch (error) {
    showCreated(user.username, describe(error));
  }
}

/**
 * Checks the fields by the server's rules.
 *
 * @returns {import('./form.js').Mistake[]}
 */
function findMistakes() {
  /** @type {import('./form.js').Mistake[]} */
  const mistakes = [];
  if (username.value === '') mistakes.push([username, 'Enter a username.']);
  else if (username.validity.patternMismatch) mistakes.push([username, username.dataset.rule ?? '']);
  const isEmpty = password.input.value === '';
  const weakness = isEmpty ? 'Enter a password.' : newPasswordError(password.input, username.value);
  if (weakness) mistakes.push([password.input, weakness]);
  if (!email.validity.valid) mistakes.push([email, 'Enter a valid e-mail address, such as name@example.org.']);
  return mistakes;
}

/**
 * Says that the account exists although logging in with it has failed.
 *
 * @param {string} name
 * @param {string} reason
 */
function showCreated(name, reason) {
  password.clear();
  switchToCard('created', `You can use the account ${name} now, but logging in didn't work. ${reason}`);
  find(byId('created'), 'h1').focus();
}
