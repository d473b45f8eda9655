// What the pages of an app on Latchkey's origin need. Copy this file into your app.

/** Like fetch, with the user's token, renewed if it has expired. Visitors have to log in first. */
export async function apiFetch(url, options = {}) {
  const { renew, usableToken } = await import('/static/latest/renewal.js');
  const send = (token) => {
    const headers = new Headers(options.headers);
    headers.set('Authorization', `Bearer ${token}`);
    return fetch(url, { ...options, headers });
  };
  const token = await orLogIn(usableToken());
  const response = await send(token);
  return response.status === 401 ? send(await orLogIn(renew(token))) : response;
}

/** Waits for a token. Visitors go to the login page, and come back. */
async function orLogIn(token) {
  try {
    return await token;
  } catch (error) {
    if (error.name !== 'LoggedOutError') throw error;
    const { pathname, search, hash } = location;
    location.assign('/login?next=' + encodeURIComponent(pathname + search + hash));
    return new Promise(() => {}); // this page is about to go
  }
}

/**
 * Ends the session and goes to the front page. If that fails, the user is still logged in, and the
 * message of the Error can be shown.
 */
export async function logOut() {
  const { ok, status } = await fetch('/logout', { method: 'POST' }).catch(() => Response.error());
  if (!ok && status !== 401) throw new Error('You are still logged in. Try again in a moment.'); // 401: it had ended
  localStorage.removeItem('token');
  location.assign('/');
}
