"""Signing and verifying Connect's tokens. Pure: no clock, no network, no web framework.

Two kinds never mix: tokens under a site's shared secret (HS256: pages, context tokens, webhooks, calls to
Jira) and install tokens under Atlassian's keys (RS256). Each has its own verifier with its algorithm built
in, so a token's header cannot choose how it is checked.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import Algorithm, HMACAlgorithm, RSAAlgorithm

from connect.errors import Reason, Unauthenticated

#: How far Jira's clock and ours may differ, in seconds; the Java reference's value.
LEEWAY = 30
#: Longer tokens are not looked at. Jira's are below 1,500 characters.
LONGEST = 8192
#: A shorter secret could be guessed from one token; HS256 demands as much (RFC 7518 section 3.2).
SHORTEST_SECRET = 32

_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
# A key id names a file on Atlassian's key server: a UUID, or path segments of plain characters, each of which
# begins with a letter or digit, so that neither `..` nor `//` nor a trailing dot or slash can occur.
_KEY_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|[./](?=[A-Za-z0-9])){0,199}")
_LATEST = 253_402_300_799  # The last second of the year 9999: beyond it a time is nonsense.
_HS256 = HMACAlgorithm(HMACAlgorithm.SHA256)
_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says.

    Times are seconds since the epoch. `audience` is empty when the token has none.
    """

    issuer: str
    subject: str | None
    audience: tuple[str, ...]
    query_hash: str
    issued_at: float
    expires_at: float
    not_before: float | None


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """A token taken apart and not believed: good for finding the key to check it with, nothing else."""

    header: Mapping[str, Any]
    claimed: Claims
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """The header's `kid`, of a shape that can safely stand in a URL's path; raises Unauthenticated."""
        kid = self.header.get("kid")
        if not isinstance(kid, str) or not _KEY_ID.fullmatch(kid):
            raise Unauthenticated(Reason.KID_MALFORMED, "the key id is missing or not a plain name")
        return kid


def take_apart(token: str) -> UnverifiedToken:
    """Read a token without believing it.

    Raises Unauthenticated when it is not three base64url segments, the first two of them JSON objects, when
    iss, qsh, exp or iat is missing, or when a claim has another type than it must have.
    """
    if len(token) > LONGEST or not _SHAPE.fullmatch(token):
        raise Unauthenticated(Reason.TOKEN_MALFORMED, "not three base64url segments of bearable length")
    signed, _, signature = token.rpartition(".")
    header, _, claims = signed.partition(".")
    return UnverifiedToken(
        header=_json_object(header),
        claimed=_claims(_json_object(claims)),
        signed=signed.encode(),
        signature=_bytes(signature),
    )


def verify_shared(token: UnverifiedToken, secret: str, query_hash: str, now: float) -> Claims:
    """The claims of a token that a site signed with its shared secret (HS256) for exactly `query_hash`.

    Raises Unauthenticated. The audience is not looked at: a shared secret is known to one site and this app
    alone, so whoever signs with it addresses this app, and what this app itself signs with it has our key as
    issuer, which is no site's. Jira leaves `aud` out or puts the client key there.
    """
    if len(secret) < SHORTEST_SECRET:
        # A site whose secrets were erased has an empty one, and anybody can sign with that.
        raise Unauthenticated(Reason.SIGNATURE_WRONG, "the site has no usable secret")
    _check_signature(token, "HS256", _HS256, secret.encode())
    _check_times(token.claimed, now)
    _check_hash(token.claimed, query_hash)
    return token.claimed


def verify_install(
    token: UnverifiedToken, key: RSAPublicKey, query_hash: str, audiences: Collection[str], now: float
) -> Claims:
    """The claims of a token that Atlassian signed with an install key (RS256) for exactly `query_hash`.

    One of the token's audiences must equal one of `audiences`, character for character: the install tokens of
    all apps are signed with the same keys, so the audience alone says that this one is for us. Raises
    Unauthenticated.
    """
    _check_signature(token, "RS256", _RS256, key)
    _check_times(token.claimed, now)
    if not any(audience in audiences for audience in token.claimed.audience):
        raise Unauthenticated(Reason.AUDIENCE_WRONG, "the token is for another address")
    _check_hash(token.claimed, query_hash)
    return token.claimed


