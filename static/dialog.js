/** The dialog that asks before something that cannot be taken back. */

import { byId } from './ui.js';

const confirmation = byId('confirm');

/** Takes the answer to the question that is open. */
let answer = () => {};

byId('confirm-cancel').addEventListener('click', () => confirmation.close());
byId('confirm-go-ahead').addEventListener('click', () => {
  answer(true);
  confirmation.close();
});
// Escape closes it too. The event comes late: by then the next question may be open, whose answer this is not.
confirmation.addEventListener('close', () => {
  if (!confirmation.open) answer(false);
});

/**
 * @param {string} heading
 * @param {string} text
 * @param {string} action what the button says
 * @returns {Promise<boolean>} whether the person wants it; Escape and Cancel say no
 */
export function confirmed(heading, text, action) {
  byId('confirm-heading').textContent = heading;
  byId('confirm-text').textContent = text;
  byId('confirm-go-ahead').textContent = action;
  confirmation.showModal();
  return new Promise((resolve) => {
    answer = resolve;
  });
}
