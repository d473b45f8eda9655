/** The dialog that asks before something that cannot be taken back. */

import { byId } from './ui.js';

const confirmation = byId('confirm');

byId('confirm-cancel').addEventListener('click', () => confirmation.close());
byId('confirm-go-ahead').addEventListener('click', () => confirmation.close('yes'));

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
  confirmation.returnValue = '';
  confirmation.showModal();
  return new Promise((resolve) => {
    confirmation.addEventListener('close', () => resolve(confirmation.returnValue === 'yes'), { once: true });
  });
}
