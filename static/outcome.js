/**
 * What a page says about the actions of its user: that one is running, what it has done or why it
 * failed. A place is a part of the page, such as a row, with one element of the class outcome and,
 * if actions run there, one of the class errors.
 */

import { currentUser, explainError } from './protected-page.js';
import { withToken } from './session.js';
import { announce, find, setBusy, showError } from './ui.js';

/**
 * @param {HTMLElement} place
 * @param {string} sentence what has happened
 */
export function showOutcome(place, sentence) {
  find(place, '.outcome').textContent = sentence;
  announce(sentence);
}

/**
 * Says why an action failed.
 *
 * @param {HTMLElement} place
 * @param {string} message
 */
export function showFailure(place, message) {
  showError(find(place, '.errors'), message);
}

/**
 * Removes what is no longer news, because something else happens.
 *
 * @param {ParentNode} [place] by default, the whole page
 */
export function clearOutcomes(place = document) {
  for (const region of place.querySelectorAll('.outcome, .errors')) region.replaceChildren();
  announce('');
}

/**
 * Sends a request, and says so if it fails.
 *
 * @template T
 * @param {() => HTMLElement} place asked again after the request, since the page may have moved on
 * @param {HTMLElement} button the button that was pressed; busy meanwhile
 * @param {string} progress what to announce meanwhile
 * @param {(token: string) => Promise<T>} request
 * @returns {Promise<T | null>} null if it failed or the page no longer shows the same user
 */
export async function runIn(place, button, progress, request) {
  const start = place();
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
    showFailure(place(), message);
    return null;
  } finally {
    // A button of a place that has moved on may be busy with something else by now.
    if (place() === start) setBusy(button);
  }
}
