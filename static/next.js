/**
 * Where a login leads. A page that needs a login sends visitors to /login?next=PATH, and the login
 * page takes them back.
 *
 * Anyone can make a link with any `next`, so only a path of this origin counts. The value is parsed
 * as the browser would parse it, and the result is used as a whole: the path of a URL such as
 * /.//example.org is itself the address of another host.
 */

/** Longer values lead to the home page. No page of ours has such a path. */
const MAX_LENGTH = 2_000;

/** @returns {string} the URL of the page to open after the login; of the home page by default */
export function nextPage() {
  const home = new URL('/', window.location.origin).href;
  const next = new URLSearchParams(window.location.search).get('next') ?? '';
  if (!next.startsWith('/') || next.length > MAX_LENGTH || !URL.canParse(next, home)) return home;
  const url = new URL(next, home);
  const isOurs = url.origin === window.location.origin && url.username === '' && url.password === '';
  return isOurs ? url.href : home;
}

/**
 * Returns the path of the login page that leads back to this part of the page. The fragment #main
 * is left out: it is only the target of the skip link.
 *
 * @returns {string}
 */
export function loginPath() {
  const { pathname, search, hash } = window.location;
  const here = pathname + search + (hash === '#main' ? '' : hash);
  return here === '/' ? '/login' : `/login?${new URLSearchParams({ next: here })}`;
}

/** Lets the links to the login page, of the class log-in, lead back to this page. */
export function leadBackHere() {
  for (const link of document.querySelectorAll('a.log-in')) {
    if (link instanceof HTMLAnchorElement) link.href = loginPath();
  }
}

/** Adds this page's `next` to the links between login and sign-up, of the class keep-next. */
export function keepNext() {
  const next = new URLSearchParams(window.location.search).get('next');
  if (next === null) return;
  for (const link of document.querySelectorAll('a.keep-next')) {
    if (link instanceof HTMLAnchorElement) link.search = new URLSearchParams({ next }).toString();
  }
}
