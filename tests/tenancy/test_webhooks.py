"""Jira's webhooks come at least once and in any order; they count once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from connect.ports import RequestFacts, WebhookDelivery
from connect.principals import Installation, Principal
from tenancy.actors import Actor, ActorKind
from tenancy.database import Database
from tenancy.webhooks import Webhooks

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def webhooks(database: Database) -> Webhooks:
    return Webhooks(database)


def principal(site: Installation) -> Principal:
    return Principal(site.client_key, None, site)


def delivery(
    identifier: str, event: str = "jira:issue_deleted", issue_id: int | None = 10001
) -> WebhookDelivery:
    return WebhookDelivery(identifier, event, issue_id, None, AT)


def rows(database: Database, site: Installation, query: str) -> list[tuple[Any, ...]]:
    with database.tenant_session(Actor(site.client_key, None, ActorKind.APP)) as session:
        return [tuple(row) for row in session.execute(text(query))]


def deletions(database: Database, site: Installation, issue_id: int) -> list[tuple[Any, ...]]:
    query = (
        "select actor_kind, request_id from vault.event where action = 'issue:delete' and target_id = '{}'"
    )
    return rows(database, site, query.format(issue_id))


def test_an_issue_that_was_deleted_is_known_to_be(
    database: Database, webhooks: Webhooks, acme: Installation, facts: RequestFacts
) -> None:
    webhooks.receive(principal(acme), delivery("a-1", issue_id=101), facts)
    gone = rows(database, acme, "select issue_id, deleted_at from vault.deleted_issue where issue_id = 101")
    assert gone == [(101, AT)]
    assert deletions(database, acme, 101) == [("jira", "request-1")]


def test_a_repetition_has_no_further_effect(
    database: Database, webhooks: Webhooks, acme: Installation, facts: RequestFacts
) -> None:
    for _ in range(3):
        webhooks.receive(principal(acme), delivery("a-2", issue_id=102), facts)
    assert len(deletions(database, acme, 102)) == 1


def test_a_repetition_at_the_same_moment_has_no_further_effect(
    database: Database, webhooks: Webhooks, acme: Installation, facts: RequestFacts
) -> None:
    with ThreadPoolExecutor(4) as threads:
        for _ in range(4):
            threads.submit(webhooks.receive, principal(acme), delivery("a-3", issue_id=103), facts)
    assert len(deletions(database, acme, 103)) == 1


def test_the_same_identifier_on_another_site_is_another_delivery(
    database: Database,
    webhooks: Webhooks,
    two_tenants: tuple[Installation, Installation],
    facts: RequestFacts,
) -> None:
    for site in two_tenants:
        webhooks.receive(principal(site), delivery("same", issue_id=104), facts)
    for site in two_tenants:
        assert len(deletions(database, site, 104)) == 1


@pytest.mark.parametrize(("event", "issue_id"), [("worklog_updated", 105), ("jira:issue_deleted", None)])
def test_other_deliveries_are_taken_in_and_delete_nothing(
    database: Database,
    webhooks: Webhooks,
    acme: Installation,
    facts: RequestFacts,
    event: str,
    issue_id: int | None,
) -> None:
    before = rows(database, acme, "select * from vault.deleted_issue order by issue_id")
    webhooks.receive(principal(acme), delivery(f"other {event}", event, issue_id), facts)
    taken = rows(
        database, acme, f"select issue_id from vault.webhook_delivery where identifier = 'other {event}'"
    )
    assert taken == [(issue_id,)]
    assert rows(database, acme, "select * from vault.deleted_issue order by issue_id") == before


def test_an_issue_deleted_twice_by_different_deliveries_is_deleted_once(
    database: Database, webhooks: Webhooks, acme: Installation, facts: RequestFacts
) -> None:
    webhooks.receive(principal(acme), delivery("b-1", issue_id=106), facts)
    webhooks.receive(principal(acme), delivery("b-2", issue_id=106), facts)
    assert len(rows(database, acme, "select from vault.deleted_issue where issue_id = 106")) == 1
