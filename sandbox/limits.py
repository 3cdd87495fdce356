"""Jira's burst limits, told in the headers of every REST answer and enforced when switched on.

Per endpoint and method: 100 requests a second for GET and POST, 50 for PUT and DELETE; per issue: 20 writes
in 2 seconds. They are off by default, so that a fast test does not meet them by accident.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

from sandbox import clock

READS_PER_SECOND = 100
CHANGES_PER_SECOND = 50
WRITES_PER_ISSUE = 20
ISSUE_WINDOW_SECONDS = 2.0
_WRITES = frozenset({"POST", "PUT", "DELETE"})


@dataclass(frozen=True)
class Standing:
    """Where a caller stands after a request: what is left, and why it was refused, when it was."""

    limit: int
    remaining: int
    window_seconds: float
    reason: str | None = None

    def headers(self) -> dict[str, str]:
        """The ``X-RateLimit-*`` headers; with ``Retry-After`` and ``RateLimit-Reason`` on a refusal."""
        reset = clock.now() + timedelta(seconds=self.window_seconds)
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": f"{reset:%Y-%m-%dT%H:%MZ}",
        }
        if self.remaining < self.limit / 5:
            headers["X-RateLimit-NearLimit"] = "true"
        if self.reason is not None:
            headers |= {
                "Retry-After": str(max(1, round(self.window_seconds))),
                "RateLimit-Reason": self.reason,
            }
        return headers


@dataclass
class Limits:
    """The limits of one site."""

    enforced: bool = False
    _seen: dict[tuple[str, ...], deque[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, method: str, endpoint: str, issue: str | None) -> Standing:
        """Count one request of an endpoint (its URL rule) and, for writes, of an issue."""
        limit = READS_PER_SECOND if method in {"GET", "POST"} else CHANGES_PER_SECOND
        with self._lock:
            burst = self._take((method, endpoint), limit, 1.0, "jira-burst-based")
            if burst.reason is None and issue is not None and method in _WRITES:
                per_issue = self._take(
                    ("issue", issue), WRITES_PER_ISSUE, ISSUE_WINDOW_SECONDS, "jira-per-issue-on-write"
                )
                return per_issue if per_issue.reason else burst
        return burst

    def _take(self, key: tuple[str, ...], limit: int, window: float, reason: str) -> Standing:
        seen = self._seen.setdefault(key, deque())
        present = time.monotonic()
        while seen and seen[0] <= present - window:
            seen.popleft()
        if self.enforced and len(seen) >= limit:
            return Standing(limit, 0, window, reason)
        seen.append(present)
        return Standing(limit, max(0, limit - len(seen)), window)
