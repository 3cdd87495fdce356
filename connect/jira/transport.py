"""Sends one call to Jira (or to Atlassian's authorization server), patiently and to nobody else."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote

import orjson
import requests
import structlog
from requests.adapters import HTTPAdapter

from connect.jira.errors import JiraRefused, JiraUnavailable, message_of
from connect.origins import Origin

#: A page of 5,000 work logs with long comments stays below this.
LARGEST_ANSWER = 32 * 1024 * 1024
#: One call is tried this often at most, whatever the patience.
ATTEMPTS = 4
#: Seconds to connect; a site that does not take a connection by then will not.
CONNECT_TIMEOUT = 3.0

Authorize = Callable[[str, str], str]
_jitter = random.SystemRandom()
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, in the terms of Jira's documentation.

    `repeatable` says that doing it twice is the same as doing it once, so that it may be sent again when
    nobody knows whether it arrived.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    repeatable: bool = True

    @property
    def target(self) -> str:
        """Path and query as they go onto the request line, encoded as the query-string hash encodes."""
        if not self.query:
            return self.path
        pairs = (
            f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}" for name, value in self.query.items()
        )
        return f"{self.path}?{'&'.join(pairs)}"


class Transport:
    """One connection pool for all sites and threads; keeps no cookies and follows no redirects.

    After `patience` seconds no new attempt is begun, and no wait goes beyond them: a web request has a few
    seconds, a job more.
    """

    def __init__(
        self,
        timeout: float,
        patience: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._timeout = (min(CONNECT_TIMEOUT, timeout), timeout)
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=64, pool_maxsize=32))

    def close(self) -> None:
        """Close the pooled connections; a later call opens new ones."""
        self._session.close()

    def send(self, call: Call, base: str, authorize: Authorize | None) -> Any:
        """Jira's JSON, or None when it answered without a body.

        `authorize(method, target)` makes the Authorization header, anew for each attempt; it is asked only
        for the origin of `base`. Raises JiraUnavailable or JiraRefused.
        """
        deadline = self._clock() + self._patience
        for attempt in range(1, ATTEMPTS + 1):
            outcome = self._attempt(call, base, authorize)
            if not isinstance(outcome, _Failure):
                return outcome
            wait = outcome.wait if outcome.wait is not None else _backoff(attempt)
            if not outcome.retry or attempt == ATTEMPTS or self._clock() + wait > deadline:
                break
            _log.info("calling Jira again", path=call.path, reason=outcome.reason, wait=round(wait, 2))
            self._sleep(wait)
        raise outcome.error()

    def _attempt(self, call: Call, base: str, authorize: Authorize | None) -> Any:
        try:
            with self._session.request(
                call.method,
                base + call.target,
                data=call.form if call.form is not None else _dumped(call.json),
                headers=_headers(call),
                auth=_Authorization(base, authorize),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                return _outcome(call, answer)
        except requests.RequestException as error:
            # Not the error's own text: it can repeat an address.
            return _Failure(type(error).__name__, retry=call.repeatable)


class SiteLeft(ValueError):
    """A call whose path makes another origin of its site's address: a mistake in the code, never sent."""


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str
    retry: bool
    wait: float | None = None

    def error(self) -> JiraUnavailable:
        headers = {} if self.wait is None else {"Retry-After": str(max(1, round(self.wait)))}
        return JiraUnavailable(f"Jira did not answer ({self.reason}); please try again.", headers=headers)


class _Authorization(requests.auth.AuthBase):
    """Authorizes a request for one origin, and for its target exactly as it will be sent.

    Its presence also keeps requests from looking into ~/.netrc.
    """

    def __init__(self, base: str, authorize: Authorize | None) -> None:
        self._base = base
        self._authorize = authorize

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if _origin(request.url) != Origin.of(self._base):
            raise SiteLeft("the request would leave its site")
        if self._authorize is not None:
            request.headers["Authorization"] = self._authorize(request.method or "", request.path_url)
        return request


def _origin(url: str | None) -> Origin | None:
    try:
        return Origin.of(url or "")
    except ValueError:
        return None


def _outcome(call: Call, answer: requests.Response) -> Any:
    body = _body(answer)
    status = answer.status_code
    if 200 <= status < 300:
        return _parsed(body) if body else None
    if status == 429 or status >= 500:
        # 429 means that nothing was done, so even a call that must not happen twice may be sent again.
        retry = status == 429 or call.repeatable
        return _Failure(f"status {status}", retry=retry, wait=_retry_after(answer.headers))
    if 300 <= status < 400:
        raise JiraRefused(status, "it points to another address, which is not followed")
    raise JiraRefused(status, message_of(_maybe_parsed(body), answer.reason or "no reason given"))


def _body(answer: requests.Response) -> bytes:
    body = bytearray()
    for chunk in answer.iter_content(64 * 1024):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise JiraUnavailable("Jira's answer is larger than this app takes.")
    return bytes(body)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise JiraUnavailable("Jira's answer is not JSON.") from error


def _maybe_parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _dumped(json: Any) -> bytes | None:
    return None if json is None else orjson.dumps(json)


def _headers(call: Call) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if call.json is not None:
        headers["Content-Type"] = "application/json"
    return headers


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as the server says, by number or by date (RFC 9110 section 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 9:
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _backoff(attempt: int) -> float:
    return 0.25 * 2.0 ** (attempt - 1) * _jitter.uniform(0.75, 1.25)
