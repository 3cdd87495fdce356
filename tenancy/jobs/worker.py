"""The process that works: `worklog-vault work`."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Mapping
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
    PostgreSQL restarts, so another is started, backing off. With `until_idle` it ends by itself once no job
    is waiting. Connects directly: behind PgBouncer in transaction mode LISTEN is silently dead.
    """
    database = Database(settings)
    worker = {
        "concurrency": concurrency,
        "wait": not until_idle,
        "additional_context": {**(resources or {}), "database": database},
        # What a job did is in domain tables and in the event log; a job that is done is of no use.
        "delete_jobs": "successful",
        # Ours, because a worker ends in the same way whether it was told to or lost the database.
        "install_signal_handlers": False,
    }
    try:
        asyncio.run(_work_until_told_to_stop(settings, worker))
    finally:
        database.dispose()


async def _work_until_told_to_stop(settings: TenancySettings, worker: dict[str, Any]) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    pause = _SHORTEST_PAUSE
    while True:
        started = time.monotonic()
        loss = await _work_once(settings, worker, told)
        if told.is_set() or (loss is None and not worker["wait"]):
            return
        if time.monotonic() - started > _HEALTHY_SECONDS:
            pause = _SHORTEST_PAUSE
        _log.warning("worker lost the database", error=repr(loss), again_in_seconds=pause)
        await asyncio.wait([asyncio.ensure_future(told.wait())], timeout=pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _work_once(
    settings: TenancySettings, worker: dict[str, Any], told: asyncio.Event
) -> Exception | None:
    """Work until told to stop, or until the worker ends; return the database error that ended it, if any."""
    working = asyncio.ensure_future(_work(settings, worker))
    stopping = asyncio.ensure_future(told.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    # To a worker this means: take no more jobs, and end when the running ones have.
    working.cancel()
    try:
        await working
    except asyncio.CancelledError:
        return None
    except (psycopg.OperationalError, ConnectorException) as loss:
        return loss
    return None


async def _work(settings: TenancySettings, worker: dict[str, Any]) -> None:
    connector = procrastinate.PsycopgConnector(
        conninfo=libpq_url(settings.database_url),
        kwargs={"application_name": "worklog-vault worker"},
        min_size=1,
        max_size=worker["concurrency"] + 2,
        timeout=5,
    )
    with app.replace_connector(connector):
        async with app.open_async():
            await app.run_worker_async(**worker)
