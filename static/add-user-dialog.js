/** The dialog that adds a user. */

import { prepareClosing } from './form-dialog.js';
import { prepareMemberForm } from './member-form.js';
import { checkNewPassword, newPasswordError, preparePasswordField } from './password-field.js';
import { readRoles } from './role-names.js';
import { withToken } from './session.js';
import { announce, byId } from './ui.js';
import { createUser } from './users-api.js';

/** @typedef {import('./users-api.js').ListedUser} ListedUser */

const dialog = byId('add-dialog', HTMLDialogElement);
const element = byId('add-form', HTMLFormElement);
const username = byId('add-username', HTMLInputElement);
const email = byId('add-email', HTMLInputElement);
const roles = byId('add-roles', HTMLInputElement);
const withPassword = byId('with-password', HTMLInputElement);
const password = preparePasswordField('add-');
const fields = {
  'body.username': username,
  'body.email': email,
  'body.roles': roles,
  'body.password': password.input,
};
const form = prepareMemberForm(fields, 'add-errors', 'add-go-ahead', submit);

/** @type {(user: ListedUser, needsLink: boolean) => void} */
let onAdd = () => {};

checkNewPassword(password.input, passwordMistake);
prepareClosing(dialog, 'add-cancel', 'add-go-ahead');
element.addEventListener('change', showPasswordPart);
dialog.addEventListener('close', () => {
  if (!dialog.open) password.clear();
});

/**
 * Opens the dialog.
 *
 * @param {(user: ListedUser, needsLink: boolean) => void} callback called with the new user, and
 *   whether the user is to get a link to set a password
 */
export function openAddDialog(callback) {
  onAdd = callback;
  element.reset();
  showPasswordPart();
  form.clearErrors();
  announce('', byId('add-status'));
  dialog.showModal();
}

function showPasswordPart() {
  byId('add-password-part').hidden = !withPassword.checked;
}

async function submit() {
  username.value = username.value.trim();
  const mistakes = findMistakes();
  if (mistakes.length > 0) return form.showMistakes(mistakes);

  const needsLink = !withPassword.checked;
  password.setRevealed(false);
  const added = {
    username: username.value,
    email: email.value.trim() || undefined,
    roles: readRoles(roles).roles,
    password: needsLink ? undefined : password.input.value,
  };
  const created = await form.send('Adding…', () => withToken((token) => createUser(token, added)));
  if (!created) return;
  dialog.close();
  onAdd(created.value, needsLink);
}

/**
 * Checks the fields by the server's rules.
 *
 * @returns {import('./form.js').Mistake[]} those that are wrong
 */
function findMistakes() {
  /** @type {[HTMLInputElement, string | null][]} */
  const checked = [
    [username, usernameMistake()],
    [email, email.validity.valid ? null : 'Enter a valid e-mail address, such as name@example.org.'],
    [roles, readRoles(roles).mistake],
    [password.input, withPassword.checked ? passwordMistake() : null],
  ];
  return /** @type {import('./form.js').Mistake[]} */ (checked.filter(([, mistake]) => mistake !== null));
}

function usernameMistake() {
  if (username.value === '') return 'Enter a username.';
  return username.validity.patternMismatch ? (username.dataset.rule ?? '') : null;
}

function passwordMistake() {
  if (password.input.value === '') return 'Enter a password.';
  return newPasswordError(password.input, username.value.trim(), readRoles(roles).roles);
}
