"""What is done again and again, done once by a real worker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from procrastinate.periodic import PeriodicRegistry
from sqlalchemy import text

from connect.ports import Installed, RequestFacts, WebhookDelivery
from connect.principals import InstallationState, Principal
from tenancy import jobs
from tenancy.actors import SERVICE_INSTANCE, Actor, ActorKind
from tenancy.database import Database
from tenancy.embedded import EmbeddedPostgres
from tenancy.installations import Installations
from tenancy.jobs import upkeep
from tenancy.settings import TenancySettings
from tenancy.webhooks import Webhooks
from tests.tenancy.conftest import now_utc

FACTS = RequestFacts("request-1", "203.0.113.7", "POST", "/installed")
SERVICE = Actor(SERVICE_INSTANCE, None, ActorKind.JOB)


@pytest.fixture
def settings(postgres: EmbeddedPostgres, scratch: str, key_encryption_keys: str) -> TenancySettings:
    return TenancySettings.from_env(
        {"DATABASE_URL": postgres.urls(scratch).app, "VAULT_KEY_ENCRYPTION_KEYS": key_encryption_keys}
    )


@pytest.fixture
def database(settings: TenancySettings) -> Iterator[Database]:
    database = Database(settings)
    yield database
    database.dispose()


@pytest.fixture(autouse=True)
def no_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test defers is done, whatever the time of day."""
    monkeypatch.setattr(jobs.app, "periodic_registry", PeriodicRegistry())


def work(settings: TenancySettings, database: Database, task: object, **ids: object) -> None:
    """Defer a task and have a worker work until there is nothing left to do."""
    with database.tenant_session(SERVICE) as session:
        jobs.defer(session, task, **ids)  # type: ignore[arg-type]
    for _ in range(2):  # It does not wait for what its last jobs defer.
        jobs.run_worker(settings, until_idle=True)


def left(admin: psycopg.Connection) -> list[tuple[str, str]]:
    rows = admin.execute(
        "select task_name, status::text from jobs.procrastinate_jobs "
        "where task_name <> 'tenancy.retry_stalled' order by id"
    )
    return [(name, status) for name, status in rows]


def test_sites_that_are_due_are_erased_and_others_stay(
    settings: TenancySettings, database: Database, scratch_admin: psycopg.Connection
) -> None:
    installations = Installations(database)
    for site in ("gone", "leaving", "staying"):
        installations.install(Installed(site, "secret", "https://a.example", None, "jira"), FACTS)
    for site, days in (("gone", 31), ("leaving", 29)):
        installations.change_state(site, InstallationState.UNINSTALLED, FACTS)
        scratch_admin.execute(
            "update vault.installation set uninstalled_at = now() - make_interval(days => %s) "
            "where instance_key = %s",
            [days, site],
        )

    work(settings, database, upkeep.erase_due_sites, timestamp=0)

    there = scratch_admin.execute("select instance_key from vault.installation order by 1").fetchall()
    assert there == [("leaving",), ("staying",)]
    erased = scratch_admin.execute(
        "select instance_key, actor_kind from vault.event where action = 'installation:erase'"
    )
    assert erased.fetchall() == [("gone", "job")]
    assert left(scratch_admin) == []


def test_webhooks_are_forgotten_after_a_week_on_every_site(
    settings: TenancySettings, database: Database, scratch_admin: psycopg.Connection
) -> None:
    installations = Installations(database)
    for site in ("acme", "globex"):
        installations.install(Installed(site, "secret", "https://a.example", None, "jira"), FACTS)
        installation = installations.find(site)
        assert installation is not None
        for identifier in ("old", "new"):
            Webhooks(database).receive(
                Principal(site, None, installation),
                WebhookDelivery(identifier, "worklog_updated", 1, 1, now_utc()),
                FACTS,
            )
    scratch_admin.execute(
        "update vault.webhook_delivery set received_at = now() - interval '8 days' where identifier = 'old'"
    )

    work(settings, database, upkeep.forget, timestamp=0)

    there = scratch_admin.execute("select instance_key, identifier from vault.webhook_delivery order by 1")
    assert there.fetchall() == [("acme", "new"), ("globex", "new")]


def test_jobs_of_a_dead_worker_are_done_by_a_living_one(
    settings: TenancySettings, database: Database, scratch_admin: psycopg.Connection
) -> None:
    with database.tenant_session(SERVICE) as session:
        jobs.defer(session, upkeep.forget, timestamp=0)
    scratch_admin.execute(
        """
        insert into jobs.procrastinate_workers (last_heartbeat) values (now() - interval '25 seconds');
        set search_path = jobs;
        update procrastinate_jobs set status = 'doing', worker_id = (select id from procrastinate_workers)
        """
    )
    assert left(scratch_admin) == [("tenancy.forget", "doing")]

    work(settings, database, upkeep.retry_stalled, timestamp=0)

    assert left(scratch_admin) == []


def test_jobs_of_a_living_worker_are_left_alone(
    settings: TenancySettings, database: Database, scratch_admin: psycopg.Connection
) -> None:
    with database.tenant_session(SERVICE) as session:
        jobs.defer(session, upkeep.forget, timestamp=0)
    scratch_admin.execute(
        """
        insert into jobs.procrastinate_workers (last_heartbeat) values (now() - interval '5 seconds');
        set search_path = jobs;
        update procrastinate_jobs set status = 'doing', worker_id = (select id from procrastinate_workers)
        """
    )
    work(settings, database, upkeep.retry_stalled, timestamp=0)
    assert left(scratch_admin) == [("tenancy.forget", "doing")]


@pytest.mark.parametrize(("hours", "stays"), [(29 * 24, True), (31 * 24, False)])
def test_jobs_that_failed_are_removed_after_a_month(
    settings: TenancySettings, database: Database, scratch_admin: psycopg.Connection, hours: int, stays: bool
) -> None:
    work(settings, database, upkeep.erase_site, site="nobody")
    assert left(scratch_admin) == [("tenancy.erase_site", "failed")]
    scratch_admin.execute(
        "update jobs.procrastinate_events set at = now() - make_interval(hours => %s)", [hours]
    )

    work(settings, database, upkeep.remove_old_jobs, timestamp=0)

    assert bool(left(scratch_admin)) is stays


def test_a_task_reaches_what_the_worker_was_given(settings: TenancySettings, database: Database) -> None:
    seen: list[object] = []

    @jobs.app.task(name="test.look", pass_context=True)
    def look(context, site: str) -> None:
        session_of = jobs.database_of(context).tenant_session(Actor(site, None, ActorKind.JOB))
        with session_of as session:
            seen.append(session.execute(text("select current_setting('vault.instance_key')")).scalar_one())
            # And it can defer another, from its thread.
            jobs.defer(session, again)
        seen.append(jobs.resource_of(context, "jira"))

    @jobs.app.task(name="test.again")
    async def again() -> None:
        await asyncio.sleep(0)
        seen.append("again")

    try:
        with database.tenant_session(SERVICE) as session:
            jobs.defer(session, look, site="acme")
        for _ in range(2):
            jobs.run_worker(settings, {"jira": "Jira"}, until_idle=True)
    finally:
        del jobs.app.tasks["test.look"], jobs.app.tasks["test.again"]
    assert seen == ["acme", "Jira", "again"]
