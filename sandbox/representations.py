"""How Jira writes things down in JSON, for REST answers and webhooks.

Version 2 of the REST API, and webhooks, carry rich text as plain text; version 3 carries Atlassian documents.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sandbox import clock
from sandbox.model import (
    ChangeItem,
    Event,
    EventKind,
    Group,
    HistoryEntry,
    Issue,
    IssueType,
    Json,
    Priority,
    Project,
    Role,
    Status,
    User,
    Visibility,
    Worklog,
    World,
    as_text,
)

_CATEGORIES = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}
#: The fields of an issue in ``/field``: id -> (name, schema type, clause names).
FIELDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "summary": ("Summary", "string", ("summary",)),
    "description": ("Description", "string", ("description",)),
    "issuetype": ("Issue Type", "issuetype", ("issuetype", "type")),
    "project": ("Project", "project", ("project",)),
    "status": ("Status", "status", ("status",)),
    "priority": ("Priority", "priority", ("priority",)),
    "labels": ("Labels", "array", ("labels",)),
    "assignee": ("Assignee", "user", ("assignee",)),
    "reporter": ("Reporter", "user", ("reporter",)),
    "created": ("Created", "datetime", ("created", "createdDate")),
    "updated": ("Updated", "datetime", ("updated", "updatedDate")),
    "timespent": ("Time Spent", "number", ("timespent",)),
    "timeestimate": ("Remaining Estimate", "number", ("remainingEstimate", "timeestimate")),
    "timeoriginalestimate": ("Original estimate", "number", ("originalEstimate", "timeoriginalestimate")),
    "timetracking": ("Time tracking", "timetracking", ()),
    "worklog": ("Log Work", "array", ()),
}
#: Worklogs inside an issue stop here; the rest is behind ``/worklog``.
WORKLOGS_IN_ISSUE = 20


def avatar_urls(world: World, kind: str, identifier: str) -> Json:
    url = f"{world.base_url}/secure/{kind}avatar?avatarId={identifier}"
    return {f"{size}x{size}": f"{url}&size={size}" for size in (48, 24, 16, 32)}


def user_details(world: World, account_id: str) -> Json:
    """A person as author, actor or member; somebody unknown is a former user, as after an erasure."""
    user = world.users.get(account_id, User(account_id, "Former user", active=False))
    shown = {
        "self": f"{world.base_url}/rest/api/3/user?accountId={user.account_id}",
        "accountId": user.account_id,
        "accountType": user.account_type,
        "avatarUrls": avatar_urls(world, "user", "10122"),
        "displayName": user.display_name,
        "active": user.active,
        "timeZone": user.time_zone,
    }
    return shown | {"emailAddress": user.email} if user.email else shown


def user(world: World, found: User, *, expand: Iterable[str] = ()) -> Json:
    """A person in full; ``groups`` and ``applicationRoles`` on request."""
    shown = user_details(world, found.account_id)
    shown["locale"] = "en_US"
    groups = [group_name(world, group) for group in world.groups_of(found.account_id)]
    shown["groups"] = {"size": len(groups), "items": groups if "groups" in expand else []}
    roles = [{"key": "jira-software", "name": "Jira Software"}] if found.licensed else []
    shown["applicationRoles"] = {"size": len(roles), "items": roles if "applicationRoles" in expand else []}
    shown["expand"] = "groups,applicationRoles"
    return shown


def group_name(world: World, group: Group) -> Json:
    return {
        "name": group.name,
        "groupId": group.group_id,
        "self": f"{world.base_url}/rest/api/3/group?groupId={group.group_id}",
    }


def status(world: World, found: Status) -> Json:
    identifier, name, colour = _CATEGORIES[found.category]
    return {
        "self": f"{world.base_url}/rest/api/3/status/{found.id}",
        "description": "",
        "iconUrl": f"{world.base_url}/images/icons/statuses/generic.png",
        "name": found.name,
        "id": str(found.id),
        "statusCategory": {
            "self": f"{world.base_url}/rest/api/3/statuscategory/{identifier}",
            "id": identifier,
            "key": found.category,
            "colorName": colour,
            "name": name,
        },
    }


def issue_type(world: World, found: IssueType) -> Json:
    return {
        "self": f"{world.base_url}/rest/api/3/issuetype/{found.id}",
        "id": str(found.id),
        "description": found.description,
        "iconUrl": f"{world.base_url}/images/icons/issuetypes/{found.name.lower()}.svg",
        "name": found.name,
        "subtask": False,
        "avatarId": 10318,
        "hierarchyLevel": 0,
    }


def priority(world: World, found: Priority) -> Json:
    return {
        "self": f"{world.base_url}/rest/api/3/priority/{found.id}",
        "iconUrl": f"{world.base_url}/images/icons/priorities/{found.name.lower()}.svg",
        "name": found.name,
        "id": str(found.id),
    }


def project(world: World, found: Project, *, full: bool = False) -> Json:
    shown: Json = {
        "self": f"{world.base_url}/rest/api/3/project/{found.id}",
        "id": str(found.id),
        "key": found.key,
        "name": found.name,
        "projectTypeKey": "software",
        "simplified": False,
        "style": "classic",
        "isPrivate": False,
        "avatarUrls": avatar_urls(world, "project", "10400"),
    }
    if full:
        shown |= {
            "description": found.description,
            "lead": _lead(world, found),
            "assigneeType": "UNASSIGNED",
            "issueTypes": [issue_type(world, kind) for kind in world.issue_types.values()],
            "components": [],
            "versions": [],
            "roles": role_links(world, found),
        }
    return shown


def _lead(world: World, found: Project) -> Json:
    lead = user_details(world, found.lead)
    return {
        name: lead[name]
        for name in ("self", "accountId", "accountType", "avatarUrls", "displayName", "active")
    }


def role_links(world: World, found: Project) -> Json:
    base = f"{world.base_url}/rest/api/3/project/{found.id}/role"
    return {world.roles[role_id].name: f"{base}/{role_id}" for role_id in sorted(found.roles)}


def role(world: World, found: Role, within: Project | None = None) -> Json:
    """A project role; with its actors when a project is given."""
    path = f"project/{within.id}/role/{found.id}" if within else f"role/{found.id}"
    shown: Json = {
        "self": f"{world.base_url}/rest/api/3/{path}",
        "name": found.name,
        "id": found.id,
        "description": found.description,
    }
    if within is not None:
        shown["actors"] = list(_actors(world, found, within))
    return shown


def _actors(world: World, found: Role, within: Project) -> Iterator[Json]:
    actors = within.roles[found.id]
    for number, group in enumerate(actors.groups):
        known = world.groups[group]
        yield {
            "id": found.id * 100 + number,
            "displayName": group,
            "type": "atlassian-group-role-actor",
            "name": group,
            "actorGroup": {"displayName": group, "name": group, "groupId": known.group_id},
        }
    for number, account_id in enumerate(actors.users, start=50):
        yield {
            "id": found.id * 100 + number,
            "displayName": user_details(world, account_id)["displayName"],
            "type": "atlassian-user-role-actor",
            "actorUser": {"accountId": account_id},
        }


def worklog(world: World, found: Worklog, *, version: int = 3, properties: bool = False) -> Json:
    shown: Json = {
        "self": f"{world.base_url}/rest/api/{version}/issue/{found.issue_id}/worklog/{found.id}",
        "author": user_details(world, found.author),
        "updateAuthor": user_details(world, found.update_author),
        "created": clock.stamp(found.created),
        "updated": clock.stamp(found.updated),
        "started": clock.stamp(found.started),
        "timeSpent": clock.pretty(found.seconds),
        "timeSpentSeconds": found.seconds,
        "id": str(found.id),
        "issueId": str(found.issue_id),
    }
    if found.comment is not None:
        shown["comment"] = rich_text(found.comment, version)
    if found.visibility is not None:
        shown["visibility"] = visibility(found.visibility)
    if properties:
        shown["properties"] = [{"key": key, "value": value} for key, value in found.properties.items()]
    return shown


def visibility(found: Visibility) -> Json:
    return {"type": found.kind.value, "value": found.value, "identifier": found.identifier}


def rich_text(document: Json | None, version: int) -> Any:
    """The document itself in version 3, its text in version 2."""
    return document if document is None or version == 3 else as_text(document)


def issue(
    world: World,
    found: Issue,
    fields: Iterable[str],
    *,
    version: int = 3,
    visible_worklogs: list[Worklog] | None = None,
    properties: Iterable[str] = (),
) -> Json:
    """An issue with the given fields (see :func:`chosen_fields`); ``worklog`` has the visible ones only."""
    all_fields = _issue_fields(world, found, version, visible_worklogs or [])
    shown: Json = {
        "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
        "id": str(found.id),
        "self": f"{world.base_url}/rest/api/{version}/issue/{found.id}",
        "key": found.key,
        "fields": {name: all_fields[name] for name in fields if name in all_fields},
    }
    wanted = set(properties)
    if wanted:
        shown["properties"] = {
            key: value for key, value in found.properties.items() if "*all" in wanted or key in wanted
        }
    return shown


def chosen_fields(requested: Iterable[str], *, default: str) -> list[str]:
    """The field ids meant by ``*all``, ``*navigable``, names and ``-names``, in the usual order."""
    wanted = [name.strip() for name in requested if name.strip()] or [default]
    if all(name.startswith("-") for name in wanted):
        wanted.insert(0, "*all")
    chosen: set[str] = set()
    for name in wanted:
        if name == "*all":
            chosen.update(FIELDS)
        elif name == "*navigable":
            chosen.update(set(FIELDS) - {"worklog", "timetracking"})
        elif name.startswith("-"):
            chosen.discard(name[1:])
        else:
            chosen.add(name)
    return [name for name in FIELDS if name in chosen]


def _issue_fields(world: World, found: Issue, version: int, worklogs: list[Worklog]) -> Json:
    return {
        "summary": found.summary,
        "description": rich_text(found.description, version),
        "issuetype": issue_type(world, world.issue_types[found.issue_type_id]),
        "project": project(world, world.project_of(found)),
        "status": status(world, world.statuses[found.status_id]),
        "priority": priority(world, world.priorities[found.priority_id]),
        "labels": found.labels,
        "assignee": user_details(world, found.assignee) if found.assignee else None,
        "reporter": user_details(world, found.reporter),
        "created": clock.stamp(found.created),
        "updated": clock.stamp(found.updated),
        "timespent": found.time_spent,
        "timeestimate": found.remaining_estimate,
        "timeoriginalestimate": found.original_estimate,
        "timetracking": _time_tracking(found),
        "worklog": {
            "startAt": 0,
            "maxResults": WORKLOGS_IN_ISSUE,
            "total": len(worklogs),
            "worklogs": [worklog(world, one, version=version) for one in worklogs[:WORKLOGS_IN_ISSUE]],
        },
    }


def _time_tracking(found: Issue) -> Json:
    seconds = {
        "originalEstimate": found.original_estimate,
        "remainingEstimate": found.remaining_estimate,
        "timeSpent": found.time_spent,
    }
    known = {name: value for name, value in seconds.items() if value is not None}
    texts = {name: clock.pretty(value) for name, value in known.items()}
    return texts | {f"{name}Seconds": value for name, value in known.items()}


def history_entry(world: World, entry: HistoryEntry) -> Json:
    return {
        "id": str(entry.id),
        "author": user_details(world, entry.author),
        "created": clock.stamp(entry.created),
        "items": [_change(item) for item in entry.items],
    }


def _change(item: ChangeItem) -> Json:
    ends = {"from": item.from_id, "fromString": item.from_text, "to": item.to_id, "toString": item.to_text}
    shown: Json = {"field": item.field, "fieldtype": "jira"}
    if item.field_id:
        shown["fieldId"] = item.field_id
    # Jira's document knows no null here: an end that has no value is left out.
    return shown | {name: value for name, value in ends.items() if value is not None}


def event(world: World, happened: Event) -> Json:
    """The body of a webhook."""
    body: Json = {"timestamp": clock.millis(happened.at), "webhookEvent": happened.kind.value}
    if happened.kind is EventKind.ISSUE_DELETED:
        fields = chosen_fields(["*navigable"], default="*navigable")
        return body | {
            "user": user_details(world, happened.actor),
            "issue": issue(world, happened.issue, fields, version=2),
        }
    if happened.worklog is None:
        raise ValueError(f"{happened.kind} without a work log")
    return body | {"worklog": worklog(world, happened.worklog, version=2)}
