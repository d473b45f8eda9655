/** The cards of a page: the sections of which one at a time is visible. */

import { announce, byId, find } from './ui.js';

/**
 * Makes a card the visible one and closes all dialogs. If the focus was in the card before, it
 * moves to the new card's heading.
 *
 * @param {string} id
 * @param {string} [reason] what the card says about why it is shown; announced with the heading
 */
export function switchToCard(id, reason) {
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
  const main = byId('main');
  const hadFocus = main !== document.activeElement && main.contains(document.activeElement);
  for (const card of main.querySelectorAll('section.card')) {
    if (card instanceof HTMLElement) card.hidden = card.id !== id;
  }
  const heading = find(byId(id), 'h1');
  if (hadFocus) heading.focus();
  if (!reason) return;
  byId(`${id}-reason`).textContent = reason;
  announce(`${heading.textContent}. ${reason}`);
}
