/** Times and durations in words. */

import { setText } from './ui.js';

/** The format of dates: the pages are in English. */
const LOCALE = 'en-GB';
const DAY_MS = 24 * 60 * 60 * 1000;
/** Times longer ago than this are shown as dates. */
const RECENT_MS = 7 * DAY_MS;

/**
 * @param {number} ms
 * @returns {string} such as "5 minutes"
 */
export function durationText(ms) {
  return ms < 60_000 ? 'less than a minute' : roundedText(ms);
}

/**
 * @param {number} seconds
 * @returns {string} such as "1:47", or "2:05:00" with hours
 */
export function clockText(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const parts = hours > 0 ? [hours, twoDigits(minutes)] : [minutes];
  return [...parts, twoDigits(seconds % 60)].join(':');
}

/**
 * Sets the time of an element. The exact time is its tooltip.
 *
 * @param {HTMLTimeElement} element
 * @param {Date} date
 */
export function setTime(element, date) {
  element.dateTime = date.toISOString();
  element.title = date.toLocaleString(LOCALE, { dateStyle: 'full', timeStyle: 'long' });
}

/**
 * Shows how long ago the time of an element is, such as "5 minutes ago", or its date, such as
 * "22 Nov 2026".
 *
 * @param {HTMLTimeElement} element
 * @param {number} now in milliseconds since 1970
 */
export function showTimeAgo(element, now) {
  const ms = now - Date.parse(element.dateTime);
  const date = () => new Date(element.dateTime).toLocaleDateString(LOCALE, { dateStyle: 'medium' });
  const ago = ms < 60_000 ? 'just now' : `${roundedText(ms)} ago`;
  setText(element, ms < RECENT_MS ? ago : date());
}

/**
 * @param {Date} date not in the past
 * @param {number} now in milliseconds since 1970
 * @returns {string} such as "tomorrow 14:05"
 */
export function deadlineText(date, now) {
  const midnight = (/** @type {Date} */ day) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  const days = Math.round((midnight(date) - midnight(new Date(now))) / DAY_MS);
  const day = ['today', 'tomorrow'][days] ?? date.toLocaleDateString(LOCALE, { dateStyle: 'medium' });
  return `${day} ${date.toLocaleTimeString(LOCALE, { timeStyle: 'short' })}`;
}

/** @param {number} number */
function twoDigits(number) {
  return String(number).padStart(2, '0');
}

/** @param {number} ms */
function roundedText(ms) {
  const minutes = Math.round(ms / 60_000);
  const days = minutes / 60 / 24;
  if (minutes < 60) return countText(minutes, 'minute');
  if (days < 1) return countText(Math.round(minutes / 60), 'hour');
  if (days < 61) return countText(Math.floor(days), 'day');
  if (days < 730) return countText(Math.round(days / 30.4), 'month');
  return countText(Math.floor(days / 365.2), 'year');
}

/**
 * @param {number} count
 * @param {string} unit
 */
function countText(count, unit) {
  return `${count} ${count === 1 ? unit : `${unit}s`}`;
}
