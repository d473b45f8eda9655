/** The message that counts down to when a form can be sent again, after a refusal for now. */

import { reasonToWait, waitingText } from './problem.js';
import { clockText } from './time.js';
import { announce, find, setText, setWaiting, showError } from './ui.js';

/** @typedef {import('./problem.js').ApiError} ApiError */

/**
 * @typedef {object} Countdown
 * @property {(error: ApiError) => boolean} start counts down if the error says how long to wait;
 *   returns whether it does. The button can't be used meanwhile
 * @property {() => void} end removes the message, and the button can be used again
 * @property {() => boolean} isRunning
 * @property {() => void} remind tells screen readers how much longer to wait
 */

/**
 * @param {HTMLElement} region an element with role=alert, for the message
 * @param {HTMLElement} button
 * @returns {Countdown}
 */
export function prepareCountdown(region, button) {
  /** What is waited for, or null. @type {ApiError | null} */
  let cause = null;
  /** By performance.now(), because the timers of a hidden tab run late. */
  let endsAt = 0;
  let timer = 0;
  const seconds = () => Math.ceil((endsAt - performance.now()) / 1000);

  const stop = () => {
    clearInterval(timer);
    cause = null;
    setWaiting(button, false);
  };

  /** @type {Countdown['start']} */
  const start = (error) => {
    if (error.retryAfter === 0 || reasonToWait(error) === '') return false;
    cause = error;
    endsAt = performance.now() + error.retryAfter * 1000;
    setWaiting(button, true);
    const show = showTicking(region, waitingText(error, error.retryAfter));
    const tick = () => {
      if (seconds() > 0) {
        // The spaces don't break, so that the time isn't alone on a line.
        show(`${reasonToWait(error)} Try\u00a0again\u00a0in\u00a0${clockText(seconds())}.`);
        return;
      }
      stop();
      showReady(region);
    };
    timer = setInterval(tick, 1000);
    tick();
    return true;
  };
  const end = () => {
    if (!cause) return;
    stop();
    region.replaceChildren();
  };
  const remind = () => {
    if (cause) announce(waitingText(cause, seconds()));
  };
  return { start, end, isRunning: () => cause !== null, remind };
}

/**
 * Shows a message that changes every second. Screen readers get one that doesn't, and so announce
 * it once.
 *
 * @param {HTMLElement} region
 * @param {string} spoken
 * @returns {(text: string) => void} changes the visible message
 */
function showTicking(region, spoken) {
  showError(region, spoken);
  const message = find(region, 'p');
  const forScreenReaders = document.createElement('span');
  forScreenReaders.className = 'visually-hidden';
  forScreenReaders.textContent = spoken;
  const visible = document.createElement('span');
  visible.className = 'counting';
  visible.setAttribute('aria-hidden', 'true');
  message.replaceChildren(forScreenReaders, visible);
  return (text) => setText(visible, text);
}

/** @param {HTMLElement} region */
function showReady(region) {
  const message = document.createElement('p');
  message.className = 'outcome good';
  message.textContent = 'You can try again now.';
  region.replaceChildren(message);
}
