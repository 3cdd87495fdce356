"""Erasing a site that uninstalled the app more than 30 days ago (domain.md S3), its data key first.

The event log keeps the life of the installation: acts of Jira and of the service, which name no person.
Every other event of the site goes with its rows: events hold account ids and addresses of people. Pseudonyms
in their place would have to reach into targets, addresses and changes as well, and would leave a record about
people that nobody is left to ask for.
"""

from __future__ import annotations

from sqlalchemy import text

from tenancy import eventlog
from tenancy.actors import SERVICE_INSTANCE, Actor, ActorKind
from tenancy.database import Database, TenantSession
from tenancy.eventlog import Target, TenancyAction

_DUE = text("select vault.due_for_erasure()")
_DESTROY_KEYS = text("select vault.destroy_data_keys(:site)")
_ERASE = text("select vault.erase_tenant(:site)")


def due(database: Database) -> list[str]:
    """Return the instance keys of the sites to erase, the longest overdue first."""
    with database.tenant_session(Actor(SERVICE_INSTANCE, None, ActorKind.JOB)) as session:
        return list(session.execute(_DUE).scalars())


def erase(database: Database, site: str) -> int:
    """Erase a site and return the number of rows that went. May be repeated after any interruption.

    Two transactions: once the first is committed, what is sealed can be opened by nobody, in no backup that
    lacks the key either. The database refuses, with an error, a site that is not due.
    """
    actor = Actor(site, None, ActorKind.JOB)
    with database.tenant_session(actor) as session:
        destroyed = session.execute(_DESTROY_KEYS, {"site": site}).scalar_one()
        eventlog.record(session, actor, TenancyAction.KEY_DESTROYED, changes={"keys": destroyed})
    database.directory.forget(site)
    with database.tenant_session(actor) as session:
        return finish(session)


def finish(session: TenantSession) -> int:
    """Erase the rows of the session's tenant, whose data key is destroyed already; return their number."""
    actor = session.actor
    rows: int = session.execute(_ERASE, {"site": actor.instance_key}).scalar_one()
    eventlog.record(
        session,
        actor,
        TenancyAction.ERASED,
        Target("installation", actor.instance_key),
        changes={"rows": rows},
    )
    return rows
