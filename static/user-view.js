/** What a row of the list and the panel both show of a user. */

import { serverTime } from './clock.js';
import { currentUser } from './protected-page.js';
import { setTime, showTimeAgo } from './time.js';
import { find, newChip } from './ui.js';

/** @typedef {import('./users-api.js').ListedUser} ListedUser */

/**
 * @param {HTMLElement} parent a row or the panel
 * @param {ListedUser} user
 */
export function fillIn(parent, user) {
  parent.classList.toggle('disabled', user.disabled);
  find(parent, '.username').textContent = user.username;
  find(parent, '.email').textContent = user.email ?? '';
  find(parent, '.chips').hidden = user.roles.length === 0;
  find(parent, '.chips').replaceChildren(...user.roles.map(newChip));
  find(parent, '.no-roles').hidden = user.roles.length > 0;
  find(parent, '.state').textContent = user.disabled ? 'Disabled' : 'Enabled';
  setTime(find(parent, '.created', HTMLTimeElement), new Date(user.created_at));
  const lastLogin = find(parent, '.last-login', HTMLTimeElement);
  lastLogin.hidden = !user.last_login_at;
  find(parent, '.no-login').hidden = Boolean(user.last_login_at);
  if (user.last_login_at) setTime(lastLogin, new Date(user.last_login_at));
  updateTimes(parent);
}

/**
 * Updates the times that say how long ago something was.
 *
 * @param {Element} parent
 */
export function updateTimes(parent) {
  for (const time of parent.querySelectorAll('time')) {
    if (time.dateTime !== '') showTimeAgo(time, serverTime());
  }
}

/**
 * @param {ListedUser} user
 * @returns {string} what changing the state does
 */
export function stateAction(user) {
  return user.disabled ? 'Enable' : 'Disable';
}

/**
 * @param {ListedUser} user
 * @returns {boolean} whether it is the user who is logged in
 */
export function isCurrentUser(user) {
  return user.id === currentUser()?.id;
}
