"""The queue: which tasks there are, and how one is deferred."""

from __future__ import annotations

from typing import Any

import procrastinate
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import JobContext
from procrastinate.tasks import Task
from psycopg import OperationalError
from sqlalchemy.orm import Session

from tenancy.database import Database

#: Knows every task. Its connector is put in place by the worker.
app = procrastinate.App(connector=procrastinate.PsycopgConnector())

# Writes jobs on connections that are handed to it, and has none of its own. Not `app`: while a worker runs,
# that one speaks an asynchronous driver, and tasks run in threads.
_sender = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

_DATABASE = "database"


def defer(
    session: Session,
    task: Task[..., Any, ...],
    *,
    lock: str | None = None,
    queueing_lock: str | None = None,
    seconds: int | None = None,
    **ids: Any,
) -> int:
    """Defer a task in the session's transaction and return the job's id: no commit, no job.

    `ids` are the task's arguments, as JSON can hold them. Jobs of one `lock` run one at a time; of one
    `queueing_lock` one waits at a time (a second raises procrastinate's AlreadyEnqueued). `seconds`: not
    before then.
    """
    connection = session.connection().connection.driver_connection
    try:
        return _sender.configure_task(
            task.name,
            allow_unknown=True,
            queue=task.queue,
            priority=task.priority,
            lock=lock or task.lock,
            queueing_lock=queueing_lock or task.queueing_lock,
            schedule_in=None if seconds is None else {"seconds": seconds},
            connection=connection,
        ).defer(**ids)
    except ConnectorException as error:
        # What went wrong is the driver's error behind it, which the session's end knows how to tell.
        if isinstance(error.__cause__, OperationalError):
            raise error.__cause__ from error
        raise


def database_of(context: JobContext) -> Database:
    """Return the database in whose worker the task runs."""
    database: Database = resource_of(context, _DATABASE)
    return database


def resource_of(context: JobContext, name: str) -> Any:
    """Return what `run_worker` was given under this name."""
    return context.additional_context[name]
