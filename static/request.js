/**
 * Sends requests to the server and reads its responses. This is the only module that calls fetch.
 * Every function throws an ApiError if the request fails.
 */

import { ApiError, INVALID_PROOF, KEY_UNREADABLE, USE_DPOP_NONCE } from './problem.js';
import { newProof } from './proof.js';
import { UNREADABLE, loadKey, saveNonce } from './session-key.js';

const TIMEOUT_MS = 20_000;
/** How long to wait before the key is read again. */
const READ_AGAIN_MS = 1_000;

/** @typedef {import('./problem.js').FieldError} FieldError */
/** @typedef {import('./session-key.js').Key} Key */

/**
 * @typedef {object} Options
 * @property {string | null} [token] the access token
 * @property {unknown} [json] the body
 * @property {Record<string, string>} [form] the body, of an OAuth 2.0 endpoint
 * @property {boolean} [keepalive] whether the request goes on after the user has left the page
 * @property {boolean} [proof] whether to prove that the request comes from this browser, if the
 *   browser has a key
 */

/**
 * Sends a request and returns the response if it is a success. If the key can't be read, sends the
 * request without a proof. If the server wants one, reads the key again, once.
 *
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Response>}
 */
export async function request(method, path, options = {}) {
  const key = options.proof ? await loadKey() : null;
  if (key !== UNREADABLE) return requestWith(key, method, path, options);
  try {
    return await requestWith(null, method, path, options);
  } catch (error) {
    if (!(error instanceof ApiError && error.type === INVALID_PROOF)) throw error;
  }
  await new Promise((resolve) => setTimeout(resolve, READ_AGAIN_MS));
  const second = await loadKey();
  if (second === UNREADABLE) throw new ApiError(0, { type: KEY_UNREADABLE });
  return requestWith(second, method, path, options);
}

/**
 * Sends a request and returns the response if it is a success. If the server refuses the proof and
 * has a newer nonce, sends the request again, once. The refusal says so if the nonce was too old;
 * it is a general one if the nonce was made before the server was set up anew.
 *
 * @param {Key | null} key
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 * @returns {Promise<Response>}
 */
async function requestWith(key, method, path, options) {
  const response = await send(method, path, options, key);
  if (response.ok) return response;
  const problem = await readProblem(response);
  const nonce = response.headers.get('DPoP-Nonce');
  const isAboutProof = problem.type === USE_DPOP_NONCE || problem.type === INVALID_PROOF;
  if (!key || !isAboutProof || !nonce || nonce === key.nonce) throw problem;
  const second = await send(method, path, options, { ...key, nonce });
  if (!second.ok) throw await readProblem(second);
  return second;
}

/**
 * Reads a response whose body is a JSON object.
 *
 * @param {Response} response
 * @returns {Promise<Record<string, unknown>>}
 */
export async function readObject(response) {
  let data;
  try {
    data = await response.json();
  } catch (error) {
    // Invalid JSON is the server's fault. Any other error means that the connection broke.
    throw new ApiError(error instanceof SyntaxError ? response.status : 0);
  }
  if (data === null || typeof data !== 'object') throw new ApiError(response.status);
  return data;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 * @param {Key | null} key for a proof; null for none
 * @returns {Promise<Response>}
 */
async function send(method, path, options, key) {
  const { token, json, form, keepalive } = options;
  const headers = newHeaders(options);
  const url = new URL(path, window.location.origin);
  const proof = key && (await newProof(key.pair, { method, url, token, nonce: key.nonce }));
  if (proof) headers.set('DPoP', proof);

  let response;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: form ? new URLSearchParams(form) : json === undefined ? undefined : JSON.stringify(json),
      keepalive,
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError(0);
  }
  const newest = response.headers.get('DPoP-Nonce');
  if (newest) await saveNonce(newest);
  return response;
}

/** @param {Options} options */
function newHeaders({ token, json }) {
  const headers = new Headers({ Accept: 'application/json, application/problem+json' });
  if (json !== undefined) headers.set('Content-Type', 'application/json');
  if (token) {
    // fetch would throw on such a header, which looks like a network failure. No server issues such
    // a token.
    if (!/^[\x21-\x7e]+$/.test(token)) throw new ApiError(401);
    headers.set('Authorization', `Bearer ${token}`);
  }
  return headers;
}

/**
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
async function readProblem(response) {
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  const retryAfter = seconds > 0 ? seconds : 0;
  if (!response.headers.get('Content-Type')?.startsWith('application/problem+json')) {
    return new ApiError(response.status, { retryAfter });
  }
  const body = await readObject(response).catch(() => null);
  const { type, detail, errors } = body ?? {};
  return new ApiError(response.status, {
    type: typeof type === 'string' ? type : '',
    detail: typeof detail === 'string' ? detail : '',
    errors: Array.isArray(errors) ? errors.filter(isFieldError) : [],
    retryAfter,
  });
}

/**
 * @param {any} value
 * @returns {value is FieldError}
 */
function isFieldError(value) {
  return typeof value?.location === 'string' && typeof value.message === 'string';
}
