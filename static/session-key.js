/**
 * The key with which this browser proves that it is the one that logged in, and the server's newest
 * nonce for such proofs. Both are stored in IndexedDB, which only this module uses.
 *
 * A browser has one key pair for all its sessions. Scripts can use the private key but can't read
 * it, so nobody can copy it out of the browser. Where there is no secure context, or the browser
 * refuses to store a key, there is none, and sessions aren't bound to the browser.
 */

const DATABASE = 'latchkey';
const STORE = 'session';
const KEY_PAIR = 'key-pair';
const NONCE = 'nonce';

/** The browser may have a key, but its storage fails or doesn't answer. */
export const UNREADABLE = 'unreadable';

/** How long to wait for the storage, which usually answers within milliseconds. */
const TIMEOUT_MS = 3_000;

/** @typedef {{pair: CryptoKeyPair, nonce?: string}} Key the nonce is the newest of all tabs */

/** The nonce that this tab stored last. */
let savedNonce = '';
/** Whether an answer of the storage is overdue. Until it comes, nothing else waits for one. */
let isStuck = false;

/**
 * Creates the key pair if there is none. The caller holds the lock, so that tabs don't do this at
 * once.
 */
export async function createKey() {
  if ((await loadKey()) !== null) return;
  try {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
    // add, unlike put, fails if there is one. Never replace a key: a session may be bound to it.
    await withStore('readwrite', (store) => result(store.add(pair, KEY_PAIR)));
  } catch {
    // Sessions aren't bound then.
  }
}

/**
 * Loads the key pair from storage. The page uses no other copy of it: a key that wasn't stored, or
 * was deleted since, would be lost when the tab is closed.
 *
 * @returns {Promise<Key | typeof UNREADABLE | null>} null if the browser has no key
 */
export async function loadKey() {
  if (!crypto.subtle) return null; // not a secure context
  try {
    const [pair, nonce] = await withStore('readonly', (store) =>
      Promise.all([result(store.get(KEY_PAIR)), result(store.get(NONCE))]),
    );
    return pair ? { pair, nonce } : null;
  } catch {
    return UNREADABLE;
  }
}

/**
 * Stores the newest nonce for all tabs. If that fails, proofs are made with an old one, which costs
 * a request each.
 *
 * @param {string} nonce
 */
export async function saveNonce(nonce) {
  if (nonce === savedNonce) return;
  savedNonce = nonce;
  await withStore('readwrite', (store) => result(store.put(nonce, NONCE))).catch(() => {});
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => Promise<T>} use
 * @returns {Promise<T>} rejects if the storage fails or doesn't answer in time
 */
async function withStore(mode, use) {
  if (isStuck) throw new Error('the storage is stuck');
  const work = openAndUse(mode, use);
  const limit = new Promise((_, reject) => {
    const timer = setTimeout(() => {
      isStuck = true;
      reject(new Error('the storage did not answer in time'));
    }, TIMEOUT_MS);
    const settle = () => {
      clearTimeout(timer);
      isStuck = false;
    };
    work.then(settle, settle);
  });
  return Promise.race([work, limit]);
}

/**
 * Waits for as long as it takes, also while another tab blocks the database.
 *
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function openAndUse(mode, use) {
  const opening = window.indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await result(opening);
  try {
    return await use(database.transaction(STORE, mode).objectStore(STORE));
  } finally {
    database.close();
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
