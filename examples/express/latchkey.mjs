/**
 * Verifies Latchkey's access tokens. Copy this file into your app.
 *
 * It needs the package jose. Its settings come from the environment:
 *
 * ISSUER      the PUBLIC_URL of Latchkey
 * JWT_ALG     HS256 (the default) or ES256, as Latchkey's
 * JWT_SECRET  for HS256: Latchkey's secret. Several, separated by commas, while you change it
 */

import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';

const issuer = process.env.ISSUER;
const algorithm = process.env.JWT_ALG || 'HS256';
const secrets = (process.env.JWT_SECRET ?? '').split(',').filter(Boolean);
if (!issuer || !['HS256', 'ES256'].includes(algorithm) || (algorithm === 'HS256' && secrets.length === 0)) {
  throw new Error('set ISSUER, and JWT_SECRET or JWT_ALG=ES256');
}

// The key set is fetched again after 5 minutes, and when a token names a key that is not in it, but
// never twice within 10 seconds: anyone can send such tokens.
const keySet = createRemoteJWKSet(new URL(issuer + '/.well-known/jwks.json'), {
  cacheMaxAge: 300_000,
  cooldownDuration: 10_000,
  [customFetch]: fetchSeldom,
});
let lastFetch = -Infinity;

/** Does what jose does not: waits for 10 seconds after a failure too. */
function fetchSeldom(url, options) {
  if (performance.now() < lastFetch + 10_000) throw new Error('the key set could not be fetched');
  lastFetch = performance.now();
  return fetch(url, options);
}

const keys = algorithm === 'HS256' ? secrets.map((secret) => new TextEncoder().encode(secret)) : [keySet];

/** Returns the claims of a valid access token, and throws a JOSEError for any other. */
async function verify(token) {
  const options = {
    issuer, audience: 'latchkey', typ: 'at+jwt', algorithms: [algorithm],
    requiredClaims: ['exp', 'sub'], clockTolerance: 5,
  };
  for (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    } // the next secret may fit
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function cannotFetch(error) {
  if (error.code === 'ERR_JWKS_NO_MATCHING_KEY') return keySet.jwks().keys.length === 0;
  return !(error instanceof errors.JOSEError) || ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT'].includes(error.code);
}

/** Middleware. request.user has the claims of the token: sub (the user's id), name, roles, …. */
export async function requireUser(request, response, next) {
  const token = request.get('Authorization')?.match(/^Bearer (.+)$/i)?.[1] ?? '';
  try {
    request.user = await verify(token);
  } catch (error) {
    if (cannotFetch(error)) return next(error);
    return response.set('WWW-Authenticate', 'Bearer').sendStatus(401);
  }
  next();
}
