/** The rows of the list of users: one per user. */

import { byId, find } from './ui.js';
import { fillIn, isCurrentUser } from './user-view.js';

/** @typedef {import('./users-api.js').ListedUser} ListedUser */

const rows = byId('rows');

/** @type {WeakMap<Element, ListedUser>} */
const users = new WeakMap();

/**
 * @param {ListedUser} user
 * @returns {HTMLTableRowElement}
 */
export function newUserRow(user) {
  const { content } = byId('user-row', HTMLTemplateElement);
  const row = /** @type {HTMLTableRowElement} */ (find(content, 'tr').cloneNode(true));
  showUser(row, user);
  return row;
}

/**
 * Shows a user in a row.
 *
 * @param {HTMLTableRowElement} row
 * @param {ListedUser} user
 */
export function showUser(row, user) {
  users.set(row, user);
  fillIn(row, user);
  find(row, '.you').hidden = !isCurrentUser(user);
  find(row, '.contact').hidden = !user.email;
  menuButton(row).setAttribute('aria-label', `Actions for ${user.username}`);
}

/**
 * @param {Element} row
 * @returns {ListedUser}
 */
export function userOf(row) {
  const user = users.get(row);
  if (!user) throw new Error('The row has no user.');
  return user;
}

/**
 * @param {(user: ListedUser) => boolean} condition
 * @returns {HTMLTableRowElement | null} the row of the first user who meets it
 */
export function findRow(condition) {
  const found = [...rows.children].find((row) => condition(userOf(row)));
  return /** @type {HTMLTableRowElement | undefined} */ (found) ?? null;
}

/**
 * @param {Element} row
 * @returns {HTMLElement}
 */
export function menuButton(row) {
  return find(row, '.menu-button');
}
