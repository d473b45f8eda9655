/**
 * What the pages do that need no login, such as the API docs: a user who is logged in finds the same
 * header as on all other pages, and can log out there.
 */

import { load } from './access-token.js';
import { getUser } from './api.js';
import { showHeader } from './header.js';
import { logOutWith } from './log-out.js';
import { describe } from './problem.js';
import { withToken } from './session.js';
import { byId, onPress } from './ui.js';

/** Shows the header to a user who is logged in. */
export async function startPublicPage() {
  onPress(byId('log-out'), (button) => logOutWith(button, () => showHeader(null), describe));
  try {
    if (load() !== null) showHeader((await withToken(getUser)).user);
  } catch {
    // The page is the same without a login.
  }
}
