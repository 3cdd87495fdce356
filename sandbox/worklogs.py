"""What logging work does to an issue in Jira: time spent, remaining estimate, history, and an event.

The callers have checked permissions. Every function expects the world's lock to be held.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox import clock
from sandbox.model import (
    ChangeItem,
    DeletedWorklog,
    Event,
    EventKind,
    HistoryEntry,
    Issue,
    Json,
    Sequence,
    Visibility,
    Worklog,
    World,
)


class Adjust(StrEnum):
    """``adjustEstimate``: what happens to the remaining estimate."""

    AUTO = "auto"
    NEW = "new"
    LEAVE = "leave"
    MANUAL = "manual"


@dataclass(frozen=True)
class Adjustment:
    """``seconds`` is the new estimate for NEW, the reduction (or, deleting, the increase) for MANUAL."""

    how: Adjust = Adjust.AUTO
    seconds: int = 0


@dataclass(frozen=True)
class Entry:
    """What a person fills in."""

    started: datetime
    seconds: int
    comment: Json | None = None
    visibility: Visibility | None = None


def add(
    world: World,
    issue: Issue,
    author: str,
    entry: Entry,
    *,
    adjustment: Adjustment | None = None,
    properties: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> Worklog:
    """A new work log of ``author`` on the issue, with all that follows from it in Jira."""
    at = at or clock.now()
    worklog = Worklog(
        id=world.next_id(Sequence.WORKLOG),
        issue_id=issue.id,
        author=author,
        update_author=author,
        started=entry.started,
        seconds=entry.seconds,
        created=at,
        updated=at,
        comment=entry.comment,
        visibility=entry.visibility,
        properties=dict(properties or {}),
    )
    world.keep(worklog)
    changes = _track(issue, spent=entry.seconds, adjustment=adjustment or Adjustment(), manual_sign=-1)
    changes.append(_worklog_id(None, worklog))
    _remember(world, issue, author, at, changes)
    world.publish(Event(EventKind.WORKLOG_CREATED, at, author, replace(issue), replace(worklog)))
    return worklog


def change(
    world: World,
    worklog: Worklog,
    editor: str,
    entry: Entry,
    *,
    adjustment: Adjustment | None = None,
    at: datetime | None = None,
) -> Worklog:
    """The work log as ``entry`` says; by AUTO the remaining estimate moves by the difference."""
    at = at or clock.now()
    issue = world.issues[worklog.issue_id]
    before = worklog.seconds
    worklog.started, worklog.seconds = entry.started, entry.seconds
    worklog.comment, worklog.visibility = entry.comment, entry.visibility
    worklog.update_author, worklog.updated = editor, at
    changes = _track(
        issue, spent=entry.seconds - before, adjustment=adjustment or Adjustment(), manual_sign=-1
    )
    if entry.seconds != before:
        changes.append(_worklog_time(before, entry.seconds))
    changes.append(_worklog_id(worklog, worklog))
    _remember(world, issue, editor, at, changes)
    world.publish(Event(EventKind.WORKLOG_UPDATED, at, editor, replace(issue), replace(worklog)))
    return worklog


def remove(
    world: World,
    worklog: Worklog,
    remover: str,
    *,
    adjustment: Adjustment | None = None,
    at: datetime | None = None,
) -> None:
    """The work log is gone; the issue's history keeps its id and its time for ever, as Jira's does."""
    at = at or clock.now()
    issue = world.issues[worklog.issue_id]
    world.drop(worklog)
    world.deleted_worklogs.append(DeletedWorklog(worklog.id, at))
    changes = _track(issue, spent=-worklog.seconds, adjustment=adjustment or Adjustment(), manual_sign=1)
    changes += [_worklog_time(worklog.seconds, None), _worklog_id(worklog, None)]
    _remember(world, issue, remover, at, changes)
    world.publish(Event(EventKind.WORKLOG_DELETED, at, remover, replace(issue), replace(worklog)))


def remove_issue(world: World, issue: Issue, remover: str, *, at: datetime | None = None) -> None:
    """The issue is gone, and its work logs with it: one event, and no entry among the deleted work logs."""
    for worklog in world.worklogs_of(issue):
        world.drop(worklog)
    world.publish(Event(EventKind.ISSUE_DELETED, at or clock.now(), remover, issue))
    del world.issues[issue.id]


def _track(issue: Issue, *, spent: int, adjustment: Adjustment, manual_sign: int) -> list[ChangeItem]:
    """Move time spent and the remaining estimate; what changed, for the history."""
    spent_before, remaining_before = issue.time_spent, issue.remaining_estimate
    issue.time_spent = (spent_before or 0) + spent
    remaining = remaining_before or 0
    match adjustment.how:
        case Adjust.NEW:
            issue.remaining_estimate = adjustment.seconds
        case Adjust.MANUAL:
            issue.remaining_estimate = max(0, remaining + manual_sign * adjustment.seconds)
        case Adjust.AUTO:
            issue.remaining_estimate = max(0, remaining - spent)
        case Adjust.LEAVE:
            pass
    changes = []
    if issue.remaining_estimate != remaining_before:
        changes.append(_seconds("timeestimate", "timeestimate", remaining_before, issue.remaining_estimate))
    if issue.time_spent != spent_before:
        changes.append(_seconds("timespent", "timespent", spent_before, issue.time_spent))
    return changes


def _remember(world: World, issue: Issue, author: str, at: datetime, changes: list[ChangeItem]) -> None:
    issue.updated = max(issue.updated, at)
    issue.history.append(HistoryEntry(world.next_id(Sequence.HISTORY), author, at, changes))


def _seconds(name: str, field_id: str, before: int | None, after: int | None) -> ChangeItem:
    old, new = _text(before), _text(after)
    return ChangeItem(name, field_id, old, old, new, new)


def _worklog_time(before: int | None, after: int | None) -> ChangeItem:
    old = None if before is None else clock.pretty(before)
    new = None if after is None else clock.pretty(after)
    return ChangeItem("WorklogTimeSpent", "", _text(before), old, _text(after), new)


def _worklog_id(before: Worklog | None, after: Worklog | None) -> ChangeItem:
    old, new = _text(before.id if before else None), _text(after.id if after else None)
    return ChangeItem("WorklogId", "", old, old, new, new)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
