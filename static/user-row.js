/** The rows of the list of users: one per user. */

import { serverTime } from './clock.js';
import { currentUser } from './protected-page.js';
import { newRow } from './table-row.js';
import { setTime, showTimeAgo } from './time.js';
import { find, newChip } from './ui.js';

/** @typedef {import('./api.js').ListedUser} ListedUser */

/** @type {WeakMap<Element, ListedUser>} */
const users = new WeakMap();

/**
 * @param {ListedUser} user
 * @returns {HTMLTableRowElement}
 */
export function newUserRow(user) {
  const row = newRow('user-row');
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
  row.classList.toggle('disabled', user.disabled);
  find(row, '.username').textContent = user.username;
  find(row, '.you').hidden = !isCurrentUser(user);
  find(row, '.email').textContent = user.email ?? '';
  find(row, '.contact').hidden = !user.email;
  find(row, '.chips').hidden = user.roles.length === 0;
  find(row, '.chips').replaceChildren(...user.roles.map(newChip));
  find(row, '.no-roles').hidden = user.roles.length > 0;
  find(row, '.state').textContent = user.disabled ? 'Disabled' : 'Enabled';
  find(row, '.change-state').textContent = user.disabled ? 'Enable' : 'Disable';
  for (const button of row.querySelectorAll('button')) {
    button.setAttribute('aria-label', `${button.textContent} ${user.username}`);
  }
  setTime(find(row, '.created', HTMLTimeElement), new Date(user.created_at));
  updateTime(row);
}

/**
 * Updates how long ago the user was created.
 *
 * @param {Element} row
 */
export function updateTime(row) {
  if (users.has(row)) showTimeAgo(find(row, '.created', HTMLTimeElement), serverTime());
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
 * @param {ListedUser} user
 * @returns {boolean} whether it is the user who is logged in
 */
export function isCurrentUser(user) {
  return user.id === currentUser()?.id;
}
