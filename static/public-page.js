/**
 * What the pages do that need no login, such as the API docs: a user who is logged in finds the
 * same header as on all other pages, and can log out there.
 */

import * as tokens from './access-token.js';
import { getUser } from './api.js';
import { showHeader } from './header.js';
import { logOutWith } from './log-out.js';
import { describe } from './problem.js';
import { withToken } from './session.js';
import { byId, onPress } from './ui.js';

/** @typedef {import('./api.js').User} User */

/** The user in the header. @type {User | null} */
let user = null;
/** Is called when the header has changed. @type {(user: User | null) => void} */
let onUser = () => {};
/** How often the header has changed or is about to. */
let changes = 0;

/**
 * Shows the header to a user who is logged in, here or in another tab.
 *
 * @param {(user: User | null) => void} [callback] is called each time the header has changed
 */
export function startPublicPage(callback = () => {}) {
  onUser = callback;
  onPress(byId('log-out'), (button) => logOutWith(button, () => showUser(null), describe));
  tokens.onChange((token) => {
    if (token !== null && tokens.subject(token) === user?.id) return; // it has been renewed
    showUser(null); // until it is known who is logged in, so that nobody logs someone else out
    refreshHeader();
  });
  // The browser may show the page again from memory. It must not show the user then.
  window.addEventListener('pagehide', () => showUser(null));
  window.addEventListener('pageshow', ({ persisted }) => persisted && refreshHeader());
  refreshHeader();
}

/** Shows the header to the user who is logged in, as far as is known. */
export async function refreshHeader() {
  changes += 1;
  const change = changes;
  let found = null;
  try {
    if (tokens.load() !== null) ({ user: found } = await withToken(getUser));
  } catch {
    // The page is the same without a login.
  }
  if (change === changes) showUser(found);
}

/** @param {User | null} newUser */
function showUser(newUser) {
  changes += 1;
  user = newUser;
  showHeader(user);
  onUser(user);
}
