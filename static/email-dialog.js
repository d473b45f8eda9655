/** The dialog that changes the e-mail address of a user. */

import { prepareForm } from './form.js';
import { currentUser, explainError } from './protected-page.js';
import { withToken } from './session.js';
import { showOutcome } from './table-row.js';
import { announce, byId, setBusy } from './ui.js';
import { updateUser } from './users-api.js';

/** @typedef {import('./users-api.js').ListedUser} ListedUser */

/**
 * @typedef {object} Edit what the open dialog changes
 * @property {ListedUser} user
 * @property {HTMLElement} place shows the outcome
 * @property {(changed: ListedUser) => void} onChange
 */

const dialog = byId('email-dialog', HTMLDialogElement);
const field = byId('email', HTMLInputElement);
const status = byId('email-status');
const saveButton = byId('save-email', HTMLButtonElement);
const fields = { 'body.email': field };
const { clearErrors, showFieldError, showFailure } = prepareForm(fields, byId('email-errors'), saveButton, save);

/** Null while the dialog is closed. @type {Edit | null} */
let openEdit = null;

byId('email-cancel').addEventListener('click', () => dialog.close());
dialog.addEventListener('close', () => {
  openEdit = null;
});

/**
 * Opens the dialog.
 *
 * @param {ListedUser} user
 * @param {HTMLElement} place shows the outcome
 * @param {(changed: ListedUser) => void} onChange
 */
export function openEmailDialog(user, place, onChange) {
  openEdit = { user, place, onChange };
  showOutcome(place, '');
  byId('email-heading').textContent = `E-mail of ${user.username}`;
  field.value = user.email ?? '';
  clearErrors();
  announce('', status);
  dialog.showModal();
  field.select();
}

async function save() {
  const saved = openEdit;
  if (!saved) return;
  const { user, place, onChange } = saved;
  clearErrors();
  if (!field.validity.valid) return showFieldError(field, 'Enter a valid e-mail address, such as name@example.org.');
  const email = field.value.trim() || null;
  if (email === user.email) return dialog.close();
  setBusy(saveButton, 'Saving…');
  announce('Saving…', status);
  const before = currentUser();
  try {
    const changed = await withToken((token) => updateUser(token, user.id, { email }));
    if (!before || currentUser() !== before) return;
    if (openEdit === saved) dialog.close();
    onChange(changed);
    const outcome = email === null ? 'removed' : 'saved';
    showOutcome(place, `The e-mail address of ${user.username} has been ${outcome}.`);
  } catch (error) {
    if (currentUser() !== before || explainError(error) === null) return;
    announce('', status);
    if (openEdit === saved) showFailure(error);
  } finally {
    setBusy(saveButton);
  }
}
