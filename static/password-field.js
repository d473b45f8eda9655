/** The field for a password and the button that shows it, as every page has them that asks for one. */

import { byId } from './ui.js';

export const password = /** @type {HTMLInputElement} */ (byId('password'));
const reveal = byId('reveal');

// Pressing the button with a pointer leaves the focus, and a phone's keyboard, with the field.
reveal.addEventListener('mousedown', (event) => event.preventDefault());
reveal.addEventListener('click', () => setRevealed(password.type === 'password'));
reveal.hidden = false;

export function clearPassword() {
  password.value = '';
  setRevealed(false);
}

/**
 * Shows or hides the password, and leaves the caret where it is.
 *
 * @param {boolean} revealed
 */
export function setRevealed(revealed) {
  const { selectionStart, selectionEnd } = password;
  password.type = revealed ? 'text' : 'password';
  password.setSelectionRange(selectionStart, selectionEnd);
  reveal.setAttribute('aria-pressed', String(revealed));
  byId('reveal-label').textContent = revealed ? 'Hide' : 'Show';
}
