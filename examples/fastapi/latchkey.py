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
        self.lock = threading.Lock()  # held by the thread that fetches the keys

    def get(self, key_id):
        keys = self.fresh_keys()
        if key_id not in keys:
            with self.lock:
                keys = self.fresh_keys()  # another thread may have fetched them meanwhile
                if key_id not in keys and time.monotonic() - self.tried > 10:
                    keys = self.fetch()
        if not keys:
            raise RuntimeError("the key set cannot be fetched")
        if key_id not in keys:
            raise jwt.InvalidKeyError("unknown key")
        return keys[key_id]

    def fresh_keys(self):
        return self.keys if time.monotonic() - self.fetched < 300 else {}

    def fetch(self):
        self.tried = time.monotonic()
        with urlopen(self.url, timeout=5) as response:
            key_set = json.load(response)
        try:
            self.keys = {key.key_id: key.key for key in jwt.PyJWKSet.from_dict(key_set).keys}
        except jwt.PyJWTError as error:
            raise RuntimeError("the key set has no keys") from error  # the token may be valid
        self.fetched = self.tried
        return self.keys


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
