"""The panel under load: wrk with a different reader in every request."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench import processes, world
from bench.server import Server

CONNECTIONS, THREADS = 32, 2
READERS = 4000
_SCRIPT = Path(__file__).parent / "panel.lua"


class LoadFailed(RuntimeError):
    """The load generator is missing, or requests failed under load."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of wrk saw; milliseconds of processor time are per request."""

    requests: int
    requests_per_second: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    bytes_per_answer: float
    server_cpu_ms: float
    database_cpu_ms: float
    #: Share of the machine's processors that somebody else used meanwhile; a noisy round is worth less.
    others: float


def require_wrk() -> None:
    """Raise LoadFailed when wrk is not installed."""
    if shutil.which("wrk") is None:
        raise LoadFailed("wrk is missing: apt-get install wrk (Debian, Ubuntu) or brew install wrk.")


def write_readers(tenants: int, path: Path) -> None:
    """Write what wrk asks: `READERS` requests with tokens."""
    some = itertools.islice(world.readers(tenants), READERS)
    path.write_text("".join(f"{each.target}\t{each.token()}\n" for each in some))


def run(server: Server, database_pid: int, readers: Path, seconds: float) -> Round:
    """Load the server for some seconds. Raises LoadFailed when a request failed."""
    command = [
        *("wrk", "--latency", "-t", str(THREADS), "-c", str(CONNECTIONS), "-d", f"{seconds:.0f}s"),
        *("-s", str(_SCRIPT), f"http://127.0.0.1:{server.port}", "--", str(readers)),
    ]
    before = _clocks(server.pid, database_pid)
    own = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    printed, complaints = own.communicate(timeout=seconds + 60)
    after = _clocks(server.pid, database_pid)
    if own.returncode or not printed.strip():
        raise LoadFailed(f"wrk failed: {complaints}{printed}")
    seen = json.loads(printed.strip().splitlines()[-1])
    failed = {kind: number for kind, number in seen["errors"].items() if number}
    if failed or not seen["requests"]:
        raise LoadFailed(f"Of {seen['requests']} requests, these failed under load: {failed}")
    served, stored, ours, busy = (late - early for late, early in zip(after, before, strict=True))
    return Round(
        requests=seen["requests"],
        requests_per_second=seen["requests"] / seen["seconds"],
        p50_ms=seen["p50_ms"],
        p90_ms=seen["p90_ms"],
        p99_ms=seen["p99_ms"],
        max_ms=seen["max_ms"],
        bytes_per_answer=seen["bytes"] / seen["requests"],
        server_cpu_ms=served / seen["requests"] * 1000,
        database_cpu_ms=stored / seen["requests"] * 1000,
        others=max(0.0, busy - served - stored - ours) / (seen["seconds"] * (os.cpu_count() or 1)),
    )


def _clocks(server: int, database: int) -> tuple[float, float, float, float]:
    """Processor seconds so far of the server, the database, our ended children (wrk), and the machine."""
    return (
        processes.cpu_seconds(server),
        processes.cpu_seconds(database),
        processes.ended_children_seconds(),
        processes.machine_cpu_seconds(),
    )
