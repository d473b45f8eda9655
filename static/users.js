/** The page on which administrators find and manage users: what its menu, panel and dialogs do. */

import { openAddDialog } from './add-user-dialog.js';
import { ADMIN } from './api.js';
import { openEmailDialog } from './email-dialog.js';
import { clearOutcomes, showFailure, showOutcome } from './outcome.js';
import { currentUser, explainError, recheckLogin, startPage } from './protected-page.js';
import { openRolesDialog } from './roles-dialog.js';
import { prepareRowMenu } from './row-menu.js';
import { withToken } from './session.js';
import { byId, find, onPress } from './ui.js';
import { changeState, logOutEverywhere, removeUser } from './user-actions.js';
import * as userPanel from './user-panel.js';
import { findRow, menuButton, showUser, userOf } from './user-row.js';
import { stateAction } from './user-view.js';
import { onMove, openUser, readFields, saveOpenUser, saveQuery } from './users-address.js';
import { findUser } from './users-api.js';
import { markOpenRow, removeRow, searchUsers, showList, updateListTimes } from './users-list.js';

/** @typedef {import('./users-api.js').ListedUser} ListedUser */

const listCard = byId('list');
const rows = byId('rows');

onPress(byId('add-user'), () => openAddDialog(showAdded));
rows.addEventListener('click', ({ target }) => {
  const row = target instanceof Element ? target.closest('.details')?.closest('tr') : null;
  if (row) open(userOf(row));
});
prepareRowMenu(
  rows,
  (row, menu) => {
    const user = userOf(row);
    menu.setAttribute('aria-label', `Actions for ${user.username}`);
    find(menu, '.change-state').textContent = stateAction(user);
  },
  (command, row, button) => run(command, userOf(row), { place: () => listCard, button }),
);
userPanel.preparePanel(
  (command, user, button) => run(command, user, { place: userPanel.outcomePlace(), button }),
  returnToList,
);
onMove(followAddress);

startPage({ role: ADMIN, show, tick, wake: recheckLogin });

async function show() {
  clearOutcomes(listCard);
  await showList();
  openFromAddress();
}

function tick() {
  updateListTimes();
  userPanel.updatePanelTimes();
}

/**
 * Does what was chosen in the menu of a row or in the panel.
 *
 * @param {string} command
 * @param {ListedUser} user
 * @param {import('./user-actions.js').Origin} origin
 */
async function run(command, user, origin) {
  clearOutcomes();
  if (command === 'details') {
    open(user);
  } else if (command === 'link') {
    if (userPanel.panelUser()?.id !== user.id) open(user);
    userPanel.makeLinkInPanel();
  } else if (command === 'email') {
    openEmailDialog(user, origin.place, showChanged);
  } else if (command === 'roles') {
    openRolesDialog(user, origin.place, showChanged);
  } else if (command === 'state') {
    const changed = await changeState(user, origin);
    if (changed) showChanged(changed);
  } else if (command === 'log-out') {
    if (await logOutEverywhere(user, origin)) userPanel.reloadDevices();
  } else if (command === 'delete') {
    if (await removeUser(user, origin)) showDeleted(user);
  }
}

/** @param {ListedUser} user */
function open(user) {
  clearOutcomes(listCard);
  userPanel.openPanel(user);
  markOpenRow();
}

/**
 * Moves the focus from the panel, which has been closed, to the user's row.
 *
 * @param {ListedUser} user
 */
function returnToList(user) {
  markOpenRow();
  const row = findRow(({ id }) => id === user.id);
  (row ? menuButton(row) : byId('add-user')).focus();
}

/** @param {ListedUser} user */
function showChanged(user) {
  const row = findRow(({ id }) => id === user.id);
  if (row) showUser(row, user);
  const before = userPanel.panelUser();
  if (before?.id !== user.id) return;
  userPanel.showInPanel(user);
  if (before.disabled !== user.disabled) userPanel.reloadDevices(); // a disabled user is logged out
}

/** @param {ListedUser} user */
function showDeleted(user) {
  if (userPanel.panelUser()?.id === user.id) {
    userPanel.closePanel();
    returnToList(user);
  }
  const row = findRow(({ id }) => id === user.id);
  if (row) removeRow(row);
  showOutcome(listCard, `${user.username} has been deleted.`);
}

/**
 * Shows a user who has just been added.
 *
 * @param {ListedUser} user
 * @param {boolean} needsLink
 */
async function showAdded(user, needsLink) {
  const admin = currentUser();
  open(user);
  const place = userPanel.outcomePlace();
  await searchUsers(); // which announces how many there are
  if (currentUser() !== admin) return;
  showOutcome(place(), `${user.username} has been added.`);
  if (needsLink && place() !== listCard) userPanel.makeLinkInPanel();
}

/**
 * Makes the panel agree with the address after a move in the history. The search stays as it is.
 *
 * @param {boolean} isOwn whether the page has moved by itself, after somebody closed the panel
 */
function followAddress(isOwn) {
  if (!currentUser()) return;
  saveQuery(readFields());
  const user = userPanel.panelUser();
  if (isOwn) {
    saveOpenUser(user?.username ?? ''); // another panel may have been opened meanwhile
  } else if (openUser() !== '') {
    openFromAddress();
  } else if (user) {
    userPanel.closePanel();
    returnToList(user);
  }
}

/** Opens the panel of the user in the page's address. Without such a user, changes the address. */
async function openFromAddress() {
  const name = openUser();
  const admin = currentUser();
  const before = userPanel.panelUser();
  if (name === '' || !admin || name === before?.username) return;
  const hasMovedOn = () => currentUser() !== admin || userPanel.panelUser() !== before || openUser() !== name;
  const row = findRow(({ username }) => username === name);
  try {
    const user = row ? userOf(row) : await withToken((token) => findUser(token, name));
    if (hasMovedOn()) return;
    if (user) open(user);
    else saveOpenUser('');
  } catch (error) {
    const message = hasMovedOn() ? null : explainError(error);
    if (message !== null) showFailure(listCard, message);
  }
}
