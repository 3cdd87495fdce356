"""Running a query as somebody, over the issues that he or she may browse.

Fields: project, key, id, summary, issuetype, status, priority, labels, assignee, reporter, created, updated,
worklogAuthor, worklogDate. As in Jira each work-log clause looks at the issue's work logs by itself, and only
at those whose restriction lets the searcher in. Only a comparison with EMPTY ever matches an empty field.
"""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.jql import dates
from sandbox.jql.language import (
    And,
    Clause,
    Empty,
    Expression,
    Function,
    JqlError,
    Not,
    Operand,
    Or,
    Query,
    Sort,
    Value,
)
from sandbox.model import Issue, Worklog, World
from sandbox.permissions import BROWSE_PROJECTS, Permissions

Predicate = Callable[[Issue], bool]
#: What a field of an issue can be compared with: texts, numbers, days, moments.
Comparable = Any


def run(query: Query, world: World, permissions: Permissions, visible: Iterable[Issue]) -> list[Issue]:
    """The visible issues that match, in the query's order, else newest first. JqlError for unknown names.

    ``permissions`` are the searcher's; they decide which work logs and which projects a clause can speak of.
    """
    search = _Search(world, permissions)
    matches = search.predicate(query.where) if query.where is not None else lambda _issue: True
    found = sorted((issue for issue in visible if matches(issue)), key=lambda issue: -issue.id)
    for sort in reversed(query.order):
        search.sort(found, sort)
    return found


_EQUALITY = frozenset({"=", "!=", "in", "not in", "is", "is not"})
_ORDERING = frozenset({"<", "<=", ">", ">="})
_ORDERED = _EQUALITY | _ORDERING
_MATCHING = frozenset({"~", "!~", "is", "is not"})
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class _Field:
    """How one field is searched."""

    #: The name in messages.
    name: str
    operators: frozenset[str]
    #: What an issue has in this field; nothing when it is empty.
    values: Callable[[Issue], Iterable[Comparable]]
    #: What an operand means.
    resolve: Callable[[Operand], Sequence[Comparable]]


