/** What dialogs with a form have in common. */

import { byId, isBusy } from './ui.js';

/**
 * Lets Cancel and Escape close a dialog, except while its form is being sent: people should see
 * what becomes of it, and the response is about what is in the dialog.
 *
 * @param {HTMLDialogElement} dialog
 * @param {string} cancelButton its id
 * @param {string} submitButton its id
 */
export function prepareClosing(dialog, cancelButton, submitButton) {
  const button = byId(submitButton);
  byId(cancelButton).addEventListener('click', () => {
    if (!isBusy(button)) dialog.close();
  });
  // Not only cancel: some browsers close a dialog on the second Escape without asking.
  dialog.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && isBusy(button)) event.preventDefault();
  });
  dialog.addEventListener('cancel', (event) => {
    if (event.target === dialog && isBusy(button)) event.preventDefault();
  });
}
