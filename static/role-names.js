/** Fields in which administrators type the names of roles. */

/**
 * Reads the roles in a field, which are separated by spaces or commas.
 *
 * @param {HTMLInputElement} field
 * @param {string[]} [others] roles that the user has already
 * @returns {{added: string[], roles: string[], mistake: string | null}} those in the field, all of
 *   them in order, and what is wrong with them
 */
export function readRoles(field, others = []) {
  const valid = new RegExp(`^(?:${field.pattern})$`, 'u');
  const max = Number(field.dataset.maxRoles);
  const added = field.value.split(/[\s,]+/).filter(Boolean);
  const roles = [...new Set([...others, ...added])].sort();
  let mistake = null;
  if (roles.length > max) mistake = `A user can have at most ${max} roles.`;
  else if (!added.every((role) => valid.test(role))) mistake = field.dataset.rule ?? '';
  return { added, roles, mistake };
}
