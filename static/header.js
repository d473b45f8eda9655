/** The header: links to the pages, the user who is logged in, and the button that logs out. */

import { ADMIN } from './api.js';
import { byId } from './ui.js';

/**
 * Shows in the header who is logged in, with the links to the pages that this user may open.
 *
 * @param {import('./api.js').User | null} user null if nobody is logged in
 */
export function showHeader(user) {
  byId('nav').hidden = user === null;
  byId('nav-users').hidden = !user?.roles.includes(ADMIN);
  byId('who').hidden = user === null;
  byId('who-name').textContent = user?.name ?? '';
  byId('who-initial').textContent = initialOf(user?.name ?? '');
}

/**
 * @param {string} name
 * @returns {string} what stands for the name in a small circle
 */
export function initialOf(name) {
  return Array.from(name)[0]?.toUpperCase() ?? '';
}
