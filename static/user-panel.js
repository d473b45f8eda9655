/** The panel that shows one user. */

import { initialOf } from './header.js';
import { clearOutcomes } from './outcome.js';
import { forgetLink, makeLink } from './password-link.js';
import { byId, find, isBusy, setBusy } from './ui.js';
import { clearDevices, loadDevices } from './user-devices.js';
import { fillIn, stateAction, updateTimes } from './user-view.js';
import { saveOpenUser } from './users-address.js';

/** @typedef {import('./users-api.js').ListedUser} ListedUser */

const panel = byId('panel', HTMLDialogElement);
const listCard = byId('list');

/** The user that the panel shows; null while it is closed. @type {ListedUser | null} */
let shown = null;
/** How often the panel has been opened. */
let openings = 0;

/**
 * @param {(command: string, user: ListedUser, button: HTMLElement) => void} choose called with the
 *   value of a button that was pressed
 * @param {(user: ListedUser) => void} onClose called after somebody has closed the panel
 */
export function preparePanel(choose, onClose) {
  const close = () => {
    const user = shown;
    closePanel();
    if (user) onClose(user);
  };
  byId('close-panel').addEventListener('click', close);
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
  });
  panel.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null;
    if (shown && button?.value && !isBusy(button)) choose(button.value, shown, button);
  });
  // The page closes its dialogs when it shows another card. This event comes late: the panel may be
  // open again by then.
  panel.addEventListener('close', () => {
    if (!panel.open) forgetUser();
  });
}

/**
 * Opens the panel for a user and moves the focus to its heading.
 *
 * @param {ListedUser} user
 */
export function openPanel(user) {
  forgetUser();
  openings += 1;
  clearOutcomes(panel);
  showInPanel(user);
  saveOpenUser(user.username);
  if (!panel.open) panel.show();
  panel.scrollTop = 0;
  byId('panel-name').focus();
  loadDevices(user, shownChecker());
}

/** Closes the panel. The caller moves the focus. */
export function closePanel() {
  saveOpenUser('');
  panel.close();
  forgetUser();
}

/** @returns {ListedUser | null} */
export function panelUser() {
  return shown;
}

/**
 * Shows a user who has changed since the panel was opened.
 *
 * @param {ListedUser} user
 */
export function showInPanel(user) {
  if (user.disabled && !shown?.disabled) forgetLink(); // which no longer works
  shown = user;
  fillIn(panel, user);
  byId('panel-initial').textContent = initialOf(user.username);
  find(panel, '.no-email').hidden = Boolean(user.email);
  find(panel, '.change-state').textContent = stateAction(user);
}

export function updatePanelTimes() {
  if (shown) updateTimes(panel);
}

export function reloadDevices() {
  if (shown) loadDevices(shown, shownChecker());
}

/** Makes a set-password link for the user that the panel shows. */
export async function makeLinkInPanel() {
  if (shown) await makeLink(shown, outcomePlace(), shownChecker());
}

/**
 * @returns {() => HTMLElement} returns where to say what becomes of an action started now in the
 *   panel: there, or in the list once the panel is closed or shows another user
 */
export function outcomePlace() {
  const isShown = shownChecker();
  return () => (isShown() ? panel : listCard);
}

/** @returns {() => boolean} whether the panel has been open for the same user ever since */
function shownChecker() {
  const opening = openings;
  return () => shown !== null && openings === opening;
}

function forgetUser() {
  shown = null;
  for (const button of panel.querySelectorAll('button')) setBusy(button);
  forgetLink();
  clearDevices();
}