class _Search:
    """One query run by one person."""

    def __init__(self, world: World, permissions: Permissions) -> None:
        self.world = world
        self.permissions = permissions
        self.zone = ZoneInfo(permissions.user.time_zone if permissions.user else "Etc/UTC")
        self.now = datetime.now(self.zone)
        self.fields = self._fields()

    def predicate(self, expression: Expression) -> Predicate:
        match expression:
            case And(parts):
                every = [self.predicate(part) for part in parts]
                return lambda issue: all(one(issue) for one in every)
            case Or(parts):
                some = [self.predicate(part) for part in parts]
                return lambda issue: any(one(issue) for one in some)
            case Not(part):
                # NOT turns a clause round, not its outcome: an empty field matches neither way.
                return self.predicate(_negated(part))
            case Clause():
                return self._clause(expression)

    def sort(self, issues: list[Issue], sort: Sort) -> None:
        keys: dict[str, Callable[[Issue], Any]] = {
            "key": _position,
            "issuekey": _position,
            "id": lambda issue: issue.id,
            "project": lambda issue: self.world.project_of(issue).name,
            "summary": lambda issue: issue.summary.lower(),
            "created": lambda issue: issue.created,
            "updated": lambda issue: issue.updated,
            "status": lambda issue: list(self.world.statuses).index(issue.status_id),
            "priority": lambda issue: -issue.priority_id,
            "issuetype": lambda issue: self.world.issue_types[issue.issue_type_id].name,
            "assignee": lambda issue: self._name(issue.assignee),
            "reporter": lambda issue: self._name(issue.reporter),
            "timespent": lambda issue: issue.time_spent or 0,
        }
        key = keys.get(sort.field.lower())
        if key is None:
            raise JqlError(f"Not able to sort using field '{sort.field}'.")
        issues.sort(key=key, reverse=sort.descending)

    def _clause(self, clause: Clause) -> Predicate:
        field = self.fields.get(clause.field.lower())
        if field is None:
            raise JqlError(f"Field '{clause.field}' does not exist or you do not have permission to view it.")
        if clause.operator not in field.operators:
            raise JqlError(f"The operator '{clause.operator}' is not supported by the '{field.name}' field.")
        empties = any(isinstance(operand, Empty) for operand in clause.operands)
        if empties and clause.operator not in _EQUALITY:
            raise JqlError(f"The operator '{clause.operator}' does not support searching for empty values.")
        wanted = [
            value for operand in clause.operands if operand != Empty() for value in field.resolve(operand)
        ]
        return _comparison(clause.operator, field.values, wanted, empties=empties)

    def _fields(self) -> dict[str, _Field]:
        key = _Field("key", _ORDERED, lambda issue: [_position(issue)], self._issues)
        kind = self._named("issuetype", lambda issue: issue.issue_type_id, self.world.issue_types)
        return {
            "project": _Field("project", _EQUALITY, lambda issue: [issue.project_id], self._projects),
            "key": key,
            "issuekey": key,
            "issue": key,
            "id": key,
            "summary": _Field("summary", _MATCHING, lambda issue: [issue.summary], _texts),
            "text": _Field("text", _MATCHING, lambda issue: [issue.summary], _texts),
            "issuetype": kind,
            "type": kind,
            "status": self._named("status", lambda issue: issue.status_id, self.world.statuses),
            "priority": self._named("priority", lambda issue: issue.priority_id, self.world.priorities),
            "labels": _Field(
                "labels", _EQUALITY, lambda issue: [label.lower() for label in issue.labels], _lower_texts
            ),
            "assignee": self._person("assignee", lambda issue: [issue.assignee] if issue.assignee else []),
            "reporter": self._person("reporter", lambda issue: [issue.reporter]),
            "worklogauthor": self._person(
                "worklogAuthor", lambda issue: [one.author for one in self._worklogs(issue)]
            ),
            "worklogdate": _Field(
                "worklogDate",
                _ORDERED,
                lambda issue: [one.started.astimezone(self.zone).date() for one in self._worklogs(issue)],
                lambda operand: [dates.moment("worklogDate", operand, self.now).date()],
            ),
            "created": self._dated("created", lambda issue: issue.created),
            "updated": self._dated("updated", lambda issue: issue.updated),
        }

    def _worklogs(self, issue: Issue) -> Iterator[Worklog]:
        return (one for one in self.world.worklogs_of(issue) if self.permissions.may_see(one))

    def _dated(self, name: str, value: Callable[[Issue], datetime]) -> _Field:
        return _Field(
            name,
            _ORDERED,
            lambda issue: [value(issue)],
            lambda operand: [dates.moment(name, operand, self.now)],
        )

    def _named(self, name: str, value: Callable[[Issue], int], known: dict[int, Any]) -> _Field:
        def resolve(operand: Operand) -> Sequence[int]:
            text = _text(operand, name)
            found = [
                one.id for one in known.values() if text.lower() == one.name.lower() or text == str(one.id)
            ]
            if not found:
                raise _no_value(text, name)
            return found

        return _Field(name, _EQUALITY, lambda issue: [value(issue)], resolve)

    def _person(self, name: str, values: Callable[[Issue], Iterable[str]]) -> _Field:
        return _Field(name, _EQUALITY, values, lambda operand: self._people(name, operand))

    def _people(self, field: str, operand: Operand) -> Sequence[str]:
        if isinstance(operand, Function):
            return self._people_of(field, operand)
        text = _text(operand, field)
        wanted = text.lower()
        for user in self.world.users.values():
            if wanted in (user.account_id.lower(), user.email.lower(), user.display_name.lower()):
                return [user.account_id]
        raise _no_value(text, field)

    def _people_of(self, field: str, function: Function) -> Sequence[str]:
        match function.name.lower():
            case "currentuser":
                return [self.permissions.user.account_id] if self.permissions.user else []
            case "membersof":
                return self._members("".join(function.arguments))
        raise JqlError(f"Unable to find JQL function '{function.name}()' for the field '{field}'.")

    def _members(self, name: str) -> Sequence[str]:
        group = self.world.groups.get(name)
        if group is None:
            raise JqlError(
                f"Function 'membersOf' can not generate a list of usernames for group '{name}'; "
                "the group does not exist."
            )
        return group.members

    def _projects(self, operand: Operand) -> Sequence[int]:
        text = _text(operand, "project")
        found = [
            one.id
            for one in self.world.projects.values()
            if text.lower() in (one.key.lower(), one.name.lower(), str(one.id))
            and self.permissions.holds(BROWSE_PROJECTS, one)
        ]
        if not found:
            raise _no_value(text, "project")
        return found

    def _issues(self, operand: Operand) -> Sequence[tuple[str, int]]:
        text = _text(operand, "key")
        issue = self.world.issue(text)
        if issue is None or not self.permissions.holds_on(BROWSE_PROJECTS, issue):
            raise JqlError(f"An issue with key '{text}' does not exist for field 'key'.")
        return [_position(issue)]

    def _name(self, account_id: str | None) -> str:
        user = self.world.users.get(account_id or "")
        return user.display_name if user else ""


