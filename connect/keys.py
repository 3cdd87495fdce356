"""Atlassian's install keys: the public keys that sign `installed` and `uninstalled`, fetched by key id."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import requests
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from connect.errors import Reason, Unauthenticated, Unavailable
from connect.settings import ConnectSettings

#: Seconds to connect and to wait for each part of the answer; Jira waits 10 s for the whole callback.
TIMEOUT = (2.0, 3.0)
#: A 4096-bit key in PEM is 800 bytes.
LARGEST = 16 * 1024
#: How many keys are kept, and how many are fetched at the same time.
KEPT, FETCHING = 64, 4
SMALLEST_KEY_BITS = 2048

_log = structlog.get_logger(__name__)


class KeysUnavailable(Unavailable):
    """Atlassian's install keys could not be fetched just now; please try again."""

    code = "install_keys_unavailable"


class InstallKeys:
    """The install keys by id, fetched once each from the first server that has it.

    A key is kept for ever (up to a bounded number): Atlassian's rotation always makes a new id (jira.md,
    section 1).
    """

    def __init__(self, settings: ConnectSettings) -> None:
        self._servers = settings.install_keys_urls
        self._kept: dict[str, RSAPublicKey] = {}
        self._lock = threading.Lock()
        # Anybody can send a token with an invented key id; that shall not occupy every thread and socket.
        self._fetching = threading.BoundedSemaphore(FETCHING)

    def find(self, key_id: str) -> RSAPublicKey:
        """The key of this id, which must have been checked by `UnverifiedToken.key_id`.

        Raises Unauthenticated when every server says that there is none, KeysUnavailable when one could not
        say.
        """
        kept = self._kept.get(key_id)
        if kept is not None:
            return kept
        with self._turn():
            key = self._fetch(key_id)
        with self._lock:
            if len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key_id] = key
        return key

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._fetching.acquire(timeout=TIMEOUT[0]):
            raise KeysUnavailable(headers={"Retry-After": "5"})
        try:
            yield
        finally:
            self._fetching.release()

    def _fetch(self, key_id: str) -> RSAPublicKey:
        absent_everywhere = True
        for server in self._servers:
            try:
                pem = _download(f"{server}/{key_id}")
                if pem is not None:
                    return _rsa_key(pem)
            except (requests.RequestException, ValueError, UnsupportedAlgorithm) as error:
                absent_everywhere = False
                _log.warning("install key server failed", server=server, error=type(error).__name__)
        if absent_everywhere:
            raise Unauthenticated(Reason.KEY_UNKNOWN, "no server knows the key id")
        raise KeysUnavailable(headers={"Retry-After": "5"})


def _download(url: str) -> bytes | None:
    """The body at `url`, or None when there is nothing; raises RequestException or ValueError otherwise."""
    # No `auth` would let requests look for credentials of this host in ~/.netrc.
    with requests.get(
        url, timeout=TIMEOUT, allow_redirects=False, stream=True, auth=lambda request: request
    ) as answer:
        if answer.status_code in {404, 410}:
            return None
        if answer.status_code != 200:
            raise ValueError(f"status {answer.status_code}")
        body = b""
        for chunk in answer.iter_content(LARGEST):
            body += chunk
            if len(body) > LARGEST:
                raise ValueError("too large for a key")
        return body


def _rsa_key(pem: bytes) -> RSAPublicKey:
    key = load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY_BITS:
        raise ValueError("not an RSA key of sufficient size")
    return key
