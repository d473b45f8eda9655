/** Forms that say which of their fields to mend, and why. */

import { showError } from './ui.js';

/**
 * @typedef {object} Form
 * @property {() => void} accept takes back what was wrong
 * @property {(field: HTMLElement, reason: string) => void} refuse says it, and takes the focus to the field
 */

/**
 * Starts such a form. Whoever mends a field has heard what is wrong with it.
 *
 * @param {HTMLElement[]} fields
 * @param {HTMLElement} errors an empty element with role=alert
 * @returns {Form}
 */
export function startForm(fields, errors) {
  /** What describes each field while nothing is wrong with it. */
  const rules = new Map(fields.map((field) => [field, field.getAttribute('aria-describedby')]));
  const acceptField = (field) => {
    field.removeAttribute('aria-invalid');
    const own = rules.get(field);
    if (own) field.setAttribute('aria-describedby', own);
    else field.removeAttribute('aria-describedby');
  };
  for (const field of fields) field.addEventListener('input', () => acceptField(field));
  return {
    accept: () => {
      fields.forEach(acceptField);
      errors.replaceChildren();
    },
    refuse: (field, reason) => {
      showError(errors, reason);
      field.setAttribute('aria-invalid', 'true');
      field.setAttribute('aria-describedby', [errors.id, rules.get(field)].filter(Boolean).join(' '));
      field.focus();
    },
  };
}
