"""`python -m bench`, also `make bench`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from bench import answers, load, profile, seed, world, yardstick
from bench.report import Report
from bench.seed import Seeded
from bench.server import Server, serving

DATA = Path(".data/bench")
_TENANTS, _QUICK_TENANTS = 50, 2
_WARM_UP = 3.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    tenants: int
    rounds: int
    seconds: float
    threads: int
    profiled_seconds: float
    directory: Path


@click.command()
@click.option("--duration", default=10.0, show_default=True, help="Seconds of one round.")
@click.option("--rounds", default=3, show_default=True, help="Rounds of each; figures are their medians.")
@click.option(
    "--json",
    "report_path",
    default=DATA / "panel.json",
    show_default=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the figures go, rounds and all.",
)
@click.option(
    "--data",
    default=DATA,
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the seeded cluster is kept.",
)
@click.option("--threads", default=2, show_default=True, help="Threads of each of the two web processes.")
@click.option("--quick", is_flag=True, help="Two sites and one short round: does it still run?")
@click.option("--profile", "profiled", is_flag=True, help="Also tell where the server's time goes (py-spy).")
def main(
    duration: float, rounds: int, report_path: Path, data: Path, threads: int, quick: bool, profiled: bool
) -> None:
    """Measure the issue panel: GET /api/v1/issues/{id}/worklogs.

    Starts PostgreSQL with 50 sites and 1,000,000 secured work logs in .data/bench (made at the first run, in
    half a minute), serves the product with two workers, loads it with wrk, and runs the same SQL in
    pgbench in turns with it. The ratio of both rates says how near the product is to its database.
    """
    name = "quick" if quick else "full"
    plan = Plan(
        tenants=_QUICK_TENANTS if quick else _TENANTS,
        rounds=1 if quick else rounds,
        seconds=min(duration, 3.0) if quick else duration,
        threads=threads,
        profiled_seconds=10.0 if profiled else 0.0,
        directory=data / name,
    )
    console = Console()
    try:
        load.require_wrk()
        report = _measure(plan, console)
    except (load.LoadFailed, yardstick.YardstickFailed, answers.WrongAnswer) as error:
        raise click.ClickException(str(error)) from error
    report.show(console)
    report.write(report_path)
    console.print(f"Figures: {report_path}")


def _measure(plan: Plan, console: Console) -> Report:
    with (
        seed.seeded(plan.directory, plan.tenants, console) as database,
        serving(database.environ, plan.threads, plan.directory / "server.log") as server,
    ):
        answers.check(server, database)
        console.print("The answers are right. Measuring ...")
        return _alternate(plan, console, database, server)


def _alternate(plan: Plan, console: Console, database: Seeded, server: Server) -> Report:
    """wrk and pgbench in turns: what else the machine does, it does to both."""
    readers, script = plan.directory / "readers.tsv", plan.directory / "panel.sql"
    load.write_readers(plan.tenants, readers)
    postmaster, app_url = database.postmaster, database.environ["DATABASE_URL"]
    # What both need warm: the database's memory, prepared statements, the interpreter's caches.
    load.run(server, postmaster, readers, _WARM_UP)
    yardstick.run(app_url, plan.tenants, script, _WARM_UP)
    panel, pgbench = [], []
    for number in range(1, plan.rounds + 1):
        reads = answers.events(database)
        panel.append(load.run(server, postmaster, readers, plan.seconds))
        answers.require_events(database, reads + panel[-1].requests)
        pgbench.append(yardstick.run(app_url, plan.tenants, script, plan.seconds))
        console.print(
            f"Round {number}: {panel[-1].requests_per_second:,.0f} requests/s, "
            f"p99 {panel[-1].p99_ms:.1f} ms, {panel[-1].server_cpu_ms:.2f} ms of server CPU; "
            f"pgbench {pgbench[-1].transactions_per_second:,.0f} transactions/s"
        )
    shares = {}
    if plan.profiled_seconds:
        with profile.Recorder(server.pid, plan.directory / "profile.txt", plan.profiled_seconds) as recorder:
            load.run(server, postmaster, readers, plan.profiled_seconds + 1)
        shares = recorder.shares()
    return Report(plan.threads, plan.tenants, plan.tenants * world.WORKLOGS, panel, pgbench, shares)


if __name__ == "__main__":
    main()
