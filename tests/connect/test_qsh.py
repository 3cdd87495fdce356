"""The query-string hash, by the Java reference's table and by its own laws, down to the raw request line."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import atlassian_jwt.url_utils
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connect import qsh

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("target", "canonical"),
    [
        # Atlassian's own example.
        (
            "/path/to/service?zee_last=param&repeated=parameter 1&first=param&repeated=parameter 2",
            "GET&/path/to/service&first=param&repeated=parameter%201,parameter%202&zee_last=param",
        ),
        # Where the implementations of the trade differ, the Java reference (jira.md section 1).
        ("/?é=1&a=2", "GET&/&%C3%A9=1&a=2"),
        ("/?a[x]=1&aB=2", "GET&/&a%5Bx%5D=1&aB=2"),
        ("/a//", "GET&/a/&"),
        ("//a/b", "GET&//a/b&"),
        ("/a:b/c", "GET&/a:b/c&"),
        ("/?r=\U0001f600&r=\ufffd", "GET&/&r=%F0%9F%98%80,%EF%BF%BD"),
        ("/?__proto__=1", "GET&/&__proto__=1"),
        # The path: as received, less one slash at its end.
        ("/", "GET&/&"),
        ("//", "GET&/&"),
        ("/a/", "GET&/a&"),
        ("/a", "GET&/a&"),
        ("/a&b", "GET&/a%26b&"),
        ("/a%26b/%2f%2F", "GET&/a%26b/%2f%2F&"),
        ("/a/../b/./c", "GET&/a/../b/./c&"),
        ("/a//b", "GET&/a//b&"),
        ("/a;b=c", "GET&/a;b=c&"),
        ("/A%7Eb", "GET&/A%7Eb&"),
        ("/über", "GET&/über&"),
        # The query: decoded as a form, encoded anew, sorted by its encoded names.
        ("/?", "GET&/&"),
        ("/?&&", "GET&/&"),
        ("/?b&a=&c=x", "GET&/&a=&b=&c=x"),
        ("/?a=1=2", "GET&/&a=1%3D2"),
        ("/?=1", "GET&/&=1"),
        ("/?a=1;b=2", "GET&/&a=1%3Bb%3D2"),
        ("/?b=1&a=2&B=3&A=4", "GET&/&A=4&B=3&a=2&b=1"),
        ("/?a=b+c&d=e%20f&g=%2B", "GET&/&a=b%20c&d=e%20f&g=%2B"),
        ("/?a=*-._~!'()", "GET&/&a=%2A-._~%21%27%28%29"),
        ("/?a=%7e%2d%2F%2f", "GET&/&a=~-%2F%2F"),
        ("/?a=1&a=10&a=2", "GET&/&a=1,10,2"),
        ("/?a=x,y&a=b", "GET&/&a=b,x%2Cy"),
        ("/?%61=2&a=1", "GET&/&a=1,2"),
        ("/?a=%ff", "GET&/&a=%EF%BF%BD"),
        ("/?a=%zz", "GET&/&a=%25zz"),
        # Only the token itself is left out, by its decoded name, in its exact spelling.
        ("/?jwt=x&a=1", "GET&/&a=1"),
        ("/?%6Awt=x&a=1", "GET&/&a=1"),
        ("/?JWT=x&a=1", "GET&/&JWT=x&a=1"),
        # What a proxy may send.
        ("https://vault.example.com/a?b=1", "GET&/a&b=1"),
        ("HTTP://vault.example.com", "GET&/&"),
        ("http://vault.example.com?b=1", "GET&/&b=1"),
    ],
)
def test_a_request_has_the_canonical_form_of_the_java_reference(target: str, canonical: str) -> None:
    assert qsh.canonical_request("get", target) == canonical


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/app/panel", "/panel"),
        ("/app/", "/"),
        ("/app", "/"),
        ("/app//x", "//x"),
        ("/application", "/application"),
        ("/panel", "/panel"),
        ("/app/app/x", "/app/x"),
    ],
)
def test_the_base_urls_path_is_left_out_where_it_is_one(target: str, path: str) -> None:
    assert qsh.canonical_request("GET", target, "/app") == f"GET&{path}&"


def test_the_hash_is_sha256_in_lower_case_hex() -> None:
    expected = hashlib.sha256(b"POST&/installed&").hexdigest()
    assert qsh.request_hash("post", "/installed") == expected


@pytest.mark.parametrize(
    "target", ["", "*", "vault.example.com:443", "a/b", "?a=1", "/a#b", "/a?b#c", "ftp://x/y"]
)
def test_a_target_that_is_no_path_has_no_hash(target: str) -> None:
    with pytest.raises(qsh.TargetMalformed):
        qsh.request_hash("GET", target)


@pytest.mark.parametrize(
    "environ", [{}, {"RAW_URI": ""}, {"RAW_URI": 7}, {"PATH_INFO": "/a", "QUERY_STRING": ""}]
)
def test_a_decoded_path_is_no_raw_target(environ: dict[str, object]) -> None:
    with pytest.raises(qsh.TargetMalformed):
        qsh.received_target(environ)


def test_bytes_that_wsgi_hands_over_as_latin_1_are_hashed_as_they_came() -> None:
    target = qsh.received_target({"REQUEST_URI": "/é?a=é".encode().decode("latin-1")})
    assert qsh.canonical_request("GET", target) == "GET&/é&a=%C3%A9"
    stray = qsh.received_target({"RAW_URI": "/\xff"})
    assert qsh.request_hash("GET", stray) == hashlib.sha256(b"GET&/\xff&").hexdigest()


# --- Laws ---

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
pairs = st.lists(st.tuples(texts, texts), max_size=8)
paths = st.text("abcXYZ019-._~%/:;@!$'()*+,=&", max_size=20).map(lambda text: "/" + text)


def spelled(parameters: list[tuple[str, str]], plus: bool = False) -> str:
    encode = quote_plus if plus else quote
    return "&".join(f"{encode(name, safe='')}={encode(value, safe='')}" for name, value in parameters)


@given(paths, pairs, st.randoms())
def test_the_order_of_the_parameters_does_not_matter(
    path: str, parameters: list[tuple[str, str]], random
) -> None:  # type: ignore[no-untyped-def]
    shuffled = random.sample(parameters, len(parameters))
    assert qsh.request_hash("GET", f"{path}?{spelled(parameters)}") == qsh.request_hash(
        "GET", f"{path}?{spelled(shuffled)}"
    )


@given(paths, pairs)
def test_a_blank_may_be_spelled_in_two_ways(path: str, parameters: list[tuple[str, str]]) -> None:
    assert qsh.request_hash("GET", f"{path}?{spelled(parameters)}") == qsh.request_hash(
        "GET", f"{path}?{spelled(parameters, plus=True)}"
    )


@given(paths, pairs, texts)
def test_the_token_is_not_part_of_what_it_signs(
    path: str, parameters: list[tuple[str, str]], token: str
) -> None:
    assume(all(name != "jwt" for name, _ in parameters))
    with_token = spelled([*parameters, ("jwt", token)])
    assert qsh.request_hash("GET", f"{path}?{spelled(parameters)}") == qsh.request_hash(
        "GET", f"{path}?{with_token}"
    )


@given(paths, pairs, paths, pairs)
def test_two_requests_that_mean_different_things_differ(
    path: str, parameters: list[tuple[str, str]], other_path: str, other: list[tuple[str, str]]
) -> None:
    def meaning(path: str, parameters: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
        kept = [pair for pair in parameters if pair[0] != "jwt"]
        return (path.removesuffix("/") or "/").replace("&", "%26"), sorted(kept)

    assume(meaning(path, parameters) != meaning(other_path, other))
    assert qsh.canonical_request("GET", f"{path}?{spelled(parameters)}") != qsh.canonical_request(
        "GET", f"{other_path}?{spelled(other)}"
    )


@given(pairs)
def test_parameters_come_back_as_they_were_written(parameters: list[tuple[str, str]]) -> None:
    assert qsh.parameters(spelled(parameters)) == parameters


@given(st.binary(max_size=60))
def test_whatever_bytes_are_asked_for_have_a_hash_or_none(raw: bytes) -> None:
    environ = {"RAW_URI": "/" + raw.decode("latin-1")}
    try:
        assert len(qsh.request_hash("GET", qsh.received_target(environ))) == 64
    except qsh.TargetMalformed:
        assert b"#" in raw


@given(
    st.text("abcXYZ019-._", min_size=1, max_size=12).map(lambda text: "/" + text),
    st.dictionaries(st.text("abcXYZ019", min_size=1, max_size=6), st.lists(texts, min_size=1, max_size=3)),
)
def test_on_tame_requests_another_implementation_agrees(path: str, parameters: dict[str, list[str]]) -> None:
    """Astral characters aside, which it sorts by code point."""
    listed = [(name, value) for name, values in parameters.items() for value in values]
    assume(all(sign <= "\ud7ff" for _, value in listed for sign in value))
    target = f"{path}?{spelled(listed)}"
    assert qsh.request_hash("GET", target) == atlassian_jwt.url_utils.hash_url("GET", target)


# --- The raw target, through the server that runs in production ---


@pytest.fixture(scope="module")
def gunicorn() -> Iterator[int]:
    """The port of gunicorn serving `echo.application`, which answers with the canonical form it computed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-k",
        "gthread",
        "-b",
        f"127.0.0.1:{port}",
        "--log-level",
        "error",
    ]
    with subprocess.Popen([*command, "tests.connect.echo:application"], cwd=ROOT) as process:
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            yield port
        finally:
            process.terminate()


@pytest.mark.parametrize(
    ("target", "canonical"),
    [
        (b"/a%2Fb/?x=%2F&y=a+b&jwt=t", "GET&/a%2Fb&x=%2F&y=a%20b"),
        (b"//a/b", "GET&//a/b&"),
        (b"/a//", "GET&/a/&"),
        (b"/a/../b", "GET&/a/../b&"),
        (b"/a:b/c?b&a=", "GET&/a:b/c&a=&b="),
        (b"/%C3%A9?%C3%A9=1&a=2", "GET&/%C3%A9&%C3%A9=1&a=2"),
        (b"http://vault.example.com/a?b=1", "GET&/a&b=1"),
    ],
)
def test_the_raw_target_survives_the_server_and_the_proxy_middleware(
    gunicorn: int, target: bytes, canonical: str
) -> None:
    with socket.create_connection(("127.0.0.1", gunicorn), 10) as connection:
        headers = b"Host: vault.example.com\r\nX-Forwarded-Prefix: /evil\r\nConnection: close\r\n\r\n"
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\n" + headers)
        answer = connection.makefile("rb").read()
    assert answer.partition(b"\r\n\r\n")[2].decode() == canonical