_NEGATIONS = {
    "=": "!=",
    "in": "not in",
    "is": "is not",
    "<": ">=",
    "<=": ">",
    "~": "!~",
}
_NEGATIONS |= {after: before for before, after in _NEGATIONS.items()}


def _negated(expression: Expression) -> Expression:
    match expression:
        case Clause(field, sign, operands):
            return Clause(field, _NEGATIONS[sign], operands)
        case Not(part):
            return part
        case And(parts):
            return Or(tuple(_negated(part) for part in parts))
        case Or(parts):
            return And(tuple(_negated(part) for part in parts))


def _comparison(
    sign: str, values: Callable[[Issue], Iterable[Comparable]], wanted: Sequence[Comparable], *, empties: bool
) -> Predicate:
    if sign in _ORDERING:
        compare = _COMPARE[sign]
        return lambda issue: any(compare(value, limit) for value in values(issue) for limit in wanted)
    if sign in {"~", "!~"}:
        return lambda issue: any(_contains(str(value), wanted) is (sign == "~") for value in values(issue))
    positive = sign in {"=", "in", "is"}

    def matches(issue: Issue) -> bool:
        found = list(values(issue))
        if not found:
            return empties and positive
        hit = any(value in wanted for value in found)
        return hit if positive else not hit

    return matches


def _position(issue: Issue) -> tuple[str, int]:
    project, _, number = issue.key.rpartition("-")
    return project, int(number)


def _contains(text: str, wanted: Sequence[str]) -> bool:
    """Whether every word of the sought text is a word of this one; a trailing ``*`` matches any ending."""
    words = re.findall(r"\w+", text.lower())
    return all(_word_in(sought, words) for phrase in wanted for sought in phrase.lower().split())


def _word_in(sought: str, words: list[str]) -> bool:
    return any(word.startswith(sought[:-1]) if sought.endswith("*") else word == sought for word in words)


def _text(operand: Operand, field: str) -> str:
    if isinstance(operand, Value):
        return operand.text
    name = operand.name if isinstance(operand, Function) else "EMPTY"
    raise JqlError(f"Unable to find JQL function '{name}()' for the field '{field}'.")


def _texts(operand: Operand) -> Sequence[str]:
    return [_text(operand, "summary")]


def _lower_texts(operand: Operand) -> Sequence[str]:
    return [_text(operand, "labels").lower()]


def _no_value(text: str, field: str) -> JqlError:
    return JqlError(f"The value '{text}' does not exist for the field '{field}'.")
