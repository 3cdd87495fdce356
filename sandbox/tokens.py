"""Connect's tokens from Jira's side: what it signs for an add-on, and what it accepts from one.

The query-string hash follows the Java canonicalizer that Jira itself uses, on the raw request target. PyPI's
``atlassian-jwt`` serves only as a second opinion in the tests: it collapses ``//`` in paths, sees a scheme in
``/a:b/c``, and sorts by code point where Java sorts by UTF-16.
"""

import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

#: The fixed hash in tokens that are not made for one URL (``AP.context.getToken()``).
CONTEXT_QSH = "context-qsh"
_UNRESERVED = "-._~"
LEEWAY_SECONDS = 30


class BadToken(Exception):
    """A token was not accepted; the message says why, for the answer's body."""


def canonical_request(method: str, target: str) -> str:
    """``METHOD&PATH&QUERY`` of a raw request target, relative to the base URL's path."""
    path, _, query = target.partition("?")
    if path.endswith("/"):
        path = path[:-1]
    path = path.replace("&", "%26")
    return f"{method.upper()}&{path if path.startswith('/') else '/' + path}&{_canonical_query(query)}"


def query_hash(method: str, target: str) -> str:
    """The ``qsh`` claim: SHA-256 of the canonical request, in hex."""
    return sha256(canonical_request(method, target).encode()).hexdigest()


def _canonical_query(query: str) -> str:
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=1000):
        if name != "jwt":
            values.setdefault(name, []).append(value)
    entries = {
        _encode(name): ",".join(_encode(value) for value in sorted(found, key=_utf16))
        for name, found in values.items()
    }
    return "&".join(f"{name}={entries[name]}" for name in sorted(entries))


def _encode(text: str) -> str:
    return quote(text, safe=_UNRESERVED)


def _utf16(text: str) -> bytes:
    """Java compares strings by UTF-16 code units: an emoji sorts before U+FFFD."""
    return text.encode("utf-16-be", "surrogatepass")


def sign(secret: str, issuer: str, *, qsh: str, lifetime: int, **claims: Any) -> str:
    """A token signed with the shared secret (HS256) for ``lifetime`` seconds; None claims are left out."""
    issued = int(time.time())
    payload = {"iss": issuer, "iat": issued, "exp": issued + lifetime, "qsh": qsh}
    payload |= {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(payload, secret, algorithm="HS256")


def sign_install(
    key: rsa.RSAPrivateKey, kid: str, *, issuer: str, audience: str, qsh: str, lifetime: int
) -> str:
    """The asymmetric token of ``installed`` and ``uninstalled``: RS256, with the key's id in the header."""
    issued = int(time.time())
    payload = {"iss": issuer, "aud": [audience], "iat": issued, "exp": issued + lifetime, "qsh": qsh}
    return jwt.encode(payload, key, algorithm="RS256", headers={"kid": kid})


def unverified_issuer(token: str) -> str:
    """Who a token claims to come from: good for choosing the secret, for nothing else. Raises BadToken."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise BadToken("The token cannot be read.") from error
    issuer = claims.get("iss")
    if not isinstance(issuer, str):
        raise BadToken("The token names no issuer.")
    return issuer


def verify(token: str, secret: str, *, audience: str | None = None) -> Mapping[str, Any]:
    """The claims of an HS256 token: signature, ``exp`` and ``iat`` checked, the audience when one is given.

    Raises BadToken. The caller compares ``qsh``.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            leeway=LEEWAY_SECONDS,
            audience=audience,
            options={"require": ["exp", "iat", "iss"], "verify_aud": audience is not None},
        )
    except jwt.PyJWTError as error:
        raise BadToken(f"The token is not valid: {error}") from error
    return claims


def new_install_key() -> rsa.RSAPrivateKey:
    """A key pair for signing lifecycle calls."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return encoded.decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    """The public half as Atlassian's key server publishes it."""
    encoded = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded.decode()


def read_private_pem(pem: str) -> rsa.RSAPrivateKey:
    """The key that :func:`private_pem` wrote. Raises ValueError for anything else."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key
