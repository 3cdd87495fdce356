"""Rotating key-encryption keys: every tenant's data key is wrapped anew under the first of them.

The data keys stay the same, so nothing that they sealed is touched, and running processes go on. Each data
key is one transaction: interrupted, it goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from tenancy import eventlog
from tenancy.actors import Actor, ActorKind
from tenancy.encryption import KeyEncryptionKeys, WrappedKey
from tenancy.errors import KeyEncryptionKeyMissing
from tenancy.eventlog import Target, TenancyAction
from tenancy.owner import Owner

_TO_DO = text("""
select instance_key, id from vault.data_key where key_encryption_key <> :first order by instance_key, id
""")
_IN_USE = text("select key_encryption_key, count(*) as data_keys from vault.data_key group by 1 order by 1")
_LOCKED = text("""
select id, key_encryption_key, wrapped from vault.data_key
where instance_key = :site and id = :id and key_encryption_key <> :first for update
""")
_STORE = text("""
update vault.data_key set wrapped = :wrapped, key_encryption_key = :name
where instance_key = :site and id = :id
""")


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to rewrap: (instance key, id of the data key)."""

    data_keys: list[tuple[str, UUID]]


class Rotation:
    """Rewraps data keys as the owner, who sees the whole directory."""

    def __init__(self, owner_url: URL, keys: KeyEncryptionKeys) -> None:
        self._owner = Owner(owner_url)
        self._keys = keys

    def plan(self) -> Plan:
        """Return what there is to do.

        Raises KeyEncryptionKeyMissing, before anything is changed, when some data key is wrapped by a key
        that the environment does not have.
        """
        with self._owner.transaction() as connection:
            missing = sorted(set(_in_use(connection)) - set(self._keys.names))
            if missing:
                raise KeyEncryptionKeyMissing(
                    f"VAULT_KEY_ENCRYPTION_KEYS lacks {', '.join(missing)}, which data keys are wrapped by. "
                    "Put them after the first key."
                )
            rows = connection.execute(_TO_DO, {"first": self._keys.first})
            return Plan([(row.instance_key, row.id) for row in rows])

    def carry_out(self, plan: Plan) -> Iterator[str]:
        """Rewrap one data key after the other, yielding the instance key of each that is done."""
        for site, key_id in plan.data_keys:
            with self._owner.transaction() as connection:
                self._rewrap(connection, site, key_id)
            yield site

    def unused(self) -> list[str]:
        """Return the names of keys in the environment, but the first, that wrap nothing any more."""
        with self._owner.transaction() as connection:
            in_use = _in_use(connection)
        return [name for name in self._keys.names[1:] if name not in in_use]

    def _rewrap(self, connection: Connection, site: str, key_id: UUID) -> None:
        find = {"site": site, "id": key_id}
        row = connection.execute(_LOCKED, {**find, "first": self._keys.first}).one_or_none()
        if row is None:  # Another `keys rotate` was here first, or the site was erased.
            return
        wrapped = self._keys.rewrap(site, WrappedKey(row.id, row.key_encryption_key, row.wrapped))
        connection.execute(_STORE, {**find, "wrapped": wrapped.wrapped, "name": wrapped.key_encryption_key})
        Owner.enter_tenant(connection, site)
        eventlog.record(
            Session(connection),
            Actor(site, None, ActorKind.APP),
            TenancyAction.KEY_REWRAPPED,
            Target("data_key", key_id),
            changes={"key_encryption_key": [row.key_encryption_key, wrapped.key_encryption_key]},
        )


def _in_use(connection: Connection) -> dict[str, int]:
    return {row.key_encryption_key: row.data_keys for row in connection.execute(_IN_USE)}
