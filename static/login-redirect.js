/** The countdown that takes visitors, who aren't logged in, to the login page. */

import { announce, byId } from './ui.js';

const SECONDS = 3;

/** @returns {number} the timer, for clearInterval */
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
    window.location.replace('/login'); // replaces this page, so that Back doesn't lead to it
  }, 1000);
  return timer;
}
