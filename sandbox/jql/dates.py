"""Dates in JQL: written out, as a period from now, or by a function."""

import re
from datetime import datetime, timedelta

from sandbox.jql.language import Function, JqlError, Operand, Value

_PATTERNS = ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d")
_PERIOD = re.compile(r"([+-]?)\s*((?:\d+\s*[wdhm]\s*)+)")
_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


def period(text: str) -> timedelta | None:
    """Calendar time, not working time: ``-1w`` is seven days ago."""
    match = _PERIOD.fullmatch(text.strip())
    if match is None:
        return None
    size = sum(
        (int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)\s*([wdhm])", match[2])), timedelta()
    )
    return -size if match[1] == "-" else size


def moment(field: str, operand: Operand, now: datetime) -> datetime:
    """The moment that a date, a period such as ``-5d`` or a function means when it is ``now``.

    Raises JqlError, which names the field.
    """
    if isinstance(operand, Function):
        return _of_function(field, operand, now)
    text = operand.text if isinstance(operand, Value) else "EMPTY"
    for pattern in _PATTERNS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=now.tzinfo)
        except ValueError:
            continue
    moved = period(text)
    if moved is None:
        raise JqlError(
            f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        )
    return now + moved


def _of_function(field: str, function: Function, now: datetime) -> datetime:
    name = function.name.lower()
    if name == "now":
        return now
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    spans: dict[str, tuple[datetime, datetime]] = {
        "day": (today, today + timedelta(days=1)),
        "week": (_sunday(today), _sunday(today) + timedelta(days=7)),
        "month": (today.replace(day=1), _next_month(today)),
        "year": (today.replace(month=1, day=1), today.replace(year=today.year + 1, month=1, day=1)),
    }
    match = re.fullmatch(r"(startof|endof)(day|week|month|year)", name)
    if match is None:
        raise JqlError(f"Unable to find JQL function '{function.name}()' for the field '{field}'.")
    start, end = spans[match[2]]
    offset = _offset(function, match[2])
    return (start if match[1] == "startof" else end - timedelta(milliseconds=1)) + offset


def _offset(function: Function, unit: str) -> timedelta:
    if not function.arguments:
        return timedelta()
    text = function.arguments[0]
    days = {"day": 1, "week": 7}.get(unit)
    if days is not None and re.fullmatch(r"[+-]?\d+", text):
        return timedelta(days=days * int(text))
    moved = period(text)
    if moved is None:
        raise JqlError(
            f"Duration for function '{function.name}' should have the format (+/-)n(yMwdm), e.g -1d."
        )
    return moved


def _sunday(day: datetime) -> datetime:
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _next_month(day: datetime) -> datetime:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
