"""Tokens, taken apart and verified: pure, with a clock of the test's own. Over HTTP: test_forgery."""

from __future__ import annotations

import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect import tokens
from connect.errors import Reason, Unauthenticated
from tests.connect.doors import AtlassianKeys, hs256, rs256

NOW = 1_800_000_000
SECRET = "s" * 40
CLAIMS = {"iss": "site", "sub": "account", "qsh": "context-qsh", "iat": NOW, "exp": NOW + 180}
BASE = "https://vault.example.com"


def reason_of(token: str, secret: str = SECRET, now: float = NOW) -> Reason | None:
    try:
        tokens.verify_shared(tokens.take_apart(token), secret, "context-qsh", now)
    except Unauthenticated as error:
        return error.reason
    return None


def test_a_verified_token_says_who_calls() -> None:
    claims = tokens.verify_shared(tokens.take_apart(hs256(CLAIMS, SECRET)), SECRET, "context-qsh", NOW)
    assert (claims.issuer, claims.subject, claims.audience) == ("site", "account", ())
    assert (claims.issued_at, claims.expires_at, claims.not_before) == (NOW, NOW + 180, None)


def test_what_is_signed_here_another_library_reads() -> None:
    token = tokens.sign_shared({"iss": "app", "exp": int(time.time()) + 60}, SECRET)
    assert jwt.decode(token, SECRET, algorithms=["HS256"])["iss"] == "app"


def test_what_another_library_signs_is_read_here() -> None:
    assert reason_of(jwt.encode(CLAIMS, SECRET, algorithm="HS256")) is None


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (-31, Reason.TOKEN_PREMATURE),
        (-30, None),
        (0, None),
        (180, None),
        (210, None),
        (211, Reason.TOKEN_EXPIRED),
    ],
)
def test_the_leeway_is_half_a_minute_on_either_side(seconds: int, reason: Reason | None) -> None:
    assert reason_of(hs256(CLAIMS, SECRET), now=NOW + seconds) is reason


@pytest.mark.parametrize("secret", ["", "short", "s" * 31])
def test_a_secret_that_could_be_guessed_signs_nothing(secret: str) -> None:
    """A site whose secrets were erased has an empty one, with which anybody can sign."""
    assert reason_of(hs256(CLAIMS, secret), secret=secret) is Reason.SIGNATURE_WRONG


def test_a_secret_shows_in_no_repr() -> None:
    token = hs256(CLAIMS, SECRET)
    assert token.rsplit(".", 1)[1] not in repr(tokens.take_apart(token))


@given(st.text(max_size=200) | st.text("abcXYZ019-_.", max_size=200))
def test_whatever_text_is_sent_is_a_token_or_refused(text: str) -> None:
    assert reason_of(text) is not None


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from(["iss", "sub", "qsh", "iat", "exp", "nbf", "aud", "context"]), json_values
    )
)
def test_whatever_claims_are_signed_are_believed_or_refused(changes: dict[str, object]) -> None:
    reason_of(hs256({**CLAIMS, **changes}, SECRET))


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "x5u"]), json_values))
def test_no_header_but_the_right_algorithm_is_believed(header: dict[str, object]) -> None:
    token = hs256(CLAIMS, SECRET, **header)
    believed = reason_of(token) is None
    assert believed is (header.get("alg", "HS256") == "HS256" and "crit" not in header)


def test_keys_that_come_with_the_token_are_not_looked_at(atlassian: AtlassianKeys) -> None:
    header = {
        "kid": "other",
        "jwk": {"kty": "oct", "k": "eA"},
        "jku": "https://evil.example",
        "x5u": "https://x",
    }
    assert reason_of(hs256(CLAIMS, SECRET, **header)) is None
    assert reason_of(hs256(CLAIMS, "x" * 40, **header)) is Reason.SIGNATURE_WRONG


def test_an_install_token_needs_the_right_key_audience_and_hash(atlassian: AtlassianKeys) -> None:
    claims = {**CLAIMS, "qsh": "hash", "aud": ["https://other.example", BASE]}
    token = tokens.take_apart(rs256(claims, atlassian.private, kid="k"))
    public = atlassian.private.public_key()
    assert tokens.verify_install(token, public, "hash", [BASE], NOW).issuer == "site"
    stranger = AtlassianKeys().private.public_key()
    for key, query_hash, audiences, now, reason in (
        (stranger, "hash", [BASE], NOW, Reason.SIGNATURE_WRONG),
        (public, "other", [BASE], NOW, Reason.QSH_WRONG),
        (public, "hash", [BASE + "/"], NOW, Reason.AUDIENCE_WRONG),
        (public, "hash", [], NOW, Reason.AUDIENCE_WRONG),
        (public, "hash", [BASE], NOW + 300, Reason.TOKEN_EXPIRED),
    ):
        with pytest.raises(Unauthenticated) as caught:
            tokens.verify_install(token, key, query_hash, audiences, now)
        assert caught.value.reason is reason


@pytest.mark.parametrize(
    "kid",
    [
        "0a4c3b7e-5d1f-4c6e-9b1a-1f2e3d4c5b6a",
        "micros/connect-install-keys/2024_01.key",
        "a",
        "A/b-c/d.e",
    ],
)
def test_a_key_id_is_a_plain_name_or_path(kid: str) -> None:
    assert tokens.take_apart(hs256(CLAIMS, SECRET, kid=kid)).key_id == kid
