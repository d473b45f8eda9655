/** The page on which administrators find and change users. */

import { deleteUser, explain, listUsers, updateUser } from './api.js';
import { confirmed } from './dialog.js';
import { begin, isOver as isLoggedOut, lookAgain, session, start, stop } from './member.js';
import { act, isActing, newRow, replaceRow, tell } from './row.js';
import { call, forget } from './session.js';
import { setExact, showAgo } from './time.js';
import { announce, byId, chip, fullStop, isBusy, setBusy, showError, showNav } from './ui.js';

/** @typedef {import('./api.js').ListedUser} ListedUser */

const ADMIN = 'admin';
const MAX_ROLES = 32;
const ROLE = /^[a-z0-9._:-]{1,64}$/;
/** Who types faster than this has not finished the word. */
const PAUSE_MS = 200;

const search = byId('search');
const table = byId('users');
const rows = byId('rows');
const more = byId('more');
const errors = byId('errors');
const rolesDialog = byId('roles-dialog');
const roleField = byId('role');
const saveRolesButton = byId('save-roles');

/** What the list shows, and where it goes on. @type {{query: string, count: number, next: string | null}} */
let list = { query: '', count: 0, next: null };
/** What the button below the list does. */
let goOn = showMore;
/** The timer that waits for the end of a word. */
let pause = 0;
/** What the roles dialog changes. @type {{row: HTMLElement, user: ListedUser, roles: string[]} | null} */
let edited = null;
/** @type {WeakMap<HTMLElement, ListedUser>} who is in each row */
const users = new WeakMap();

byId('search-form').addEventListener('submit', (event) => {
  event.preventDefault();
  find();
});
search.addEventListener('input', () => {
  clearTimeout(pause);
  pause = setTimeout(find, PAUSE_MS);
});
more.addEventListener('click', () => {
  if (!isBusy(more)) goOn();
});
rows.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  const row = event.target.closest('tr');
  if (!button || isActing(row)) return;
  if (button.matches('.change-state')) changeState(row);
  else if (button.matches('.change-roles')) openRoles(row);
  else remove(row);
});
startRolesDialog();

start({ welcome, tick, wake: lookAgain });

/** @param {import('./member.js').Session} session */
function welcome({ user }) {
  if (!user.roles.includes(ADMIN)) return forbid();
  rows.replaceChildren();
  find();
}

/** Keeps the times right while the page stays open. */
function tick() {
  for (const row of rows.children) {
    if (users.has(row)) showAgo(row.querySelector('.created'), session.now());
  }
}

/** Says that only administrators get any further. */
function forbid() {
  const user = { ...session.user, roles: [] };
  begin();
  stop('forbidden', `To manage users you need the role admin, which ${user.name} does not have. Ask an administrator for it.`);
  showNav(user);
}

/** Shows the first users whose name begins with what the field holds. */
async function find() {
  clearTimeout(pause);
  if (!session) return;
  const query = search.value.trim();
  const answer = await ask(query, null, find);
  if (!answer) return;
  list = { query, count: 0, next: null };
  rows.replaceChildren();
  append(answer);
}

/** Shows the users after those that show, and takes the focus to the first of them. */
async function showMore() {
  const answer = await ask(list.query, list.next, showMore);
  if (!answer) return;
  const first = append(answer)[0];
  first?.querySelector('.who').focus();
}

/**
 * Asks for users.
 *
 * @param {string} query
 * @param {string | null} after
 * @param {() => void} again what to do when it failed and somebody wants to try again
 * @returns {Promise<{users: ListedUser[], next: string | null} | null>} null when it failed, which is said by then, or
 *   when something newer has been asked since
 */
async function ask(query, after, again) {
  const holds = begin();
  errors.replaceChildren();
  table.setAttribute('aria-busy', 'true');
  if (!more.hidden) setBusy(more, 'Loading…');
  try {
    const answer = await call((token) => listUsers(token, query, after));
    return holds() ? answer : null;
  } catch (error) {
    if (holds() && !isOver(error)) offer('Try again', again, explain(error));
    return null;
  } finally {
    if (holds()) table.removeAttribute('aria-busy');
  }
}

