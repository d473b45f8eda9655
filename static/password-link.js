/**
 * The part of the panel that makes a set-password link. Anyone who has the link can set the
 * password, so the page has it only while the panel is open.
 */

import { serverTime } from './clock.js';
import { runIn } from './outcome.js';
import { deadlineText } from './time.js';
import { announce, byId, onPress } from './ui.js';
import { makePasswordLink } from './users-api.js';

const hint = byId('link-hint');
const result = byId('link-result');
const field = byId('link', HTMLInputElement);
const copyButton = byId('copy-link');
const makeButton = byId('make-link');
const purpose = hint.textContent;

onPress(copyButton, copy);
field.addEventListener('focus', () => field.select());
// The browser may keep the page in memory. Don't let it keep the link.
window.addEventListener('pagehide', forgetLink);

/** Removes the link from the page. */
export function forgetLink() {
  field.value = '';
  result.hidden = true;
  makeButton.hidden = false;
  hint.textContent = purpose;
  copyButton.textContent = 'Copy link';
}

/**
 * Makes a link, shows it and moves the focus to the button that copies it.
 *
 * @param {import('./users-api.js').ListedUser} user
 * @param {() => HTMLElement} place says why it failed
 * @param {() => boolean} isShown whether the panel still shows this user
 */
export async function makeLink(user, place, isShown) {
  const progress = `Making a link for ${user.username}…`;
  const link = await runIn(place, makeButton, progress, (token) => makePasswordLink(token, user.id));
  if (!link || !isShown()) return;
  field.value = link.url;
  const reminder = user.disabled ? ` ${user.username} can log in only after you have enabled the account.` : '';
  hint.textContent = `Works once, until ${deadlineText(link.expires, serverTime())}. Hand it over in private.${reminder}`;
  result.hidden = false;
  makeButton.hidden = true;
  copyButton.focus();
  announce(`The link is ready. ${hint.textContent}`);
}

async function copy() {
  try {
    await navigator.clipboard.writeText(field.value);
    copyButton.textContent = 'Copied';
    announce('The link has been copied.');
  } catch {
    // Without https, or without permission, only people can copy.
    field.focus();
    field.select();
    hint.textContent = 'Press Ctrl+C to copy the link, or ⌘C on a Mac.';
    announce(hint.textContent);
  }
}
