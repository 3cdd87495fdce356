"""JQL: parse a query, run it as somebody over the issues that he or she may browse.

Fields: project, key, id, summary, issuetype, status, priority, labels, assignee, reporter, created, updated,
worklogAuthor, worklogDate. As in Jira each work-log clause looks at the issue's work logs by itself, and only at
those whose restriction lets the searcher in. A comparison other than with EMPTY never matches an empty field.
"""

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from sandbox.model import Issue, World
from sandbox.permissions import BROWSE_PROJECTS, Permissions

_GRAMMAR = Lark((Path(__file__).with_name("jql.lark")).read_text(encoding="utf-8"), parser="lalr")
MOST_SORT_FIELDS = 7

Predicate = Callable[[Issue], bool]
#: What a field of an issue can be compared with: texts, numbers, days, moments.
Comparable = Any


class JqlError(Exception):
    """The query cannot be run; the messages are Jira's."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


@dataclass(frozen=True)
class Value:
    text: str


@dataclass(frozen=True)
class Function:
    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Empty:
    """The operand ``EMPTY``."""


Operand = Value | Function | Empty


@dataclass(frozen=True)
class Clause:
    """``field operator operands``; several operands only for ``in`` and ``not in``."""

    field: str
    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Not:
    part: "Expression"


@dataclass(frozen=True)
class And:
    parts: tuple["Expression", ...]


@dataclass(frozen=True)
class Or:
    parts: tuple["Expression", ...]


Expression = Clause | Not | And | Or


@dataclass(frozen=True)
class Sort:
    field: str
    descending: bool


@dataclass(frozen=True)
class Query:
    where: Expression | None
    order: tuple[Sort, ...]

    @property
    def bounded(self) -> bool:
        """Whether there is any restriction; the newer search insists on one."""
        return self.where is not None


def parse(text: str) -> Query:
    """The query in the text. Raises JqlError with the place of the mistake."""
    try:
        tree = _GRAMMAR.parse(text)
    except UnexpectedInput as error:
        raise JqlError(_explain(text, error)) from error
    return cast("Query", _Builder().transform(tree))


def run(query: Query, world: World, permissions: Permissions, visible: Iterable[Issue]) -> list[Issue]:
    """The visible issues that match, in the query's order, else newest first. Raises JqlError for unknown names."""
    search = _Search(world, permissions)
    matches = search.predicate(query.where) if query.where is not None else lambda _issue: True
    found = sorted((issue for issue in visible if matches(issue)), key=lambda issue: -issue.id)
    for sort in reversed(query.order):
        search.sort(found, sort)
    return found


class _Builder(Transformer[Token, Any]):
    """From lark's tree to the classes above."""

    def start(self, children: list[Any]) -> Query:
        where, order = children
        return Query(where, order or ())

    def disjunction(self, children: list[Expression]) -> Expression:
        return children[0] if len(children) == 1 else Or(tuple(children))

    def conjunction(self, children: list[Expression]) -> Expression:
        return children[0] if len(children) == 1 else And(tuple(children))

    def negation(self, children: list[Expression]) -> Expression:
        return Not(children[0])

    def comparison(self, children: list[Any]) -> Clause:
        field, sign, operand = children
        return Clause(field, str(sign), (operand,))

    def membership(self, children: list[Any]) -> Clause:
        return Clause(children[0], "in", children[2])

    def exclusion(self, children: list[Any]) -> Clause:
        return Clause(children[0], "not in", children[2])

    def empty(self, children: list[Any]) -> Clause:
        return Clause(children[0], "is", (Empty(),))

    def filled(self, children: list[Any]) -> Clause:
        return Clause(children[0], "is not", (Empty(),))

    def operands(self, children: list[Operand]) -> tuple[Operand, ...]:
        return tuple(children)

    def field(self, children: list[Token]) -> str:
        return _unquoted(children[0])

    def value(self, children: list[Token]) -> Value:
        return Value(_unquoted(children[0]))

    def nothing(self, _children: list[Token]) -> Empty:
        return Empty()

    def function(self, children: list[Any]) -> Function:
        return Function(str(children[0]), tuple(child.text for child in children[1:] if child is not None))

    def order(self, children: list[Sort]) -> tuple[Sort, ...]:
        if len(children) > MOST_SORT_FIELDS:
            raise JqlError(f"The ORDER BY clause can name at most {MOST_SORT_FIELDS} fields.")
        return tuple(children)

    def sort(self, children: list[Any]) -> Sort:
        field, direction = children
        return Sort(field, str(direction).lower() == "desc")


def _unquoted(token: Token) -> str:
    if token.type != "STRING":
        return str(token)
    return re.sub(r"\\(.)", r"\1", token[1:-1])


_VALID_OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"


def _explain(text: str, error: UnexpectedInput) -> str:
    if isinstance(error, UnexpectedCharacters):
        got, wanted = text[error.pos_in_stream or 0], set(error.allowed)
    elif isinstance(error, UnexpectedToken):
        got, wanted = str(error.token), set(error.expected)
    else:
        got, wanted = "", set(error.expected) if isinstance(error, UnexpectedEOF) else set()
    place = f"(line {max(error.line, 1)}, character {max(error.column, 1)})"
    if got in {'"', "'"}:
        return f"Error in the JQL Query: The quoted string '{text[error.pos_in_stream or 0 :]}' has not been completed. {place}"
    if not got:
        return f"Error in the JQL Query: The query ends too early; expecting {_expectation(wanted)}."
    return f"Error in the JQL Query: Expecting {_expectation(wanted)} but got '{got}'. {place}"


