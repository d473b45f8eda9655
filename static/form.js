/**
 * Forms that show which fields are wrong, and why, and when to try again. What is wrong with a
 * field is said directly under it; an error that is about no field is said above the form.
 */

import { ApiError, describe } from './problem.js';
import { prepareCountdown } from './retry-countdown.js';
import { announce, byId, isBusy, showError } from './ui.js';

/** @typedef {[HTMLInputElement, string]} Mistake a wrong field and what is wrong with it */

/**
 * @typedef {object} Form
 * @property {() => void} clearErrors
 * @property {(field: HTMLInputElement, message: string) => void} showFieldError shows the message
 *   under the field, marks the field as invalid and moves the focus there
 * @property {(mistakes: Mistake[]) => void} showMistakes does the same for several fields; the
 *   first gets the focus
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
  for (const field of inputs) {
    field.addEventListener('input', () => markValid(field));
    field.addEventListener('focus', () => keepInView(field));
  }
  // A phone's keyboard can hide what was in view. Zooming with two fingers doesn't.
  window.visualViewport?.addEventListener('resize', () => {
    if (window.visualViewport?.scale !== 1) return;
    if (region.hasChildNodes()) region.scrollIntoView({ block: 'nearest' });
    inputs.forEach(keepInView);
  });

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
  /** @type {Form['showMistakes']} */
  const showMistakes = (mistakes) => {
    if (!countdown.isRunning()) region.replaceChildren();
    for (const mistake of mistakes) markInvalid(...mistake);
    const [field, message] = mistakes[0];
    // A screen reader reads the message when the focus arrives, but not if it is there already.
    if (document.activeElement === field) announce(message);
    else field.focus({ preventScroll: true });
    keepInView(field);
  };
  /** @type {Form['showFieldError']} */
  const showFieldError = (field, message) => showMistakes([[field, message]]);
  /** @type {Form['showFailure']} */
  const showFailure = (error) => {
    const field = findField(error, fields);
    if (field) {
      showFieldError(field, describe(error));
      return field;
    }
    if (!(error instanceof ApiError && countdown.start(error))) showError(region, describe(error));
    button.focus({ preventScroll: true });
    region.scrollIntoView({ block: 'nearest' });
    return null;
  };
  return { clearErrors, showFieldError, showMistakes, showFailure, endWait: countdown.end };
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

/**
 * Checks a field as the user types. That something is missing is said only once the user has left
 * the field.
 *
 * @param {HTMLInputElement} field one of a prepared form
 * @param {() => {message: string, isUnfinished: boolean} | null} findMistake what is wrong, and
 *   whether the user may simply not have finished typing
 */
export function checkAsTyped(field, findMistake) {
  let announced = '';
  /** @param {boolean} left whether the user has left the field */
  const check = (left) => {
    const mistake = field.value === '' ? null : findMistake();
    const message = mistake && (left || !mistake.isUnfinished) ? mistake.message : '';
    if (message) markInvalid(field, message);
    if (message !== announced) announce(message);
    announced = message;
    keepInView(field);
  };
  field.addEventListener('input', () => check(false));
  field.addEventListener('blur', () => {
    // The message moves what is below it. While the user is clicking there, it has to wait.
    if (!document.querySelector(':active')) check(true);
    else afterPress(() => check(document.activeElement !== field));
  });
}

/**
 * Calls back when the user has clicked, or has let go without a click.
 *
 * @param {() => void} callback
 */
function afterPress(callback) {
  const listening = new AbortController();
  const onEnd = () => {
    listening.abort();
    setTimeout(callback); // the click comes after pointerup
  };
  for (const type of ['click', 'pointerup', 'pointercancel']) {
    window.addEventListener(type, onEnd, { capture: true, signal: listening.signal });
  }
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
 * Scrolls a field and the message under it into view, if the field has the focus and is wrong.
 *
 * @param {HTMLInputElement} field
 */
function keepInView(field) {
  if (document.activeElement !== field || !field.matches('[aria-invalid=true]')) return;
  // Where there is no room for the label too, message and field count more.
  for (const part of [field.closest('.field') ?? field, byId(errorId(field)), field]) {
    part.scrollIntoView({ block: 'nearest' });
  }
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
