"""What connect needs from the layers above it; `tenancy` implements these, `app.py` joins them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from connect.principals import Installation, InstallationState, Principal


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the event log may know of a request. Never its query string, which can hold a token."""

    request_id: str
    source_address: str
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Installed:
    """What a verified `installed` callback says of its site; checked by `lifecycle`, see there.

    `base_url` is an allowed origin without trailing slash.
    """

    client_key: str
    shared_secret: str = field(repr=False)
    base_url: str
    oauth_client_id: str | None
    product_type: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was not believed.

    `code` is stable (`errors.Reason`, or the code of an error), `detail` is for people and holds no token
    and no secret. `claimed_instance` is what the caller said it was: unverified, bounded, printable; it may
    name a site that never sent anything.
    """

    code: str
    detail: str
    claimed_instance: str | None


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One webhook of Jira, its payload reduced to the ids in it: everything else is re-read through REST.

    Deliveries come at least once and in any order. `identifier` is the same for every repetition of one.
    `event` is Jira's name for it (`worklog_updated`, `jira:issue_deleted`); `timestamp` is aware.
    """

    identifier: str
    event: str
    issue_id: int | None
    worklog_id: int | None
    timestamp: datetime


class Installations(Protocol):
    """The sites that have the app."""

    def find(self, client_key: str) -> Installation | None:
        """The installation in whatever state it is, or None. May be up to 0.75 s old."""

    def install(self, installed: Installed, facts: RequestFacts) -> None:
        """Create or overwrite: the site is enabled and its new secret replaces the old one at once."""

    def change_state(self, client_key: str, state: InstallationState, facts: RequestFacts) -> None:
        """Move to `state`; idempotent, and harmless for an unknown key.

        Jira sends `disabled` and `uninstalled` in parallel, so order must not matter: uninstalled wins over
        a late disabled, and enabled does not bring an uninstalled site back; only `install` does.
        """


class Refusals(Protocol):
    """Where refused requests are written down."""

    def record(self, refusal: Refusal, facts: RequestFacts) -> None:
        """Write it down. Called for every refused request; what it raises is logged and changes no answer."""


class Webhooks(Protocol):
    """Who listens to Jira's webhooks."""

    def receive(self, principal: Principal, delivery: WebhookDelivery, facts: RequestFacts) -> None:
        """Take one delivery; a repetition (same site, same identifier) has no further effect."""
