/** Logging out, for the button in the header and others that do the same. */

import { logOut } from './session.js';
import { announce, byId, setBusy, showError } from './ui.js';

/**
 * Logs out. If that fails, says why.
 *
 * @param {HTMLElement} button the one that was pressed
 * @param {() => void} onLoggedOut
 * @param {(error: unknown) => string | null} explain returns what to say about a failure; null if
 *   there is nothing more to say
 */
export async function logOutWith(button, onLoggedOut, explain) {
  setBusy(button, 'Logging out…');
  announce('Logging out…');
  try {
    await logOut();
    onLoggedOut();
    announce('You are logged out.');
  } catch (error) {
    const message = explain(error);
    if (message === null) return;
    announce('');
    showError(byId('page-errors'), `${message} You are still logged in.`);
  } finally {
    setBusy(button);
  }
}
