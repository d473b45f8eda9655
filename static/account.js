/** The account page: the profile, the password, the devices and the end of the account. */

import './account-deletion.js';
import { clearOutcomes } from './outcome.js';
import { resetPasswordForm } from './password-form.js';
import { loadProfile } from './profile-form.js';
import { checkLogin, startPage } from './protected-page.js';
import { loadSessions, resetSessions, updateTimes } from './session-list.js';
import { byId } from './ui.js';

/** The id of the part that the address leads to; empty once the page has shown it. */
let target = window.location.hash.slice(1);

startPage({ show, tick: updateTimes, wake: checkLogin });

/** @param {import('./api.js').User} user */
async function show({ name }) {
  byId('name').textContent = name;
  clearOutcomes();
  resetPasswordForm(name);
  resetSessions();
  const loading = Promise.all([loadProfile(), loadSessions()]);
  const shown = showTarget();
  await loading;
  // The list has made the page longer. Scroll again, unless the user does something else by now.
  if (shown && document.activeElement === shown) shown.scrollIntoView();
}

/**
 * Goes to the part of the page that its address names. The browser can't, because the page is
 * hidden while it loads.
 *
 * @returns {HTMLElement | null} what has the focus now
 */
function showTarget() {
  const part = target && byId('content').querySelector(`#${CSS.escape(target)}`);
  target = '';
  const element = part && (part.querySelector('h2') ?? part);
  if (!(element instanceof HTMLElement)) return null;
  element.focus({ preventScroll: true });
  element.scrollIntoView();
  return element;
}
