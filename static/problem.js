/**
 * What can go wrong with a request, and how to say it to the user.
 *
 * The server describes each refusal as a problem (RFC 9457): `type` says what happened and `errors`
 * lists the fields that are wrong. Pages act on these and on the status, never on the text.
 */

import { StorageError } from './access-token.js';

export const INVALID_CREDENTIALS = '/problems/invalid-credentials';
const SESSION_ENDED = '/problems/session-ended';
export const LINK_EXPIRED = '/problems/link-expired';
export const SESSION_NOT_FOUND = '/problems/session-not-found';
export const INSUFFICIENT_SCOPE = '/problems/insufficient-scope';
/** The browser can't prove that it is the one that logged in. */
export const INVALID_PROOF = '/problems/invalid-proof';
/** The proof needs a newer nonce, which the response has. */
export const USE_DPOP_NONCE = '/problems/use-dpop-nonce';
/**
 * The session needs a proof, but the browser can't read its key just now. This problem is the
 * page's own: the server doesn't know it.
 */
export const KEY_UNREADABLE = 'key-unreadable';
const CROSS_ORIGIN = '/problems/cross-origin';

/** Why a session is over, if that isn't obvious. @type {Record<string, string>} */
const LOGGED_OUT_REASONS = {
  [SESSION_ENDED]: 'It may have been ended from another device. ',
  [INVALID_PROOF]: 'This browser no longer has the key to your session. ',
};

/** Problems whose `detail` is written for users. All others get a general sentence. */
const DETAIL_IS_FOR_USERS = [
  INVALID_CREDENTIALS,
  SESSION_NOT_FOUND,
  '/problems/signup-closed',
  '/problems/storage-full',
  '/problems/user-not-found',
  '/problems/username-taken',
  '/problems/last-admin',
  '/problems/weak-password',
  '/problems/wrong-password',
  '/problems/invalid-username',
  '/problems/invalid-email',
  '/problems/invalid-role',
];

const MIN_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/**
 * @typedef {object} FieldError
 * @property {string} location the field, such as `body.username`
 * @property {string} message what is wrong with it
 */

/** A request that failed. */
export class ApiError extends Error {
  /**
   * @param {number} status the HTTP status, or 0 if there was no response
   * @param {{type?: string, detail?: string, errors?: FieldError[], retryAfter?: number}} [problem]
   *   the server's description; retryAfter is in seconds, 0 if unknown
   */
  constructor(status, { type = '', detail = '', errors = [], retryAfter = 0 } = {}) {
    super(detail || `HTTP status ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.type = type;
    this.detail = detail;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }
}

/** A request failed because the browser isn't logged in, or no longer is. */
export class LoggedOutError extends Error {
  /** @param {string} [type] of the problem, such as SESSION_ENDED; empty if there is no session */
  constructor(type = '') {
    super('not logged in');
    this.name = 'LoggedOutError';
    this.type = type;
  }

  /**
   * @param {boolean} hadToken whether the browser had a token
   * @returns {boolean} whether the user should know the reason, and isn't just a visitor
   */
  isNews(hadToken) {
    return this.type === INVALID_PROOF || (this.type === SESSION_ENDED && hadToken);
  }
}

/**
 * @param {unknown} error
 * @returns {error is ApiError} a 401; a request for a nonce is none, as it says nothing about the
 *   session
 */
export function isUnauthorized(error) {
  return error instanceof ApiError && error.status === 401 && error.type !== USE_DPOP_NONCE;
}

/**
 * @param {unknown} error
 * @returns {unknown} a LoggedOutError if the error is a 401, otherwise the error itself
 */
export function asLoggedOut(error) {
  return isUnauthorized(error) ? new LoggedOutError(error.type) : error;
}

/**
 * Turns an error into a sentence or two for the user: what went wrong and what to do next. Throws
 * the error again if it is none of the three errors that pages expect, since it is then a bug.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function describe(error) {
  if (error instanceof StorageError) return error.message;
  if (error instanceof LoggedOutError) return `${LOGGED_OUT_REASONS[error.type] ?? ''}Log in again to continue.`;
  if (!(error instanceof ApiError)) throw error;
  if (isDetailForUsers(error)) return withFullStop(error.detail);
  if (reasonToWait(error)) return waitingText(error, error.retryAfter);
  // A login with a new key fails like this if the page was opened at another address than the
  // server's own.
  if (error.type === CROSS_ORIGIN || error.type === INVALID_PROOF) {
    return "The server doesn't accept requests from this address. Open the page at the server's public address and try again.";
  }
  if (error.type === KEY_UNREADABLE) {
    return "This browser can't read the key to your session just now. Reload the page, or log in again.";
  }
  switch (error.status) {
    case 0:
      return "The server can't be reached. Check your connection and try again.";
    case 403:
      return "You don't have permission to do this.";
    case 413:
    case 422:
      return "The server didn't accept this. Check what you entered and try again.";
    default:
      return error.status >= 500
        ? 'Something went wrong on the server. Try again in a moment.'
        : 'The server sent an unexpected response. Reload the page and try again.';
  }
}

/**
 * @param {ApiError} error
 * @returns {string} why the same request may succeed later, as a sentence; empty if it won't
 */
export function reasonToWait(error) {
  if (isDetailForUsers(error)) return '';
  if (error.status === 429) return 'Too many attempts.';
  return error.status === 503 ? 'The server is busy or unavailable.' : '';
}

/**
 * @param {ApiError} error one with a reason to wait
 * @param {number} seconds how long; 0 if unknown
 * @returns {string} the reason and how long to wait, in words
 */
export function waitingText(error, seconds) {
  return `${reasonToWait(error)} Try again in ${waitingTime(seconds)}.`;
}

/**
 * Says how long to wait before a failed request is sent again: longer after each failure, and as
 * long as the server asks for.
 *
 * @param {number} failures how often the request has failed
 * @param {ApiError} error
 * @returns {number} milliseconds
 */
export function retryDelay(failures, error) {
  const delay = Math.min(MIN_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS);
  const spread = 1 + Math.random() / 4; // keeps tabs from sending their requests at the same time
  return Math.max(delay, error.retryAfter * 1000) * spread;
}

/** @param {ApiError} error */
function isDetailForUsers({ type, detail }) {
  return detail !== '' && DETAIL_IS_FOR_USERS.includes(type);
}

/** @param {string} text */
function withFullStop(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** @param {number} seconds 0 if unknown */
function waitingTime(seconds) {
  if (seconds === 0) return 'a moment';
  if (seconds === 1) return '1 second';
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 120 * 60) return `${Math.ceil(seconds / 60)} minutes`;
  return `${Math.ceil(seconds / 60 / 60)} hours`;
}
