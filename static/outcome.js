/**
 * The sentences that say what a page has done. Every action first clears them, so that only the
 * newest is visible.
 */

import { announce } from './ui.js';

/**
 * @param {HTMLElement} region an element of the class outcome
 * @param {string} sentence
 */
export function showOutcome(region, sentence) {
  region.textContent = sentence;
  announce(sentence);
}

/** Removes what is no longer news, because something else happens. */
export function clearOutcomes() {
  for (const region of document.querySelectorAll('.outcome')) region.textContent = '';
}
