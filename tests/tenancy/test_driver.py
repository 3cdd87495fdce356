"""Hot statements through libpq itself behave as psycopg's own do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from psycopg.errors import DivisionByZero, UniqueViolation
from psycopg.pq import TransactionStatus

from tenancy.driver import Call, DriverConnection, Statement

ECHO = Statement.of(
    "echo",
    "select %(text)s::text, %(number)s::bigint, %(id)s::uuid, %(at)s::timestamptz, %(bytes)s::bytea,"
    " %(list)s::uuid[], %(text)s::text is null",
)
ROW = {
    "text": "ünï'\"; --",
    "number": 2**40,
    "id": UUID("0192d3a0-0000-7000-8000-000000000001"),
    "at": datetime(2026, 11, 24, 9, 0, 0, 123456, tzinfo=UTC),
    "bytes": "\\x00ff",
    "list": "{0192d3a0-0000-7000-8000-000000000001}",
}
DIVIDE = Statement.of("divide", "select 1 / %(by)s::int")


@pytest.fixture(params=[5, None], ids=["prepared", "behind a pooler"])
def connection(request: pytest.FixtureRequest, scratch_url: str) -> Iterator[DriverConnection]:
    """A connection of the app role, that prepares or does not."""
    with DriverConnection.connect(scratch_url, prepare_threshold=request.param) as connection:
        yield connection


@pytest.fixture
def scratch_url(postgres, scratch: str) -> str:
    """The app role's URL of a database of this test's own."""
    url: str = postgres.urls(scratch).app
    return url


def test_values_go_in_as_text_and_come_out_as_what_they_are(connection: DriverConnection) -> None:
    for _ in range(3):
        assert connection.run(ECHO, ROW) == [
            (ROW["text"], ROW["number"], ROW["id"], ROW["at"], b"\x00\xff", [ROW["id"]], False)
        ]
    assert connection.run(ECHO, dict.fromkeys(ROW)) == [(None, None, None, None, None, None, True)]


def test_a_zero_character_is_refused_and_never_cuts_a_text_short(connection: DriverConnection) -> None:
    with pytest.raises(psycopg.DataError, match="NUL"):
        connection.run(ECHO, {**ROW, "text": "user\0admin"})


def test_a_statement_is_prepared_once_where_that_is_allowed(connection: DriverConnection) -> None:
    for _ in range(3):
        connection.run(ECHO, ROW)
    names = connection.execute("select name from pg_prepared_statements where name = 'echo'").fetchall()
    assert names == ([("echo",)] if connection.prepare_threshold else [])


def test_a_statement_begins_a_transaction_and_commit_keeps_what_it_did(
    connection: DriverConnection, scratch_url: str
) -> None:
    defer = Statement.of("count", "select count(*) from jobs.procrastinate_workers where id > %(id)s")
    connection.run(defer, {"id": 0})
    assert connection.pgconn.transaction_status == TransactionStatus.INTRANS
    insert = Statement.of("worker", "insert into jobs.procrastinate_workers default values returning id")
    [(rolled_back,)] = connection.run(insert, {})
    connection.rollback()
    [(kept,)] = connection.run(insert, {})
    connection.commit()
    assert connection.pgconn.transaction_status == TransactionStatus.IDLE
    with psycopg.connect(scratch_url) as another:
        rows = another.execute("select id from jobs.procrastinate_workers").fetchall()
    assert rows == [(kept,)] != [(rolled_back,)]


def test_committing_or_rolling_back_nothing_is_nothing(connection: DriverConnection) -> None:
    connection.commit()
    connection.rollback()
    assert connection.pgconn.transaction_status == TransactionStatus.IDLE


def test_errors_are_psycopgs_with_state_and_constraint(connection: DriverConnection) -> None:
    with pytest.raises(DivisionByZero):
        connection.run(DIVIDE, {"by": 0})
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        connection.run(DIVIDE, {"by": 1})
    connection.rollback()
    twice = Statement.of(
        "twice",
        "insert into vault.webhook_delivery (instance_key, identifier, event, sent_at)"
        " values ('acme', %(id)s, 'e', now()), ('acme', %(id)s, 'e', now())",
    )
    connection.execute("select set_config('vault.instance_key', 'acme', true)")
    with pytest.raises(UniqueViolation) as refused:
        connection.run(twice, {"id": "1"})
    assert refused.value.diag.constraint_name == "webhook_delivery_pkey"


def test_a_lost_connection_is_an_operational_error(
    connection: DriverConnection, scratch_admin: psycopg.Connection
) -> None:
    connection.run(DIVIDE, {"by": 1})
    scratch_admin.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        connection.run(DIVIDE, {"by": 1})
    assert connection.closed
    with pytest.raises(psycopg.OperationalError):
        connection.run(DIVIDE, {"by": 1})


COUNT = Statement.of("count", "select count(*) from jobs.procrastinate_workers")
INSERT = Statement.of("worker", "insert into jobs.procrastinate_workers default values")
SLEEP = Statement.of("sleep", "select pg_sleep(%(seconds)s::float)")


def test_a_transaction_begins_with_statements_and_gets_the_rows_of_the_last(
    connection: DriverConnection,
) -> None:
    assert connection.begin_with(Call(DIVIDE, {"by": 1}), Call(DIVIDE, {"by": -1})) == [(-1,)]
    assert connection.pgconn.transaction_status == TransactionStatus.INTRANS
    assert connection.execute("select 1").fetchone() == (1,)


def test_what_stands_behind_a_failed_statement_does_not_run(connection: DriverConnection) -> None:
    with pytest.raises(DivisionByZero):
        connection.begin_with(Call(DIVIDE, {"by": 0}), Call(INSERT, {}))
    assert connection.pgconn.transaction_status == TransactionStatus.INERROR
    connection.rollback()
    assert connection.run(COUNT, {}) == [(0,)]


def test_what_is_run_at_commit_is_in_the_transaction(connection: DriverConnection, scratch_url: str) -> None:
    connection.run(COUNT, {})
    connection.run_at_commit(INSERT, {})
    connection.commit()
    with psycopg.connect(scratch_url) as another:
        assert another.execute(COUNT.sql).fetchone() == (1,)


def test_a_failure_at_commit_undoes_everything(connection: DriverConnection, scratch_url: str) -> None:
    connection.run(INSERT, {})
    connection.run_at_commit(DIVIDE, {"by": 0})
    with pytest.raises(DivisionByZero):
        connection.commit()
    connection.rollback()
    with psycopg.connect(scratch_url) as another:
        assert another.execute(COUNT.sql).fetchone() == (0,)


def test_a_rollback_forgets_what_was_to_run_at_commit(connection: DriverConnection) -> None:
    connection.run(COUNT, {})
    connection.run_at_commit(INSERT, {})
    connection.rollback()
    assert connection.run(COUNT, {}) == [(0,)]
    connection.commit()
    assert connection.run(COUNT, {}) == [(0,)]


def test_statements_are_prepared_again_after_psycopg_deallocated_all(connection: DriverConnection) -> None:
    connection.run(DIVIDE, {"by": 1})
    connection.execute("savepoint one", prepare=True)
    connection.execute("rollback to savepoint one", prepare=True)
    assert connection.run(DIVIDE, {"by": 1}) == [(1,)]


def test_a_connection_lost_in_a_pipeline_is_an_operational_error(
    connection: DriverConnection, scratch_admin: psycopg.Connection
) -> None:
    victim = connection.info.backend_pid
    killer = threading.Timer(0.2, scratch_admin.execute, ["select pg_terminate_backend(%s)", [victim]])
    killer.start()
    with pytest.raises(psycopg.OperationalError):
        connection.begin_with(Call(SLEEP, {"seconds": 30}), Call(COUNT, {}))
    killer.join()
    with pytest.raises(psycopg.OperationalError):
        connection.begin_with(Call(COUNT, {}))
    assert connection.closed


def test_other_threads_work_while_one_waits_for_the_database(connection: DriverConnection) -> None:
    turns = 0

    def work() -> None:
        nonlocal turns
        while not done.wait(0.001):
            turns += 1

    done = threading.Event()
    worker = threading.Thread(target=work)
    worker.start()
    connection.begin_with(Call(SLEEP, {"seconds": 0.3}))
    done.set()
    worker.join()
    assert turns > 10
