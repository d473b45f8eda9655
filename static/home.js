/** The home page: shows who is logged in and until when. */

import { checkLogin, currentUser, explainError, serverTime, showCard, startPage, startTask } from './protected-page.js';
import { renewalStatus } from './renewal.js';
import { logOut } from './session.js';
import { durationText, setTime } from './time.js';
import { announce, byId, isBusy, newChip, setBusy, setText, showError } from './ui.js';

/** How far the exact time on display may be off: responses don't always take equally long. */
const TOLERANCE_MS = 1_500;

const logOutButton = byId('log-out');
const ends = byId('ends', HTMLTimeElement);

logOutButton.addEventListener('click', () => {
  if (currentUser() && !isBusy(logOutButton)) logOutHere();
});

startPage({ show, tick, wake: checkLogin });

async function logOutHere() {
  const isNewest = startTask();
  setBusy(logOutButton, 'Logging out…');
  announce('Logging out…');
  try {
    await logOut();
    if (!isNewest()) return;
    showCard('logged-out');
    announce('You are logged out.');
  } catch (error) {
    const message = isNewest() ? explainError(error) : null;
    if (message === null) return;
    announce('');
    showError(byId('errors'), `${message} You are still logged in.`);
  } finally {
    setBusy(logOutButton);
  }
}

/** @param {import('./api.js').User} user */
function show({ name, roles }) {
  byId('name').textContent = name;
  byId('avatar').textContent = Array.from(name)[0]?.toUpperCase() ?? '';
  byId('roles').hidden = roles.length === 0;
  byId('no-roles').hidden = roles.length > 0;
  byId('roles').replaceChildren(...roles.map(newChip));
  byId('errors').replaceChildren();
  announce(`You are logged in as ${name}.`);
}

function tick() {
  const { renews, remaining, isLate } = renewalStatus();
  byId('ends-row').hidden = remaining === Infinity;
  if (remaining === Infinity) return;
  setText(byId('ends-label'), renews ? 'Token renewal' : 'Session ends');
  setText(ends, isLate ? 'when the server can be reached' : `in ${durationText(remaining)}`);
  const time = serverTime() + remaining;
  const difference = Math.abs(time - Date.parse(ends.dateTime));
  if (!(difference < TOLERANCE_MS)) setTime(ends, new Date(time)); // at first there is no time, and NaN
}
