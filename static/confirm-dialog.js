/** The dialog that asks for confirmation before an action that can't be undone. */

import { byId } from './ui.js';

const dialog = byId('confirm', HTMLDialogElement);

/** Answers the open question. @type {(confirmed: boolean) => void} */
let answer = () => {};

byId('confirm-cancel').addEventListener('click', () => dialog.close());
byId('confirm-go-ahead').addEventListener('click', () => {
  answer(true);
  dialog.close();
});
// Escape closes the dialog too. This event comes late: if the dialog is open again by then, the
// event isn't about the question that is open now.
dialog.addEventListener('close', () => {
  if (!dialog.open) answer(false);
});

/**
 * @param {string} heading
 * @param {string} text
 * @param {string} action the label of the button that confirms
 * @returns {Promise<boolean>} false on Cancel and on Escape
 */
export function askToConfirm(heading, text, action) {
  byId('confirm-heading').textContent = heading;
  byId('confirm-text').textContent = text;
  byId('confirm-go-ahead').textContent = action;
  dialog.showModal();
  return new Promise((resolve) => {
    answer = resolve;
  });
}
