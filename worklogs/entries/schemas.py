"""Work logs as JSON."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from worklogs.fields import AccountId, AwareTime, CleanText, Schema
from worklogs.versions import LARGEST

LONGEST_DESCRIPTION = 32_767
"""As Jira's own comments."""

_DURATION = {
    "description": "Jira's notation: 1h 30m, 2d, 1w 2d. A number alone is minutes.",
    "example": "1h 30m",
}
_STARTED = {"format": "date-time", "example": "2026-11-24T09:00:00+01:00"}


class ListQuery(Schema):
    """Which work logs of an issue to list."""

    visibility = fields.String(
        load_default="secured",
        validate=validate.OneOf(["secured", "public", "all"]),
        metadata={
            "description": "Public work logs are read from Jira as you; secured ones need no answer of Jira."
        },
    )
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, metadata={"description": "`next` of the page before."})


class _Duration(Schema):
    time_spent = fields.String(validate=validate.Length(max=100), metadata=_DURATION)
    time_spent_seconds = fields.Integer(strict=True, metadata={"description": "Instead of timeSpent."})

    @ma.validates_schema
    def _one_duration(self, data: dict[str, Any], **_: Any) -> None:
        if "time_spent" in data and "time_spent_seconds" in data:
            raise ma.ValidationError("Give timeSpent or timeSpentSeconds, not both.", "timeSpent")


class NewWorklog(_Duration):
    """A work log to log."""

    team_id = fields.UUID(required=True)
    started = AwareTime(required=True, metadata=_STARTED)
    description = CleanText(longest=LONGEST_DESCRIPTION, load_default="")
    author_account_id = AccountId(
        load_default=None, metadata={"description": "Whose time it is; you when left out."}
    )

    @ma.validates_schema(skip_on_field_errors=False)
    def _some_duration(self, data: dict[str, Any], **_: Any) -> None:
        if "time_spent" not in data and "time_spent_seconds" not in data:
            raise ma.ValidationError("Give timeSpent (1h 30m) or timeSpentSeconds.", "timeSpent")


class WorklogChange(_Duration):
    """What to change about a work log; what is left out stays."""

    started = AwareTime(metadata=_STARTED)
    description = CleanText(longest=LONGEST_DESCRIPTION)
    version = fields.Integer(
        strict=True,
        validate=validate.Range(1, LARGEST),
        metadata={"description": "The version you changed; instead of the header If-Match."},
    )


class DeleteQuery(Schema):
    """Which version to delete."""

    version = fields.Integer(
        load_default=None,
        validate=validate.Range(1, LARGEST),
        metadata={"description": "Instead of the header If-Match."},
    )


class TeamName(Schema):
    """The team of a work log."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)


class Author(Schema):
    """Whose time it is."""

    account_id = fields.String(
        required=True, allow_none=True, metadata={"description": "null when Jira names no author any more."}
    )


class WorklogPermissions(Schema):
    """What you may do with a work log."""

    change = fields.Boolean(required=True)
    delete = fields.Boolean(required=True)


class Worklog(Schema):
    """A work log: secured ones have a team and a version, public ones are Jira's."""

    id = fields.String(required=True)
    issue_id = fields.String(required=True)
    visibility = fields.String(required=True, validate=validate.OneOf(["secured", "public"]))
    team = fields.Nested(TeamName, required=True, allow_none=True)
    author = fields.Nested(Author, required=True)
    started = fields.String(required=True, metadata=_STARTED)
    time_spent_seconds = fields.Integer(required=True)
    time_spent = fields.String(required=True, metadata=_DURATION)
    description = fields.String(required=True)
    version = fields.Integer(required=True, allow_none=True)
    created = fields.String(required=True, metadata=_STARTED)
    updated = fields.String(required=True, metadata=_STARTED)
    permissions = fields.Nested(WorklogPermissions, required=True)


class Totals(Schema):
    """Sums over all pages."""

    secured_seconds = fields.Integer(
        required=True, metadata={"description": "All secured time on the issue that you may see."}
    )


class JiraPart(Schema):
    """What Jira said."""

    status = fields.String(required=True, validate=validate.OneOf(["ok", "unavailable", "refused"]))
    detail = fields.String(required=True, allow_none=True)
    time_spent_seconds = fields.Integer(required=True, allow_none=True)
    original_estimate_seconds = fields.Integer(required=True, allow_none=True)


class WorklogPage(Schema):
    """A page of an issue's work logs, newest start first."""

    worklogs = fields.List(fields.Nested(Worklog), required=True)
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The cursor of the next page, if there is one."},
    )
    totals = fields.Nested(Totals, required=True)
    jira = fields.Nested(
        JiraPart,
        required=True,
        allow_none=True,
        metadata={"description": "What Jira said, when public work logs were asked for."},
    )