/** @returns {HTMLElement[]} the new rows */
function append(answer) {
  const added = answer.users.map(userRow);
  rows.append(...added);
  list.count += added.length;
  list.next = answer.next;
  table.hidden = list.count === 0;
  showCount();
  announce(byId('count').textContent);
  setBusy(more);
  more.hidden = list.next === null;
  if (!more.hidden) offer('Show more', showMore);
  return added;
}

/** Lets the button below the list do something else, and says why when something went wrong. */
function offer(label, action, reason) {
  setBusy(more);
  more.textContent = label;
  more.hidden = false;
  goOn = action;
  if (reason) showError(errors, reason);
}

function showCount() {
  const { query, count, next } = list;
  const found = `${count} ${count === 1 ? 'user' : 'users'}`;
  const which = query === '' ? '' : ` whose name begins with “${query}”`;
  if (count === 0) byId('count').textContent = query === '' ? 'There are no users.' : `There is no user${which}.`;
  else byId('count').textContent = next === null ? `${found}${which}.` : `The first ${found}${which}. There are more.`;
}

/** @param {ListedUser} user */
function userRow(user) {
  const row = newRow('user-row');
  showUser(row, user);
  return row;
}

/** Writes into a row who is in it. */
function showUser(row, user) {
  const part = (name) => row.querySelector(`.${name}`);
  users.set(row, user);
  row.classList.toggle('disabled', user.disabled);
  part('username').textContent = user.username;
  part('you').hidden = !isMe(user);
  part('email').textContent = user.email ?? '';
  part('contact').hidden = !user.email;
  part('chips').hidden = user.roles.length === 0;
  part('chips').replaceChildren(...user.roles.map(chip));
  part('no-roles').hidden = user.roles.length > 0;
  part('state').textContent = user.disabled ? 'Disabled' : 'Enabled';
  part('change-state').textContent = user.disabled ? 'Enable' : 'Disable';
  for (const button of row.querySelectorAll('button')) {
    button.setAttribute('aria-label', `${button.textContent} ${user.username}`);
  }
  setExact(part('created'), new Date(user.created_at));
  showAgo(part('created'), session.now());
}

function isMe(user) {
  return user.id === session.user.id;
}

/** Disables or enables a user. To be disabled hurts only oneself enough to ask first: others can be enabled again. */
async function changeState(row) {
  const user = users.get(row);
  const disabled = !user.disabled;
  if (disabled && isMe(user)) {
    const text = 'This is you. You are logged out at once, and only another administrator can enable you again.';
    if (!(await confirmed('Disable yourself?', text, 'Disable'))) return;
  }
  const button = row.querySelector('.change-state');
  const doing = `${disabled ? 'Disabling' : 'Enabling'} ${user.username}…`;
  const changed = await act(row, button, doing, (token) => updateUser(token, user.id, { disabled }), reasonOf);
  if (!changed) return;
  if (changed.disabled && isMe(user)) return leave(`${user.username} is disabled. Another administrator can enable you again.`);
  showUser(row, changed);
  tell(row, `${user.username} is ${changed.disabled ? 'disabled' : 'enabled'}.`);
}

async function remove(row) {
  const user = users.get(row);
  const text = isMe(user)
    ? 'This is you. You are logged out at once, and your account is gone for good. Somebody else may then take the name.'
    : `${user.username} is logged out everywhere at once, and the account is gone for good. Somebody else may then take the name.`;
  if (!(await confirmed(`Delete ${user.username}?`, text, 'Delete'))) return;
  const button = row.querySelector('.delete');
  const doing = `Deleting ${user.username}…`;
  const done = await act(row, button, doing, (token) => deleteUser(token, user.id).then(() => true), reasonOf);
  if (!done) return;
  const sentence = `${user.username} is deleted.`;
  if (isMe(user)) return leave(sentence);
  list.count -= 1;
  showCount();
  replaceRow(row, sentence);
}

/** Tells whether an error means that this page is over, and shows the card that says so. */
function isOver(error) {
  if (isLoggedOut(error)) return true;
  if (error.status === 403) forbid();
  return error.status === 403;
}

/** Says why something failed, unless that ends the page. @returns {string | null} */
function reasonOf(error) {
  if (isOver(error)) return null;
  const told = [404, 409, 422].includes(error.status) && error.detail;
  return told ? fullStop(error.detail) : explain(error);
}

