/** Forms that show which field is wrong, and why, and when to try again. */

import { ApiError, describe } from './problem.js';
import { prepareCountdown } from './retry-countdown.js';
import { isBusy, showError } from './ui.js';

/**
 * @typedef {object} Form
 * @property {() => void} clearErrors
 * @property {(field: HTMLInputElement, message: string) => void} showFieldError shows the message,
 *   marks the field as invalid and moves the focus there
 * @property {(error: unknown) => HTMLInputElement | null} showFailure shows why a request failed,
 *   at the field that the error is about, if any; returns that field
 * @property {() => void} endWait ends the countdown, if there is one
 */

/**
 * Prepares a form to show errors. A field is valid again as soon as the user edits it. While the
 * button is busy or the server wants the user to wait, the form can't be submitted.
 *
 * @param {Record<string, HTMLInputElement>} fields each field by its location in the server's
 *   problems, such as `body.username`
 * @param {HTMLElement} region an element with role=alert, for the messages
 * @param {HTMLButtonElement} button gets the focus after an error that is about no field
 * @param {() => void} submit called when the user submits the form
 * @returns {Form}
 */
export function prepareForm(fields, region, button, submit) {
  const inputs = Object.values(fields);
  const descriptions = new Map(inputs.map((field) => [field, field.getAttribute('aria-describedby')]));

  /** @param {HTMLInputElement} field */
  const markValid = (field) => {
    field.removeAttribute('aria-invalid');
    const description = descriptions.get(field);
    if (description) field.setAttribute('aria-describedby', description);
    else field.removeAttribute('aria-describedby');
  };
  for (const field of inputs) field.addEventListener('input', () => markValid(field));

  const countdown = prepareCountdown(region, button);
  button.form?.addEventListener('submit', (event) => {
    event.preventDefault();
    if (countdown.isRunning()) countdown.remind();
    else if (!isBusy(button)) submit();
  });

  const clearErrors = () => {
    inputs.forEach(markValid);
    if (!countdown.isRunning()) region.replaceChildren();
  };
  /** @type {Form['showFieldError']} */
  const showFieldError = (field, message) => {
    showError(region, message);
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-describedby', [region.id, descriptions.get(field)].filter(Boolean).join(' '));
    field.focus();
  };
  /** @type {Form['showFailure']} */
  const showFailure = (error) => {
    const field = findField(error, fields);
    if (field) {
      showFieldError(field, describe(error));
      return field;
    }
    if (!(error instanceof ApiError && countdown.start(error))) showError(region, describe(error));
    button.focus();
    return null;
  };
  return { clearErrors, showFieldError, showFailure, endWait: countdown.end };
}

/**
 * Finds the first field that an error is about.
 *
 * @param {unknown} error
 * @param {Record<string, HTMLInputElement>} fields by location
 * @returns {HTMLInputElement | null}
 */
function findField(error, fields) {
  if (!(error instanceof ApiError)) return null;
  const found = error.errors.find(({ location }) => Object.hasOwn(fields, location));
  return found ? fields[found.location] : null;
}
