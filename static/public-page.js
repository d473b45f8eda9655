/**
 * What the pages do that need no login, such as the API docs: a user who is logged in finds the
 * same header as on all other pages, and can log out there.
 */

import { load } from './access-token.js';
import { getUser } from './api.js';
import { showHeader } from './header.js';
import { logOutWith } from './log-out.js';
import { describe } from './problem.js';
import { withToken } from './session.js';
import { byId, onPress } from './ui.js';

/**
 * Shows the header to a user who is logged in.
 *
 * @param {() => void} [onLoggedOut]
 */
export function startPublicPage(onLoggedOut = () => {}) {
  const showNobody = () => {
    showHeader(null);
    onLoggedOut();
  };
  onPress(byId('log-out'), (button) => logOutWith(button, showNobody, describe));
  refreshHeader();
}

/** @returns {Promise<import('./api.js').User | null>} who is logged in, as far as is known */
export async function refreshHeader() {
  let user = null;
  try {
    if (load() !== null) ({ user } = await withToken(getUser));
  } catch {
    // The page is the same without a login.
  }
  showHeader(user);
  return user;
}
