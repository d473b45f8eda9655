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

/** The nonce that this tab stored last. */
let savedNonce = '';

/**
 * Creates the key pair if there is none. The caller holds the lock, so that tabs don't do this at
 * once.
 */
export async function createKey() {
  await orNull(async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
    // add, unlike put, fails if there is one. Never replace a key: a session may be bound to it.
    await withStore('readwrite', (store) => result(store.add(pair, KEY_PAIR)));
  });
}

/**
 * Loads the key pair from storage. The page uses no other copy of it: a key that wasn't stored, or
 * was deleted since, would be lost when the tab is closed.
 *
 * @returns {Promise<{pair: CryptoKeyPair, nonce?: string} | null>} the key pair, and the newest
 *   nonce that any tab has received; null if the browser has no key
 */
export function loadKey() {
  return orNull(async () => {
    if (!crypto.subtle) return null; // not a secure context
    const [pair, nonce] = await withStore('readonly', (store) =>
      Promise.all([result(store.get(KEY_PAIR)), result(store.get(NONCE))]),
    );
    return pair ? { pair, nonce } : null;
  });
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
  await orNull(() => withStore('readwrite', (store) => result(store.put(nonce, NONCE))));
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function withStore(mode, use) {
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

/**
 * @template T
 * @param {() => Promise<T>} task
 * @returns {Promise<T | null>} null if the browser refuses, for whatever reason
 */
async function orNull(task) {
  try {
    return await task();
  } catch {
    return null;
  }
}
