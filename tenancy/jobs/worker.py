"""The process that works: `worklog-vault work`."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Mapping
from types import FrameType
from typing import Any

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import ConnectorException

from tenancy.database import Database
from tenancy.jobs.queue import app
from tenancy.settings import TenancySettings, libpq_url

_log = structlog.get_logger(__name__)

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
#: A worker that ran this long before the database went away starts over with the shortest pause.
_HEALTHY_SECONDS = 60


def run_worker(
    settings: TenancySettings,
    resources: Mapping[str, Any] | None = None,
    *,
    concurrency: int = 4,
    until_idle: bool = False,
) -> None:
    """Work until SIGTERM or SIGINT; running jobs may end first. Runs in the process's main thread.

    `resources` is what tasks reach by `jobs.resource_of`; `database` is there by itself. A worker ends when
    PostgreSQL restarts, so it is started again, backing off. With `until_idle` it ends when the queue is
    empty. Connects directly: behind PgBouncer in transaction mode LISTEN is silently dead.
    """
    database = Database(settings)
    worker: dict[str, Any] = {
        "concurrency": concurrency,
        "wait": not until_idle,
        "additional_context": {**(resources or {}), "database": database},
        # What a job did is in domain tables and in the event log; a job that is done is of no use.
        "delete_jobs": "successful",
    }
    try:
        _work_until_stopped(settings, worker)
    finally:
        database.dispose()


def _work_until_stopped(settings: TenancySettings, worker: dict[str, Any]) -> None:
    stop = _Stop()
    pause = _SHORTEST_PAUSE
    while not stop.is_set():
        started = time.monotonic()
        try:
            _work(settings, worker)
        except (psycopg.OperationalError, ConnectorException) as error:
            if time.monotonic() - started > _HEALTHY_SECONDS:
                pause = _SHORTEST_PAUSE
            _log.warning("worker_lost_database", error=repr(error), again_in_seconds=pause)
            stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        else:
            return


def _work(settings: TenancySettings, worker: dict[str, Any]) -> None:
    connector = procrastinate.PsycopgConnector(
        conninfo=libpq_url(settings.database_url),
        kwargs={"application_name": "worklog-vault worker"},
        min_size=1,
        max_size=worker["concurrency"] + 2,
        timeout=10,
    )
    with app.replace_connector(connector):
        app.run_worker(**worker)


class _Stop(threading.Event):
    """Set by SIGTERM and SIGINT while no worker runs, who handles them himself."""

    def __init__(self) -> None:
        super().__init__()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.set()
