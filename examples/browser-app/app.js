// A browser app that has an origin of its own. From the root of the repository, start Latchkey and
// the app, and open http://127.0.0.1:3000:
//
//   ALLOWED_ORIGINS=http://127.0.0.1:3000 go run .
//   python3 -m http.server 3000 --bind 127.0.0.1 --directory examples/browser-app

import { apiFetch, logIn, logOut } from './latchkey.js';

const find = (selector) => document.querySelector(selector);

find('#form').addEventListener('submit', async (event) => {
  event.preventDefault();
  find('#error').textContent = '';
  try {
    await logIn(find('#username').value, find('#password').value);
    event.target.reset();
    await show();
  } catch (error) {
    find('#error').textContent = error.message;
  }
});

find('#log-out').addEventListener('click', async () => {
  find('#error').textContent = '';
  try {
    await logOut();
    await show();
  } catch (error) {
    find('#error').textContent = error.message;
  }
});

/** Shows the user, or the form. */
async function show() {
  const response = await apiFetch('http://127.0.0.1:8000/users/me'); // or your own API
  const user = response?.ok ? await response.json() : null;
  find('#hello').textContent = user ? `Hello ${user.username}` : 'App';
  find('#form').hidden = user !== null;
  find('#log-out').hidden = user === null;
}

await show();
