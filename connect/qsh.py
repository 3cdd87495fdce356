"""The query-string hash: what of a request a Connect token is signed for.

`sha256hex(METHOD & PATH & QUERY)` as Atlassian's Java reference computes it. The rules, and where the other
implementations of the trade differ, are in jira.md section 1 ("QSH, exact").
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any
from urllib.parse import quote, unquote_plus

#: What a context token carries in place of a hash; no request can hash to it.
CONTEXT = "context-qsh"


class Qsh(Enum):
    """What a route accepts in a token's `qsh` claim."""

    #: The hash of this very request: pages, webhooks, whatever Jira itself calls or opens.
    REQUEST = "request"
    #: Exactly `context-qsh`: calls from the app's own code in the iframe, with `AP.context.getToken()`.
    CONTEXT = "context"


_ABSOLUTE_FORM = re.compile(r"https?://[^/?]*", re.IGNORECASE)


class TargetMalformed(ValueError):
    """The request target is neither a path nor an absolute address, or has a fragment."""


def received_target(environ: Mapping[str, Any]) -> str:
    """The raw request target of a WSGI request, percent-encoding untouched.

    Comes from `RAW_URI` (gunicorn) or `REQUEST_URI` (werkzeug's server, uWSGI), never from `PATH_INFO`, which
    is decoded and cannot be encoded back. Raises TargetMalformed when the server hands over neither.
    """
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if not isinstance(raw, str):
        raise TargetMalformed("the server did not hand over the raw request target")
    # WSGI strings hold bytes as latin-1 (PEP 3333); what is not UTF-8 survives as surrogates.
    return raw.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def request_hash(method: str, target: str, base_path: str = "") -> str:
    """The hash of a request as 64 lower-case hex digits; raises TargetMalformed."""
    canonical = canonical_request(method, target, base_path)
    return hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()


def canonical_request(method: str, target: str, base_path: str = "") -> str:
    """`METHOD&PATH&QUERY`, the text that is hashed. `base_path` is the base URL's path, which is left out."""
    path, query = split_target(target)
    return f"{method.upper()}&{_canonical_path(path, base_path)}&{_canonical_query(query)}"


def split_target(target: str) -> tuple[str, str]:
    """Raw path and raw query of a request target, `("", "")` parts included.

    Not `urlsplit`: it takes `//a/b` for a host and `/a:b` for more than a path. A target with a fragment is
    refused, because servers disagree on what it means.
    """
    absolute = _ABSOLUTE_FORM.match(target)
    rest = target[absolute.end() :] if absolute else target
    if "#" in rest or (not absolute and not rest.startswith("/")):
        raise TargetMalformed("the request target is not a path")
    path, _, query = rest.partition("?")
    return path, query


def parameters(query: str) -> list[tuple[str, str]]:
    """The decoded parameters of a raw query in their order, blank ones kept (`b` and `b=` are the same)."""
    pairs = (piece.partition("=") for piece in query.split("&") if piece)
    return [(_decoded(name), _decoded(value)) for name, _, value in pairs]


def _canonical_path(path: str, base_path: str) -> str:
    if base_path and (path == base_path or path.startswith(base_path + "/")):
        path = path[len(base_path) :]
    if len(path) > 1:
        path = path.removesuffix("/")  # Exactly one: `/a//` keeps its first.
    path = path.replace("&", "%26")
    return path if path.startswith("/") else "/" + path


def _canonical_query(query: str) -> str:
    values: dict[str, list[str]] = {}
    for name, value in parameters(query):
        if name != "jwt":
            values.setdefault(name, []).append(value)
    # Sorted by the encoded name: `%C3%A9` comes before `a`, although `é` does not.
    return "&".join(
        f"{name}={_joined(found)}" for name, found in sorted((_encoded(n), v) for n, v in values.items())
    )


def _joined(values: Iterable[str]) -> str:
    return ",".join(_encoded(value) for value in sorted(values, key=_utf16))


def _utf16(value: str) -> bytes:
    # Java compares strings by UTF-16 unit, so an emoji (a surrogate pair, D8xx) sorts before U+FFFD.
    return value.encode("utf-16-be", "surrogatepass")


def _decoded(text: str) -> str:
    return unquote_plus(text, errors="replace")


def _encoded(text: str) -> str:
    return quote(text, safe="-._~", errors="surrogateescape")
