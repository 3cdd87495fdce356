"""The sites that have the app: what connect asks before a tenant is known, and the life of an installation.

Jira sends `disabled` and `uninstalled` in parallel and may repeat anything, so what a call leads to depends
on the state alone: uninstalled wins, and only `installed` opens it again.
"""

from __future__ import annotations

from sqlalchemy import Row, text

from connect.ports import Installed, RequestFacts
from connect.principals import Installation, InstallationState
from tenancy import erasure, eventlog
from tenancy.actors import SERVICE_INSTANCE, Actor, ActorKind
from tenancy.database import Database, TenantSession
from tenancy.encryption import Cipher
from tenancy.eventlog import Outcome, Target, TenancyAction

_ACTIONS = {
    InstallationState.ENABLED: TenancyAction.ENABLED,
    InstallationState.DISABLED: TenancyAction.DISABLED,
    InstallationState.UNINSTALLED: TenancyAction.UNINSTALLED,
}

# Lifecycle calls of one site wait for each other; other sites' do not.
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended('installation ' || :site, 0))")

#: state, base_url, whether its erasure has begun.
_Before = Row[tuple[str, str, bool]]

_BEFORE = text(
    "select state, base_url, erasure_began_at is not null as erasing from vault.installation "
    "where instance_key = :site"
)

# The parameters again and not `excluded`: that would need the right to read the secret.
_INSTALL = text("""
insert into vault.installation
  (instance_key, state, base_url, oauth_client_id, product_type, shared_secret)
values (:site, 'enabled', :base_url, :oauth_client_id, :product_type, :shared_secret)
on conflict (instance_key) do update set
  state = 'enabled', base_url = :base_url, oauth_client_id = :oauth_client_id,
  product_type = :product_type, shared_secret = :shared_secret,
  installed_at = clock_timestamp(), changed_at = clock_timestamp()
""")

_ADD_KEY = text("""
insert into vault.data_key (instance_key, id, wrapped, key_encryption_key)
values (:site, :id, :wrapped, :key_encryption_key)
""")

# `uninstalled_at` follows from the state, by a trigger: the app may not write it.
_CHANGE_STATE = text("""
update vault.installation set state = :state, changed_at = clock_timestamp() where instance_key = :site
""")


def next_state(current: InstallationState, wanted: InstallationState) -> InstallationState:
    """Return what a site in state `current` is after Jira says `wanted` (without installing anew)."""
    return current if current is InstallationState.UNINSTALLED else wanted


class Installations:
    """Implements `connect.ports.Installations`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, client_key: str) -> Installation | None:
        """Return the installation in whatever state it is, or None; at most 0.75 s old.

        Raises DatabaseUnavailable, KeyEncryptionKeyMissing or SealBroken.
        """
        tenant = self._database.directory.find(client_key)
        return None if tenant is None else tenant.installation

    def install(self, installed: Installed, facts: RequestFacts) -> None:
        """Create or overwrite: the site is enabled and its new secret replaces the old one at once.

        Its data and data key are kept, unless their erasure had begun: it is then completed first.
        """
        actor = _jira(installed.client_key, facts)
        try:
            with self._database.tenant_session(actor) as session:
                before = _lock(session, actor.instance_key)
                if before is not None and before.erasing:
                    erasure.finish(session)
                    before = None
                self._write(session, actor, installed, before)
        finally:
            self._database.directory.forget(actor.instance_key)

    def change_state(self, client_key: str, state: InstallationState, facts: RequestFacts) -> None:
        """Move to `state`; idempotent, harmless for an unknown key, and independent of order."""
        actor = _jira(client_key, facts)
        try:
            with self._database.tenant_session(actor) as session:
                before = _lock(session, client_key)
                if before is not None:
                    _move(session, actor, InstallationState(before.state), state)
        finally:
            self._database.directory.forget(client_key)
        if before is None:
            self._record_unknown(client_key, state, facts)

    def _write(
        self,
        session: TenantSession,
        actor: Actor,
        installed: Installed,
        before: _Before | None,
    ) -> None:
        site = actor.instance_key
        tenant = self._database.directory.read(session, site)
        wrapped, cipher = (None, tenant.cipher) if tenant else self._database.keys.new_data_key(site)
        session.execute(_INSTALL, _columns(installed, cipher))
        if wrapped is not None:
            session.execute(
                _ADD_KEY,
                {
                    "site": site,
                    "id": wrapped.id,
                    "wrapped": wrapped.wrapped,
                    "key_encryption_key": wrapped.key_encryption_key,
                },
            )
            eventlog.record(session, actor, TenancyAction.KEY_CREATED, Target("data_key", wrapped.id))
        eventlog.record(
            session,
            actor,
            TenancyAction.INSTALLED,
            Target("installation", site),
            reason="installed" if before is None else "reinstalled",
            changes={
                "state": [before and before.state, InstallationState.ENABLED],
                "base_url": [before and before.base_url, installed.base_url],
            },
        )

    def _record_unknown(self, client_key: str, state: InstallationState, facts: RequestFacts) -> None:
        service = _jira(SERVICE_INSTANCE, facts)
        with self._database.tenant_session(service) as session:
            eventlog.record(
                session,
                service,
                _ACTIONS[state],
                Target("installation", client_key),
                outcome=Outcome.FAILED,
                reason="unknown_installation",
            )


def _jira(site: str, facts: RequestFacts) -> Actor:
    return Actor(site, None, ActorKind.JIRA, facts.request_id, facts.source_address)


def _lock(session: TenantSession, site: str) -> _Before | None:
    session.execute(_ONE_AT_A_TIME, {"site": site})
    return session.execute(_BEFORE, {"site": site}).one_or_none()


def _columns(installed: Installed, cipher: Cipher) -> dict[str, object]:
    return {
        "site": installed.client_key,
        "base_url": installed.base_url,
        "oauth_client_id": installed.oauth_client_id,
        "product_type": installed.product_type,
        "shared_secret": cipher.seal("installation", installed.client_key, installed.shared_secret.encode()),
    }


def _move(
    session: TenantSession, actor: Actor, current: InstallationState, wanted: InstallationState
) -> None:
    after = next_state(current, wanted)
    if after is not current:
        session.execute(_CHANGE_STATE, {"site": actor.instance_key, "state": after.value})
    eventlog.record(
        session,
        actor,
        _ACTIONS[wanted],
        Target("installation", actor.instance_key),
        reason=None if after is wanted else "uninstalled_wins",
        changes={"state": [current, after]},
    )
