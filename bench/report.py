"""Figures: medians of the rounds, against the goal."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import load, yardstick
from bench.server import WORKERS

GOAL_RATIO, STRETCH_RATIO, GOAL_P99_MS = 0.25, 0.35, 50.0
#: More of the machine than this for somebody else, and the figures say more about them than about us.
_NOISY = 0.05


@dataclass(frozen=True, slots=True)
class Report:
    """One run: its rounds, in the order in which they were measured."""

    threads: int
    tenants: int
    worklogs: int
    panel: Sequence[load.Round]
    pgbench: Sequence[yardstick.Round]
    shares: dict[str, float]

    def figures(self) -> dict[str, Any]:
        """What is told of the run; a figure is the median of its rounds."""
        requests = median(each.requests_per_second for each in self.panel)
        transactions = median(each.transactions_per_second for each in self.pgbench)
        ratio, p99 = requests / transactions, median(each.p99_ms for each in self.panel)
        return {
            "requests_per_second": round(requests, 1),
            "p50_ms": round(median(each.p50_ms for each in self.panel), 2),
            "p99_ms": round(p99, 2),
            "server_cpu_ms_per_request": round(median(each.server_cpu_ms for each in self.panel), 3),
            "database_cpu_ms_per_request": round(median(each.database_cpu_ms for each in self.panel), 3),
            "pgbench_transactions_per_second": round(transactions, 1),
            "ratio": round(ratio, 3),
            "used_by_others": round(median(each.others for each in self.panel), 3),
            "goal_reached": ratio >= GOAL_RATIO and p99 <= GOAL_P99_MS,
            "stretch_reached": ratio >= STRETCH_RATIO and p99 <= GOAL_P99_MS,
        }

    def write(self, path: Path) -> None:
        """Write it all as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {
                "processors": os.cpu_count(),
                "architecture": platform.machine(),
                "python": platform.python_version(),
            },
            "server": {"workers": WORKERS, "threads": self.threads},
            "data": {"tenants": self.tenants, "worklogs": self.worklogs},
            "goal": {"ratio": GOAL_RATIO, "stretch_ratio": STRETCH_RATIO, "p99_ms": GOAL_P99_MS},
            "figures": self.figures(),
            "rounds": {
                "panel": [asdict(each) for each in self.panel],
                "pgbench": [asdict(each) for each in self.pgbench],
            },
            "profile": self.shares,
        }
        path.write_text(json.dumps(document, indent=2) + "\n")

    def show(self, console: Console) -> None:
        """Print the figures for people."""
        figures = self.figures()
        table = Table("figure", "measured", "wanted", title="The issue panel")
        table.add_row("requests/s", f"{figures['requests_per_second']:,.0f}", "")
        table.add_row("p50", f"{figures['p50_ms']:.1f} ms", "")
        table.add_row("p99", f"{figures['p99_ms']:.1f} ms", f"<= {GOAL_P99_MS:.0f} ms")
        table.add_row("server CPU per request", f"{figures['server_cpu_ms_per_request']:.2f} ms", "")
        table.add_row("database CPU per request", f"{figures['database_cpu_ms_per_request']:.2f} ms", "")
        table.add_row("pgbench transactions/s", f"{figures['pgbench_transactions_per_second']:,.0f}", "")
        wanted = f">= {GOAL_RATIO} (stretch {STRETCH_RATIO})"
        table.add_row("ratio", f"{figures['ratio']:.3f}", wanted)
        console.print(table)
        if self.shares:
            shares = Table("code", "share", title="Where the server's time goes (py-spy)")
            for owner, share in self.shares.items():
                shares.add_row(owner, f"{share:.1%}")
            console.print(shares)
        if figures["used_by_others"] > _NOISY:
            console.print(
                f"Noisy: other programs used {figures['used_by_others']:.0%} of the machine meanwhile."
            )
        verdict = (
            "stretch" if figures["stretch_reached"] else "goal" if figures["goal_reached"] else "no goal"
        )
        console.print(f"Reached: {verdict}.")
