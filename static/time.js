/** Spans of time as a person says them. */

import { setText } from './ui.js';

/**
 * @param {number} ms from now
 * @returns {string} such as "in 5 minutes"
 */
export function until(ms) {
  return `in ${inWords(ms)}`;
}

/**
 * @param {number} ms before now
 * @returns {string} such as "5 minutes ago"
 */
function ago(ms) {
  return ms < 60_000 ? 'just now' : `${span(ms)} ago`;
}

/**
 * @param {number} ms
 * @returns {string} such as "5 minutes"
 */
export function inWords(ms) {
  return ms < 60_000 ? 'less than a minute' : span(ms);
}

/**
 * Writes a point in time into an element for those who hover over it.
 *
 * @param {HTMLTimeElement} element
 * @param {Date} date
 */
export function setExact(element, date) {
  element.dateTime = date.toISOString();
  element.title = date.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
}

/**
 * Writes how long ago the point in time of an element is.
 *
 * @param {HTMLTimeElement} element
 * @param {number} now
 */
export function showAgo(element, now) {
  setText(element, ago(now - Date.parse(element.dateTime)));
}

function span(ms) {
  const minutes = Math.round(ms / 60_000);
  const days = minutes / 60 / 24;
  if (minutes < 60) return inUnits(minutes, 'minute');
  if (days < 2) return inUnits(Math.round(minutes / 60), 'hour');
  if (days < 61) return inUnits(Math.round(days), 'day');
  if (days < 730) return inUnits(Math.round(days / 30.4), 'month');
  return inUnits(Math.floor(days / 365.2), 'year');
}

function inUnits(count, unit) {
  return `${count} ${count === 1 ? unit : `${unit}s`}`;
}
