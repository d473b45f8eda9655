/** The few things that every page does with its elements. Text enters a page by textContent alone. */

/**
 * @param {string} id
 * @returns {HTMLElement} the element, which the page's template promises to hold
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no element #${id}.`);
  return element;
}

/**
 * Shows an error above a form or a button. The message is a new node each time, so that it is announced and seen to
 * arrive even when it says the same as the last one.
 *
 * @param {HTMLElement} region an empty element with role=alert
 * @param {string} sentence
 */
export function showError(region, sentence) {
  const template = /** @type {HTMLTemplateElement} */ (byId('error-template'));
  const message = template.content.cloneNode(true);
  message.querySelector('p').textContent = sentence;
  region.replaceChildren(message);
}

/**
 * Tells screen readers something that the eye can see anyway.
 *
 * @param {string} sentence
 */
export function announce(sentence) {
  byId('status').textContent = sentence;
}

/**
 * Marks a button as busy with a label such as "Logging in…", or as idle again without one. It is not disabled
 * meanwhile, because that would take the keyboard's focus away; whoever handles the click looks at isBusy first.
 *
 * @param {HTMLElement} button
 * @param {string} [label]
 */
export function setBusy(button, label) {
  button.dataset.label ??= button.textContent.trim();
  button.textContent = label ?? button.dataset.label;
  button.classList.toggle('busy', Boolean(label));
  if (label) button.setAttribute('aria-disabled', 'true');
  else button.removeAttribute('aria-disabled');
}

/**
 * @param {HTMLElement} button
 * @returns {boolean}
 */
export function isBusy(button) {
  return button.classList.contains('busy');
}
