"""Who is calling: before verification (`Credentials`) and after (`Principal`); the two never share a type."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class InstallationState(StrEnum):
    """Whether a site may use the app: only `ENABLED` sites may."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    UNINSTALLED = "uninstalled"


@dataclass(frozen=True, slots=True)
class Installation:
    """One Jira site that has (or had) the app.

    `client_key` is Connect's name for the site and our instance key. `base_url` is the site's origin, without
    a trailing slash. `oauth_client_id` is needed to act as a user, and absent when Jira gave none.
    `shared_secret` may be empty once a site's secrets are erased: no token of it is valid then.
    """

    client_key: str
    shared_secret: str = field(repr=False)
    base_url: str
    oauth_client_id: str | None
    state: InstallationState
    product_type: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """An unverified token with the request that carried it.

    `target` is the raw request target as it stood on the request line, percent-encoding untouched.
    """

    token: str = field(repr=False)
    method: str
    target: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified caller: a Jira site, and the user on whose behalf it speaks, if any.

    `instance_key` equals `installation.client_key`.
    """

    instance_key: str
    account_id: str | None
    installation: Installation
