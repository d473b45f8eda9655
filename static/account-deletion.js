/** The dialog on the account page that deletes the account. */

import { deleteAccount } from './account-api.js';
import { prepareClosing } from './form-dialog.js';
import { prepareMemberForm } from './member-form.js';
import { clearOutcomes } from './outcome.js';
import { preparePasswordField } from './password-field.js';
import { showLoggedOut } from './protected-page.js';
import { withToken } from './session.js';
import { byId, find, onPress } from './ui.js';

const dialog = byId('deletion-dialog', HTMLDialogElement);
const password = preparePasswordField('deletion-');
const fields = { 'body.current_password': password.input };
const form = prepareMemberForm(fields, 'deletion-errors', 'delete-account', submit);

onPress(byId('open-deletion'), () => {
  clearOutcomes();
  dialog.showModal();
});
prepareClosing(dialog, 'deletion-cancel', 'delete-account');
dialog.addEventListener('close', () => {
  password.clear();
  form.clearErrors();
});
window.addEventListener('pagehide', password.clear);

/** @param {import('./api.js').User} user */
async function submit({ name }) {
  if (password.input.value === '') return form.showFieldError(password.input, 'Enter your password.');
  find(dialog, '.username', HTMLInputElement).value = name; // for password managers
  password.setRevealed(false);
  const deleted = await form.send('Deleting your account…', () =>
    withToken((token) => deleteAccount(token, password.input.value)),
  );
  if (deleted) showLoggedOut('deleted', 'You have been logged out on all devices.');
  else if (password.input.matches('[aria-invalid="true"]')) password.clear();
}
