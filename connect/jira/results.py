"""What Jira says, as typed values. Reading is strict: an answer that makes no sense is no answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connect.jira.errors import JiraUnavailable


@dataclass(frozen=True, slots=True)
class IssueSummary:
    """An issue as the acting user sees it; times are None where nothing is set or the user may see none."""

    id: int
    key: str
    summary: str
    time_spent_seconds: int | None
    original_estimate_seconds: int | None


@dataclass(frozen=True, slots=True)
class PublicWorklog:
    """One of Jira's own work logs. Times are aware; `comment` is an Atlassian document, or None.

    `author_account_id` is None when Jira names no author any more.
    """

    id: int
    issue_id: int
    author_account_id: str | None
    started: datetime
    seconds: int
    comment: Mapping[str, Any] | None
    created: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Permissions:
    """What Jira granted of what was asked. What it did not mention is denied.

    Every permission stands on its own: holding one of several says nothing about the others.
    """

    global_: frozenset[str] = frozenset()
    issues: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def on_issue(self, permission: str) -> frozenset[int]:
        """The ids of the asked issues on which this permission is held."""
        return self.issues.get(permission, frozenset())


def issue_summary(answer: Any) -> IssueSummary:
    """From `GET /issue/{id}`."""
    try:
        fields = answer["fields"]
        return IssueSummary(
            id=int(answer["id"]),
            key=str(answer["key"]),
            summary=str(fields.get("summary") or ""),
            time_spent_seconds=_seconds(fields.get("timespent")),
            original_estimate_seconds=_seconds(fields.get("timeoriginalestimate")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JiraUnavailable("Jira's answer about the issue makes no sense.") from error


def public_worklogs(answer: Any) -> tuple[list[PublicWorklog], int]:
    """One page of `GET /issue/{id}/worklog`, and how many there are on all pages."""
    try:
        return [_public_worklog(each) for each in answer["worklogs"]], int(answer["total"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JiraUnavailable("Jira's answer about the work logs makes no sense.") from error


def granted(answer: Any, asked_global: Iterable[str], asked_project: Iterable[str]) -> Permissions:
    """From `POST /permissions/check`; whatever was not asked for is ignored."""
    try:
        issues: dict[str, frozenset[int]] = {name: frozenset() for name in asked_project}
        for grant in answer["projectPermissions"]:
            name = grant["permission"]
            if name in issues:
                issues[name] |= frozenset(int(each) for each in grant["issues"])
        return Permissions(frozenset(asked_global) & frozenset(answer["globalPermissions"]), issues)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JiraUnavailable("Jira's answer about permissions makes no sense.") from error


def _public_worklog(answer: Any) -> PublicWorklog:
    author = answer.get("author") or {}
    comment = answer.get("comment")
    return PublicWorklog(
        id=int(answer["id"]),
        issue_id=int(answer["issueId"]),
        author_account_id=author.get("accountId"),
        started=_instant(answer["started"]),
        seconds=int(answer["timeSpentSeconds"]),
        comment=comment if isinstance(comment, dict) else None,
        created=_instant(answer["created"]),
        updated=_instant(answer["updated"]),
    )


def _seconds(value: Any) -> int | None:
    return None if value is None else int(value)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a time without an offset")
    return instant
