"""Processor time of families of processes, from /proc (proc_pid_stat(5), proc_stat(5))."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    seconds: float


def cpu_seconds(root: int) -> float:
    """User and system seconds of the process and of all its descendants, also of those it has outlived."""
    table = _table()
    family = {root}
    while grown := {pid for pid, each in table.items() if each.parent in family} - family:
        family |= grown
    return sum(table[pid].seconds for pid in family if pid in table)


def ended_children_seconds() -> float:
    """Seconds of our own children that have ended and been waited for."""
    times = os.times()
    return times.children_user + times.children_system


def machine_cpu_seconds() -> float:
    """Busy seconds of all processors since the machine started."""
    user, nice, system, _idle, _iowait, irq, softirq, *_ = (
        int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) * _TICK


def _table() -> dict[int, _Process]:
    table = {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            stat = (directory / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # It ended while we looked.
        # The name stands in brackets and may itself hold brackets and spaces.
        words = stat.rpartition(")")[2].split()
        ticks = sum(int(word) for word in words[11:15])  # utime, stime, and both of ended children
        table[int(directory.name)] = _Process(int(words[1]), ticks * _TICK)
    return table
