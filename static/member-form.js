/** What the forms of pages that need a login have in common. */

import { prepareForm } from './form.js';
import { clearOutcomes } from './outcome.js';
import { currentUser, explainError } from './protected-page.js';
import { announce, byId, setBusy } from './ui.js';

/** @typedef {import('./api.js').User} User */

/**
 * @typedef {object} MemberForm
 * @property {() => void} clearErrors
 * @property {import('./form.js').Form['showFieldError']} showFieldError
 * @property {import('./form.js').Form['showMistakes']} showMistakes
 * @property {<T>(progress: string, request: () => Promise<T>) => Promise<{value: T} | null>} send
 *   sends the request and shows why it failed; returns null if it failed or if the page no longer
 *   shows the same user
 */

/**
 * Prepares a form that sends a request for the user whom the page shows.
 *
 * @param {Record<string, HTMLInputElement>} fields by their location in the server's problems
 * @param {string} errors the id of the region for errors that are about no field
 * @param {string} submitButton its id
 * @param {(user: User) => void} submit called when the user submits the form
 * @returns {MemberForm}
 */
export function prepareMemberForm(fields, errors, submitButton, submit) {
  const button = byId(submitButton, HTMLButtonElement);
  const { clearErrors, showFieldError, showMistakes, showFailure } = prepareForm(fields, byId(errors), button, () => {
    const user = currentUser();
    if (!user) return;
    clearErrors();
    clearOutcomes();
    submit(user);
  });
  /** @type {MemberForm['send']} */
  const send = async (progress, request) => {
    const user = currentUser();
    setBusy(button, progress);
    announce(progress);
    try {
      const value = await request();
      setBusy(button);
      return currentUser() === user ? { value } : null;
    } catch (error) {
      setBusy(button);
      if (currentUser() !== user || explainError(error) === null) return null;
      announce('');
      showFailure(error);
      return null;
    }
  };
  return { clearErrors, showFieldError, showMistakes, send };
}
