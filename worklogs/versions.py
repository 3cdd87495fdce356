"""Optimistic concurrency over HTTP: versions as ETags (RFC 9110, section 13)."""

import re

from flask import request

from worklogs import errors

_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')
#: The largest version that an ETag of ours can name; the column holds twice as much, so counting on is safe.
LARGEST = 999_999_999


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def expected_version(given: int | None) -> int | None:
    """The version that the caller has seen, from If-Match, else `given`; None when neither says it.

    Raises InvalidField for an If-Match that is no ETag of ours. `*` means "whatever version".
    """
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*":
        return given
    match = _ETAG.fullmatch(header)
    if match is None:
        raise errors.InvalidField("If-Match", 'Send the ETag as you got it, for example "3".')
    return int(match[1])
