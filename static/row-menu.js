/**
 * The menu of the rows: one menu, which opens in the row whose button was pressed. The keyboard
 * works as in the menus of a desktop (ARIA Authoring Practices, "Menu Button").
 */

import { byId, find, isBusy } from './ui.js';

const template = byId('user-menu', HTMLTemplateElement);
const menu = find(/** @type {DocumentFragment} */ (template.content.cloneNode(true)), '.menu');
const items = /** @type {HTMLButtonElement[]} */ ([...menu.querySelectorAll('[role=menuitem]')]);

/** The button of the open menu; null while it is closed. @type {HTMLElement | null} */
let opener = null;

/**
 * @param {HTMLElement} rows
 * @param {(row: HTMLTableRowElement, menu: HTMLElement) => void} prepare called before the menu
 *   opens
 * @param {(command: string, row: HTMLTableRowElement, button: HTMLElement) => void} choose called
 *   with the value of the chosen item and the menu's button, which has the focus again
 */
export function prepareRowMenu(rows, prepare, choose) {
  /** @param {HTMLElement} button */
  const open = (button) => {
    closeMenu();
    prepare(rowOf(button), menu);
    opener = button;
    button.after(menu);
    menu.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    menu.scrollIntoView({ block: 'nearest' });
  };
  rows.addEventListener('click', ({ target }) => {
    const button = buttonAt(target);
    if (!button || isBusy(button)) return;
    if (button === opener) return closeMenu();
    open(button);
    items[0].focus();
  });
  rows.addEventListener('keydown', (event) => {
    const button = buttonAt(event.target);
    if (!button || isBusy(button) || !['ArrowDown', 'ArrowUp'].includes(event.key)) return;
    event.preventDefault();
    open(button);
    items.at(event.key === 'ArrowDown' ? 0 : -1)?.focus();
  });
  menu.addEventListener('keydown', onMenuKey);
  menu.addEventListener('click', ({ target }) => {
    const item = items.find((each) => target instanceof Node && each.contains(target));
    const button = opener;
    if (!item || !button) return;
    closeMenu();
    button.focus();
    choose(item.value, rowOf(button), button);
  });
  document.addEventListener('pointerdown', ({ target }) => {
    if (target instanceof Node && !menu.contains(target) && !opener?.contains(target)) closeMenu();
  });
}

/** Closes the menu, if it is open. */
export function closeMenu() {
  if (!opener) return;
  menu.hidden = true;
  opener.setAttribute('aria-expanded', 'false');
  opener = null;
}

/** @param {KeyboardEvent} event */
function onMenuKey(event) {
  const { key } = event;
  const index = items.findIndex((item) => item === document.activeElement);
  const last = items.length - 1;
  /** @type {Record<string, number>} */
  const targets = { ArrowDown: index + 1, ArrowUp: index <= 0 ? last : index - 1, Home: 0, End: last };
  if (key === 'Escape' || key === 'Tab') {
    // Tab goes on from the button, so that it doesn't leave the list.
    opener?.focus();
    closeMenu();
    if (key === 'Tab') return;
  } else if (key in targets) {
    items[targets[key] % items.length].focus();
  } else if (/^\S$/u.test(key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const after = [...items.slice(index + 1), ...items.slice(0, index + 1)];
    after.find((item) => item.textContent?.toLowerCase().startsWith(key.toLowerCase()))?.focus();
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/**
 * @param {EventTarget | null} target
 * @returns {HTMLElement | null} the menu button that an event is about
 */
function buttonAt(target) {
  return target instanceof Element ? target.closest('.menu-button') : null;
}

/** @param {Element} element */
function rowOf(element) {
  return /** @type {HTMLTableRowElement} */ (element.closest('tr'));
}
