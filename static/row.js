/** The rows of a table that can be acted on. Each says for itself what is under way there and what came of it. */

import { session } from './member.js';
import { call } from './session.js';
import { announce, byId, setBusy, showError } from './ui.js';

/**
 * @param {string} id of the template
 * @returns {HTMLElement}
 */
export function newRow(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

/**
 * Does something to what a row shows, and says there when it failed.
 *
 * @template T
 * @param {HTMLElement} row
 * @param {HTMLElement} button
 * @param {string} doing
 * @param {(token: string) => Promise<T>} request
 * @param {(error: Error) => string | null} explain what to say of an error; null when the page has said it
 * @returns {Promise<T | null>} null when it failed, or when the row is of the past
 */
export async function act(row, button, doing, request, explain) {
  tell(row, '');
  setBusy(button, button.textContent);
  announce(doing);
  const mine = session;
  try {
    const answer = await call(request);
    return session === mine ? answer : null;
  } catch (error) {
    const reason = session === mine ? explain(error) : null;
    if (reason === null) return null;
    announce('');
    showError(row.querySelector('.errors'), reason);
    return null;
  } finally {
    setBusy(button);
  }
}

/**
 * Says in a row what happened.
 *
 * @param {HTMLElement} row
 * @param {string} sentence
 */
export function tell(row, sentence) {
  row.querySelector('.errors').replaceChildren();
  row.querySelector('.outcome').textContent = sentence;
  announce(sentence);
}

/**
 * Puts a sentence in the place of a row whose subject is gone. The focus stays there.
 *
 * @param {HTMLElement} row
 * @param {string} sentence
 */
export function replaceRow(row, sentence) {
  const gone = newRow('gone-row');
  gone.firstElementChild.textContent = sentence;
  const focused = row.contains(document.activeElement);
  row.replaceWith(gone);
  if (focused) gone.firstElementChild.focus();
  announce(sentence);
}

/** @param {HTMLElement} row */
export function isActing(row) {
  return row.querySelector('.busy') !== null;
}
