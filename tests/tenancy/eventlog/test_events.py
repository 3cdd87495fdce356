"""An event tells the act and never the content, belongs to one tenant, and stays as it was written."""

from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tenancy import eventlog
from tenancy.actors import Actor
from tenancy.database import Database
from tenancy.embedded import DatabaseUrls
from tenancy.eventlog import ContentInEventLog, Outcome, Target, TenancyAction
from tenancy.identifiers import new_id

ACTION = TenancyAction.ISSUE_DELETED
TABLES = "select relname from pg_class where relnamespace = 'vault'::regnamespace and relkind = 'r'"


def events(database: Database, actor: Actor) -> list[dict[str, Any]]:
    with database.tenant_session(actor) as session:
        return [dict(row._mapping) for row in session.execute(text("select * from vault.event order by id"))]


def test_an_event_says_who_did_what_to_what_when_and_from_where(database: Database, lead: Actor) -> None:
    related = [new_id(), new_id()]
    with database.tenant_session(lead) as session:
        before = session.execute(text("select clock_timestamp()")).scalar_one()
        event_id = eventlog.record(
            session,
            lead,
            ACTION,
            Target("issue", 10001),
            outcome=Outcome.FAILED,
            reason="because",
            changes={"hours_per_day": [8, 7.5]},
            related=related,
        )

    event = next(each for each in events(database, lead) if each["id"] == event_id)

    assert event.pop("at") > before
    assert event == {
        "instance_key": "acme-client-key",
        "id": event_id,
        "actor_kind": "user",
        "actor_account": "lead",
        "action": "issue:delete",
        "target_kind": "issue",
        "target_id": "10001",
        "related": related,
        "outcome": "failed",
        "reason": "because",
        "request_id": "request-1",
        "source_address": "203.0.113.7",
        "changes": {"hours_per_day": [8, 7.5]},
    }


def test_an_event_goes_with_the_act_that_is_rolled_back(database: Database, lead: Actor) -> None:
    count = len(events(database, lead))
    with pytest.raises(RuntimeError), database.tenant_session(lead) as session:
        eventlog.record(session, lead, ACTION)
        raise RuntimeError
    assert len(events(database, lead)) == count


def test_a_site_sees_its_own_events_only(database: Database, lead: Actor, stranger: Actor) -> None:
    with database.tenant_session(lead) as session:
        eventlog.record(session, lead, ACTION)
    assert events(database, lead)
    assert events(database, stranger) == []


def test_an_event_cannot_be_written_for_another_site(
    database: Database, lead: Actor, stranger: Actor
) -> None:
    with (
        pytest.raises(InsufficientPrivilege, match="row-level security"),
        database.tenant_session(lead) as session,
    ):
        eventlog.record(session, stranger, ACTION)


@pytest.mark.parametrize(
    "statement",
    [
        "update vault.event set reason = 'another'",
        "delete from vault.event",
        "truncate vault.event",
        "update vault.event set at = now()",
        "insert into vault.event (instance_key, id, actor_kind, action, outcome, at) values "
        "('acme-client-key', gen_random_uuid(), 'user', 'a:b', 'allowed', now())",
        "alter table vault.event disable row level security",
        "drop table vault.event",
    ],
)
def test_the_app_can_neither_change_nor_remove_nor_date_an_event(
    database: Database, lead: Actor, statement: str
) -> None:
    with database.tenant_session(lead) as session:
        eventlog.record(session, lead, ACTION)
    before = events(database, lead)
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        database.tenant_session(lead) as session,
    ):
        session.execute(text(statement))
    assert events(database, lead) == before


def test_the_auditor_reads_events_of_all_sites_and_nothing_else(
    database: Database, database_urls: DatabaseUrls, lead: Actor, stranger: Actor
) -> None:
    for actor in (lead, stranger):
        with database.tenant_session(actor) as session:
            eventlog.record(session, actor, ACTION)

    with psycopg.connect(database_urls.auditor, autocommit=True) as auditor:
        sites = {row[0] for row in auditor.execute("select instance_key from vault.event")}
        tables = [row[0] for row in auditor.execute(TABLES)]
        for table in set(tables) - {"event"}:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                auditor.execute(f"select from vault.{table}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            auditor.execute(
                "insert into vault.event (instance_key, id, actor_kind, action, outcome) "
                "values ('acme-client-key', gen_random_uuid(), 'user', 'a:b', 'allowed')"
            )

    assert sites == {"acme-client-key", "globex-client-key"}
    assert len(tables) > 5


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "x"},
        {"Comment": "x"},
        {"oldDescription": "x"},
        {"shared_secret": "x"},
        {"access-token": "x"},
        {"JWT": "x"},
        {"nested": [{"deep": {"descriptions": []}}]},
    ],
)
def test_content_is_refused(database: Database, lead: Actor, changes: dict[str, Any]) -> None:
    with pytest.raises(ContentInEventLog), database.tenant_session(lead) as session:
        eventlog.record(session, lead, ACTION, changes=changes)


def test_words_that_only_look_like_content_are_allowed(database: Database, lead: Actor) -> None:
    with database.tenant_session(lead) as session:
        eventlog.record(session, lead, ACTION, changes={"secured_teams": [False, True], "team_managers": []})


def test_what_a_caller_could_have_written_is_bounded_and_printable_for_the_database(
    database: Database, lead: Actor
) -> None:
    long = Actor(lead.instance_key, lead.account_id, lead.kind, "r\0" * 5000, "s" * 5000)
    with database.tenant_session(long) as session:
        event_id = eventlog.record(session, long, ACTION, Target("issue", "t" * 5000), reason="y" * 5000)
    event = next(each for each in events(database, lead) if each["id"] == event_id)
    assert all(
        len(event[column]) <= 500 for column in ("reason", "request_id", "source_address", "target_id")
    )
    assert event["request_id"].startswith("r?r")
