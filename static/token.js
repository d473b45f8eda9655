/**
 * The access token as the tabs share it. This is the only module that touches localStorage, and the one place where tabs
 * learn from each other. The value under the first key is the raw token and nothing else: other pages of this origin read
 * and write it too.
 */

const KEY = 'token';
/** Holds a copy of a token that cannot be renewed, and means nothing once another token is there. */
const LAST_KEY = 'last-token';

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
  guard((storage) => {
    storage.setItem(KEY, token);
    storage.removeItem(LAST_KEY);
  });
}

/**
 * Forgets a token that is over, but only that one: another tab may have logged in since it was read. Where it cannot be
 * removed it does no harm, because the server refuses it.
 *
 * @param {string} token
 */
export function forget(token) {
  attempt((storage) => {
    if (storage.getItem(KEY) !== token) return;
    storage.removeItem(KEY);
    storage.removeItem(LAST_KEY);
  });
}

/**
 * Remembers that no other token will follow this one, so that no tab asks for it.
 *
 * @param {string} token
 */
export function markLast(token) {
  attempt((storage) => {
    if (storage.getItem(KEY) === token) storage.setItem(LAST_KEY, token);
  });
}

/**
 * @param {string} token
 * @returns {boolean}
 */
export function isLast(token) {
  return attempt((storage) => storage.getItem(LAST_KEY) === token) ?? false;
}

/**
 * Calls back when another tab has logged in or out, or has renewed the token.
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
 * Reads from a token when it ends. Only to show it and to be in time: whether a token holds is for the server to say, here
 * and below.
 *
 * @param {string} token
 * @returns {number | null} in milliseconds of the server's clock, or null when the token does not say
 */
export function expiry(token) {
  const { exp } = claims(token);
  return typeof exp === 'number' ? exp * 1000 : null;
}

/**
 * @param {string} token
 * @returns {number | null} how long it lives from its beginning to its end, in milliseconds
 */
export function lifetime(token) {
  const { iat, exp } = claims(token);
  return typeof iat === 'number' && exp > iat ? (exp - iat) * 1000 : null;
}

/**
 * @param {string} token
 * @returns {string | null} the id of the user
 */
export function subject(token) {
  const { sub } = claims(token);
  return typeof sub === 'string' ? sub : null;
}

/** @param {string} token */
function claims(token) {
  try {
    const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    // atob takes the bytes of UTF-8 for letters of their own. That garbles names, but times and ids are made of ASCII.
    return JSON.parse(atob(payload)) ?? {};
  } catch {
    return {};
  }
}

/**
 * @template T
 * @param {(storage: Storage) => T} use
 * @returns {T | undefined} undefined when the browser refuses
 */
function attempt(use) {
  try {
    return guard(use);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
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
