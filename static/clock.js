/**
 * The server's time, and whether the device was asleep. The clock of this machine may be wrong, and
 * may be changed while a page is open, so the pages go by the server's.
 */

/** If the system clock gets this far ahead between two looks, the device was asleep. */
const ASLEEP_MS = 30_000;

/** What to add to performance.now() for the server's time. */
let offset = 0;

/** @param {number | null} time the server's, in milliseconds since 1970; null if unknown */
export function setServerTime(time) {
  offset = (time ?? Date.now()) - performance.now();
}

/** @returns {number} the server's time in milliseconds since 1970 */
export function serverTime() {
  return offset + performance.now();
}

/** @returns {() => boolean} whether the device was asleep since the call before */
export function watchForSleep() {
  // During sleep the system clock goes on, but performance.now() may not.
  const clockGap = () => Date.now() - performance.now();
  let lastGap = clockGap();
  return () => {
    const gap = clockGap();
    const wasAsleep = document.visibilityState === 'visible' && gap - lastGap > ASLEEP_MS;
    lastGap = gap;
    return wasAsleep;
  };
}
