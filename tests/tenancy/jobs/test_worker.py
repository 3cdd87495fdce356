"""The worker survives a restart of the database, and stops when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tenancy import jobs, migrations
from tenancy.actors import SERVICE_INSTANCE, Actor, ActorKind
from tenancy.database import Database
from tenancy.embedded import THROWAWAY_SETTINGS, EmbeddedPostgres
from tenancy.jobs import upkeep
from tenancy.settings import TenancySettings

REPOSITORY = Path(__file__).parents[3]
PROGRAM = """
import os
from tenancy import jobs
from tenancy.settings import TenancySettings
jobs.run_worker(TenancySettings.from_env(os.environ))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A server that this module may stop."""
    with (
        tempfile.TemporaryDirectory(prefix="vault-pg-") as directory,
        EmbeddedPostgres(Path(directory), THROWAWAY_SETTINGS) as server,
    ):
        server.create_database()
        migrations.upgrade(make_url(server.urls().owner).set(drivername="postgresql+psycopg"))
        yield server


@pytest.fixture
def environ(server: EmbeddedPostgres, key_encryption_keys: str) -> dict[str, str]:
    return {"DATABASE_URL": server.urls().app, "VAULT_KEY_ENCRYPTION_KEYS": key_encryption_keys}


@pytest.fixture
def worker(environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=REPOSITORY,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def eventually(holds: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False


def workers(server: EmbeddedPostgres) -> int:
    with psycopg.connect(server.admin_url("vault")) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where application_name = 'worklog-vault worker'"
        ).fetchone()
    return row[0] if row else 0


def done(server: EmbeddedPostgres) -> bool:
    with psycopg.connect(server.admin_url("vault")) as connection:
        query = "select count(*) from jobs.procrastinate_jobs where task_name = 'tenancy.forget'"
        return connection.execute(query).fetchone() == (0,)


def defer(environ: dict[str, str]) -> None:
    database = Database(TenancySettings.from_env(environ))
    with database.tenant_session(Actor(SERVICE_INSTANCE, None, ActorKind.JOB)) as session:
        jobs.defer(session, upkeep.forget, timestamp=0)
    database.dispose()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_works_until_it_is_told_to_stop(
    server: EmbeddedPostgres, environ: dict[str, str], worker: subprocess.Popen[str], end: signal.Signals
) -> None:
    assert eventually(lambda: workers(server) > 0)
    defer(environ)
    assert eventually(lambda: done(server))
    worker.send_signal(end)
    assert worker.wait(timeout=20) == 0


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_worker_works_on_after_a_restart_of_the_database(
    server: EmbeddedPostgres, environ: dict[str, str], worker: subprocess.Popen[str], mode: str
) -> None:
    assert eventually(lambda: workers(server) > 0)
    server.restart("fast" if mode == "fast" else "immediate")
    defer(environ)
    assert eventually(lambda: done(server))
    assert worker.poll() is None
    worker.terminate()
    assert worker.wait(timeout=20) == 0


def test_a_worker_takes_over_what_a_dead_one_left(
    server: EmbeddedPostgres, environ: dict[str, str], worker: subprocess.Popen[str]
) -> None:
    assert eventually(lambda: workers(server) > 0)
    with psycopg.connect(server.admin_url("vault")) as connection:
        # As a worker that was killed leaves it: the job is being done, and nobody says that he lives.
        connection.execute(
            """
            set search_path = jobs;
            insert into procrastinate_workers (last_heartbeat) values (now() - interval '21 seconds');
            insert into procrastinate_jobs (queue_name, task_name, args, status, worker_id)
            values ('upkeep', 'tenancy.forget', '{"timestamp": 0}', 'doing',
              (select id from procrastinate_workers order by last_heartbeat limit 1))
            """
        )
    assert eventually(lambda: done(server))


def test_a_worker_that_waits_for_the_database_stops_when_told(
    server: EmbeddedPostgres, worker: subprocess.Popen[str]
) -> None:
    assert eventually(lambda: workers(server) > 0)
    server.stop()
    try:
        time.sleep(1)
        worker.terminate()
        assert worker.wait(timeout=20) == 0
    finally:
        server.start()
