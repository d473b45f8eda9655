/**
 * What every page does with its elements. Text enters a page through textContent only, never as
 * HTML.
 */

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [type] the class of the element
 * @returns {T}
 * @throws {Error} if the page has no such element
 */
export function byId(id, type) {
  return find(document, `#${id}`, type);
}

/**
 * Finds the first element that matches a selector.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {ParentNode} parent
 * @param {string} selector
 * @param {new () => T} [type] the class of the element
 * @returns {T}
 * @throws {Error} if there is no such element
 */
export function find(parent, selector, type = /** @type {any} */ (HTMLElement)) {
  const element = parent.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} ${selector}.`);
  return element;
}

/**
 * Shows an error message. Each message is a new element, so that screen readers announce it and its
 * animation runs even if the text is the same as before.
 *
 * @param {HTMLElement} region an element with role=alert
 * @param {string} message
 */
export function showError(region, message) {
  const content = byId('error-template', HTMLTemplateElement).content.cloneNode(true);
  find(/** @type {DocumentFragment} */ (content), 'p').textContent = message;
  region.replaceChildren(content);
}

/**
 * Sets the text of an element that is updated often, and does nothing if the text is the same.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Announces to screen readers what everyone else can see.
 *
 * @param {string} message
 * @param {HTMLElement} [region] an element with role=status; by default, the open dialog's or the
 *   page's own
 */
export function announce(message, region = statusRegion()) {
  region.textContent = message;
}

/** Screen readers don't announce what is behind an open dialog. */
function statusRegion() {
  const dialogs = document.querySelector('dialog[open] [role=status]');
  return dialogs instanceof HTMLElement ? dialogs : byId('status');
}

/**
 * @param {string} text
 * @returns {HTMLLIElement} an item for a list of chips
 */
export function newChip(text) {
  const item = document.createElement('li');
  item.className = 'chip';
  item.dir = 'auto';
  item.textContent = text;
  return item;
}

/**
 * Marks a button as busy and changes its label, or restores it. A busy button isn't disabled,
 * because it would lose the keyboard focus. Click handlers must therefore check isBusy.
 *
 * @param {HTMLElement} button
 * @param {string} [label] such as "Logging in…"; without one, the button is no longer busy
 */
export function setBusy(button, label) {
  button.classList.toggle('busy', Boolean(label));
  if (label) {
    button.dataset.label ??= button.textContent?.trim();
    button.textContent = label;
    button.setAttribute('aria-disabled', 'true');
  } else if (button.dataset.label !== undefined) {
    button.textContent = button.dataset.label;
    delete button.dataset.label;
    button.removeAttribute('aria-disabled');
  }
}

/**
 * Calls back when the user presses a button, unless it is busy.
 *
 * @param {HTMLElement} button
 * @param {(button: HTMLElement) => void} callback
 */
export function onPress(button, callback) {
  button.addEventListener('click', () => {
    if (!isBusy(button)) callback(button);
  });
}

/**
 * Marks a button that can't be used for now, or can be used again. Like a busy one, it isn't
 * disabled.
 *
 * @param {HTMLElement} button one that isn't busy
 * @param {boolean} waiting
 */
export function setWaiting(button, waiting) {
  button.classList.toggle('waiting', waiting);
  if (waiting) button.setAttribute('aria-disabled', 'true');
  else button.removeAttribute('aria-disabled');
}

/**
 * @param {HTMLElement} button
 * @returns {boolean}
 */
export function isBusy(button) {
  return button.classList.contains('busy');
}
