/** The profile on the account page: the username, and the e-mail address, which can be changed. */

import { getEmail, updateEmail } from './account-api.js';
import { prepareMemberForm } from './member-form.js';
import { showOutcome } from './outcome.js';
import { currentUser, explainError } from './protected-page.js';
import { withToken } from './session.js';
import { byId, onPress, setBusy, showError } from './ui.js';

const email = byId('email', HTMLInputElement);
const saveButton = byId('save-profile', HTMLButtonElement);
const reloadButton = byId('reload-profile');
const errors = byId('profile-errors');
const form = prepareMemberForm({ 'body.email': email }, errors.id, saveButton.id, save);

email.addEventListener('input', () => {
  byId('profile-outcome').textContent = '';
});
onPress(reloadButton, loadProfile);

/** Requests the e-mail address and shows it. Until then, it can't be changed. */
export async function loadProfile() {
  const user = currentUser();
  form.clearErrors();
  if (!reloadButton.hidden) setBusy(reloadButton, 'Loading…');
  try {
    const loaded = await withToken(getEmail);
    if (currentUser() !== user) return;
    email.value = loaded;
    setEditable(true);
  } catch (error) {
    const message = currentUser() === user ? explainError(error) : null;
    if (message === null) return;
    setEditable(false);
    showError(errors, message);
  } finally {
    setBusy(reloadButton);
  }
}

/** @param {boolean} editable if not, the user can load the address again */
function setEditable(editable) {
  email.readOnly = !editable;
  saveButton.disabled = !editable;
  reloadButton.hidden = editable;
}

async function save() {
  if (!email.validity.valid) {
    form.showFieldError(email, 'Enter a valid e-mail address, such as name@example.org.');
    return;
  }
  const saved = await form.send('Saving…', () => withToken((token) => updateEmail(token, email.value)));
  if (!saved) return;
  email.value = saved.value;
  const done = saved.value === '' ? 'removed' : 'saved';
  showOutcome(byId('profile'), `Your e-mail address has been ${done}.`);
}