def _expectation(wanted: set[str]) -> str:
    if "OPERATOR" in wanted:
        return f"operator; the valid operators are {_VALID_OPERATORS},"
    if {"_AND", "_OR"} & wanted:
        return "either 'OR' or 'AND'"
    if "EMPTY" in wanted and "WORD" not in wanted:
        return "either 'NOT' or 'EMPTY'"
    if "EMPTY" in wanted:
        return "either a value, list or function"
    if "COMMA" in wanted:
        return "either ')' or ','"
    if "_BY" in wanted:
        return "'BY'"
    return "a field name"


_EQUALITY = frozenset({"=", "!=", "in", "not in", "is", "is not"})
_ORDERING = frozenset({"<", "<=", ">", ">="})
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class _Field:
    """How one field is searched: its name in messages, its operators, its values on an issue, and how an operand
    is understood."""

    name: str
    operators: frozenset[str]
    values: Callable[[Issue], Iterable[Comparable]]
    resolve: Callable[[Operand], Sequence[Comparable]]


class _Search:
    """One query run by one person."""

    def __init__(self, world: World, permissions: Permissions) -> None:
        self.world = world
        self.permissions = permissions
        zone = permissions.user.time_zone if permissions.user else "Etc/UTC"
        self.zone = ZoneInfo(zone)
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
                # NOT turns a clause round instead of its outcome, so that an empty field still matches neither.
                return self.predicate(_negated(part))
            case Clause():
                return self._clause(expression)

    def sort(self, issues: list[Issue], sort: Sort) -> None:
        keys: dict[str, Callable[[Issue], Any]] = {
            "key": self._position,
            "issuekey": self._position,
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
        ordered = _EQUALITY | _ORDERING
        dates = _EQUALITY | _ORDERING
        key = _Field("key", ordered, lambda issue: [self._position(issue)], self._issues)
        fields = {
            "project": _Field("project", _EQUALITY, lambda issue: [issue.project_id], self._projects),
            "key": key,
            "issuekey": key,
            "issue": key,
            "id": key,
            "summary": _Field(
                "summary", frozenset({"~", "!~", "is", "is not"}), lambda issue: [issue.summary], _texts
            ),
            "text": _Field("text", frozenset({"~"}), lambda issue: [issue.summary], _texts),
            "issuetype": self._named("issuetype", lambda issue: issue.issue_type_id, self.world.issue_types),
            "type": self._named("type", lambda issue: issue.issue_type_id, self.world.issue_types),
            "status": self._named("status", lambda issue: issue.status_id, self.world.statuses),
            "priority": self._named("priority", lambda issue: issue.priority_id, self.world.priorities),
            "labels": _Field(
                "labels", _EQUALITY, lambda issue: [label.lower() for label in issue.labels], _lower_texts
            ),
            "assignee": self._person("assignee", lambda issue: [issue.assignee] if issue.assignee else []),
            "reporter": self._person("reporter", lambda issue: [issue.reporter]),
            "worklogauthor": self._person(
                "worklogAuthor",
                lambda issue: [
                    one.author for one in self.world.worklogs_of(issue) if self.permissions.may_see(one)
                ],
            ),
            "worklogdate": _Field(
                "worklogDate",
                dates,
                lambda issue: [
                    one.started.astimezone(self.zone).date()
                    for one in self.world.worklogs_of(issue)
                    if self.permissions.may_see(one)
                ],
                lambda operand: [self._moment("worklogDate", operand).date()],
            ),
            "created": _Field(
                "created",
                dates,
                lambda issue: [issue.created],
                lambda operand: [self._moment("created", operand)],
            ),
            "updated": _Field(
                "updated",
                dates,
                lambda issue: [issue.updated],
                lambda operand: [self._moment("updated", operand)],
            ),
        }
        return fields

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
                group = self.world.groups.get(function.arguments[0] if function.arguments else "")
                if group is None:
                    raise JqlError(
                        f"Function 'membersOf' can not generate a list of usernames for group '{''.join(function.arguments)}'; the group does not exist."
                    )
                return group.members
        raise JqlError(f"Unable to find JQL function '{function.name}()' for the field '{field}'.")

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
        return [self._position(issue)]

    def _position(self, issue: Issue) -> tuple[str, int]:
        project, _, number = issue.key.rpartition("-")
        return project, int(number)

    def _name(self, account_id: str | None) -> str:
        user = self.world.users.get(account_id or "")
        return user.display_name if user else ""

    def _moment(self, field: str, operand: Operand) -> datetime:
        if isinstance(operand, Function):
            return _moment_of(field, operand, self.now)
        text = _text(operand, field)
        for pattern in ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d"):
            try:
                return datetime.strptime(text, pattern).replace(tzinfo=self.zone)
            except ValueError:
                continue
        period = _period(text)
        if period is None:
            raise JqlError(
                f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
                "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
            )
        return self.now + period


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


_PERIOD = re.compile(r"([+-]?)\s*((?:\d+\s*[wdhm]\s*)+)")
_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


def _period(text: str) -> timedelta | None:
    """Calendar time, not working time: ``-1w`` is seven days ago."""
    match = _PERIOD.fullmatch(text.strip())
    if match is None:
        return None
    size = sum(
        (int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)\s*([wdhm])", match[2])), timedelta()
    )
    return -size if match[1] == "-" else size


def _moment_of(field: str, function: Function, now: datetime) -> datetime:
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
    period = _period(text)
    if period is None:
        raise JqlError(
            f"Duration for function '{function.name}' should have the format (+/-)n(yMwdm), e.g -1d."
        )
    return period


def _sunday(day: datetime) -> datetime:
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _next_month(day: datetime) -> datetime:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
