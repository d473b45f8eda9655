/** The home page: says who is logged in and what becomes of that, and takes everybody else to the login page. */

import { explain } from './api.js';
import { begin, check, isOver, session, show, start } from './member.js';
import { logOut, outlook } from './session.js';
import { setExact, until } from './time.js';
import { announce, byId, chip, isBusy, setBusy, setText, showError } from './ui.js';

/** How far the exact time may be from the one that shows: answers take longer at times. */
const EXACT_MS = 1_500;

const logOutButton = byId('log-out');
const ends = byId('ends');

logOutButton.addEventListener('click', () => {
  if (session && !isBusy(logOutButton)) leave();
});

start({ welcome, tick, wake: check });

async function leave() {
  const holds = begin();
  setBusy(logOutButton, 'Logging out…');
  announce('Logging out…');
  try {
    await logOut();
    if (!holds()) return;
    show('logged-out');
    announce('You are logged out.');
  } catch (error) {
    if (!holds() || isOver(error)) return;
    announce('');
    showError(byId('errors'), `${explain(error)} You are still logged in.`);
  } finally {
    setBusy(logOutButton);
  }
}

/** @param {import('./member.js').Session} session */
function welcome({ user }) {
  byId('name').textContent = user.name;
  byId('avatar').textContent = Array.from(user.name)[0]?.toUpperCase() ?? '';
  byId('roles').hidden = user.roles.length === 0;
  byId('no-roles').hidden = user.roles.length > 0;
  byId('roles').replaceChildren(...user.roles.map(chip));
  byId('errors').replaceChildren();
  announce(`You are logged in as ${user.name}.`);
}

function tick() {
  const { renews, left, late } = outlook();
  byId('ends-row').hidden = left === Infinity;
  if (left === Infinity) return;
  setText(byId('ends-label'), renews ? 'Token renews' : 'Session ends');
  setText(ends, late ? 'when the server can be reached' : until(left));
  const time = session.now() + left;
  if (!(Math.abs(time - Date.parse(ends.dateTime)) < EXACT_MS)) setExact(ends, new Date(time));
}
