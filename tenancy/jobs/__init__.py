"""Durable jobs: a queue in the same PostgreSQL that wakes somebody up; the truth is in domain tables.

A layer above declares a task with `@jobs.app.task(name="layer.verb", pass_context=True)`, defers it in the
transaction of the act with `jobs.defer(session, task, id=...)`, and reaches the database in it by
`jobs.database_of(context)`. Jobs carry ids only. Never give a task both `retry` and `queueing_lock` (design
section 6b).
"""

from tenancy.jobs import upkeep
from tenancy.jobs.queue import app, database_of, defer, resource_of
from tenancy.jobs.worker import run_worker

__all__ = ["app", "database_of", "defer", "resource_of", "run_worker", "upkeep"]