/** Says goodbye to who has just ended the own session. */
function leave(sentence) {
  begin();
  forget();
  stop('farewell', sentence);
}

function startRolesDialog() {
  byId('roles-form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (!isBusy(saveRolesButton) && addRoles()) saveRoles();
  });
  byId('add-role').addEventListener('click', () => {
    if (!isBusy(saveRolesButton)) addRoles();
    roleField.focus();
  });
  roleField.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    if (!isBusy(saveRolesButton)) addRoles();
  });
  roleField.addEventListener('input', () => roleField.removeAttribute('aria-invalid'));
  byId('roles').addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button && !isBusy(saveRolesButton)) dropRole(button);
  });
  byId('roles-cancel').addEventListener('click', () => rolesDialog.close());
  rolesDialog.addEventListener('close', () => {
    edited = null;
  });
}

function openRoles(row) {
  const user = users.get(row);
  edited = { row, user, roles: [...user.roles] };
  tell(row, '');
  byId('roles-heading').textContent = `Roles of ${user.username}`;
  byId('roles-errors').replaceChildren();
  roleField.value = '';
  roleField.removeAttribute('aria-invalid');
  announce('', byId('roles-status'));
  showRoles();
  rolesDialog.showModal();
}

function showRoles() {
  const { user, roles } = edited;
  byId('roles').replaceChildren(...roles.map(removableChip));
  byId('roles').hidden = roles.length === 0;
  byId('no-roles').hidden = roles.length > 0;
  const losing = isMe(user) && !roles.includes(ADMIN);
  byId('roles-warning').hidden = !losing;
  byId('roles-warning').textContent = losing ? 'This is you. Without the role admin you can no longer manage users.' : '';
}

function removableChip(role) {
  const item = chip(role);
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'drop';
  button.value = role;
  button.setAttribute('aria-label', `Remove ${role}`);
  button.textContent = '×';
  item.append(button);
  return item;
}

/** Adds what the field holds. @returns {boolean} whether nothing was wrong with it */
function addRoles() {
  const added = roleField.value.split(/[\s,]+/).filter(Boolean);
  const roles = [...new Set([...edited.roles, ...added])].sort();
  byId('roles-errors').replaceChildren();
  if (roles.length > MAX_ROLES || !added.every((role) => ROLE.test(role))) {
    const reason = 'A role must be 1 to 64 of a-z, 0-9 and . _ : - signs, and a user has at most 32.';
    showError(byId('roles-errors'), reason);
    roleField.setAttribute('aria-invalid', 'true');
    roleField.focus();
    return false;
  }
  edited.roles = roles;
  roleField.value = '';
  showRoles();
  if (added.length > 0) announce(`Added ${added.join(', ')}.`, byId('roles-status'));
  return true;
}

/** Takes a role away. The focus goes to the next one, or to the field after the last. */
function dropRole(button) {
  const index = edited.roles.indexOf(button.value);
  edited.roles.splice(index, 1);
  showRoles();
  const left = byId('roles').querySelectorAll('button');
  (left[Math.min(index, left.length - 1)] ?? roleField).focus();
  announce(`Removed ${button.value}.`, byId('roles-status'));
}

async function saveRoles() {
  const mine = edited;
  const { row, user, roles } = mine;
  if (roles.join() === user.roles.join()) return rolesDialog.close();
  setBusy(saveRolesButton, 'Saving…');
  announce('Saving…', byId('roles-status'));
  const by = session;
  try {
    const changed = await call((token) => updateUser(token, user.id, { roles }));
    if (session !== by) return;
    if (edited === mine) rolesDialog.close();
    if (isMe(user) && !changed.roles.includes(ADMIN)) return forbid();
    showUser(row, changed);
    tell(row, `The roles of ${user.username} are saved.`);
  } catch (error) {
    const reason = session === by ? reasonOf(error) : null;
    if (reason === null) return;
    // Who left the dialog before the answer came reads it in the row.
    announce('', byId('roles-status'));
    showError(edited === mine ? byId('roles-errors') : row.querySelector('.errors'), reason);
  } finally {
    setBusy(saveRolesButton);
  }
}
