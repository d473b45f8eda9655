// Logs users of a browser app in to a Latchkey on another origin. Copy this file into your app.
//
// The tokens are in localStorage, where every script of your origin can read them. With the app on
// the origin of Latchkey (../same-origin), the refresh token would be out of reach.

const LATCHKEY = 'http://127.0.0.1:8000'; // its PUBLIC_URL

const tokens = () => JSON.parse(localStorage.getItem('tokens'));

async function post(path, fields) {
  const request = fetch(LATCHKEY + path, { method: 'POST', body: new URLSearchParams(fields) });
  const response = await request.catch(() => Response.error());
  if (response.ok) return response;
  const problem = await response.json().catch(() => null); // a proxy answers with a page
  const message = problem?.error_description ?? 'The login service does not answer. Try again in a moment.';
  throw Object.assign(new Error(message), { code: problem?.error });
}

/** Throws an Error whose message can be shown, such as "Incorrect username or password". */
export async function logIn(username, password) {
  const response = await post('/token', { username, password });
  localStorage.setItem('tokens', await response.text());
}

/** Ends the session. If it throws such an Error, the user is still logged in. */
export async function logOut() {
  const old = tokens();
  if (old) await post('/revoke', { token: old.refresh_token });
  localStorage.removeItem('tokens');
}

/** Like fetch, with the user's token. Returns null if nobody is logged in. */
export async function apiFetch(url, options = {}) {
  const send = ({ access_token: token }) => {
    const headers = new Headers(options.headers);
    headers.set('Authorization', `Bearer ${token}`);
    return fetch(url, { ...options, headers });
  };
  const old = tokens();
  if (!old) return null;
  const response = await send(old);
  if (response.status !== 401) return response;
  // One tab renews for all: a refresh token works only once.
  await navigator.locks.request('tokens', () => (tokens()?.access_token === old.access_token ? renew(old) : null));
  return tokens() && send(tokens());
}

async function renew({ refresh_token }) {
  try {
    const response = await post('/token', { grant_type: 'refresh_token', refresh_token });
    localStorage.setItem('tokens', await response.text());
  } catch (error) {
    if (error.code !== 'invalid_grant') throw error;
    localStorage.removeItem('tokens'); // the session has ended
  }
}
