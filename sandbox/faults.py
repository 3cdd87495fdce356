"""Trouble on demand: too many requests, server errors, slowness, dropped connections.

A fault is switched on for requests that match a method and a path pattern, for a number of requests or until
it is cleared. It happens outside the application, so "dropped after acceptance" leaves the work done and the
caller without an answer, which is what a conversion has to survive.
"""

import random
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox import clock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: The switchboard itself never fails.
EXEMPT = "/control/"


class FaultKind(StrEnum):
    """What goes wrong."""

    TOO_MANY_REQUESTS = "too-many-requests"  # 429 with Retry-After and RateLimit-Reason
    SERVER_ERROR = "server-error"  # status, 500 to 599
    LATENCY = "latency"  # the answer comes after so many seconds
    DROP = "drop"  # the connection closes, nothing was done
    ACCEPT_THEN_DROP = "accept-then-drop"  # the request is carried out, then the connection closes


@dataclass
class Fault:
    """One switched-on fault. ``count`` is how many more times it strikes; None is until it is cleared."""

    id: int
    kind: FaultKind
    path: str = "/rest/*"
    method: str | None = None
    count: int | None = None
    probability: float = 1.0
    status: int = 503
    retry_after: int | None = 1
    reason: str = "jira-burst-based"
    seconds: float = 1.0
    #: How often it struck.
    hits: int = 0

    def matches(self, method: str, path: str) -> bool:
        return (self.method or method).upper() == method.upper() and fnmatchcase(path, self.path)


@dataclass
class Faults:
    """The faults of one server. Safe to use from several threads."""

    _faults: list[Fault] = field(default_factory=list)
    _last_id: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def inject(
        self,
        kind: FaultKind | str,
        *,
        path: str = "/rest/*",
        method: str | None = None,
        count: int | None = None,
        probability: float = 1.0,
        status: int = 503,
        retry_after: int | None = 1,
        reason: str = "jira-burst-based",
        seconds: float = 1.0,
    ) -> Fault:
        """Switch a fault on. ``path`` is a shell pattern (``/rest/api/*/issue/*/worklog*``). ValueError names
        a value that cannot be."""
        if not 0 <= probability <= 1:
            raise ValueError("probability must be between 0 and 1")
        if kind == FaultKind.SERVER_ERROR and status not in range(500, 600):
            raise ValueError("status must be between 500 and 599")
        if count is not None and count < 1:
            raise ValueError("count must be 1 or more, or absent")
        with self._lock:
            self._last_id += 1
            fault = Fault(
                id=self._last_id,
                kind=FaultKind(kind),
                path=path,
                method=method,
                count=count,
                probability=probability,
                status=status,
                retry_after=retry_after,
                reason=reason,
                seconds=seconds,
            )
            self._faults.append(fault)
        return fault

    def clear(self, fault_id: int | None = None) -> None:
        """Switch off one fault, or all."""
        with self._lock:
            self._faults = [fault for fault in self._faults if fault_id not in (None, fault.id)]

    def active(self) -> list[Fault]:
        """The faults that can still strike, oldest first."""
        with self._lock:
            return list(self._faults)

    def strike(self, method: str, path: str) -> list[Fault]:
        """The faults that this request suffers: every slowness, and the first of the others."""
        struck: list[Fault] = []
        with self._lock:
            for fault in self._faults:
                ends_it = fault.kind is not FaultKind.LATENCY
                if ends_it and any(other.kind is not FaultKind.LATENCY for other in struck):
                    continue
                if fault.matches(method, path) and random.random() < fault.probability:
                    fault.hits += 1
                    fault.count = None if fault.count is None else fault.count - 1
                    struck.append(fault)
            self._faults = [fault for fault in self._faults if fault.count != 0]
        return struck


class ConnectionDropped(ConnectionAbortedError):
    """Tells the server that there is no connection any more to answer on."""


@dataclass(frozen=True)
class FaultyApplication:
    """A WSGI application around the real one, which lets the faults strike."""

    application: "WSGIApplication"
    faults: Faults

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith(EXEMPT):
            return self.application(environ, start_response)
        for fault in self.faults.strike(environ["REQUEST_METHOD"], path):
            match fault.kind:
                case FaultKind.LATENCY:
                    time.sleep(fault.seconds)
                case FaultKind.DROP:
                    _hang_up(environ)
                case FaultKind.ACCEPT_THEN_DROP:
                    _exhaust(self.application(environ, _ignore_start))
                    _hang_up(environ)
                case FaultKind.TOO_MANY_REQUESTS:
                    return _too_many_requests(fault, start_response)
                case FaultKind.SERVER_ERROR:
                    return _server_error(fault, start_response)
        return self.application(environ, start_response)


def _hang_up(environ: "WSGIEnvironment") -> None:
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionDropped


def _ignore_start(*_arguments: object) -> Callable[[bytes], object]:
    return lambda _chunk: None


def _exhaust(chunks: Iterable[bytes]) -> None:
    for _chunk in chunks:
        pass
    close = getattr(chunks, "close", None)
    if close is not None:
        close()


def _too_many_requests(fault: Fault, start_response: "StartResponse") -> Iterable[bytes]:
    headers = [
        ("Content-Type", "application/json;charset=UTF-8"),
        ("X-RateLimit-Limit", "100"),
        ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-NearLimit", "true"),
        ("RateLimit-Reason", fault.reason),
    ]
    if fault.retry_after is not None:
        reset = clock.now() + timedelta(seconds=fault.retry_after)
        headers += [
            ("Retry-After", str(fault.retry_after)),
            ("X-RateLimit-Reset", f"{reset:%Y-%m-%dT%H:%MZ}"),
        ]
    start_response("429 Too Many Requests", headers)
    return [b'{"errorMessages":["Rate limit exceeded."],"errors":{}}']


def _server_error(fault: Fault, start_response: "StartResponse") -> Iterable[bytes]:
    # Jira's gateways answer in HTML: a client that insists on JSON breaks here, not in production.
    known = {status.value: status.phrase for status in HTTPStatus}
    phrase = known.get(fault.status, "Server Error")
    start_response(f"{fault.status} {phrase}", [("Content-Type", "text/html;charset=UTF-8")])
    page = f"<html><head><title>{phrase}</title></head><body><h1>{fault.status} {phrase}</h1></body></html>"
    return [page.encode()]
