/** The home page: shows who is logged in and until when. */

import { serverTime } from './clock.js';
import { initialOf } from './header.js';
import { checkLogin, startPage } from './protected-page.js';
import { renewalStatus } from './renewal.js';
import { durationText, setTime } from './time.js';
import { announce, byId, newChip, setText } from './ui.js';

/** How far the exact time on display may be off: responses don't always take equally long. */
const TOLERANCE_MS = 1_500;

const ends = byId('ends', HTMLTimeElement);

startPage({ countsDown: true, show, tick, wake: checkLogin });

/** @param {import('./api.js').User} user */
function show({ name, roles }) {
  byId('name').textContent = name;
  byId('avatar').textContent = initialOf(name);
  byId('roles').hidden = roles.length === 0;
  byId('no-roles').hidden = roles.length > 0;
  byId('roles').replaceChildren(...roles.map(newChip));
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
