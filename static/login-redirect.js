/** Takes visitors, who aren't logged in, to the login page, which leads them back. */

import { loginPath } from './next.js';
import { announce, byId } from './ui.js';

const SECONDS = 3;

/** Opens the login page in place of this one, so that Back doesn't lead here. */
export function goToLogin() {
  window.location.replace(loginPath());
}

/**
 * Says that nobody is logged in, and opens the login page a little later.
 *
 * @returns {number} the timer, for clearInterval
 */
export function startCountdown() {
  let seconds = SECONDS;
  const sentence = () => `Taking you to the login page in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
  byId('countdown').textContent = sentence();
  announce(`You are not logged in. ${sentence()}`);
  const timer = setInterval(() => {
    seconds -= 1;
    if (seconds > 0) {
      byId('countdown').textContent = sentence();
      return;
    }
    clearInterval(timer);
    goToLogin();
  }, 1000);
  return timer;
}
