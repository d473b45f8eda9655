/**
 * The access token that all tabs of this browser share. This is the only module that uses
 * localStorage and sessionStorage. The value under the first key is the bare token: other pages of
 * this origin read and write it too.
 */

const KEY = 'token';
/** A copy of a token that can't be renewed. It is ignored once a different token is stored. */
const NOT_RENEWABLE_KEY = 'last-token';
/** Is set if the session ends when the browser is closed. */
const FORGET_KEY = 'forget';
/** Is set in the tabs that have seen the cookie of such a session. */
const SEEN_KEY = 'cookie-seen';

/** The browser refuses to store data: a setting, a private window, or no space left. */
export class StorageError extends Error {
  /** @param {unknown} cause */
  constructor(cause) {
    super(
      "This browser doesn't let the page store data, which it needs to keep you logged in. " +
        'Allow this site to store data, then reload the page.',
      { cause },
    );
    this.name = 'StorageError';
  }
}

/**
 * @returns {string | null} the token, or null if there is none
 * @throws {StorageError}
 */
export function load() {
  return withStorage((storage) => storage.getItem(KEY) || null);
}

/**
 * @param {string} token
 * @throws {StorageError}
 */
export function save(token) {
  withStorage((storage) => {
    storage.setItem(KEY, token);
    storage.removeItem(NOT_RENEWABLE_KEY);
    if (storage.getItem(FORGET_KEY)) window.sessionStorage.setItem(SEEN_KEY, 'true');
  });
}

/**
 * Removes this token, unless another tab has replaced it. A token that can't be removed does no
 * harm, because the server refuses it.
 *
 * @param {string} token
 */
export function remove(token) {
  tryStorage((storage) => {
    if (storage.getItem(KEY) !== token) return;
    storage.removeItem(KEY);
    storage.removeItem(NOT_RENEWABLE_KEY);
    storage.removeItem(FORGET_KEY);
  });
}

/**
 * Keeps whether the session outlasts the closing of the browser.
 *
 * @param {boolean} isRemembered
 */
export function setRemembered(isRemembered) {
  tryStorage((storage) => {
    if (isRemembered) storage.removeItem(FORGET_KEY);
    else storage.setItem(FORGET_KEY, 'true');
  });
}

/** @returns {boolean} */
export function isRemembered() {
  return tryStorage((storage) => storage.getItem(FORGET_KEY) === null) ?? true;
}

/**
 * Reports whether the browser may have been closed since the login, which ends a session that isn't
 * remembered: the cookie is gone then, but the token is still stored. A renewal will tell.
 *
 * @param {string} token
 * @returns {boolean} false in a tab that has logged in or renewed a token
 */
export function mayBeLeftover(token) {
  if (isRemembered() || !isRenewable(token)) return false;
  return tryStorage(() => window.sessionStorage.getItem(SEEN_KEY) === null) ?? true;
}

/**
 * Tells all tabs that this token can't be renewed, so that none of them tries.
 *
 * @param {string} token
 */
export function markNotRenewable(token) {
  tryStorage((storage) => {
    if (storage.getItem(KEY) === token) storage.setItem(NOT_RENEWABLE_KEY, token);
  });
}

/**
 * @param {string} token
 * @returns {boolean}
 */
export function isRenewable(token) {
  return tryStorage((storage) => storage.getItem(NOT_RENEWABLE_KEY) !== token) ?? true;
}

/**
 * Calls back when another tab has logged in, logged out or renewed the token.
 *
 * @param {(token: string | null) => void} callback receives the token that is now stored
 */
export function onChange(callback) {
  window.addEventListener('storage', (event) => {
    // The key is null if the whole storage was cleared.
    if (event.key === KEY || event.key === null) callback(event.newValue || null);
  });
}

/**
 * Reads when a token expires. This function and the two below read the token without verifying it:
 * good enough for a display or a timer, but only the server can say whether a token is valid.
 *
 * @param {string} token
 * @returns {number | null} milliseconds since 1970 by the server's clock; null if unknown
 */
export function expiry(token) {
  const { exp } = claims(token);
  return typeof exp === 'number' ? exp * 1000 : null;
}

/**
 * @param {string} token
 * @returns {number | null} milliseconds from issue to expiry; null if unknown
 */
export function lifetime(token) {
  const { iat, exp } = claims(token);
  return typeof iat === 'number' && typeof exp === 'number' && exp > iat ? (exp - iat) * 1000 : null;
}

/**
 * @param {string} token
 * @returns {string | null} the id of the user; null if unknown
 */
export function subject(token) {
  const { sub } = claims(token);
  return typeof sub === 'string' ? sub : null;
}

/**
 * @param {string} token
 * @returns {Record<string, unknown>} empty if the token isn't a JWT
 */
function claims(token) {
  try {
    const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    // atob decodes to bytes, not to UTF-8. Names come out garbled; times and ids are ASCII.
    return JSON.parse(atob(payload)) ?? {};
  } catch {
    return {};
  }
}

/**
 * @template T
 * @param {(storage: Storage) => T} use
 * @returns {T | undefined} undefined if the browser refuses
 */
function tryStorage(use) {
  try {
    return withStorage(use);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return undefined;
  }
}

/**
 * @template T
 * @param {(storage: Storage) => T} use
 * @returns {T}
 * @throws {StorageError}
 */
function withStorage(use) {
  try {
    return use(window.localStorage);
  } catch (error) {
    throw new StorageError(error);
  }
}
