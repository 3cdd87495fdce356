"""Tells installed add-ons what happened: asynchronously, at least once, in no promised order.

The events that an add-on's descriptor asks for become deliveries; a thread posts them, each signed with the
hash of its own URL, and tries again after 408, 409, 425, 429, 5xx, a time-out or a refused connection.
"""

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import uuid4

import requests

from sandbox import clock, representations, tokens
from sandbox.addons import modules
from sandbox.model import Addon, AddonState, Event, Json, World

RETRIED_STATUSES = frozenset({408, 409, 425, 429, *range(500, 600)})
#: Jira waits 5 to 15 minutes; here a test waits for it.
RETRY_DELAYS = (0.2, 0.5, 1.0, 2.0, 5.0)
TOKEN_LIFETIME_SECONDS = 180
KEPT_DELIVERIES = 1000


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass
class Attempt:
    """One try. ``status`` is the add-on's answer, or None when none came (``error`` says why)."""

    at: str
    status: int | None
    error: str | None


@dataclass
class Delivery:
    """One event for one add-on; the identifier stays the same over all attempts."""

    identifier: str
    addon_key: str
    event: str
    path: str
    body: Json
    state: DeliveryState = DeliveryState.PENDING
    attempts: list[Attempt] = field(default_factory=list)


class Dispatcher:
    """The webhooks of one site."""

    def __init__(
        self, world: World, *, retry_delays: Sequence[float] = RETRY_DELAYS, timeout_seconds: float = 10
    ) -> None:
        self.retry_delays = tuple(retry_delays)
        self.timeout_seconds = timeout_seconds
        self._world = world
        self._deliveries: deque[Delivery] = deque(maxlen=KEPT_DELIVERIES)
        self._due: list[tuple[float, int, Delivery]] = []
        self._order = itertools.count()
        self._working = 0
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name=f"webhooks-{world.name}", daemon=True)
        world.listeners.append(self.announce)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop after the delivery that is under way; what is still pending is given up."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=self.timeout_seconds)

    def announce(self, event: Event) -> None:
        """Queue the event for every enabled add-on that asked for its kind."""
        for addon in self._world.addons.values():
            if addon.state is not AddonState.ENABLED:
                continue
            for hook in modules(addon, "webhooks"):
                if hook.get("event") == event.kind.value:
                    self._enqueue(_delivery(self._world, addon, hook, event))

    def deliveries(self) -> list[Delivery]:
        """The latest deliveries, oldest first."""
        with self._changed:
            return list(self._deliveries)

    def drain(self, timeout_seconds: float = 10) -> None:
        """Wait until nothing is pending. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._due and not self._working, timeout_seconds):
                raise TimeoutError(f"{len(self._due)} deliveries of {self._world.name} are still pending")

    def repeat(self, identifier: str) -> Delivery:
        """Send a past delivery once more, same identifier, as at-least-once delivery may. LookupError."""
        with self._changed:
            found = next((one for one in self._deliveries if one.identifier == identifier), None)
        if found is None:
            raise LookupError(f"no delivery {identifier}")
        self._schedule(found, 0)
        return found

    def clear(self) -> None:
        """Forget past and pending deliveries."""
        with self._changed:
            self._deliveries.clear()
            self._due.clear()
            self._changed.notify_all()

    def _enqueue(self, delivery: Delivery) -> None:
        with self._changed:
            self._deliveries.append(delivery)
        self._schedule(delivery, 0)

    def _schedule(self, delivery: Delivery, delay: float) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + delay, next(self._order), delivery))
            self._changed.notify_all()

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (delivery := self._next()) is not None:
                try:
                    self._attempt(session, delivery)
                finally:
                    with self._changed:
                        self._working -= 1
                        self._changed.notify_all()

    def _next(self) -> Delivery | None:
        with self._changed:
            while not self._stopping:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    self._working += 1
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
            return None

    def _attempt(self, session: requests.Session, delivery: Delivery) -> None:
        addon = self._world.addons[delivery.addon_key]
        if addon.state is not AddonState.ENABLED:
            delivery.state = DeliveryState.FAILED
            return
        retries = len(delivery.attempts)
        attempt = self._post(session, addon, delivery, retries)
        delivery.attempts.append(attempt)
        if attempt.status is not None and attempt.status not in RETRIED_STATUSES:
            delivered = attempt.status < 300
            delivery.state = DeliveryState.DELIVERED if delivered else DeliveryState.FAILED
        elif retries < len(self.retry_delays):
            self._schedule(delivery, self.retry_delays[retries])
        else:
            delivery.state = DeliveryState.FAILED

    def _post(self, session: requests.Session, addon: Addon, delivery: Delivery, retries: int) -> Attempt:
        token = tokens.sign(
            addon.shared_secret,
            addon.client_key,
            qsh=tokens.query_hash("POST", delivery.path),
            lifetime=TOKEN_LIFETIME_SECONDS,
        )
        headers = {
            "Authorization": f"JWT {token}",
            "X-Atlassian-Webhook-Identifier": delivery.identifier,
            "X-Atlassian-Webhook-Flow": "Primary",
        }
        if retries:
            headers["X-Atlassian-Webhook-Retry"] = str(retries)
        at = clock.stamp(clock.now())
        try:
            answer = session.post(
                addon.base_url + delivery.path,
                json=delivery.body,
                headers=headers,
                timeout=self.timeout_seconds,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return Attempt(at, None, str(error))
        return Attempt(at, answer.status_code, None)


def _delivery(world: World, addon: Addon, hook: dict[str, Any], event: Event) -> Delivery:
    path = str(hook["url"])
    return Delivery(
        identifier=str(uuid4()),
        addon_key=addon.key,
        event=event.kind.value,
        path=path if path.startswith("/") else f"/{path}",
        body=representations.event(world, event) if not hook.get("excludeBody") else {},
    )
