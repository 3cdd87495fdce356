"""What a Jira site knows: people, projects, issues, work logs, and the add-ons it has installed.

Plain data with look-ups. Rules live beside it: who may do what in :mod:`sandbox.permissions`, what logging
work does to an issue in :mod:`sandbox.worklogs`. Everything but the lock and the listeners goes into the
snapshot.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, uuid5

Json = dict[str, Any]


@dataclass
class User:
    """A person, or the account under which an add-on acts (``account_type`` "app")."""

    account_id: str
    display_name: str
    email: str = ""
    active: bool = True
    account_type: str = "atlassian"
    time_zone: str = "Etc/UTC"
    #: Whether the person may use Jira on this site; a closed account or a guest elsewhere may not.
    licensed: bool = True


@dataclass
class Group:
    group_id: str
    name: str
    members: list[str] = field(default_factory=list)


class GranteeKind(StrEnum):
    """Whom a permission scheme can name, in Jira's words."""

    APPLICATION_ROLE = "applicationRole"  # everybody who may use Jira
    GROUP = "group"
    PROJECT_ROLE = "projectRole"
    USER = "user"
    ASSIGNEE = "assignee"
    REPORTER = "reporter"
    PROJECT_LEAD = "projectLead"


@dataclass(frozen=True)
class Grantee:
    """``value`` is a group's name, a project role's id or an account id; some kinds need none."""

    kind: GranteeKind
    value: str = ""


@dataclass
class PermissionScheme:
    id: int
    name: str
    grants: dict[str, list[Grantee]]


@dataclass
class Role:
    id: int
    name: str
    description: str


@dataclass
class Actors:
    """Who holds a role in one project."""

    users: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)


@dataclass
class IssueType:
    id: int
    name: str
    description: str


@dataclass
class Priority:
    id: int
    name: str


@dataclass
class Status:
    id: int
    name: str
    #: Jira's three: ``new``, ``indeterminate``, ``done``.
    category: str


@dataclass
class Project:
    id: int
    key: str
    name: str
    description: str
    lead: str
    scheme_id: int
    roles: dict[int, Actors] = field(default_factory=dict)
    last_issue_number: int = 0


@dataclass
class ChangeItem:
    """One line of an issue's history."""

    field: str
    field_id: str
    from_id: str | None
    from_text: str | None
    to_id: str | None
    to_text: str | None


@dataclass
class HistoryEntry:
    id: int
    author: str
    created: datetime
    items: list[ChangeItem]


@dataclass
class Issue:
    id: int
    project_id: int
    key: str
    summary: str
    issue_type_id: int
    status_id: int
    reporter: str
    created: datetime
    updated: datetime
    description: Json | None = None
    assignee: str | None = None
    priority_id: int = 3
    labels: list[str] = field(default_factory=list)
    original_estimate: int | None = None
    remaining_estimate: int | None = None
    time_spent: int | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    history: list[HistoryEntry] = field(default_factory=list)


class VisibilityKind(StrEnum):
    GROUP = "group"
    ROLE = "role"


@dataclass(frozen=True)
class Visibility:
    """The one group, or the one project role, to which a work log is restricted."""

    kind: VisibilityKind
    #: Group or role name.
    value: str
    #: Group id, or role id as text.
    identifier: str


@dataclass
class Worklog:
    id: int
    issue_id: int
    author: str
    update_author: str
    started: datetime
    seconds: int
    created: datetime
    updated: datetime
    #: Atlassian Document Format.
    comment: Json | None = None
    visibility: Visibility | None = None
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DeletedWorklog:
    id: int
    deleted: datetime


class AddonState(StrEnum):
    ENABLED = "enabled"
    DISABLED = "disabled"
    UNINSTALLED = "uninstalled"


@dataclass
class Addon:
    """An add-on as one site knows it. The record outlives uninstalling, as the client key does."""

    key: str
    name: str
    #: Where the descriptor was fetched; a reinstall fetches it there again.
    descriptor_url: str
    descriptor: Json
    client_key: str
    oauth_client_id: str
    shared_secret: str = field(repr=False)
    #: The account under which the add-on's own calls act.
    user_account_id: str
    #: The site's address as the add-on was last told it.
    told_base_url: str = ""
    state: AddonState = AddonState.ENABLED

    @property
    def base_url(self) -> str:
        return str(self.descriptor["baseUrl"]).rstrip("/")

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(str(scope).upper() for scope in self.descriptor.get("scopes", ()))


class EventKind(StrEnum):
    """Jira's webhook events that the sandbox raises."""

    WORKLOG_CREATED = "worklog_created"
    WORKLOG_UPDATED = "worklog_updated"
    WORKLOG_DELETED = "worklog_deleted"
    ISSUE_DELETED = "jira:issue_deleted"


@dataclass(frozen=True)
class Event:
    """Something happened; the work log or issue is the state to report, even when it is gone by now."""

    kind: EventKind
    at: datetime
    actor: str
    issue: Issue
    worklog: Worklog | None = None


class Sequence(StrEnum):
    ISSUE = "issue"
    WORKLOG = "worklog"
    HISTORY = "history"


