"""Places in a list that holds secured and public work logs together, newest start first.

At one and the same moment secured work logs come before public ones, and within a world the larger id
comes first. A page ends at a position, and a cursor is a position written down.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from worklogs import cursors

_SECURED, _PUBLIC = "s", "p"
_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
_FIRST_UUID, _LAST_UUID = UUID(int=0), UUID(int=2**128 - 1)
_FIRST_NUMBER, _LAST_NUMBER = 0, 2**63


@dataclass(frozen=True, slots=True)
class Position:
    """Behind the secured rows `>= secured` and the public rows `>= public`, by (start, id)."""

    secured: tuple[datetime, UUID]
    public: tuple[datetime, int]


START = Position((_END_OF_TIME, _LAST_UUID), (_END_OF_TIME, _LAST_NUMBER))


def after_secured(started: datetime, worklog_id: str) -> str:
    """The cursor of what comes behind this secured work log."""
    return cursors.encode(started, f"{_SECURED}{worklog_id}")


def after_public(started: datetime, worklog_id: int) -> str:
    """The cursor of what comes behind this public work log."""
    return cursors.encode(started, f"{_PUBLIC}{worklog_id}")


def read(cursor: str | None) -> Position:
    """The position that a cursor stands for; None is the start. Raises InvalidCursor."""
    if not cursor:
        return START
    at, identifier = cursors.decode(cursor)
    kind, rest = identifier[:1], identifier[1:]
    try:
        if kind == _SECURED:
            return Position((at, UUID(rest)), (at, _LAST_NUMBER))
        if kind == _PUBLIC and rest.isascii() and rest.isdigit():
            return Position((at, _FIRST_UUID), (at, int(rest)))
    except ValueError as exc:
        raise cursors.InvalidCursor from exc
    raise cursors.InvalidCursor
