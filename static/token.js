/**
 * The access token. This is the only module that touches localStorage, and the one place where tabs learn from each
 * other. The value under the key is the raw token and nothing else: other pages of this origin read and write it too.
 */

const KEY = 'token';

/** The browser refuses to keep data for this page: blocked by a setting, a private window, or no room left. */
export class StorageError extends Error {
  constructor(cause) {
    super('This browser does not let the page keep you logged in. Allow it to store data for this site, then reload the page.', { cause });
    this.name = 'StorageError';
  }
}

/**
 * @returns {string | null} the token, or null when nobody is logged in
 * @throws {StorageError}
 */
export function load() {
  return guard((storage) => storage.getItem(KEY) || null);
}

/**
 * @param {string} token
 * @throws {StorageError}
 */
export function save(token) {
  guard((storage) => storage.setItem(KEY, token));
}

/**
 * Forgets a token that is over, but only that one: another tab may have logged in since it was read. Where it cannot be
 * removed it does no harm, because the server refuses it.
 *
 * @param {string} token
 */
export function forget(token) {
  try {
    if (load() === token) guard((storage) => storage.removeItem(KEY));
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
}

/**
 * Calls back when another tab has logged in or out.
 *
 * @param {(token: string | null) => void} callback gets the token that now holds
 */
export function onChange(callback) {
  window.addEventListener('storage', (event) => {
    // The key is null when a tab emptied the whole storage.
    if (event.key === KEY || event.key === null) callback(event.newValue || null);
  });
}

/**
 * Reads from a token when it ends. Only to show it: whether a token holds is for the server to say.
 *
 * @param {string} token
 * @returns {Date | null} null when the token does not say
 */
export function expiry(token) {
  try {
    const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    // atob takes the bytes of UTF-8 for letters of their own. That garbles names, but the time is made of ASCII.
    const { exp } = JSON.parse(atob(payload));
    const end = new Date(exp * 1000);
    return typeof exp === 'number' && !Number.isNaN(end.getTime()) ? end : null;
  } catch {
    return null;
  }
}

/**
 * @template T
 * @param {(storage: Storage) => T} use
 * @returns {T}
 */
function guard(use) {
  try {
    return use(window.localStorage);
  } catch (error) {
    throw new StorageError(error);
  }
}
