"""The table of jira.md, the claims, and a second opinion from PyPI's atlassian-jwt where that is right."""

import time

import jwt
import pytest
from atlassian_jwt.url_utils import hash_url
from hypothesis import given
from hypothesis import strategies as st

from sandbox import tokens


@pytest.mark.parametrize(
    ("target", "canonical"),
    [
        ("/a", "GET&/a&"),
        ("/", "GET&/&"),
        ("", "GET&/&"),
        ("/a/", "GET&/a&"),
        ("/a//", "GET&/a/&"),
        ("//a/b", "GET&//a/b&"),
        ("/a:b/c", "GET&/a:b/c&"),
        ("/a&b", "GET&/a%26b&"),
        ("/%C3%A9%2f", "GET&/%C3%A9%2f&"),
        ("/a?b=1+2%203*", "GET&/a&b=1%202%203%2A"),
        ("/a?z=1&jwt=secret&JWT=x", "GET&/a&JWT=x&z=1"),
        ("/a?b&c=", "GET&/a&b=&c="),
        ("/a?r=2&r=10&r=1", "GET&/a&r=1,10,2"),
        ("/a?%C3%A9=1&a=2", "GET&/a&%C3%A9=1&a=2"),
        ("/a?a[x]=1&aB=2", "GET&/a&a%5Bx%5D=1&aB=2"),
        ("/a?B=1&a=1&A=1&b=1", "GET&/a&A=1&B=1&a=1&b=1"),
        ("/a?r=%EF%BF%BD&r=%F0%9F%98%80", "GET&/a&r=%F0%9F%98%80,%EF%BF%BD"),
        ("/a?__proto__=1", "GET&/a&__proto__=1"),
        ("/a?q=x-._~!'()", "GET&/a&q=x-._~%21%27%28%29"),
    ],
)
def test_a_request_is_written_as_the_java_reference_writes_it(target, canonical):
    assert tokens.canonical_request("get", target) == canonical


plain = st.text("abcXYZ019-._~ +é/", max_size=6)


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.lists(st.text("abcXYZ09-_", min_size=1, max_size=5), max_size=4),
    st.dictionaries(
        st.text("abcXYZ019_", min_size=1, max_size=5), st.lists(plain, min_size=1, max_size=3), max_size=4
    ),
)
def test_pypis_library_agrees_on_ordinary_requests(method, path, query):
    from_query = "&".join(
        f"{name}={tokens._encode(value)}" for name, values in query.items() for value in values
    )
    target = "/" + "/".join(path) + (f"?{from_query}" if from_query else "")
    assert tokens.query_hash(method, target) == hash_url(method, target)


def test_a_signed_token_carries_what_was_asked_and_nothing_empty():
    token = tokens.sign("s" * 32, "client", qsh="q", lifetime=60, sub="who", context=None)
    claims = tokens.verify(token, "s" * 32)
    assert {"iss": "client", "qsh": "q", "sub": "who"}.items() <= claims.items()
    assert claims["exp"] - claims["iat"] == 60
    assert "context" not in claims


@pytest.mark.parametrize(
    ("claims", "algorithm"),
    [
        ({"iat": 1, "exp": 2}, "HS256"),
        ({"iat": 1}, "HS256"),
        ({"exp": 2**33}, "HS256"),
        ({"iat": 1, "exp": 2**33}, "HS512"),
        ({"iat": 1, "exp": 2**33}, "none"),
    ],
)
def test_a_token_that_is_old_incomplete_or_signed_otherwise_is_refused(claims, algorithm):
    secret = "s" * 64
    token = jwt.encode({"iss": "x", **claims}, None if algorithm == "none" else secret, algorithm=algorithm)
    with pytest.raises(tokens.BadToken):
        tokens.verify(token, secret)


def test_an_audience_is_checked_when_one_is_expected():
    now = int(time.time())
    token = jwt.encode(
        {"iss": "x", "iat": now, "exp": now + 9, "aud": "http://other"}, "s" * 32, algorithm="HS256"
    )
    assert tokens.verify(token, "s" * 32)["aud"] == "http://other"
    with pytest.raises(tokens.BadToken):
        tokens.verify(token, "s" * 32, audience="http://cloud")


def test_the_install_key_survives_writing_and_reading():
    key = tokens.new_install_key()
    assert tokens.public_pem(tokens.read_private_pem(tokens.private_pem(key))) == tokens.public_pem(key)
    token = tokens.sign_install(key, "kid-1", issuer="client", audience="http://app", qsh="q", lifetime=60)
    assert jwt.get_unverified_header(token)["kid"] == "kid-1"
    assert (
        jwt.decode(token, tokens.public_pem(key), algorithms=["RS256"], audience="http://app")["iss"]
        == "client"
    )


@pytest.mark.parametrize("token", ["", "a.b.c", "x"])
def test_rubbish_has_no_issuer(token):
    with pytest.raises(tokens.BadToken):
        tokens.unverified_issuer(token)
