/** The field for a password and the button that shows it, as every page has them that asks for one. */

import { byId } from './ui.js';

const MAX_LENGTH = 256;

/**
 * @typedef {object} PasswordField
 * @property {HTMLInputElement} input
 * @property {(revealed: boolean) => void} setRevealed shows or hides the password, and leaves the caret where it is
 * @property {() => void} clear
 */

/**
 * Starts such a field.
 *
 * @param {string} [prefix] what its ids begin with
 * @returns {PasswordField}
 */
export function passwordField(prefix = '') {
  const input = /** @type {HTMLInputElement} */ (byId(`${prefix}password`));
  const reveal = byId(`${prefix}reveal`);
  const label = byId(`${prefix}reveal-label`);

  const setRevealed = (revealed) => {
    const { selectionStart, selectionEnd } = input;
    input.type = revealed ? 'text' : 'password';
    input.setSelectionRange(selectionStart, selectionEnd);
    reveal.setAttribute('aria-pressed', String(revealed));
    label.textContent = revealed ? 'Hide' : 'Show';
  };
  const clear = () => {
    input.value = '';
    setRevealed(false);
  };

  // Pressing the button with a pointer leaves the focus, and a phone's keyboard, with the field.
  reveal.addEventListener('mousedown', (event) => event.preventDefault());
  reveal.addEventListener('click', () => setRevealed(input.type === 'password'));
  reveal.hidden = false;
  return { input, setRevealed, clear };
}

/**
 * Finds what the server would refuse in a new password, and says it in the server's words. Which ones are too common, only
 * the server knows.
 *
 * @param {HTMLInputElement} input
 * @param {string} username
 * @returns {string | null}
 */
export function weakness({ value, dataset }, username) {
  const { length } = Array.from(value.normalize('NFC')); // by code points, as the server counts
  const minLength = Number(dataset.minLength);
  if (length < minLength) return `The password is too short. Use at least ${minLength} characters.`;
  if (length > MAX_LENGTH) return `The password is too long. Use at most ${MAX_LENGTH} characters.`;
  if (username !== '' && value.toLowerCase().includes(username.toLowerCase())) {
    return 'The password contains the user name. Use one that does not.';
  }
  return null;
}
