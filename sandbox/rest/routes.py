"""The table of REST operations, and what a view gets and gives.

    @route("GET", "/issue/<issue>/worklog", scope=Scope.READ, anonymous=True)
    def list_worklogs(call: Call, issue: str) -> Json: ...

The scope is the one in Jira's OpenAPI document (``x-atlassian-connect-scope``); a test compares them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sandbox.model import Issue, Json, Project, User, Worklog, World
from sandbox.permissions import BROWSE_PROJECTS, Permissions
from sandbox.rest import errors
from sandbox.rest.callers import Caller, Scope
from sandbox.rest.errors import JiraError


@dataclass(frozen=True)
class Call:
    """One request after its caller is known. ``body`` is the parsed JSON, or None when there was none."""

    world: World
    caller: Caller
    version: int
    path: str
    arguments: Mapping[str, Sequence[str]]
    body: Any = None
    permissions: Permissions = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "permissions", Permissions(self.world, self.caller.user))

    def text(self, name: str, default: str = "") -> str:
        """A query parameter; the last one wins."""
        return self.arguments.get(name, [default])[-1]

    def integer(self, name: str, default: int) -> int:
        """A whole number of zero or more from the query. Jira answers 404 to anything else, of all things."""
        text = self.text(name) or str(default)
        if not text.isdecimal():
            raise JiraError(404, f"The parameter {name} must be a number, not {text!r}.")
        return int(text)

    def words(self, name: str) -> list[str]:
        """A list from the query: repeated, separated by commas, or both."""
        return [
            word.strip() for text in self.arguments.get(name, ()) for word in text.split(",") if word.strip()
        ]

    def values(self, name: str) -> list[str]:
        """A repeated query parameter."""
        return list(self.arguments.get(name, ()))

    def json_object(self) -> Json:
        """The body, which must be a JSON object. Raises a 400."""
        if not isinstance(self.body, dict):
            raise JiraError(
                400, "Invalid request payload. Refer to the REST API documentation and try again."
            )
        return self.body

    def issue(self, id_or_key: str) -> Issue:
        """The issue, when the caller may browse it; else the same 404 as for one that does not exist."""
        found = self.world.issue(id_or_key)
        if found is None or not self.permissions.holds_on(BROWSE_PROJECTS, found):
            raise errors.no_issue()
        return found

    def project(self, id_or_key: str) -> Project:
        """The project, when the caller may browse it. Raises a 404."""
        found = self.world.project(id_or_key)
        if found is None or not self.permissions.holds(BROWSE_PROJECTS, found):
            raise JiraError(404, f"No project could be found with key '{id_or_key}'.")
        return found

    def worklog(self, issue: Issue, identifier: str) -> Worklog:
        """The work log of that issue, when its restriction lets the caller in. Raises a 404."""
        found = self.world.worklogs.get(int(identifier)) if identifier.isdecimal() else None
        if found is None or found.issue_id != issue.id or not self.permissions.may_see(found):
            raise errors.no_worklog(identifier)
        return found

    def permissions_of(self, user: User) -> Permissions:
        """What somebody else may do."""
        return Permissions(self.world, user)

    def url(self, path: str, **arguments: object) -> str:
        """The absolute URL of a REST path, for ``self`` and ``nextPage``."""
        query = f"?{urlencode(arguments)}" if arguments else ""
        return f"{self.world.base_url}/rest/api/{self.version}{path}{query}"

    def page(self, items: Sequence[Any], *, default: int, most: int) -> Json:
        """One page of ``items`` in the shape of Jira's page beans, by ``startAt`` and ``maxResults``."""
        start, size = self.integer("startAt", 0), min(self.integer("maxResults", default), most)
        values = list(items[start : start + size])
        page: Json = {
            "self": self._here(startAt=start, maxResults=size),
            "maxResults": size,
            "startAt": start,
            "total": len(items),
            "isLast": start + len(values) >= len(items),
            "values": values,
        }
        if not page["isLast"]:
            page["nextPage"] = self._here(startAt=start + size, maxResults=size)
        return page

    def _here(self, **changed: object) -> str:
        kept = [
            (name, text) for name, texts in self.arguments.items() if name not in changed for text in texts
        ]
        return f"{self.world.base_url}{self.path}?{urlencode([*kept, *changed.items()])}"


@dataclass(frozen=True)
class Answer:
    """An answer that is not a plain 200: ``body`` None sends nothing."""

    status: int
    body: Any = None


View = Callable[..., Any]


@dataclass(frozen=True)
class Route:
    method: str
    #: Below ``/rest/api/{version}``, in Werkzeug's notation.
    rule: str
    scope: Scope
    view: View
    #: Whether somebody who is not logged in gets further than a 401.
    anonymous: bool


ROUTES: list[Route] = []


def route(method: str, rule: str, *, scope: Scope, anonymous: bool = False) -> Callable[[View], View]:
    """Enter a view into the table."""

    def enter(view: View) -> View:
        ROUTES.append(Route(method, rule, scope, view, anonymous))
        return view

    return enter


def strings(value: object, name: str) -> list[str]:
    """A list of strings out of a body; None is empty, nulls in it are ignored. Raises a 400."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str | None) for item in value):
        raise JiraError(400, errors={name: "must be a list of strings"})
    return [item for item in value if item]


def numbers(value: object, name: str) -> list[int]:
    """A list of whole numbers out of a body, numbers in strings included. Raises a 400."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise JiraError(400, errors={name: "must be a list of numbers"})
    return [_number(item, name) for item in value if item is not None]


def _number(item: object, name: str) -> int:
    if isinstance(item, bool) or not isinstance(item, int | str) or not str(item).isdecimal():
        raise JiraError(400, errors={name: f"{item!r} is not a number"})
    return int(item)


def unique(items: Iterable[int]) -> list[int]:
    """The items in their order, each once."""
    return list(dict.fromkeys(items))
