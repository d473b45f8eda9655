/**
 * Table rows with buttons. Each row shows the progress and the outcome of its own actions; so can
 * other parts of a page that have an element of the class outcome and one of the class errors.
 */

import { currentUser, explainError } from './protected-page.js';
import { withToken } from './session.js';
import { announce, byId, find, setBusy, showError } from './ui.js';

/**
 * @param {string} id of the template
 * @returns {HTMLTableRowElement}
 */
export function newRow(id) {
  const { content } = byId(id, HTMLTemplateElement);
  return /** @type {HTMLTableRowElement} */ (find(content, 'tr', HTMLTableRowElement).cloneNode(true));
}

/**
 * Calls back when the user presses a button of a row, unless the row is busy.
 *
 * @param {HTMLElement} rows
 * @param {(row: HTMLTableRowElement, button: HTMLElement) => void} callback
 */
export function onRowButton(rows, callback) {
  rows.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null;
    const row = button?.closest('tr');
    if (button && row && !row.querySelector('.busy')) callback(row, button);
  });
}

/**
 * Sends a request for a row and says in the row if it fails.
 *
 * @template T
 * @param {HTMLElement} row
 * @param {HTMLElement} button the button that was pressed
 * @param {string} progress what to announce meanwhile
 * @param {(token: string) => Promise<T>} request
 * @returns {Promise<T | null>} null if it failed or the page no longer shows the same user
 */
export async function runInRow(row, button, progress, request) {
  showOutcome(row, '');
  setBusy(button, button.textContent ?? '');
  announce(progress);
  const user = currentUser();
  try {
    const response = await withToken(request);
    return currentUser() === user ? response : null;
  } catch (error) {
    const message = currentUser() === user ? explainError(error) : null;
    if (message === null) return null;
    announce('');
    showRowError(row, message);
    return null;
  } finally {
    setBusy(button);
  }
}

/**
 * @param {HTMLElement} row
 * @param {string} sentence what has happened
 */
export function showOutcome(row, sentence) {
  find(row, '.errors').replaceChildren();
  find(row, '.outcome').textContent = sentence;
  announce(sentence);
}

/**
 * @param {HTMLElement} row
 * @param {string} message
 */
export function showRowError(row, message) {
  showError(find(row, '.errors'), message);
}

/**
 * Replaces a row with a sentence. If the focus was in the row, it moves to the sentence.
 *
 * @param {HTMLTableRowElement} row
 * @param {string} sentence
 */
export function replaceRow(row, sentence) {
  const replacement = newRow('gone-row');
  const cell = find(replacement, 'td');
  cell.textContent = sentence;
  const hadFocus = row.contains(document.activeElement);
  row.replaceWith(replacement);
  if (hadFocus) cell.focus();
  announce(sentence);
}
