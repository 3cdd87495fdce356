"""Durations in Jira's notation: `1h 30m`, `2d`, `1w 2d 4h`, `90m`, `1.5h`."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

LONGEST_SECONDS = 366 * 24 * 3600
"""More than a year on one work log is a slip of the finger, not work."""

_PART = re.compile(r"(\d{1,7}(?:[.,]\d{1,4})?)\s*([a-z]+)?", re.IGNORECASE)
_UNITS = {
    **dict.fromkeys(("w", "week", "weeks"), "week"),
    **dict.fromkeys(("d", "day", "days"), "day"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "hour"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "minute"),
}
_ORDER = ("week", "day", "hour", "minute")


class UnreadableDuration(ValueError):
    """The text is not a duration; the message says what to type instead."""


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """How long a day and a week of a site are: what `1d` and `1w` mean there (Jira's defaults: 8 and 5)."""

    hours_per_day: Decimal = Decimal(8)
    days_per_week: Decimal = Decimal(5)

    def seconds_in(self, unit: str) -> Decimal:
        """Seconds in one `week`, `day`, `hour` or `minute` of working time."""
        hour = Decimal(3600)
        day = hour * self.hours_per_day
        return {"week": day * self.days_per_week, "day": day, "hour": hour, "minute": Decimal(60)}[unit]


@lru_cache(maxsize=256)
def working_time(hours_per_day: str | None, days_per_week: str | None) -> WorkingTime:
    """The working time of a site, as a statement read it along; None: the site decided nothing."""
    if hours_per_day is None or days_per_week is None:
        return WorkingTime()
    return WorkingTime(Decimal(hours_per_day), Decimal(days_per_week))


def parse(text: str, working_time: WorkingTime) -> int:
    """Seconds that `text` stands for. A number alone is minutes, as in Jira's default settings.

    Units come once each and from large to small. Raises UnreadableDuration with advice for the person
    who typed it, also for nothing, less than a minute or more than a year.
    """
    rest = text.strip()
    if not rest:
        raise UnreadableDuration("Type how long it took, for example 1h 30m.")
    total, last = Decimal(0), -1
    while rest:
        part = _PART.match(rest)
        if part is None:
            raise UnreadableDuration(f'"{rest[:20]}" is no duration. Use w, d, h and m, for example 1h 30m.')
        number, unit_text = part.group(1), (part.group(2) or "").lower()
        if not unit_text and (last >= 0 or part.end() != len(rest)):
            raise UnreadableDuration(f'"{number}" has no unit. Use w, d, h and m, for example 1h 30m.')
        unit = _UNITS.get(unit_text or "m")
        if unit is None:
            raise UnreadableDuration(f'"{unit_text[:20]}" is no unit of time. Use w, d, h and m.')
        if _ORDER.index(unit) <= last:
            raise UnreadableDuration("Write each unit once, the largest first, for example 1d 4h 30m.")
        last = _ORDER.index(unit)
        total += Decimal(number.replace(",", ".")) * working_time.seconds_in(unit)
        rest = rest[part.end() :].lstrip()
    return checked_seconds(int(total))


def checked_seconds(seconds: int) -> int:
    """`seconds` itself. Raises UnreadableDuration when it is under a minute or over a year."""
    if seconds < 60:
        raise UnreadableDuration("The shortest work log is 1m.")
    if seconds > LONGEST_SECONDS:
        raise UnreadableDuration("That is more than a year. Split it into several work logs.")
    return seconds


# A page shows few different durations, and Decimal is exact but slow.
@lru_cache(maxsize=4096)
def render(seconds: int, working_time: WorkingTime) -> str:
    """`seconds` in Jira's notation, `1d 2h 5m`; whole minutes, a rest of seconds is rounded down."""
    left, parts = Decimal(seconds), []
    for unit in _ORDER:
        size = working_time.seconds_in(unit)
        count, left = divmod(left, size)
        if count:
            parts.append(f"{int(count)}{unit[0]}")
    return " ".join(parts) or "0m"
