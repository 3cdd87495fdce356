"""Opaque cursors: where the next page of a listing starts.

A cursor repeats the sort key of the last row that its reader was shown, and nothing else: it can tell
its holder nothing new, and a forged one only chooses another place to start from.
"""

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

import orjson

from worklogs import errors


class InvalidCursor(errors.InvalidField):
    """The cursor is not one that this listing gave out."""

    code = "invalid_cursor"

    def __init__(self) -> None:
        """Blames the field `cursor`."""
        super().__init__(
            "cursor", "This listing gave out no such cursor. Leave it out to get the first page."
        )


def encode(at: datetime, identifier: str) -> str:
    """A cursor behind the row that started `at` (aware) and has `identifier`."""
    raw = orjson.dumps([at.astimezone(UTC).isoformat(), identifier])
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(cursor: str) -> tuple[datetime, str]:
    """What encode() was given. Raises InvalidCursor, naming the field `cursor`."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        at_text, identifier = orjson.loads(raw)
        at = datetime.fromisoformat(at_text)
        if at.tzinfo is None or not isinstance(identifier, str) or len(identifier) > 64:
            raise InvalidCursor()
        return at.astimezone(UTC), identifier
    except (ValueError, TypeError, OverflowError, binascii.Error, UnicodeError) as exc:
        raise InvalidCursor() from exc


def decode_uuid(cursor: str) -> tuple[datetime, UUID]:
    """As decode(), for listings whose rows are known by a UUID."""
    at, identifier = decode(cursor)
    try:
        return at, UUID(identifier)
    except ValueError as exc:
        raise InvalidCursor() from exc
