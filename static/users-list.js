/** The list of users: the search above it, and going on at its end. */

import { closeMenu } from './row-menu.js';
import { currentUser, explainError, startTask } from './protected-page.js';
import { withToken } from './session.js';
import { announce, byId, find, onPress, setBusy, showError } from './ui.js';
import { panelUser } from './user-panel.js';
import { menuButton, newUserRow, userOf } from './user-row.js';
import { updateTimes } from './user-view.js';
import { clearFields, fillFields, readFields, saveQuery } from './users-address.js';
import { listUsers } from './users-api.js';

/** @typedef {import('./users-api.js').ListedUser} ListedUser */
/** @typedef {import('./users-api.js').Query} Query */
/** @typedef {import('./users-api.js').UsersResponse} UsersResponse */

/** How long to wait after a keystroke before searching, in case the user is still typing. */
const TYPING_PAUSE_MS = 200;

const form = byId('search-form');
const search = byId('search', HTMLInputElement);
const knownRoles = byId('known-roles');
const table = byId('users');
const rows = byId('rows');
const moreButton = byId('more');
const errors = byId('errors');

/**
 * What the list shows. `next` says where it continues; null at its end.
 *
 * @type {{query: Query, count: number, next: string | null}}
 */
let list = { query: readFields(), count: 0, next: null };
/** What the button below the list does. */
let moreAction = showMore;
/** The timer that waits until the user stops typing. */
let typingTimer = 0;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  searchUsers();
});
form.addEventListener('change', () => {
  // A click elsewhere ends the typing, often long after the search.
  if (JSON.stringify(readFields()) !== JSON.stringify(list.query)) searchUsers();
});
form.addEventListener('input', () => {
  clearTimeout(typingTimer);
  // Nobody has half a role: one that is new to this page counts when it has been typed.
  const { role } = readFields();
  if (role === '' || role === list.query.role || isKnownRole(role)) {
    typingTimer = setTimeout(searchUsers, TYPING_PAUSE_MS);
  }
});
onPress(moreButton, () => moreAction());

/** Empties the list, then shows what the page's address asks for. */
export async function showList() {
  closeMenu();
  rows.replaceChildren();
  fillFields();
  await searchUsers();
}

export function updateListTimes() {
  for (const row of rows.children) updateTimes(row);
}

/** Marks the row of the user whose panel is open, if it is in the list. */
export function markOpenRow() {
  for (const row of rows.children) {
    if (userOf(row).id === panelUser()?.id) row.setAttribute('aria-current', 'true');
    else row.removeAttribute('aria-current');
  }
}

/**
 * Removes the row of a user who has been deleted. If it has the focus, that moves to the row after.
 *
 * @param {HTMLTableRowElement} row
 */
export function removeRow(row) {
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  const hadFocus = row.contains(document.activeElement);
  closeMenu();
  row.remove();
  list.count -= 1;
  showCount();
  if (hadFocus) (neighbour ? menuButton(neighbour) : search).focus();
}

/** Shows the first users that the fields above the list ask for. */
export async function searchUsers() {
  clearTimeout(typingTimer);
  if (!currentUser()) return;
  const query = readFields();
  saveQuery(query);
  const response = await requestUsers(query, null, searchUsers);
  if (!response) return;
  list = { query, count: 0, next: null };
  const hadFocus = rows.contains(document.activeElement);
  closeMenu();
  rows.replaceChildren();
  appendUsers(response);
  if (hadFocus) byId('users-heading').focus();
}

/** Shows more users below the list and moves the focus to the first of them. */
async function showMore() {
  const response = await requestUsers(list.query, list.next, showMore);
  if (!response) return;
  const [first] = appendUsers(response);
  if (first) find(first, '.who').focus();
}

/** Lists all users again, after a search that has found none. */
async function showAll() {
  clearFields();
  search.focus();
  await searchUsers();
}

/**
 * Requests users. If that fails, says why and offers to try again.
 *
 * @param {Query} query
 * @param {string | null} after
 * @param {() => Promise<void>} retry
 * @returns {Promise<UsersResponse | null>} null if it failed or something newer was requested since
 */
async function requestUsers(query, after, retry) {
  const isNewest = startTask();
  errors.replaceChildren();
  table.setAttribute('aria-busy', 'true');
  if (!moreButton.hidden) setBusy(moreButton, 'Loading…');
  try {
    const response = await withToken((token) => listUsers(token, query, after));
    return isNewest() ? response : null;
  } catch (error) {
    const message = isNewest() ? explainError(error) : null;
    if (message === null) return null;
    setMoreButton('Try again', retry);
    showError(errors, message);
    return null;
  } finally {
    if (isNewest()) table.removeAttribute('aria-busy');
  }
}

/**
 * @param {UsersResponse} response
 * @returns {HTMLTableRowElement[]} the new rows
 */
function appendUsers({ users, next }) {
  const added = users.map(newUserRow);
  rows.append(...added);
  list.count += added.length;
  list.next = next;
  showCount();
  announce(byId('count').textContent ?? '');
  rememberRoles(users.flatMap(({ roles }) => roles));
  markOpenRow();
  return added;
}

/** Says how many users are shown, and offers what can be done to see others. */
function showCount() {
  const { query, count, next } = list;
  const isFiltered = Object.values(query).some((value) => value !== '');
  const users = count === 0 ? 'No users' : `${count} ${count === 1 ? 'user' : 'users'}`;
  const found = isFiltered || count === 0 ? `${users} found` : users;
  byId('count').textContent = next === null ? `${found}.` : `First ${users}.`;
  if (next !== null && count === 0) byId('count').textContent = 'No users found so far.';
  table.hidden = count === 0;
  if (next !== null) setMoreButton('Show more', showMore);
  else if (isFiltered && count === 0) setMoreButton('Show all users', showAll);
  else moreButton.hidden = true;
}

/**
 * Changes what the button below the list says and does.
 *
 * @param {string} label
 * @param {() => Promise<void>} action
 */
function setMoreButton(label, action) {
  setBusy(moreButton);
  moreButton.textContent = label;
  moreButton.hidden = false;
  moreAction = action;
}

/** @param {string[]} roles */
function rememberRoles(roles) {
  for (const role of new Set(roles)) {
    if (!isKnownRole(role)) knownRoles.append(new Option(role, role));
  }
}

/** @param {string} role */
function isKnownRole(role) {
  return [...knownRoles.children].some((option) => option instanceof HTMLOptionElement && option.value === role);
}
