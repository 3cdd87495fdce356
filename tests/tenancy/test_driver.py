"""The short way through libpq gives what psycopg gives, and fails as it fails."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from tenancy.actors import Actor
from tenancy.database import Database
from tenancy.driver import Statement
from tenancy.embedded import EmbeddedPostgres
from tenancy.errors import DatabaseUnavailable, TransactionLost
from tenancy.settings import TenancySettings

ECHO = Statement.of(
    "echo",
    "select %(text)s::text, %(number)s::bigint, %(id)s::uuid, %(at)s::timestamptz, %(day)s::date, "
    "%(nothing)s::text, %(text)s::text || '!', array[%(number)s::int]",
)
DELETE_ISSUE = Statement.of(
    "delete_issue", "insert into vault.deleted_issue values (%(site)s, %(id)s, now())"
)
WRONG = Statement.of("wrong", "select nonsense")


def test_parameters_are_numbered_in_the_order_of_their_first_appearance() -> None:
    statement = Statement.of("x", "select %(b)s, %(a)s, %(b)s")
    assert statement.sql == b"select $1, $2, $1"
    assert statement.parameters == ("b", "a")


def test_values_come_back_as_what_they_are(database: Database, lead: Actor) -> None:
    values = {
        "text": "it's; drop table 'ключ' %s $1",
        "number": 2**40 % 2**31,
        "id": uuid4(),
        "at": datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        "day": date(2026, 11, 24),
        "nothing": None,
    }
    with database.tenant_session(lead) as session:
        for _ in range(3):
            (row,) = session.run(ECHO, values)
            assert row[:6] == tuple(values.values())
            assert row[6:] == (f"{values['text']}!", [values["number"]])


def test_it_runs_in_the_sessions_transaction(database: Database, lead: Actor) -> None:
    with pytest.raises(ZeroDivisionError), database.tenant_session(lead) as session:
        assert session.run(DELETE_ISSUE, {"site": lead.instance_key, "id": 900}) == []
        assert session.execute(text("select issue_id from vault.deleted_issue")).scalar_one() == 900
        raise ZeroDivisionError
    with database.tenant_session(lead) as session:
        assert session.execute(text("select issue_id from vault.deleted_issue")).scalars().all() == []


def test_it_is_confined_to_the_tenant(database: Database, lead: Actor, stranger: Actor) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
        database.tenant_session(lead) as session,
    ):
        session.run(DELETE_ISSUE, {"site": stranger.instance_key, "id": 901})


def test_the_zero_character_is_refused_and_not_cut_off_at(database: Database, lead: Actor) -> None:
    with pytest.raises(psycopg.DataError), database.tenant_session(lead) as session:
        session.run(DELETE_ISSUE, {"site": f"{lead.instance_key}\0", "id": 902})


def test_a_failure_is_psycopgs_and_says_which_constraint(database: Database, lead: Actor) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation) as failed, database.tenant_session(lead) as session:
        for _ in range(2):
            session.run(DELETE_ISSUE, {"site": lead.instance_key, "id": 903})
    assert failed.value.diag.constraint_name == "deleted_issue_pkey"


def test_a_swallowed_failure_does_not_pass_for_a_commit(database: Database, lead: Actor) -> None:
    with pytest.raises(TransactionLost), database.tenant_session(lead) as session:
        session.run(DELETE_ISSUE, {"site": lead.instance_key, "id": 904})
        with pytest.raises(psycopg.errors.UndefinedColumn):
            session.run(WRONG, {})
    with database.tenant_session(lead) as session:
        assert session.execute(text("select count(*) from vault.deleted_issue")).scalar_one() == 0


def test_a_lost_connection_is_told_as_such(
    database: Database, lead: Actor, postgres: EmbeddedPostgres
) -> None:
    with pytest.raises(DatabaseUnavailable), database.tenant_session(lead) as session:
        pid = session.execute(text("select pg_backend_pid()")).scalar_one()
        with psycopg.connect(postgres.admin_url(), autocommit=True) as admin:
            admin.execute("select pg_terminate_backend(%s, 5000)", [pid])
        session.run(DELETE_ISSUE, {"site": lead.instance_key, "id": 905})
    with database.tenant_session(lead) as session:
        assert session.execute(text("select count(*) from vault.deleted_issue")).scalar_one() == 0


@pytest.mark.parametrize("setting", ["on", "off"])
def test_a_statement_is_prepared_once_a_connection_and_not_behind_a_pooler(
    database_environ: dict[str, str], lead: Actor, setting: str
) -> None:
    database = Database(
        TenancySettings.from_env({**database_environ, "VAULT_DATABASE_PREPARED_STATEMENTS": setting})
    )
    names = text("select name from pg_prepared_statements where name = 'delete_issue'")
    try:
        for number in range(910, 913):
            with database.tenant_session(Actor(f"pooled-{setting}", None, lead.kind)) as session:
                session.run(DELETE_ISSUE, {"site": session.actor.instance_key, "id": number})
                prepared = session.execute(names).scalars().all()
        assert prepared == (["delete_issue"] if setting == "on" else [])
    finally:
        database.dispose()
