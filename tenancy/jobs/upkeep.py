"""What has to be done again and again. Times are UTC; of several workers, one does it."""

from __future__ import annotations

from procrastinate.job_context import JobContext
from sqlalchemy import text

from tenancy import erasure
from tenancy.actors import SERVICE_INSTANCE, Actor, ActorKind
from tenancy.jobs.queue import app, database_of, defer

_QUEUE = "upkeep"
#: A worker says that it lives every 10 s; one that said nothing for twice that long is taken for dead.
_DEAD_AFTER_SECONDS = 20
_KEEP_FAILED_HOURS = 30 * 24


@app.periodic(cron="* * * * * */10")
@app.task(name="tenancy.retry_stalled", queue=_QUEUE, queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Hand the jobs of dead workers over to living ones."""
    del timestamp
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_DEAD_AFTER_SECONDS):
        await manager.retry_job(job)


@app.periodic(cron="17 * * * *")
@app.task(name="tenancy.erase_due_sites", queue=_QUEUE, queueing_lock="erase_due_sites", pass_context=True)
def erase_due_sites(context: JobContext, timestamp: int) -> None:
    """Have every site erased that uninstalled the app more than 30 days ago, each by a job of its own."""
    del timestamp
    database = database_of(context)
    due = erasure.due(database)
    with database.tenant_session(Actor(SERVICE_INSTANCE, None, ActorKind.JOB)) as session:
        for site in due:
            defer(session, erase_site, site=site, lock=f"erase_site {site}")


@app.task(name="tenancy.erase_site", queue=_QUEUE, pass_context=True)
def erase_site(context: JobContext, site: str) -> None:
    """Erase one site."""
    erasure.erase(database_of(context), site)


@app.periodic(cron="27 * * * *")
@app.task(name="tenancy.forget", queue=_QUEUE, queueing_lock="forget", pass_context=True)
def forget(context: JobContext, timestamp: int) -> None:
    """Forget what is no longer needed: webhooks after a week."""
    del timestamp
    with database_of(context).tenant_session(Actor(SERVICE_INSTANCE, None, ActorKind.JOB)) as session:
        session.execute(text("select vault.purge_webhook_deliveries()"))


@app.periodic(cron="37 * * * *")
@app.task(name="tenancy.remove_old_jobs", queue=_QUEUE, queueing_lock="remove_old_jobs", pass_context=True)
async def remove_old_jobs(context: JobContext, timestamp: int) -> None:
    """Remove jobs that failed or were given up a month ago; those that succeeded went when they ended."""
    del timestamp
    await context.app.job_manager.delete_old_jobs(
        nb_hours=_KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
