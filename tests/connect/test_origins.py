"""Origins, and hosts by pattern: no prefix, suffix or parser's trick makes a stranger an allowed host."""

from __future__ import annotations

import pytest

from connect.origins import AllowedHosts, Origin


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://acme.atlassian.net", "https://acme.atlassian.net"),
        ("https://ACME.Atlassian.net:443/x?y", "https://acme.atlassian.net"),
        ("http://localhost:8091/", "http://localhost:8091"),
        ("http://127.0.0.1", "http://127.0.0.1"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert str(Origin.of(url)) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acme.atlassian.net",
        "//acme.atlassian.net",
        "ftp://acme.atlassian.net",
        "javascript:alert(1)",
        "https://",
        "https://user@acme.atlassian.net",
        "https://user:secret@acme.atlassian.net",
        "https://evil.example\\.atlassian.net",
        "https://evil.example\t.atlassian.net",
        "https://evil.example .atlassian.net",
        "https://.atlassian.net",
        "https://a..atlassian.net",
        "https://-a.atlassian.net",
        "https://äcme.atlassian.net",
        "https://acme.atlassian.net:port",
        "https://acme.atlassian.net:99999",
        "https://[::1]",
        "https://acme.atlassian.net\n",
    ],
)
def test_anything_else_has_no_origin(url: str) -> None:
    with pytest.raises(ValueError):
        Origin.of(url)


@pytest.mark.parametrize(
    ("url", "covered"),
    [
        ("https://acme.atlassian.net", True),
        ("https://deep.acme.atlassian.net", True),
        ("http://acme.atlassian.net", True),  # The scheme is somebody else's question.
        ("https://atlassian.net", False),
        ("https://evilatlassian.net", False),
        ("https://acme.atlassian.net.evil.example", False),
        ("https://acme.atlassian.net:8443", False),
        ("https://acme.atlassian.com", False),
        ("http://localhost:8091", True),
        ("http://localhost:8092", False),
        ("http://localhost", False),
        ("https://jira.example.com", True),
        ("https://x.jira.example.com", False),
    ],
)
def test_a_pattern_covers_exactly_what_it_says(url: str, covered: bool) -> None:
    hosts = AllowedHosts(["*.Atlassian.net", "localhost:8091", "jira.example.com"])
    assert hosts.covers(Origin.of(url)) is covered


@pytest.mark.parametrize(
    "pattern", ["*", "*.*", "a*.example.com", "https://x", "", "x/y", "x:port", "*.", "x y"]
)
def test_a_pattern_that_could_cover_anything_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError):
        AllowedHosts([pattern])
