// What the pages of an app on Latchkey's origin need. Copy this file into your app.

/** Like fetch, with the user's token, renewed if it has expired. Visitors have to log in first. */
export async function apiFetch(url, options = {}) {
  const send = (token) => {
    const headers = new Headers(options.headers);
    headers.set('Authorization', `Bearer ${token}`);
    return fetch(url, { ...options, headers });
  };
  const token = localStorage.getItem('token');
  if (token !== null) {
    const response = await send(token);
    if (response.status !== 401) return response;
  }
  return send(await renewed(token));
}

async function renewed(token) {
  const { renew } = await import('/static/latest/renewal.js');
  try {
    return await renew(token);
  } catch (error) {
    if (error.name !== 'LoggedOutError') throw error;
    location.assign('/login?next=' + encodeURIComponent(location.pathname + location.search));
    return new Promise(() => {}); // this page is about to go
  }
}

/** Ends the session and goes to the front page. */
export async function logOut() {
  await fetch('/logout', { method: 'POST' });
  localStorage.removeItem('token');
  location.assign('/');
}
