/** The page on which administrators find and manage users: the search and the list. */

import { ADMIN, listUsers } from './api.js';
import { currentUser, explainError, recheckLogin, startPage, startTask } from './protected-page.js';
import { openRolesDialog } from './roles-dialog.js';
import { withToken } from './session.js';
import { onRowButton } from './table-row.js';
import { announce, byId, find, isBusy, setBusy, showError } from './ui.js';
import { changeState, removeUser } from './user-actions.js';
import { newUserRow, updateTime } from './user-row.js';

/** @typedef {{users: import('./api.js').ListedUser[], next: string | null}} UsersResponse */

/** How long to wait after a keystroke before searching, in case the user is still typing. */
const TYPING_PAUSE_MS = 200;

const search = byId('search', HTMLInputElement);
const table = byId('users');
const rows = byId('rows');
const moreButton = byId('more');
const errors = byId('errors');

/**
 * What the list shows. `next` says where it continues; null at its end.
 *
 * @type {{prefix: string, count: number, next: string | null}}
 */
let list = { prefix: '', count: 0, next: null };
/** What the button below the list does. */
let moreAction = showMore;
/** The timer that waits until the user stops typing. */
let typingTimer = 0;

byId('search-form').addEventListener('submit', (event) => {
  event.preventDefault();
  searchUsers();
});
search.addEventListener('input', () => {
  clearTimeout(typingTimer);
  typingTimer = setTimeout(searchUsers, TYPING_PAUSE_MS);
});
moreButton.addEventListener('click', () => {
  if (!isBusy(moreButton)) moreAction();
});
onRowButton(rows, async (row, button) => {
  if (button.matches('.change-state')) changeState(row);
  else if (button.matches('.change-roles')) openRolesDialog(row);
  else if (await removeUser(row)) {
    list.count -= 1;
    showCount();
  }
});

startPage({ role: ADMIN, show, tick, wake: recheckLogin });

function show() {
  rows.replaceChildren();
  searchUsers();
}

function tick() {
  for (const row of rows.children) updateTime(row);
}

/** Shows the first users whose username begins with the text in the search field. */
async function searchUsers() {
  clearTimeout(typingTimer);
  if (!currentUser()) return;
  const prefix = search.value.trim();
  const response = await requestUsers(prefix, null, searchUsers);
  if (!response) return;
  list = { prefix, count: 0, next: null };
  rows.replaceChildren();
  appendUsers(response);
}

/** Shows more users below the list and moves the focus to the first of them. */
async function showMore() {
  const response = await requestUsers(list.prefix, list.next, showMore);
  if (!response) return;
  const [first] = appendUsers(response);
  if (first) find(first, '.who').focus();
}

/**
 * Requests users. If that fails, says why and offers to try again.
 *
 * @param {string} prefix
 * @param {string | null} after
 * @param {() => Promise<void>} retry
 * @returns {Promise<UsersResponse | null>} null if it failed or something newer was requested since
 */
async function requestUsers(prefix, after, retry) {
  const isNewest = startTask();
  errors.replaceChildren();
  table.setAttribute('aria-busy', 'true');
  if (!moreButton.hidden) setBusy(moreButton, 'Loading…');
  try {
    const response = await withToken((token) => listUsers(token, prefix, after));
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
  table.hidden = list.count === 0;
  announce(showCount());
  setMoreButton('Show more', showMore);
  moreButton.hidden = next === null;
  return added;
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

/** @returns {string} what it shows */
function showCount() {
  const { prefix, count, next } = list;
  const condition = prefix === '' ? '' : ` whose username begins with “${prefix}”`;
  const users = `${count} ${count === 1 ? 'user' : 'users'}${condition}.`;
  let text = next === null ? users : `The first ${users} There are more.`;
  if (count === 0) text = prefix === '' ? 'There are no users.' : `No username begins with “${prefix}”.`;
  byId('count').textContent = text;
  return text;
}
