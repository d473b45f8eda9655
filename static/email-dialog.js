/** The dialog that changes the e-mail address of a user. */

import { prepareClosing } from './form-dialog.js';
import { prepareMemberForm } from './member-form.js';
import { showOutcome } from './outcome.js';
import { withToken } from './session.js';
import { announce, byId } from './ui.js';
import { updateUser } from './users-api.js';

/** @typedef {import('./users-api.js').ListedUser} ListedUser */

/**
 * @typedef {object} Edit what the dialog changes
 * @property {ListedUser} user
 * @property {() => HTMLElement} place returns what shows the outcome
 * @property {(changed: ListedUser) => void} onChange
 */

const dialog = byId('email-dialog', HTMLDialogElement);
const field = byId('email', HTMLInputElement);
const form = prepareMemberForm({ 'body.email': field }, 'email-errors', 'save-email', save);

/** Null until the dialog is first opened. @type {Edit | null} */
let edit = null;

prepareClosing(dialog, 'email-cancel', 'save-email');

/**
 * Opens the dialog.
 *
 * @param {ListedUser} user
 * @param {() => HTMLElement} place returns what shows the outcome
 * @param {(changed: ListedUser) => void} onChange
 */
export function openEmailDialog(user, place, onChange) {
  edit = { user, place, onChange };
  byId('email-heading').textContent = `E-mail of ${user.username}`;
  field.value = user.email ?? '';
  form.clearErrors();
  announce('', byId('email-status'));
  dialog.showModal();
  field.select();
}

async function save() {
  if (!edit) return;
  const { user, place, onChange } = edit;
  if (!field.validity.valid) return form.showFieldError(field, 'Enter a valid e-mail address, such as name@example.org.');
  const email = field.value.trim() || null;
  if (email === user.email) return dialog.close();
  const saved = await form.send('Saving…', () => withToken((token) => updateUser(token, user.id, { email })));
  if (!saved) return;
  dialog.close();
  onChange(saved.value);
  const outcome = email === null ? 'removed' : 'saved';
  showOutcome(place(), `The e-mail address of ${user.username} has been ${outcome}.`);
}
