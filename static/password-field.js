/** A password field with a button that shows and hides the password. */

import { checkAsTyped } from './form.js';
import { passwordMistake } from './password-rules.js';
import { byId } from './ui.js';

/**
 * @typedef {object} PasswordField
 * @property {HTMLInputElement} input
 * @property {(revealed: boolean) => void} setRevealed shows or hides the password; the caret stays
 *   where it is
 * @property {() => void} clear empties the field and hides what is typed next
 */

/**
 * @param {string} [prefix] the first part of the ids, on a page with several password fields
 * @returns {PasswordField}
 */
export function preparePasswordField(prefix = '') {
  const input = byId(`${prefix}password`, HTMLInputElement);
  const button = byId(`${prefix}reveal`);
  const label = byId(`${prefix}reveal-label`);

  /** @param {boolean} revealed */
  const setRevealed = (revealed) => {
    const { selectionStart, selectionEnd } = input;
    input.type = revealed ? 'text' : 'password';
    input.setSelectionRange(selectionStart, selectionEnd);
    button.setAttribute('aria-pressed', String(revealed));
    label.textContent = revealed ? 'Hide' : 'Show';
  };
  const clear = () => {
    input.value = '';
    setRevealed(false);
  };

  // Without this, a click would take the focus from the field and close a phone's keyboard.
  button.addEventListener('mousedown', (event) => event.preventDefault());
  button.addEventListener('click', () => setRevealed(input.type === 'password'));
  button.hidden = false;
  return { input, setRevealed, clear };
}

/**
 * Checks a new password as it is typed. That it is too short is no mistake until the user has left
 * the field.
 *
 * @param {HTMLInputElement} input
 * @param {() => string | null} findMistake
 */
export function checkNewPassword(input, findMistake) {
  checkAsTyped(input, () => {
    const message = findMistake();
    const { length } = Array.from(input.value.normalize('NFC'));
    return message === null ? null : { message, isUnfinished: length < Number(input.dataset.minLength) };
  });
}

/**
 * Checks a new password by the server's rules, except for common passwords, which only the server
 * knows.
 *
 * @param {HTMLInputElement} input
 * @param {string} username may be empty
 * @param {string[]} [roles] the user's
 * @returns {string | null} what is wrong, in the server's words, or null
 */
export function newPasswordError({ value, dataset }, username, roles = []) {
  return passwordMistake(value, {
    minLength: Number(dataset.minLength),
    maxLength: Number(dataset.maxLength),
    username,
    names: [dataset.names ?? '', ...roles],
  });
}
