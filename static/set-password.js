/**
 * The page that a set-password link opens. The link's token is in the fragment of the address. It
 * is removed from there at once, so that it is neither in the history nor on the screen, and kept
 * only in this module.
 */

import { switchToCard } from './cards.js';
import { prepareForm } from './form.js';
import { checkNewPassword, newPasswordError, preparePasswordField } from './password-field.js';
import { ApiError, LINK_EXPIRED } from './problem.js';
import { refreshHeader, startPublicPage } from './public-page.js';
import { request } from './request.js';
import { announce, byId, setBusy } from './ui.js';

let token = takeToken();

/** What the last card says. */
const REASONS = {
  done: 'Log in with your username and the new password.',
  expired: 'It has expired or has been used already. Ask an administrator for a new one.',
};

const password = preparePasswordField('new-');
const setButton = byId('set-password', HTMLButtonElement);
const fields = { 'body.new_password': password.input };
const { clearErrors, showFieldError, showFailure } = prepareForm(fields, byId('errors'), setButton, submit);

checkNewPassword(password.input, () => newPasswordError(password.input, ''));
window.addEventListener('hashchange', () => {
  // Someone has opened a link in this tab. Without a token, it is the link to the page's content.
  const newToken = takeToken();
  if (newToken === '') return;
  token = newToken;
  showForm();
});
setButton.disabled = false;
// The browser may show the page again from memory. It must not know the password and the link then.
window.addEventListener('pagehide', () => {
  token = '';
  password.clear();
});
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted && !byId('content').hidden) switchToCard('incomplete');
});
startPublicPage(showUser);
if (token === '') switchToCard('incomplete');
else showForm();

/** @returns {string} the token, which is no longer in the address; empty if there is none */
function takeToken() {
  const { hash, pathname } = window.location;
  if (hash === '' || hash === '#main') return '';
  window.history.replaceState(null, '', pathname);
  return hash.slice(1);
}

function showForm() {
  clearErrors();
  password.clear();
  setBusy(setButton);
  switchToCard('content');
  password.input.focus();
}

async function submit() {
  const isEmpty = password.input.value === '';
  const weakness = isEmpty ? 'Enter a password.' : newPasswordError(password.input, '');
  if (weakness) return showFieldError(password.input, weakness);

  password.setRevealed(false);
  setBusy(setButton, 'Setting your password…');
  announce('Setting your password…');
  const sent = token;
  try {
    const json = { token, new_password: password.input.value };
    await request('POST', '/set-password', { json });
    if (sent === token) showEnd('done');
    refreshHeader(); // the new password has ended the sessions of its user
  } catch (error) {
    if (sent !== token) return; // the form is for another link now
    announce('');
    setBusy(setButton);
    if (error instanceof ApiError && error.type === LINK_EXPIRED) showEnd('expired');
    else showFailure(error);
  }
}

/** @param {'done' | 'expired'} card the last one, as the token is of no more use */
function showEnd(card) {
  token = '';
  password.clear();
  switchToCard(card, REASONS[card]);
}

/**
 * Says at the end if the login page would lead to the pages of someone else, whose session the new
 * password has not ended. Before the end, nobody sees it.
 *
 * @param {import('./api.js').User | null} user who is logged in
 */
function showUser(user) {
  const reason = user
    ? `${user.name} is still logged in in this browser. Log out before you log in with the new password.`
    : REASONS.done;
  byId('done-reason').textContent = reason;
  byId('log-in').hidden = user !== null;
  if (user && !byId('done').hidden) announce(reason);
}
