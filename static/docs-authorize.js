/** The dialog behind the Authorize buttons of the API docs: how Swagger UI gets a token. */

import { prepareForm } from './form.js';
import { preparePasswordField } from './password-field.js';
import { ApiError } from './problem.js';
import { readObject, request } from './request.js';
import { announce, byId, setBusy } from './ui.js';

/** The scheme that every guarded operation accepts. */
const SCHEME = 'oauth2';

const dialog = byId('authorize', HTMLDialogElement);
const tokenField = byId('token', HTMLInputElement);
const tokenForm = prepareForm({ token: tokenField }, byId('errors'), byId('use-token', HTMLButtonElement), useToken);

/** Swagger UI, once it has opened the dialog. @type {any} */
let swagger;
/** The token that this page got, and whose session it therefore ends. @type {string | null} */
let ownToken = null;

if (document.getElementById('password-form')) preparePasswordForm();
// The browser may show the page again from memory.
window.addEventListener('pagehide', () => {
  tokenField.value = '';
  if (swagger?.authSelectors.authorized().has(SCHEME)) removeToken();
});
byId('authorize-close').addEventListener('click', () => dialog.close());
byId('forget-token').addEventListener('click', forgetToken);
dialog.addEventListener('close', () => swagger.authActions.showDefinitions(false));

/**
 * Opens the dialog.
 *
 * @param {any} system Swagger UI
 */
export function openAuthorizeDialog(system) {
  swagger = system;
  showState();
  dialog.showModal();
}

/** Shows either the forms, or that there is a token. */
function showState() {
  const hasToken = swagger.authSelectors.authorized().has(SCHEME);
  byId('authorize-forms').hidden = hasToken;
  byId('authorized').hidden = !hasToken;
  byId('forget-token').hidden = !hasToken;
}

/** Lets people exchange their username and password for a token. */
function preparePasswordForm() {
  const username = byId('username', HTMLInputElement);
  const password = preparePasswordField();
  const button = byId('get-token', HTMLButtonElement);
  const fields = { username, password: password.input };
  const form = prepareForm(fields, byId('password-errors'), button, submit);
  window.addEventListener('pagehide', password.clear);

  async function submit() {
    form.clearErrors();
    const name = username.value.trim();
    if (name === '') return form.showFieldError(username, 'Enter the username.');
    if (password.input.value === '') return form.showFieldError(password.input, 'Enter the password.');
    setBusy(button, 'Getting a token…');
    try {
      const response = await request('POST', '/token', { form: { username: name, password: password.input.value } });
      ownToken = String((await readObject(response)).access_token);
      setToken(ownToken);
      password.clear();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        form.showFieldError(password.input, 'Incorrect username or password.');
      } else form.showFailure(error);
    } finally {
      setBusy(button);
    }
  }
}

function useToken() {
  const token = tokenField.value.trim();
  if (token === '') return tokenForm.showFieldError(tokenField, 'Paste an access token.');
  setToken(token);
}

/** @param {string} token */
function setToken(token) {
  const schema = swagger.specSelectors.securityDefinitions().get(SCHEME);
  swagger.authActions.authorizeOauth2({
    auth: { name: SCHEME, schema },
    token: { access_token: token, token_type: 'bearer' },
  });
  tokenField.value = '';
  dialog.close();
  announce('The requests that you try carry your access token now.');
}

function forgetToken() {
  removeToken();
  dialog.close();
  announce('The token has been removed.');
}

/** Removes the token. The session of a token that this page got ends. */
function removeToken() {
  swagger.authActions.logout([SCHEME]);
  if (ownToken !== null) {
    request('POST', '/revoke', { form: { token: ownToken }, keepalive: true }).catch(() => {
      // The session goes on. The page with the user's devices lists it and can end it.
    });
  }
  ownToken = null;
}
