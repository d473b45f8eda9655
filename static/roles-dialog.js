/** The dialog that changes the roles of a user. */

import { ADMIN } from './api.js';
import { prepareClosing } from './form-dialog.js';
import { prepareMemberForm } from './member-form.js';
import { showOutcome } from './outcome.js';
import { showForbidden } from './protected-page.js';
import { readRoles } from './role-names.js';
import { withToken } from './session.js';
import { announce, byId, isBusy, newChip } from './ui.js';
import { isCurrentUser } from './user-view.js';
import { updateUser } from './users-api.js';

/** @typedef {import('./users-api.js').ListedUser} ListedUser */

/**
 * @typedef {object} Edit what the dialog changes
 * @property {ListedUser} user
 * @property {string[]} roles
 * @property {() => HTMLElement} place returns what shows the outcome
 * @property {(changed: ListedUser) => void} onChange
 */

const dialog = byId('roles-dialog', HTMLDialogElement);
const chips = byId('roles');
const field = byId('role', HTMLInputElement);
const saveButton = byId('save-roles');
const form = prepareMemberForm({ 'body.roles': field }, 'roles-errors', saveButton.id, save);

/** Null until the dialog is first opened. @type {Edit | null} */
let edit = null;

byId('add-role').addEventListener('click', () => {
  if (edit && !isBusy(saveButton)) addRoles(edit);
  field.focus();
});
field.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.isComposing) return;
  event.preventDefault(); // Enter adds the role; it doesn't save the dialog
  if (edit && !isBusy(saveButton)) addRoles(edit);
});
chips.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('button') : null;
  if (edit && button && !isBusy(saveButton)) removeRole(edit, button.value);
});
prepareClosing(dialog, 'roles-cancel', saveButton.id);

/**
 * Opens the dialog.
 *
 * @param {ListedUser} user
 * @param {() => HTMLElement} place returns what shows the outcome
 * @param {(changed: ListedUser) => void} onChange
 */
export function openRolesDialog(user, place, onChange) {
  edit = { user, roles: [...user.roles], place, onChange };
  byId('roles-heading').textContent = `Roles of ${user.username}`;
  field.value = '';
  form.clearErrors();
  announce('', byId('roles-status'));
  showRoles(edit);
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
  form.clearErrors();
  if (mistake !== null) {
    form.showFieldError(field, mistake);
    return false;
  }
  edit.roles = roles;
  field.value = '';
  showRoles(edit);
  if (added.length > 0) announce(`Added ${added.join(', ')}.`);
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
  announce(`Removed ${role}.`);
}

/** @param {import('./api.js').User} admin who is logged in */
async function save(admin) {
  if (!edit || !addRoles(edit)) return;
  const { user, roles, place, onChange } = edit;
  if (roles.join() === user.roles.join()) return dialog.close();
  const saved = await form.send('Saving…', () => withToken((token) => updateUser(token, user.id, { roles })));
  if (!saved) return;
  dialog.close();
  if (isCurrentUser(user) && !saved.value.roles.includes(ADMIN)) return showForbidden(admin);
  onChange(saved.value);
  showOutcome(place(), `The roles of ${user.username} have been saved.`);
}