def require_install_algorithm(token: UnverifiedToken) -> None:
    """Raise Unauthenticated unless the token says RS256, so that no key is fetched for nothing."""
    _check_header(token, "RS256")


def sign_shared(claims: Mapping[str, Any], secret: str) -> str:
    """A token with these claims under a shared secret (HS256)."""
    return jwt.encode(dict(claims), secret, algorithm="HS256")


def _check_header(token: UnverifiedToken, name: str) -> None:
    if token.header.get("alg") != name:
        raise Unauthenticated(Reason.ALGORITHM_WRONG, f"must be {name}")
    if "crit" in token.header or "b64" in token.header:
        # RFC 7515 section 4.1.11: what is marked critical and not understood must be refused.
        raise Unauthenticated(Reason.TOKEN_MALFORMED, "the header asks for extensions")


def _check_signature(token: UnverifiedToken, name: str, algorithm: Algorithm, key: Any) -> None:
    _check_header(token, name)
    if not algorithm.verify(token.signed, key, token.signature):
        raise Unauthenticated(Reason.SIGNATURE_WRONG, f"no {name} signature of the expected key")


def _check_times(claims: Claims, now: float) -> None:
    if now > claims.expires_at + LEEWAY:
        raise Unauthenticated(Reason.TOKEN_EXPIRED, f"{now - claims.expires_at:.0f} s ago")
    starts = max(claims.issued_at, claims.not_before or 0)
    if now < starts - LEEWAY:
        raise Unauthenticated(Reason.TOKEN_PREMATURE, f"valid in {starts - now:.0f} s")


def _check_hash(claims: Claims, query_hash: str) -> None:
    if not hmac.compare_digest(claims.query_hash.encode(), query_hash.encode()):
        raise Unauthenticated(Reason.QSH_WRONG, "the token was signed for something else")


def _bytes(segment: str) -> bytes:
    try:
        return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError as error:
        raise Unauthenticated(Reason.TOKEN_MALFORMED, "a segment is not base64url") from error


def _json_object(segment: str) -> dict[str, Any]:
    try:
        decoded = orjson.loads(_bytes(segment))
    except orjson.JSONDecodeError as error:
        raise Unauthenticated(Reason.TOKEN_MALFORMED, "a segment is not JSON") from error
    if not isinstance(decoded, dict):
        raise Unauthenticated(Reason.TOKEN_MALFORMED, "a segment is not a JSON object")
    return decoded


def _claims(claims: Mapping[str, Any]) -> Claims:
    return Claims(
        issuer=_text(claims, "iss"),
        subject=_text(claims, "sub") if claims.get("sub") is not None else None,
        audience=_audience(claims.get("aud")),
        query_hash=_text(claims, "qsh"),
        issued_at=_time(claims, "iat"),
        expires_at=_time(claims, "exp"),
        not_before=_time(claims, "nbf") if claims.get("nbf") is not None else None,
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if value is None:
        raise Unauthenticated(Reason.CLAIM_MISSING, name)
    if not isinstance(value, str) or not 0 < len(value) <= 255 or not value.isprintable():
        raise Unauthenticated(Reason.CLAIM_MALFORMED, name)
    return value


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if value is None:
        raise Unauthenticated(Reason.CLAIM_MISSING, name)
    # bool is an int in Python. JSON knows no NaN or infinity, and an overlong number fails the range.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LATEST:
        raise Unauthenticated(Reason.CLAIM_MALFORMED, name)
    return value


def _audience(value: Any) -> tuple[str, ...]:
    listed = [] if value is None else value if isinstance(value, list) else [value]
    if len(listed) > 16 or not all(isinstance(each, str) for each in listed):
        raise Unauthenticated(Reason.CLAIM_MALFORMED, "aud")
    return tuple(listed)
