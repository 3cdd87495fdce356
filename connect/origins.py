"""Web origins, and which of them the app deals with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PATTERN = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a web address, in the form in which two of them can be compared."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of an absolute http(s) URL.

        Raises ValueError for anything else, for user information in it, and for characters that two
        parsers could read differently.
        """
        if not url.isascii() or not url.isprintable() or any(sign in url for sign in ' \\<>"^`{|}'):
            raise ValueError("not a plain web address")
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host) or "@" in parts.netloc:
            raise ValueError("not an absolute http or https address")
        return cls(parts.scheme, host, parts.port or _DEFAULT_PORTS[parts.scheme])

    @property
    def authority(self) -> str:
        """`host`, with `:port` unless it is the scheme's own."""
        return self.host if self.port == _DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


class AllowedHosts:
    """Host patterns: `host`, `host:port`, and `*.host` for exactly its subdomains (never the host itself).

    Without a port the scheme's own port is meant.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(pattern.lower() for pattern in patterns)
        for pattern in self.patterns:
            if not _PATTERN.fullmatch(pattern):
                raise ValueError(f"{pattern!r} is not host, host:port or *.host")
        self._exact = frozenset(each for each in self.patterns if not each.startswith("*."))
        self._suffixes = tuple(each[1:] for each in self.patterns if each.startswith("*."))

    def covers(self, origin: Origin) -> bool:
        """Whether one of the patterns names this origin's host and port."""
        authority = origin.authority
        return authority in self._exact or any(
            authority.endswith(suffix) and authority != suffix for suffix in self._suffixes
        )
