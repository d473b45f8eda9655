/**
 * The rules for new passwords, in the server's words (auth/policy.go), so that a page can check a
 * password while it is typed. Only the server knows which passwords are common.
 */

/** Reverses what people put in place of letters. 1 and ! stand for two letters. */
const SUBSTITUTES = new Map(Object.entries({
  0: 'o', 3: 'e', 4: 'a', '@': 'a', 5: 's', $: 's', 7: 't', '+': 't', 8: 'b',
}));

/**
 * @typedef {object} PasswordRules
 * @property {number} minLength in characters
 * @property {number} maxLength in characters
 * @property {string} username may be empty
 * @property {string[]} names that everybody tries, and the user's roles
 */

/**
 * @param {string} password
 * @param {PasswordRules} rules
 * @returns {string | null} what is wrong with the password, or null
 */
export function passwordMistake(password, { minLength, maxLength, username, names }) {
  const text = password.normalize('NFC');
  const { length } = [...text]; // in code points, as the server counts
  const lower = lowerCase(text);
  if (/[\0\uFFFD\p{Cs}]/u.test(text)) {
    return 'The password contains a character that cannot be stored. Use letters, digits, punctuation and spaces.';
  }
  if (length < minLength) return `The password is too short. Use at least ${minLength} characters.`;
  if (length > maxLength) return `The password is too long. Use at most ${maxLength} characters.`;
  if (username !== '' && lower.includes(lowerCase(username))) {
    return 'The password contains the username. Choose a different password.';
  }
  if (isPattern(lower, minLength)) return 'This password is a simple pattern. Try a few unrelated words.';
  const rest = withoutNames(lower, wordsOf([...names, username]));
  if ([...rest].length < minLength || isPattern(rest, minLength)) {
    return `Names are easy to guess. Use at least ${minLength} other characters.`;
  }
  return null;
}

/**
 * Converts each character by itself, as the server does.
 *
 * @param {string} text
 */
function lowerCase(text) {
  return Array.from(text, (character) => character.toLowerCase()).join('');
}

/**
 * Reports whether a password repeats something shorter than the minimum, or has at most three
 * parts.
 *
 * @param {string} text
 * @param {number} minLength
 */
function isPattern(text, minLength) {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  for (let period = 1; period < minLength && 2 * period <= codes.length; period += 1) {
    if (codes.every((code, i) => i < period || code === codes[i - period])) return true;
  }
  let parts = 0;
  for (let start = 0; start < codes.length; parts += 1) start += partLength(codes, start);
  return parts <= 3;
}

/**
 * Returns the length of a run such as abc, cba or aaa, or 1 if none of at least 3 begins here.
 *
 * @param {number[]} codes
 * @param {number} start
 */
function partLength(codes, start) {
  const step = codes[start + 1] - codes[start]; // NaN at the end
  if (!(Math.abs(step) <= 1)) return 1;
  let end = start + 2;
  while (codes[end] - codes[end - 1] === step) end += 1;
  return end - start < 3 ? 1 : end - start;
}

/**
 * Removes names from a password, also where substitutes stand for letters.
 *
 * @param {string} text
 * @param {string[]} names
 */
function withoutNames(text, names) {
  const named = new Set();
  for (const reading of [text, undo(text, 'i'), undo(text, 'l')]) {
    for (const name of names) {
      for (let at = reading.indexOf(name); at >= 0; at = reading.indexOf(name, at + 1)) {
        for (let i = at; i < at + name.length; i += 1) named.add(i);
      }
    }
  }
  return text.split('').filter((_, i) => !named.has(i)).join('');
}

/**
 * @param {string} text
 * @param {string} one what 1 and ! stand for
 */
function undo(text, one) {
  return text.replace(/[1!]/g, one).replace(/[03457@$+8]/g, (sign) => SUBSTITUTES.get(sign) ?? sign);
}

/**
 * @param {string[]} names
 * @returns {string[]} their words of at least three characters
 */
function wordsOf(names) {
  const words = lowerCase(names.join(' ')).normalize('NFC').split(/[^\p{L}\p{Nd}]+/u);
  return words.filter((word) => [...word].length >= 3);
}
