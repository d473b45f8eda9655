/** DPoP proofs (RFC 9449): each shows that one request comes from the browser that has the key. */

/**
 * Makes the proof for a request. The server judges its age by the nonce, so the clock of this
 * machine may be wrong.
 *
 * @param {CryptoKeyPair} pair
 * @param {object} request
 * @param {string} request.method
 * @param {URL} request.url
 * @param {string | null} [request.token] the access token that is sent with the request
 * @param {string} [request.nonce] the server's newest nonce, if known
 * @returns {Promise<string | null>} the value of the header DPoP; null if the browser can't use the
 *   key
 */
export async function newProof(pair, { method, url, token, nonce }) {
  try {
    const ath = token ? encodeBytes(await crypto.subtle.digest('SHA-256', bytesOf(token))) : undefined;
    const claims = { htm: method, htu: url.origin + url.pathname, nonce, ath };
    return await sign(pair, claims);
  } catch {
    return null;
  }
}

/**
 * @param {CryptoKeyPair} pair
 * @param {object} claims all but those that every proof has
 * @returns {Promise<string>}
 */
async function sign({ publicKey, privateKey }, claims) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } };
  const payload = { ...claims, iat: Math.floor(Date.now() / 1000), jti: crypto.randomUUID() };
  const content = `${encodeJSON(header)}.${encodeJSON(payload)}`;
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, bytesOf(content));
  return `${content}.${encodeBytes(signature)}`;
}

/** @param {string} text */
function bytesOf(text) {
  return new TextEncoder().encode(text);
}

/** @param {object} value members that are undefined are left out */
function encodeJSON(value) {
  return encodeBytes(bytesOf(JSON.stringify(value)));
}

/**
 * @param {ArrayBuffer | Uint8Array} bytes
 * @returns {string} in base64url without padding
 */
function encodeBytes(bytes) {
  const binary = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
