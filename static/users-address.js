/**
 * What the page's address says: which users are listed and whose panel is open. So a reload and
 * Back bring back what was visible, and the address can be bookmarked.
 */

import { leadBackHere } from './next.js';
import { byId } from './ui.js';

/** @typedef {import('./users-api.js').Query} Query */

const search = byId('search', HTMLInputElement);
const role = byId('role-filter', HTMLInputElement);
const state = byId('state-filter', HTMLSelectElement);

/** @returns {Query} what the fields above the list say */
export function readFields() {
  return { q: search.value.trim(), role: role.value.trim().toLowerCase(), disabled: state.value };
}

/** Fills in the fields above the list from the address. */
export function fillFields() {
  const parameters = new URLSearchParams(window.location.search);
  search.value = parameters.get('q') ?? '';
  role.value = parameters.get('role') ?? '';
  state.value = parameters.get('disabled') ?? '';
  if (state.selectedIndex < 0) state.value = '';
}

export function clearFields() {
  search.value = role.value = state.value = '';
}

/** @param {Query} query */
export function saveQuery(query) {
  setParameters(query);
}

/** @param {string} username whose panel is open; empty if none is */
export function saveOpenUser(username) {
  setParameters({ user: username });
}

/** @returns {string} the username whose panel is open; empty if none is */
export function openUser() {
  return new URLSearchParams(window.location.search).get('user') ?? '';
}

/** @param {Record<string, string>} values those that are empty are left out of the address */
function setParameters(values) {
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === '') url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  if (url.href === window.location.href) return;
  window.history.replaceState(window.history.state, '', url);
  leadBackHere();
}
