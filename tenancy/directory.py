"""Which tenants there are: looked up before a tenant is known, remembered for less than a second.

A token of a site that was uninstalled, or whose secret was rotated, has to fail within one second on every
process. So what this process remembers is at most 0.75 s old, counted from before the question was asked. The
same holds for a tenant's unwrapped data keys, which live in its cipher.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from connect.principals import Installation, InstallationState
from tenancy.actors import SERVICE_INSTANCE, Actor, ActorKind
from tenancy.encryption import Cipher, KeyEncryptionKeys, WrappedKey
from tenancy.errors import NoTenant

if TYPE_CHECKING:
    from tenancy.database import Database, TenantSession

FRESH_SECONDS = 0.75
#: How many sites, and how many keys that are no site's, a process remembers. Anybody can ask for the latter.
_KNOWN, _UNKNOWN = 4096, 1024
_LONGEST_KEY = 255

_FIND = "select * from vault.find_installation(%s)"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One site as the directory knows it: its installation, in whatever state, and the cipher of its data."""

    installation: Installation
    cipher: Cipher


@dataclass(frozen=True, slots=True)
class _Memory:
    tenant: Tenant | None
    fresh_until: float


class Directory:
    """Looks tenants up. Safe for threads; one a process."""

    def __init__(
        self, database: Database, keys: KeyEncryptionKeys, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._known: dict[str, _Memory] = {}
        self._unknown: dict[str, _Memory] = {}
        self._lock = threading.Lock()
        self._forgotten = 0
        self._sweep_at = 0.0

    def find(self, client_key: str) -> Tenant | None:
        """Return the tenant of this client key, or None; at most 0.75 s old.

        Raises DatabaseUnavailable, KeyEncryptionKeyMissing or SealBroken.
        """
        memory = self._remembered(client_key)
        if memory is not None:
            return memory.tenant
        if not _plausible(client_key):
            return None
        with self._database.tenant_session(Actor(client_key, None, ActorKind.APP), durable=False) as session:
            return self._read_through(session, client_key)

    def tenant_of(self, session: TenantSession) -> Tenant:
        """Return the tenant of a session, asking in that session if it has to.

        Raises NoTenant when there is none, or as `find` does.
        """
        client_key = session.actor.instance_key
        memory = self._remembered(client_key)
        tenant = memory.tenant if memory is not None else self._read_through(session, client_key)
        if tenant is None:
            raise NoTenant(f"There is no site {client_key}.")
        return tenant

    def read(self, session: Session, client_key: str) -> Tenant | None:
        """Ask the database, whatever is remembered, and remember nothing."""
        row = session.connection().exec_driver_sql(_FIND, (client_key,)).one_or_none()
        if row is None:
            return None
        wrapped = (
            WrappedKey(*key)
            for key in zip(row.key_ids, row.key_encryption_keys, row.wrapped_keys, strict=True)
        )
        cipher = self._keys.cipher(client_key, wrapped)
        return Tenant(
            Installation(
                client_key=client_key,
                shared_secret=cipher.open("installation", client_key, row.shared_secret).decode(),
                base_url=row.base_url,
                oauth_client_id=row.oauth_client_id,
                state=InstallationState(row.state),
                product_type=row.product_type,
            ),
            cipher,
        )

    def forget(self, client_key: str) -> None:
        """Ask anew next time. What is being asked for right now is not remembered either."""
        with self._lock:
            self._forgotten += 1
            self._known.pop(client_key, None)
            self._unknown.pop(client_key, None)

    def _remembered(self, client_key: str) -> _Memory | None:
        memory = self._known.get(client_key) or self._unknown.get(client_key)
        return memory if memory is not None and self._clock() < memory.fresh_until else None

    def _read_through(self, session: Session, client_key: str) -> Tenant | None:
        forgotten, asked_at = self._forgotten, self._clock()
        tenant = self.read(session, client_key)
        self._remember(client_key, _Memory(tenant, asked_at + FRESH_SECONDS), forgotten)
        return tenant

    def _remember(self, client_key: str, memory: _Memory, forgotten: int) -> None:
        with self._lock:
            self._sweep()
            if forgotten != self._forgotten:
                return
            here, other, room = (
                (self._unknown, self._known, _UNKNOWN)
                if memory.tenant is None
                else (self._known, self._unknown, _KNOWN)
            )
            other.pop(client_key, None)
            here.pop(client_key, None)
            if len(here) >= room:
                # A dict keeps the order of insertion: the first is the oldest.
                del here[next(iter(here))]
            here[client_key] = memory

    def _sweep(self) -> None:
        """Drop what is stale: secrets and keys of a site that nobody asks for do not stay in memory."""
        now = self._clock()
        if now < self._sweep_at:
            return
        self._sweep_at = now + FRESH_SECONDS
        for memories in (self._known, self._unknown):
            for client_key in [key for key, memory in memories.items() if memory.fresh_until <= now]:
                del memories[client_key]


def _plausible(client_key: str) -> bool:
    return (
        0 < len(client_key) <= _LONGEST_KEY
        and client_key != SERVICE_INSTANCE
        # Neither the zero character, which PostgreSQL cannot hold, nor half a surrogate.
        and client_key.isprintable()
    )