@dataclass
class World:
    """One site. Hold :attr:`lock` to read or change it; ids are handed out in order, so runs repeat."""

    name: str
    title: str
    #: Set when the site's server is bound: ``http://localhost:8091``.
    base_url: str = ""
    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    issue_types: dict[int, IssueType] = field(default_factory=dict)
    priorities: dict[int, Priority] = field(default_factory=dict)
    statuses: dict[int, Status] = field(default_factory=dict)
    schemes: dict[int, PermissionScheme] = field(default_factory=dict)
    #: Global permission -> names of the groups that hold it.
    global_permissions: dict[str, list[str]] = field(default_factory=dict)
    projects: dict[int, Project] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    worklogs: dict[int, Worklog] = field(default_factory=dict)
    deleted_worklogs: list[DeletedWorklog] = field(default_factory=list)
    addons: dict[str, Addon] = field(default_factory=dict)
    last_ids: dict[str, int] = field(default_factory=dict)
    #: How long ``/worklog/updated`` and ``/worklog/deleted`` keep quiet about a change; a minute, as in Jira.
    settling_seconds: int = 60
    #: Grows with every change that should reach the snapshot soon.
    revision: int = field(default=0, compare=False)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)
    listeners: list[Callable[[Event], None]] = field(default_factory=list, repr=False, compare=False)
    _worklogs_by_issue: dict[int, dict[int, Worklog]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._index_worklogs()

    def become(self, other: "World") -> None:
        """Take over everything that ``other`` knows, but its address, lock and listeners."""
        for one in fields(self):
            if one.compare and one.name != "base_url":
                setattr(self, one.name, getattr(other, one.name))
        self._index_worklogs()
        self.touch()

    def touch(self) -> None:
        """Say that something has changed."""
        self.revision += 1

    def next_id(self, sequence: Sequence) -> int:
        """The next id of a kind: issues from 10001, work logs from 10100, history from 20001."""
        first = {Sequence.ISSUE: 10000, Sequence.WORKLOG: 10099, Sequence.HISTORY: 20000}[sequence]
        self.last_ids[sequence.value] = self.last_ids.get(sequence.value, first) + 1
        return self.last_ids[sequence.value]

    def publish(self, event: Event) -> None:
        """Tell whoever listens, which is the webhook dispatcher."""
        self.touch()
        for listener in self.listeners:
            listener(event)

    def issue(self, id_or_key: str) -> Issue | None:
        """The issue of that id or key (keys in any case), or None. Says nothing about who may see it."""
        if id_or_key.isdecimal():
            return self.issues.get(int(id_or_key))
        return next((issue for issue in self.issues.values() if issue.key == id_or_key.upper()), None)

    def project(self, id_or_key: str) -> Project | None:
        """The project of that id or key (keys in any case), or None."""
        if id_or_key.isdecimal():
            return self.projects.get(int(id_or_key))
        return next((project for project in self.projects.values() if project.key == id_or_key.upper()), None)

    def worklogs_of(self, issue: Issue) -> Iterator[Worklog]:
        """All work logs of an issue, oldest first, restricted ones too."""
        return iter(list(self._worklogs_by_issue.get(issue.id, {}).values()))

    def keep(self, worklog: Worklog) -> None:
        """Add a work log to the site."""
        self.worklogs[worklog.id] = worklog
        self._worklogs_by_issue.setdefault(worklog.issue_id, {})[worklog.id] = worklog

    def drop(self, worklog: Worklog) -> None:
        """Take a work log out of the site."""
        del self.worklogs[worklog.id]
        del self._worklogs_by_issue[worklog.issue_id][worklog.id]

    def groups_of(self, account_id: str) -> list[Group]:
        return [group for group in self.groups.values() if account_id in group.members]

    def group_by_id(self, group_id: str) -> Group | None:
        return next((group for group in self.groups.values() if group.group_id == group_id), None)

    def project_of(self, issue: Issue) -> Project:
        return self.projects[issue.project_id]

    def person(self, account_id: str) -> User:
        """The user of that id; KeyError when the site has never heard of it."""
        return self.users[account_id]

    def addon(self, key: str | None = None) -> Addon:
        """The installed add-on of that key, or the only one there is. LookupError when that is not clear."""
        present = [addon for addon in self.addons.values() if addon.state is not AddonState.UNINSTALLED]
        chosen = [addon for addon in present if key in (None, addon.key)]
        if len(chosen) != 1:
            named = key or "an add-on"
            raise LookupError(
                f"{self.name}: {named} is not installed; there is {[addon.key for addon in present]}"
            )
        return chosen[0]

    def _index_worklogs(self) -> None:
        self._worklogs_by_issue = {}
        for worklog in self.worklogs.values():
            self._worklogs_by_issue.setdefault(worklog.issue_id, {})[worklog.id] = worklog


def stable_id(*parts: str) -> str:
    """A UUID that is the same on every run for the same parts."""
    return str(uuid5(NAMESPACE_URL, "sandbox:" + ":".join(parts)))


def as_document(text: str) -> Json:
    """Plain text as an Atlassian document: one paragraph a line."""
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}
        for line in text.split("\n")
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


def as_text(document: Mapping[str, Any] | None) -> str:
    """The text of an Atlassian document, a line a paragraph; marks, mentions and media are dropped."""
    if document is None:
        return ""
    return "\n".join(_inline(block) for block in document.get("content", ()))


def _inline(node: Mapping[str, Any]) -> str:
    if node.get("type") == "text":
        return str(node.get("text", ""))
    if node.get("type") == "hardBreak":
        return "\n"
    return "".join(_inline(child) for child in node.get("content", ()))
