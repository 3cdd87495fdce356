"""What an operator may know of the sites: their installation and its life, never their content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.engine import URL

from tenancy.owner import Owner

_SITES = """
select instance_key, base_url, state, product_type, installed_at, changed_at, uninstalled_at,
  case when state = 'uninstalled' then uninstalled_at + interval '30 days' end as erased_from,
  erasure_began_at
from vault.installation
"""
_ALL = text(f"{_SITES} order by base_url, instance_key")
_ONE = text(f"{_SITES} where instance_key = :site")
_KEYS = text("""
select id, key_encryption_key, created_at from vault.data_key where instance_key = :site order by id
""")
_LIFE = text("""
select at, action, actor_kind, outcome, reason, source_address from vault.event
where action like 'installation:%' or action like 'data\\_key:%' order by id desc limit 20
""")


@dataclass(frozen=True, slots=True)
class Site:
    """One site. `erased_from`: when its data may be erased, for a site that uninstalled the app."""

    instance_key: str
    base_url: str
    state: str
    product_type: str
    installed_at: datetime
    changed_at: datetime
    uninstalled_at: datetime | None
    erased_from: datetime | None
    erasure_began_at: datetime | None


@dataclass(frozen=True, slots=True)
class DataKey:
    """One data key of a site: what wraps it, and since when it is there."""

    id: UUID
    key_encryption_key: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """One event in the life of an installation."""

    at: datetime
    action: str
    actor_kind: str
    outcome: str
    reason: str | None
    source_address: str | None


@dataclass(frozen=True, slots=True)
class SiteDetails:
    """One site with its data keys, oldest first, and the last 20 events of its life, latest first."""

    site: Site
    data_keys: list[DataKey]
    events: list[LifeEvent]


def sites(owner_url: URL) -> list[Site]:
    """Return all sites in whatever state, by base URL."""
    with Owner(owner_url).transaction() as connection:
        return [Site(**_columns(row)) for row in connection.execute(_ALL)]


def details(owner_url: URL, instance_key: str) -> SiteDetails | None:
    """Return what is known of one site, or None when there is none."""
    with Owner(owner_url).transaction() as connection:
        row = connection.execute(_ONE, {"site": instance_key}).one_or_none()
        if row is None:
            return None
        Owner.enter_tenant(connection, instance_key)
        keys = connection.execute(_KEYS, {"site": instance_key})
        return SiteDetails(
            Site(**_columns(row)),
            [DataKey(**_columns(key)) for key in keys],
            [LifeEvent(**_columns(event)) for event in connection.execute(_LIFE)],
        )


def _columns(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)
