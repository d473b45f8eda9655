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
 * Writes a text that is written again and again, and leaves the element alone while it stays the same.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {string} text
 * @returns {string} the text as a sentence
 */
export function fullStop(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/**
 * Tells screen readers something that the eye can see anyway.
 *
 * @param {string} sentence
 * @param {HTMLElement} [region] an element with role=status, for a dialog that has its own
 */
export function announce(sentence, region = byId('status')) {
  region.textContent = sentence;
}

/**
 * Shows the header's links to who is logged in, and hides them from everybody else.
 *
 * @param {import('./api.js').User | null} user
 */
export function showNav(user) {
  byId('nav').hidden = user === null;
  byId('nav-users').hidden = !user?.roles.includes('admin');
}

/**
 * @param {string} text
 * @returns {HTMLElement} an item for a list of chips
 */
export function chip(text) {
  const item = document.createElement('li');
  item.className = 'chip';
  item.dir = 'auto';
  item.textContent = text;
  return item;
}

/**
 * Marks a button as busy with a label such as "Logging in…", or as idle again without one. It is not disabled
 * meanwhile, because that would take the keyboard's focus away; whoever handles the click looks at isBusy first.
 *
 * @param {HTMLElement} button
 * @param {string} [label]
 */
export function setBusy(button, label) {
  button.classList.toggle('busy', Boolean(label));
  if (label) {
    button.dataset.label ??= button.textContent.trim();
    button.textContent = label;
    button.setAttribute('aria-disabled', 'true');
  } else if (button.dataset.label !== undefined) {
    button.textContent = button.dataset.label;
    delete button.dataset.label;
    button.removeAttribute('aria-disabled');
  }
}

/**
 * @param {HTMLElement} button
 * @returns {boolean}
 */
export function isBusy(button) {
  return button.classList.contains('busy');
}
