import { apiFetch, logOut } from './api.js';

document.querySelector('#log-out').addEventListener('click', () => {
  logOut().catch(({ message }) => (document.querySelector('#error').textContent = message));
});

const response = await apiFetch('/api/hello');
const { hello } = await response.json();
document.querySelector('#hello').textContent = `Hello ${hello}`;
