"""Jira's webhooks: taken in once, ids only. What they tell of is re-read through Jira's REST."""

from __future__ import annotations

from sqlalchemy import CursorResult, text

from connect.ports import RequestFacts, WebhookDelivery
from connect.principals import Principal
from tenancy import eventlog
from tenancy.actors import Actor, ActorKind
from tenancy.database import Database, TenantSession
from tenancy.eventlog import Target, TenancyAction

ISSUE_DELETED = "jira:issue_deleted"

_TAKE = text("""
insert into vault.webhook_delivery (instance_key, identifier, event, issue_id, worklog_id, sent_at)
values (:site, :identifier, :event, :issue_id, :worklog_id, :sent_at)
on conflict (instance_key, identifier) do nothing
""")

_DELETE_ISSUE = text("""
insert into vault.deleted_issue (instance_key, issue_id, deleted_at) values (:site, :issue_id, :at)
on conflict (instance_key, issue_id) do nothing
""")


class Webhooks:
    """Implements `connect.ports.Webhooks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def receive(self, principal: Principal, delivery: WebhookDelivery, facts: RequestFacts) -> None:
        """Take one delivery and do what it asks for, at once; a repetition has no further effect."""
        actor = Actor(principal.instance_key, None, ActorKind.JIRA, facts.request_id, facts.source_address)
        with self._database.tenant_session(actor) as session:
            if (
                _is_new(session, delivery)
                and delivery.event == ISSUE_DELETED
                and delivery.issue_id is not None
            ):
                _delete_issue(session, delivery.issue_id, delivery)


def _is_new(session: TenantSession, delivery: WebhookDelivery) -> bool:
    result = session.execute(
        _TAKE,
        {
            "site": session.actor.instance_key,
            "identifier": delivery.identifier,
            "event": delivery.event,
            "issue_id": delivery.issue_id,
            "worklog_id": delivery.worklog_id,
            "sent_at": delivery.timestamp,
        },
    )
    return isinstance(result, CursorResult) and result.rowcount == 1


def _delete_issue(session: TenantSession, issue_id: int, delivery: WebhookDelivery) -> None:
    session.execute(
        _DELETE_ISSUE, {"site": session.actor.instance_key, "issue_id": issue_id, "at": delivery.timestamp}
    )
    eventlog.record(session, session.actor, TenancyAction.ISSUE_DELETED, Target("issue", issue_id))
