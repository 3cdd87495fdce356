"""Times and durations the way Jira writes them."""

import re
from datetime import UTC, datetime

SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3600
#: Jira's defaults, reported by ``/rest/api/3/configuration``.
HOURS_PER_DAY = 8
DAYS_PER_WEEK = 5

_UNIT_SECONDS = {
    "w": DAYS_PER_WEEK * HOURS_PER_DAY * SECONDS_PER_HOUR,
    "d": HOURS_PER_DAY * SECONDS_PER_HOUR,
    "h": SECONDS_PER_HOUR,
    "m": SECONDS_PER_MINUTE,
}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([wdhm])")
_DURATION = re.compile(r"\s*(?:\d+(?:\.\d+)?\s*[wdhm]\s*)+")
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{4}")


def now() -> datetime:
    """The present, to the millisecond, as Jira keeps it."""
    present = datetime.now(UTC)
    return present.replace(microsecond=present.microsecond // 1000 * 1000)


def millis(moment: datetime) -> int:
    """UNIX time in milliseconds."""
    return round(moment.timestamp() * 1000)


def stamp(moment: datetime) -> str:
    """``2026-11-24T09:00:00.000+0000``: milliseconds, and an offset without a colon."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{moment:%z}"


def parse_stamp(text: str) -> datetime:
    """Read what :func:`stamp` writes. Raises ValueError for every other form, as Jira does for ``+01:00``."""
    if not _STAMP.fullmatch(text):
        raise ValueError(text)
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def pretty(seconds: int) -> str:
    """``5400`` is ``1h 30m``, in working weeks and days, without parts below a minute."""
    parts = []
    rest = seconds
    for unit, size in _UNIT_SECONDS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0m"


def parse_duration(text: str) -> int:
    """Seconds in ``1h 30m``, ``2d``, or ``45`` (minutes). Raises ValueError for anything else."""
    if text.strip().isdecimal():
        return int(text) * SECONDS_PER_MINUTE
    if not _DURATION.fullmatch(text):
        raise ValueError(text)
    return round(sum(float(count) * _UNIT_SECONDS[unit] for count, unit in _DURATION_PART.findall(text)))
