/** Spans of time as a person says them. */

/**
 * @param {number} ms from now
 * @returns {string} such as "in 5 minutes"
 */
export function until(ms) {
  return ms < 60_000 ? 'in less than a minute' : `in ${span(ms)}`;
}

/**
 * @param {number} ms before now
 * @returns {string} such as "5 minutes ago"
 */
export function ago(ms) {
  return ms < 60_000 ? 'just now' : `${span(ms)} ago`;
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
