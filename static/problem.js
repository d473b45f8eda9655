/**
 * What can go wrong with a request, and how to say it to the user.
 *
 * The server describes each refusal as a problem (RFC 9457): `type` says what happened and `errors`
 * lists the fields that are wrong. Pages act on these and on the status, never on the text.
 */

import { StorageError } from './access-token.js';

export const INVALID_CREDENTIALS = '/problems/invalid-credentials';
export const SESSION_ENDED = '/problems/session-ended';
export const SESSION_NOT_FOUND = '/problems/session-not-found';
export const INSUFFICIENT_SCOPE = '/problems/insufficient-scope';
const CROSS_ORIGIN = '/problems/cross-origin';

/** Problems whose `detail` is written for users. All others get a general sentence. */
const DETAIL_IS_FOR_USERS = [
  INVALID_CREDENTIALS,
  SESSION_NOT_FOUND,
  '/problems/signup-closed',
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
  /** @param {boolean} sessionEnded whether the server says that the session was ended */
  constructor(sessionEnded) {
    super('not logged in');
    this.name = 'LoggedOutError';
    this.sessionEnded = sessionEnded;
  }
}

/**
 * @param {unknown} error
 * @returns {error is ApiError}
 */
export function isUnauthorized(error) {
  return error instanceof ApiError && error.status === 401;
}

/**
 * @param {unknown} error
 * @returns {unknown} a LoggedOutError if the error is a 401, otherwise the error itself
 */
export function asLoggedOut(error) {
  return isUnauthorized(error) ? new LoggedOutError(error.type === SESSION_ENDED) : error;
}

/**
 * Turns an error into a sentence or two for the user: what went wrong and what to do next. Throws
 * the error again if it is neither a failed request nor a StorageError, since it is then a bug.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function describe(error) {
  if (error instanceof StorageError) return error.message;
  if (!(error instanceof ApiError)) throw error;
  if (error.detail && DETAIL_IS_FOR_USERS.includes(error.type)) return withFullStop(error.detail);
  if (error.type === CROSS_ORIGIN) {
    return "The server doesn't accept requests from this address. Open the page at the server's public address and try again.";
  }
  switch (error.status) {
    case 0:
      return "The server can't be reached. Check your connection and try again.";
    case 403:
      return "You don't have permission to do this.";
    case 413:
    case 422:
      return "The server didn't accept this. Check what you entered and try again.";
    case 429:
      return `Too many attempts. Wait ${waitingTime(error.retryAfter)}, then try again.`;
    case 503:
      return `The server is busy or unavailable. Try again in ${waitingTime(error.retryAfter)}.`;
    default:
      return error.status >= 500
        ? 'Something went wrong on the server. Try again in a moment.'
        : 'The server sent an unexpected response. Reload the page and try again.';
  }
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

/** @param {string} text */
function withFullStop(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** @param {number} seconds 0 if unknown */
function waitingTime(seconds) {
  if (seconds === 0) return 'a moment';
  if (seconds === 1) return '1 second';
  if (seconds < 120) return `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
