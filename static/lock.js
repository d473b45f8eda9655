/** A lock that the tabs of this browser share. */

const NAME = 'latchkey-session';
/** How long to wait for the lock. A tab that holds it for longer may be frozen. */
const TIMEOUT_MS = 10_000;

/**
 * Runs a task while no other tab runs one. The task runs without the lock if the wait is too long
 * or if the browser has no Web Locks API, as on plain http. That is safe: the server can handle two
 * renewals at once.
 *
 * @template T
 * @param {() => Promise<T>} task
 * @returns {Promise<T>}
 */
export async function withLock(task) {
  if (!navigator.locks) return task();
  let started = false;
  try {
    return await navigator.locks.request(NAME, { signal: AbortSignal.timeout(TIMEOUT_MS) }, () => {
      started = true;
      return task();
    });
  } catch (error) {
    if (started) throw error;
    return task();
  }
}
