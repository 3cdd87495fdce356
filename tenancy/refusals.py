"""Every request that was not believed is written down (domain.md E2)."""

from __future__ import annotations

from connect.ports import Refusal, RequestFacts
from tenancy import eventlog
from tenancy.actors import SERVICE_INSTANCE, Actor, ActorKind
from tenancy.database import Database
from tenancy.eventlog import Outcome, Target, TenancyAction

#: Characters of what the caller wrote that go into the log.
_LONGEST = 200


class Refusals:
    """Implements `connect.ports.Refusals`.

    One row for each refusal, because E2 wants every one. It is kept cheap: a remembered look-up and one
    insert whose commit does not wait for the disk. A flood is for the balancer before us to stop; what a row
    can hold is bounded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, refusal: Refusal, facts: RequestFacts) -> None:
        """Write a refusal down: under the site it claims to be, if that has the app, else the service's own.

        The claim is unverified either way, so the event says so: its actor is the app, who refused.
        """
        claimed = refusal.claimed_instance
        site = claimed if claimed and self._database.directory.find(claimed) else SERVICE_INSTANCE
        actor = Actor(site, None, ActorKind.APP, facts.request_id, facts.source_address)
        with self._database.tenant_session(actor, durable=False) as session:
            eventlog.record(
                session,
                actor,
                TenancyAction.REQUEST_REFUSED,
                Target("request", f"{facts.method} {facts.path}"),
                outcome=Outcome.DENIED,
                reason=refusal.code,
                changes={"detail": _clean(refusal.detail), "claimed_site": claimed and _clean(claimed)},
            )


def _clean(text: str) -> str:
    # jsonb holds neither the zero character nor half a surrogate.
    return text[:_LONGEST].encode(errors="replace").decode().replace("\0", "?")
