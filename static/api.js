/**
 * The server as the pages know it. This is the only module that calls fetch: every request, every answer and every way
 * in which one can fail is here.
 */

/** How long to wait for an answer before the server counts as out of reach. */
const TIMEOUT_MS = 20_000;

/** How many users come at once. */
const USERS_LIMIT = '50';

/** @typedef {{id: string, name: string, roles: string[]}} User */

/** @typedef {{id: string, username: string, email: string | null, disabled: boolean, roles: string[], created_at: string}} ListedUser */

/** @typedef {{id: string, device: string, address: string, created_at: string, last_used_at: string, current: boolean}} ListedSession */

/** @typedef {{token: string, lifetime: number}} Grant an access token and how long it lives, in milliseconds from the answer */

/** The type of the problem when somebody ended the session, and not only the token. */
export const SESSION_ENDED = '/problems/session-ended';

/** What went wrong with a request. */
export class ApiError extends Error {
  /**
   * @param {number} status the HTTP status, or 0 when there was no answer at all
   * @param {{type?: string, detail?: string, retryAfter?: number}} [more] what the server said about it, and the seconds
   *   it asks us to wait
   */
  constructor(status, { type = '', detail = '', retryAfter = 0 } = {}) {
    super(detail || `HTTP status ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.type = type;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }
}

/**
 * Trades a name and a password for an access token. The browser gets the cookie of the session along with it.
 *
 * @param {string} name
 * @param {string} password
 * @returns {Promise<Grant>}
 * @throws {ApiError}
 */
export async function logIn(name, password) {
  return readGrant(await request('POST', '/login', { json: { name, password } }));
}

/**
 * Trades the session's cookie, which no script can see, for an access token and the next cookie. That the browser keeps
 * this one matters even when the page is left before the answer comes.
 *
 * @returns {Promise<Grant>}
 * @throws {ApiError}
 */
export async function refresh() {
  return readGrant(await request('POST', '/refresh', { keepalive: true }));
}

/**
 * Adds a user who signs up. Nobody is logged in by it.
 *
 * @param {{username: string, password: string, email: string}} user the e-mail address may be empty
 * @throws {ApiError}
 */
export async function register({ username, password, email }) {
  await request('POST', '/register', { json: { username, password, email: email || undefined } });
}

/**
 * Asks who a token speaks for. The time of the answer comes along, because the clock of this machine may be wrong.
 *
 * @param {string} token
 * @returns {Promise<{user: User, time: number | null}>} the user, and the server's clock in milliseconds if it told
 * @throws {ApiError}
 */
export async function whoIs(token) {
  const response = await request('GET', '/user', { token });
  const user = await read(response);
  if (typeof user.name !== 'string') throw new ApiError(response.status);
  const time = Date.parse(response.headers.get('Date') ?? '');
  return {
    user: { id: user.id, name: user.name, roles: Array.isArray(user.roles) ? user.roles : [] },
    time: Number.isNaN(time) ? null : time,
  };
}

/**
 * Ends the session of a token, and the one of this browser's cookie.
 *
 * @param {string} [token]
 * @throws {ApiError}
 */
export async function logOut(token) {
  await request('POST', '/logout', { token });
}

/**
 * Changes the own password. Every other session of the user ends.
 *
 * @param {string} token
 * @param {string} current the password until now
 * @param {string} next
 * @throws {ApiError}
 */
export async function changePassword(token, current, next) {
  await request('POST', '/users/me/password', { token, json: { current_password: current, new_password: next } });
}

/**
 * Lists the own sessions, the last used first.
 *
 * @param {string} token
 * @returns {Promise<ListedSession[]>}
 * @throws {ApiError}
 */
export async function listSessions(token) {
  const response = await request('GET', '/sessions', { token });
  const { sessions } = await read(response);
  if (!Array.isArray(sessions)) throw new ApiError(response.status);
  return sessions;
}

/**
 * Ends one of the own sessions.
 *
 * @param {string} token
 * @param {string} id
 * @throws {ApiError}
 */
export async function endSession(token, id) {
  await request('DELETE', `/sessions/${encodeURIComponent(id)}`, { token });
}

/**
 * Ends all of the own sessions but the one that the token is of.
 *
 * @param {string} token
 * @throws {ApiError}
 */
export async function endOtherSessions(token) {
  await request('DELETE', '/sessions', { token });
}

/**
 * Finds users, in the order of their names.
 *
 * @param {string} token of an administrator, here and below
 * @param {string} query how the name begins
 * @param {string | null} after the next of the answer before; null for the first
 * @returns {Promise<{users: ListedUser[], next: string | null}>}
 * @throws {ApiError}
 */
export async function listUsers(token, query, after) {
  const parameters = new URLSearchParams({ q: query, limit: USERS_LIMIT });
  if (after !== null) parameters.set('after', after);
  const response = await request('GET', `/users?${parameters}`, { token });
  const { users, next } = await read(response);
  if (!Array.isArray(users)) throw new ApiError(response.status);
  return { users, next: next ?? null };
}

/**
 * Changes a user; what the change leaves out stays.
 *
 * @param {string} token
 * @param {string} id
 * @param {{disabled?: boolean, roles?: string[]}} change
 * @returns {Promise<ListedUser>} the user as it is then
 * @throws {ApiError}
 */
export async function updateUser(token, id, change) {
  const response = await request('PATCH', `/users/${encodeURIComponent(id)}`, { token, json: change });
  return /** @type {any} */ (await read(response));
}

/**
 * Deletes a user for good.
 *
 * @param {string} token
 * @param {string} id
 * @throws {ApiError}
 */
export async function deleteUser(token, id) {
  await request('DELETE', `/users/${encodeURIComponent(id)}`, { token });
}

/**
 * Says in a sentence or two what went wrong and what to do next, for the failures that any request can meet.
 *
 * @param {ApiError} error
 * @returns {string}
 */
export function explain(error) {
  switch (error.status) {
    case 0:
      return 'The server cannot be reached. Check your connection and try again.';
    case 403:
      return 'The server does not accept requests from this address. Open the page at its usual address and try again.';
    case 429:
      return `Too many tries. Wait ${duration(error.retryAfter)}, then try again.`;
    case 503:
      return `The server is busy. Try again in ${duration(error.retryAfter)}.`;
    default:
      return error.status >= 500
        ? 'Something went wrong on the server. Try again in a moment.'
        : 'The server gave an answer that this page does not understand. Reload the page and try again.';
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{token?: string, json?: unknown, keepalive?: boolean}} content
 * @returns {Promise<Response>} an answer with a status of success
 */
async function request(method, path, { token, json, keepalive }) {
  const headers = new Headers({ Accept: 'application/json, application/problem+json' });
  if (json !== undefined) headers.set('Content-Type', 'application/json');
  if (token !== undefined) {
    // No header can carry such a text, so no server has ever made it. To try would look like a network failure.
    if (!/^[\x21-\x7e]+$/.test(token)) throw new ApiError(401);
    headers.set('Authorization', `Bearer ${token}`);
  }

  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: json === undefined ? undefined : JSON.stringify(json),
      keepalive,
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError(0);
  }
  if (!response.ok) throw await problem(response);
  return response;
}

/**
 * @param {Response} response
 * @returns {Promise<Grant>}
 */
async function readGrant(response) {
  const { token, expires_in: seconds } = await read(response);
  if (typeof token !== 'string' || token === '' || !(seconds > 0)) throw new ApiError(response.status);
  return { token, lifetime: seconds * 1000 };
}

/**
 * @param {Response} response
 * @returns {Promise<Record<string, any>>} its JSON object
 */
async function read(response) {
  let data;
  try {
    data = await response.json();
  } catch (error) {
    // A text that is no JSON is the server's mistake, anything else is a connection that broke midway.
    throw new ApiError(error instanceof SyntaxError ? response.status : 0);
  }
  if (data === null || typeof data !== 'object') throw new ApiError(response.status);
  return data;
}

/**
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
async function problem(response) {
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  const retryAfter = seconds > 0 ? seconds : 0;
  let type = '';
  let detail = '';
  if (response.headers.get('Content-Type')?.startsWith('application/problem+json')) {
    const body = await read(response).catch(() => ({}));
    if (typeof body.type === 'string') type = body.type;
    if (typeof body.detail === 'string') detail = body.detail;
  }
  return new ApiError(response.status, { type, detail, retryAfter });
}

/** @param {number} seconds 0 when nobody said how long */
function duration(seconds) {
  if (seconds === 0) return 'a moment';
  if (seconds === 1) return '1 second';
  if (seconds < 120) return `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
