"""Work logs as the API shows them: plain dictionaries for orjson, held to `schemas.Worklog` by a test.

Not dumped through marshmallow, which costs the panel 0.9 ms a page (design section 10). Times stay what they
are: orjson writes them as ISO 8601 with offset.
"""

from collections.abc import Sequence
from typing import Any

from connect.jira import PublicWorklog
from worklogs import documents, durations
from worklogs.durations import WorkingTime
from worklogs.entries.entries import Entry
from worklogs.entries.public import JiraPart


def secured(entry: Entry, working_time: WorkingTime) -> dict[str, Any]:
    """A secured work log; `started` is on its author's clock."""
    return {
        "id": entry.id,
        "issueId": str(entry.issue_id),
        "visibility": "secured",
        "team": {"id": entry.team_id, "name": entry.team_name},
        "author": {"accountId": entry.author},
        "started": entry.started,
        "timeSpentSeconds": entry.seconds,
        "timeSpent": durations.render(entry.seconds, working_time),
        "description": entry.description,
        "version": entry.version,
        "created": entry.created_at,
        "updated": entry.updated_at,
        "permissions": {"change": entry.changeable, "delete": entry.changeable},
    }


def public(worklog: PublicWorklog, working_time: WorkingTime) -> dict[str, Any]:
    """A public work log; it is changed in Jira, not here."""
    return {
        "id": str(worklog.id),
        "issueId": str(worklog.issue_id),
        "visibility": "public",
        "team": None,
        "author": {"accountId": worklog.author_account_id},
        "started": worklog.started,
        "timeSpentSeconds": worklog.seconds,
        "timeSpent": durations.render(worklog.seconds, working_time),
        "description": documents.text_of(worklog.comment),
        "version": None,
        "created": worklog.created,
        "updated": worklog.updated,
        "permissions": {"change": False, "delete": False},
    }


def page(
    worklogs: Sequence[dict[str, Any]], cursor: str | None, secured_seconds: int, jira: JiraPart | None
) -> dict[str, Any]:
    """A page of work logs with its totals."""
    return {
        "worklogs": worklogs,
        "next": cursor,
        "totals": {"securedSeconds": secured_seconds},
        "jira": None if jira is None else _jira(jira),
    }


def _jira(part: JiraPart) -> dict[str, Any]:
    return {
        "status": part.status,
        "detail": part.detail,
        "timeSpentSeconds": part.issue.time_spent_seconds if part.issue else None,
        "originalEstimateSeconds": part.issue.original_estimate_seconds if part.issue else None,
    }
