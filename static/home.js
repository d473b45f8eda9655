/** The home page: says who is logged in and until when, and takes everybody else to the login page. */

import { ApiError, explain, logOut } from './api.js';
import { begin, check, session, show, start } from './member.js';
import { until } from './time.js';
import * as tokens from './token.js';
import { announce, byId, chip, isBusy, setBusy, showError } from './ui.js';

const logOutButton = byId('log-out');

logOutButton.addEventListener('click', () => {
  if (session && !isBusy(logOutButton)) leave(session.token);
});

start({ welcome, tick, wake: check });

/** Ends the session on the server first: only then is it true that somebody is logged out. */
async function leave(token) {
  const holds = begin();
  setBusy(logOutButton, 'Logging out…');
  announce('Logging out…');
  try {
    await logOut(token).catch((error) => {
      if (error.status !== 401) throw error; // 401 says that it was over already.
    });
    tokens.forget(token);
    if (!holds()) return;
    show('logged-out');
    announce('You are logged out.');
  } catch (error) {
    if (!holds()) return;
    if (!(error instanceof ApiError)) throw error;
    announce('');
    showError(byId('errors'), `${explain(error)} You are still logged in.`);
  } finally {
    setBusy(logOutButton);
  }
}

/** @param {import('./member.js').Session} session */
function welcome({ user, token }) {
  byId('name').textContent = user.name;
  byId('avatar').textContent = Array.from(user.name)[0]?.toUpperCase() ?? '';
  byId('roles').hidden = user.roles.length === 0;
  byId('no-roles').hidden = user.roles.length > 0;
  byId('roles').replaceChildren(...user.roles.map(chip));
  byId('errors').replaceChildren();
  const expiry = tokens.expiry(token);
  byId('ends-row').hidden = expiry === null;
  if (expiry !== null) {
    byId('ends').dateTime = expiry.toISOString();
    byId('ends').title = expiry.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
  }
  announce(`You are logged in as ${user.name}.`);
}

function tick() {
  const text = until(session.remaining());
  if (byId('ends').textContent !== text) byId('ends').textContent = text;
}
