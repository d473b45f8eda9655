"""Verifies Latchkey's access tokens. Copy this file into your app.

It needs pyjwt and, for ES256, cryptography. Its settings come from the environment:

ISSUER      the PUBLIC_URL of Latchkey
JWT_ALG     HS256 (the default) or ES256, as Latchkey's
JWT_SECRET  for HS256: Latchkey's secret. Several, separated by commas, while you change it
"""

import json
import os
import threading
import time
from urllib.request import urlopen

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer

ISSUER = os.environ.get("ISSUER", "")
ALGORITHM = os.environ.get("JWT_ALG") or "HS256"
SECRETS = [secret for secret in os.environ.get("JWT_SECRET", "").split(",") if secret]
if not ISSUER or ALGORITHM not in ("HS256", "ES256") or (ALGORITHM == "HS256" and not SECRETS):
    raise RuntimeError("set ISSUER, and JWT_SECRET or JWT_ALG=ES256")


class KeySet:
    """The public keys by key id. They are fetched again after 5 minutes, and when a token names a
    key that is not among them, but never twice within 10 seconds: anyone can send such tokens."""

    def __init__(self, url):
        self.url = url
        self.keys = {}
        self.tried = self.fetched = float("-inf")
        self.lock = threading.Lock()

    def get(self, key_id):
        with self.lock:
            now = time.monotonic()
            is_old = now - self.fetched > 300
            if (is_old or key_id not in self.keys) and now - self.tried > 10:
                self.tried = now
                with urlopen(self.url, timeout=5) as response:
                    key_set = jwt.PyJWKSet.from_dict(json.load(response))
                self.keys = {key.key_id: key.key for key in key_set.keys}
                self.fetched = now
                is_old = False
            if is_old:
                raise RuntimeError("the key set cannot be fetched")
            if key_id not in self.keys:
                raise jwt.InvalidKeyError("unknown key")
            return self.keys[key_id]


key_set = KeySet(ISSUER + "/.well-known/jwks.json")


def verify(token):
    """Returns the claims of a valid access token, and raises jwt.PyJWTError for any other."""
    header = jwt.get_unverified_header(token)
    if header.get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    for key in SECRETS if ALGORITHM == "HS256" else [key_set.get(header.get("kid"))]:
        try:
            return jwt.decode(token, key, algorithms=[ALGORITHM], issuer=ISSUER, audience="latchkey",
                              leeway=5, options={"require": ["exp", "sub"]})
        except jwt.InvalidSignatureError:
            pass  # the next secret may fit
    raise jwt.InvalidSignatureError


def current_user(token: str = Depends(OAuth2PasswordBearer(tokenUrl=ISSUER + "/token"))) -> dict:
    """A dependency: the claims of the request's token, such as sub (the user's id), name and roles."""
    try:
        return verify(token)
    except jwt.PyJWTError:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
