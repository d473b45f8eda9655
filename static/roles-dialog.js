/** The dialog that changes the roles of a user. */

import { ADMIN } from './api.js';
import { markInvalid, markValid } from './form.js';
import { currentUser, explainError, showForbidden } from './protected-page.js';
import { readRoles } from './role-names.js';
import { withToken } from './session.js';
import { showOutcome, showRowError } from './table-row.js';
import { announce, byId, isBusy, newChip, setBusy, showError } from './ui.js';
import { isCurrentUser } from './user-view.js';
import { updateUser } from './users-api.js';

/** @typedef {import('./users-api.js').ListedUser} ListedUser */

/**
 * @typedef {object} Edit what the open dialog changes
 * @property {ListedUser} user
 * @property {string[]} roles
 * @property {HTMLElement} place shows the outcome
 * @property {(changed: ListedUser) => void} onChange
 */

const dialog = byId('roles-dialog', HTMLDialogElement);
const chips = byId('roles');
const field = byId('role', HTMLInputElement);
const errors = byId('roles-errors');
const status = byId('roles-status');
const saveButton = byId('save-roles');

/** Null while the dialog is closed. @type {Edit | null} */
let openEdit = null;

byId('roles-form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (openEdit && !isBusy(saveButton) && addRoles(openEdit)) save(openEdit);
});
byId('add-role').addEventListener('click', () => {
  if (openEdit && !isBusy(saveButton)) addRoles(openEdit);
  field.focus();
});
field.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.isComposing) return;
  event.preventDefault(); // Enter adds the role; it doesn't save the dialog
  if (openEdit && !isBusy(saveButton)) addRoles(openEdit);
});
field.addEventListener('input', () => markValid(field));
chips.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('button') : null;
  if (openEdit && button && !isBusy(saveButton)) removeRole(openEdit, button.value);
});
byId('roles-cancel').addEventListener('click', () => dialog.close());
dialog.addEventListener('close', () => {
  openEdit = null;
});

/**
 * Opens the dialog.
 *
 * @param {ListedUser} user
 * @param {HTMLElement} place the list or the panel, which shows the outcome
 * @param {(changed: ListedUser) => void} onChange
 */
export function openRolesDialog(user, place, onChange) {
  openEdit = { user, roles: [...user.roles], place, onChange };
  showOutcome(place, '');
  byId('roles-heading').textContent = `Roles of ${user.username}`;
  errors.replaceChildren();
  field.value = '';
  markValid(field);
  announce('', status);
  showRoles(openEdit);
  dialog.showModal();
}

/** @param {Edit} edit */
function showRoles({ user, roles }) {
  chips.replaceChildren(...roles.map(newRemovableChip));
  chips.hidden = roles.length === 0;
  byId('no-roles').hidden = roles.length > 0;
  const losesAccess = isCurrentUser(user) && !roles.includes(ADMIN);
  byId('roles-warning').hidden = !losesAccess;
  byId('roles-warning').textContent = losesAccess
    ? `This is your own account. Without the role ${ADMIN}, you can't manage users any more.`
    : '';
}

/** @param {string} role */
function newRemovableChip(role) {
  const chip = newChip(role);
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'drop';
  button.value = role;
  button.setAttribute('aria-label', `Remove ${role}`);
  button.textContent = '×';
  chip.append(button);
  return chip;
}

/**
 * Adds the roles in the field.
 *
 * @param {Edit} edit
 * @returns {boolean} false if one of them is invalid
 */
function addRoles(edit) {
  const { added, roles, mistake } = readRoles(field, edit.roles);
  errors.replaceChildren();
  if (mistake !== null) {
    markInvalid(field, mistake);
    announce(mistake, status);
    field.focus();
    return false;
  }
  edit.roles = roles;
  field.value = '';
  showRoles(edit);
  if (added.length > 0) announce(`Added ${added.join(', ')}.`, status);
  return true;
}

/**
 * Removes a role. The focus moves to the next role, or to the field after the last one.
 *
 * @param {Edit} edit
 * @param {string} role
 */
function removeRole(edit, role) {
  const index = edit.roles.indexOf(role);
  edit.roles.splice(index, 1);
  showRoles(edit);
  const buttons = chips.querySelectorAll('button');
  (buttons[Math.min(index, buttons.length - 1)] ?? field).focus();
  announce(`Removed ${role}.`, status);
}

/** @param {Edit} saved */
async function save(saved) {
  const { user, roles, place, onChange } = saved;
  if (roles.join() === user.roles.join()) return dialog.close();
  setBusy(saveButton, 'Saving…');
  announce('Saving…', status);
  const before = currentUser();
  try {
    const changed = await withToken((token) => updateUser(token, user.id, { roles }));
    if (!before || currentUser() !== before) return;
    if (openEdit === saved) dialog.close();
    if (isCurrentUser(user) && !changed.roles.includes(ADMIN)) return showForbidden(before);
    onChange(changed);
    showOutcome(place, `The roles of ${user.username} have been saved.`);
  } catch (error) {
    const message = currentUser() === before ? explainError(error) : null;
    if (message === null) return;
    announce('', status);
    if (openEdit === saved) showError(errors, message);
    else showRowError(place, message); // the dialog was closed before the response arrived
  } finally {
    setBusy(saveButton);
  }
}
