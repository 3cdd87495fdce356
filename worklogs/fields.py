"""What the REST API accepts and shows, field by field: camelCase names, aware times, clean text."""

from datetime import datetime, timedelta
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

_EARLIEST, _LATEST = 2000, 2100
_EXAMPLE = "2026-11-24T09:00:00+01:00"


class Schema(ma.Schema):
    """A schema whose attributes are snake_case in Python and camelCase in JSON."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Name the field in JSON."""
        head, *tail = (field_obj.data_key or field_name).split("_")
        field_obj.data_key = head + "".join(word.capitalize() for word in tail)


class CleanText(fields.String):
    """Text of bounded length that PostgreSQL can hold: no NUL; blank counts as missing when required."""

    def __init__(self, *, longest: int, **kwargs: Any) -> None:
        """Text of up to `longest` characters."""
        super().__init__(validate=validate.Length(max=longest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if "\x00" in text:
            raise ma.ValidationError("NUL characters are not allowed.")
        text = text.strip()
        if self.required and not text:
            raise ma.ValidationError("This must not be empty.")
        return text


class AccountId(fields.String):
    """An Atlassian account id: an opaque word of up to 128 characters."""

    def __init__(self, **kwargs: Any) -> None:
        """An account id."""
        known_shape = validate.Regexp(
            r"\A[A-Za-z0-9:_-]{1,128}\Z", error="This is not an Atlassian account id."
        )
        super().__init__(validate=known_shape, **kwargs)


class AwareTime(fields.String):
    """A point in time, ISO 8601 with its offset from UTC; the offset is kept: it makes the author's day."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:  # type: ignore[override]
        text = str(super()._deserialize(value, attr, data, **kwargs))
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as exc:
            raise ma.ValidationError(f"This is not a date and time. Write it like {_EXAMPLE}.") from exc
        offset = moment.utcoffset()
        if offset is None:
            raise ma.ValidationError(f"The offset from UTC is missing. Write it like {_EXAMPLE}.")
        if offset % timedelta(minutes=1):
            raise ma.ValidationError("The offset from UTC must be whole minutes.")
        if not _EARLIEST <= moment.year < _LATEST:
            raise ma.ValidationError(f"The year must lie between {_EARLIEST} and {_LATEST - 1}.")
        return moment.replace(microsecond=0)


class Day(fields.Date):
    """A calendar day, `YYYY-MM-DD`."""

    def __init__(self, **kwargs: Any) -> None:
        """A day."""
        super().__init__(error_messages={"invalid": "This is not a day. Write it like 2026-11-24."}, **kwargs)
