/**
 * Forms that show which field is wrong, and why, and when to try again. What is wrong with a field is
 * said directly under it; an error that is about no field is said above the form.
 */

import { ApiError, describe } from './problem.js';
import { prepareCountdown } from './retry-countdown.js';
import { announce, byId, isBusy, showError } from './ui.js';

/**
 * @typedef {object} Form
 * @property {() => void} clearErrors
 * @property {(field: HTMLInputElement, message: string) => void} showFieldError shows the message
 *   under the field, marks the field as invalid and moves the focus there
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
 * @param {HTMLElement} region an element with role=alert, for errors that are about no field
 * @param {HTMLButtonElement} button gets the focus after an error that is about no field
 * @param {() => void} submit called when the user submits the form
 * @returns {Form}
 */
export function prepareForm(fields, region, button, submit) {
  const inputs = Object.values(fields);
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
    if (!countdown.isRunning()) region.replaceChildren();
    markInvalid(field, message);
    // A screen reader reads the message when the focus arrives, but not if it is there already.
    if (document.activeElement === field) announce(message);
    else field.focus({ preventScroll: true });
    keepInView(field);
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
 * Says under a field what is wrong with it.
 *
 * @param {HTMLInputElement} field
 * @param {string} message
 */
export function markInvalid(field, message) {
  byId(errorId(field)).textContent = message;
  field.setAttribute('aria-invalid', 'true');
  field.setAttribute('aria-describedby', [errorId(field), ...otherDescriptions(field)].join(' '));
}

/** @param {HTMLInputElement} field */
export function markValid(field) {
  byId(errorId(field)).textContent = '';
  field.removeAttribute('aria-invalid');
  const others = otherDescriptions(field);
  if (others.length > 0) field.setAttribute('aria-describedby', others.join(' '));
  else field.removeAttribute('aria-describedby');
}

/** @param {HTMLInputElement} field */
function errorId(field) {
  return `${field.id}-error`;
}

/**
 * @param {HTMLInputElement} field
 * @returns {string[]} the ids of what describes the field besides its error
 */
function otherDescriptions(field) {
  const ids = (field.getAttribute('aria-describedby') ?? '').split(' ');
  return ids.filter((id) => id !== '' && id !== errorId(field));
}

/**
 * Scrolls a field and the message under it into view, and again when a phone has opened its keyboard
 * for the field.
 *
 * @param {HTMLInputElement} field
 */
function keepInView(field) {
  const scroll = () => {
    if (document.activeElement === field) (field.closest('.field') ?? field).scrollIntoView({ block: 'nearest' });
  };
  scroll();
  window.visualViewport?.addEventListener('resize', scroll, { once: true });
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
