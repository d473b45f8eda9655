/**
 * What the page's address says: which users are listed and whose panel is open. So a reload brings
 * back what was visible, Back closes the panel, and the address can be bookmarked.
 */

import { leadBackHere } from './next.js';
import { byId } from './ui.js';

/** @typedef {import('./users-api.js').Query} Query */

const search = byId('search', HTMLInputElement);
const role = byId('role-filter', HTMLInputElement);
const state = byId('state-filter', HTMLSelectElement);

/** Whether the page is going back in the history by itself. Until then, the address must wait. */
let isLeaving = false;

/** @returns {Query} what the fields above the list say */
export function readFields() {
  return { q: search.value.trim(), role: role.value.trim().toLowerCase(), disabled: state.value };
}

/** Fills in the fields above the list from the address. */
export function fillFields() {
  const parameters = new URLSearchParams(window.location.search);
  search.value = (parameters.get('q') ?? '').slice(0, search.maxLength);
  role.value = parameters.get('role') ?? '';
  state.value = parameters.get('disabled') ?? '';
  if (state.selectedIndex < 0) state.value = '';
}

export function clearFields() {
  search.value = role.value = state.value = '';
}

/** @param {Query} query */
export function saveQuery(query) {
  if (!isLeaving) setParameters(query);
}

/**
 * Calls back after a move in the history: Back, Forward or the page's own way back from a panel.
 *
 * @param {(isOwn: boolean) => void} callback
 */
export function onMove(callback) {
  window.addEventListener('popstate', () => {
    const isOwn = isLeaving;
    isLeaving = false;
    leadBackHere();
    callback(isOwn);
  });
  window.addEventListener('pagehide', () => {
    isLeaving = false;
  });
}

/**
 * Saves whose panel is open. An open panel has an entry of its own in the history, so that Back
 * closes it; closing it in another way goes back too.
 *
 * @param {string} username empty if no panel is open
 */
export function saveOpenUser(username) {
  if (isLeaving || username === openUser()) return;
  if (username === '' && window.history.state?.isPanel) {
    isLeaving = true;
    window.history.back();
  } else {
    setParameters({ user: username }, openUser() === '');
  }
}

/** @returns {string} the username whose panel is open; empty if none is */
export function openUser() {
  return new URLSearchParams(window.location.search).get('user') ?? '';
}

/**
 * @param {Record<string, string>} values those that are empty are left out of the address
 * @param {boolean} [isNewPanel] whether Back is to lead to the address as it is now
 */
function setParameters(values, isNewPanel = false) {
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === '') url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  if (url.href === window.location.href) return;
  if (isNewPanel) window.history.pushState({ isPanel: true }, '', url);
  else window.history.replaceState(window.history.state, '', url);
  leadBackHere();
}
