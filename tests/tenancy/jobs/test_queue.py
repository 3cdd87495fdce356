"""A job is deferred in the transaction of the act: no commit, no job."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import text

from tenancy import jobs
from tenancy.actors import Actor
from tenancy.database import Database
from tenancy.embedded import EmbeddedPostgres
from tenancy.errors import DatabaseUnavailable

WAITING = text(
    "select task_name, queue_name, lock, queueing_lock, args, scheduled_at from procrastinate_jobs"
)


@pytest.fixture(scope="module")
def greet():
    """A task as a layer above declares it."""

    @jobs.app.task(name="test.greet", queue="greetings", pass_context=True)
    def greet(context: object, name: str) -> None:
        raise AssertionError("nobody works here")

    yield greet
    del jobs.app.tasks["test.greet"]


def waiting(database: Database, actor: Actor) -> list[dict[str, Any]]:
    with database.tenant_session(actor) as session:
        return [dict(row._mapping) for row in session.execute(WAITING)]


@pytest.fixture(autouse=True)
def emptied(database: Database, lead: Actor) -> None:
    with database.tenant_session(lead) as session:
        session.execute(text("delete from procrastinate_jobs"))


def test_a_job_is_there_when_the_act_is(database: Database, lead: Actor, greet) -> None:
    with database.tenant_session(lead) as session:
        job_id = jobs.defer(session, greet, name="Ada")
    assert job_id > 0
    assert waiting(database, lead) == [
        {
            "task_name": "test.greet",
            "queue_name": "greetings",
            "lock": None,
            "queueing_lock": None,
            "args": {"name": "Ada"},
            "scheduled_at": None,
        }
    ]


def test_no_job_is_there_when_the_act_is_undone(database: Database, lead: Actor, greet) -> None:
    with pytest.raises(ZeroDivisionError), database.tenant_session(lead) as session:
        jobs.defer(session, greet, name="Ada")
        raise ZeroDivisionError
    assert waiting(database, lead) == []


def test_the_session_goes_on_after_deferring(database: Database, lead: Actor, greet) -> None:
    with database.tenant_session(lead) as session:
        jobs.defer(session, greet, name="Ada")
        site = session.execute(text("select current_setting('vault.instance_key')")).scalar_one()
    assert site == lead.instance_key


def test_a_job_may_wait_and_be_locked(database: Database, lead: Actor, greet) -> None:
    with database.tenant_session(lead) as session:
        jobs.defer(session, greet, lock="one", queueing_lock="two", seconds=60, name="Ada")
        now = session.execute(text("select now()")).scalar_one()
    (job,) = waiting(database, lead)
    assert (job["lock"], job["queueing_lock"]) == ("one", "two")
    assert 50 < (job["scheduled_at"] - now).total_seconds() < 70


def test_a_second_waiting_job_of_one_queueing_lock_is_refused(database: Database, lead: Actor, greet) -> None:
    with database.tenant_session(lead) as session:
        jobs.defer(session, greet, queueing_lock="once", name="Ada")
        with pytest.raises(AlreadyEnqueued), session.begin_nested():
            jobs.defer(session, greet, queueing_lock="once", name="Bob")
    assert [job["args"] for job in waiting(database, lead)] == [{"name": "Ada"}]


def test_a_database_that_goes_away_is_told_as_such(
    database: Database, lead: Actor, greet, postgres: EmbeddedPostgres
) -> None:
    with pytest.raises(DatabaseUnavailable), database.tenant_session(lead) as session:
        pid = session.execute(text("select pg_backend_pid()")).scalar_one()
        with psycopg.connect(postgres.admin_url(), autocommit=True) as admin:
            admin.execute("select pg_terminate_backend(%s, 5000)", [pid])
        jobs.defer(session, greet, name="Ada")
    assert waiting(database, lead) == []


def test_every_task_of_this_layer_has_a_name_that_survives_a_move_of_its_module() -> None:
    own = {name for name in jobs.app.tasks if name.startswith("tenancy.")}
    assert own == {
        "tenancy.retry_stalled",
        "tenancy.erase_due_sites",
        "tenancy.erase_site",
        "tenancy.forget",
        "tenancy.remove_old_jobs",
    }


def test_upkeep_is_on_schedule() -> None:
    scheduled = {
        periodic.task.name: periodic.cron for periodic in jobs.app.periodic_registry.periodic_tasks.values()
    }
    assert scheduled == {
        "tenancy.retry_stalled": "* * * * * */10",
        "tenancy.erase_due_sites": "17 * * * *",
        "tenancy.forget": "27 * * * *",
        "tenancy.remove_old_jobs": "37 * * * *",
    }


def test_no_task_combines_retry_with_a_queueing_lock() -> None:
    # Such a job can stay "doing" for ever (design section 6b).
    for task in jobs.app.tasks.values():
        assert not (task.retry_strategy and task.queueing_lock)
