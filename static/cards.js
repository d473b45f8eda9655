/** The cards of a page: the sections of which one at a time is visible. The title follows them. */

import { announce, byId, find } from './ui.js';

/** The title of the page itself. */
const pageTitle = document.title;
/** Cards under which the page keeps its own title. */
const OWN_CARDS = ['checking', 'content'];

/**
 * Makes a card the visible one and closes all dialogs. If the focus was in the card before or
 * on the button that logs out, it moves to the new card's heading.
 *
 * @param {string} id
 * @param {string} [reason] what the card says about why it is shown; announced with the heading
 */
export function switchToCard(id, reason) {
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
  const main = byId('main');
  const focused = document.activeElement;
  const hadFocus = focused !== main && focused?.closest('#main, #who');
  for (const card of main.querySelectorAll(':scope > section')) {
    if (card instanceof HTMLElement) card.hidden = card.id !== id;
  }
  const heading = find(byId(id), 'h1');
  const appName = find(document, 'meta[name=application-name]', HTMLMetaElement).content;
  document.title = OWN_CARDS.includes(id) ? pageTitle : `${heading.textContent} · ${appName}`;
  if (hadFocus) heading.focus();
  if (!reason) return;
  byId(`${id}-reason`).textContent = reason;
  announce(`${heading.textContent}. ${reason}`);
}
