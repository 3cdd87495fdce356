"""Jira's own work logs: per issue, and what changed lately across the site.

The site-wide lists check a work log's restriction but, as in Jira, not whether one may browse its issue.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox import clock, representations, worklogs
from sandbox.model import Issue, Json, Visibility, VisibilityKind, Worklog
from sandbox.rest.callers import Scope
from sandbox.rest.errors import JiraError
from sandbox.rest.issues import document
from sandbox.rest.routes import Answer, Call, numbers, route, unique
from sandbox.worklogs import Adjust, Adjustment, Entry

MOST_PER_PAGE = 5000
MOST_PER_ISSUE = 10_000
MOST_CHANGED = 1000
SHORTEST_SECONDS = 60


@route("GET", "/issue/<issue>/worklog", scope=Scope.READ, anonymous=True)
def list_worklogs(call: Call, issue: str) -> Json:
    """Oldest first. ``total`` counts what the caller may see, within the time range."""
    found = call.issue(issue)
    start, size = call.integer("startAt", 0), min(call.integer("maxResults", MOST_PER_PAGE), MOST_PER_PAGE)
    after, before = call.text("startedAfter"), call.text("startedBefore")
    seen = [
        one
        for one in call.world.worklogs_of(found)
        if call.permissions.may_see(one)
        and (not after or clock.millis(one.started) >= call.integer("startedAfter", 0))
        and (not before or clock.millis(one.started) < call.integer("startedBefore", 0))
    ]
    return {
        "startAt": start,
        "maxResults": size,
        "total": len(seen),
        "worklogs": [_shown(call, one) for one in seen[start : start + size]],
    }


@route("POST", "/issue/<issue>/worklog", scope=Scope.WRITE, anonymous=True)
def add_worklog(call: Call, issue: str) -> Answer:
    """The caller is the author, whatever the body says."""
    found = call.issue(issue)
    if call.caller.user is None or not call.permissions.holds_on("WORK_ON_ISSUES", found):
        raise JiraError(400, "You do not have the permission to associate a worklog to this issue.")
    if sum(1 for _one in call.world.worklogs_of(found)) >= MOST_PER_ISSUE:
        raise JiraError(413, f"The issue has reached the limit of {MOST_PER_ISSUE} worklogs.")
    body = call.json_object()
    seconds = _seconds(body)
    if seconds is None:
        raise JiraError(400, errors={"timeLogged": "You must indicate the time spent working."})
    entry = Entry(
        started=_started(body, clock.now()),
        seconds=seconds,
        comment=_comment(call, body, None),
        visibility=_visibility(call, found, body, None),
    )
    added = worklogs.add(
        call.world,
        found,
        call.caller.account_id,
        entry,
        adjustment=_adjustment(call, "reduceBy"),
        properties=_properties(body),
    )
    return Answer(201, _shown(call, added))


@route("GET", "/issue/<issue>/worklog/<worklog>", scope=Scope.READ, anonymous=True)
def worklog(call: Call, issue: str, worklog: str) -> Json:
    return _shown(call, call.worklog(call.issue(issue), worklog))


@route("PUT", "/issue/<issue>/worklog/<worklog>", scope=Scope.WRITE, anonymous=True)
def change_worklog(call: Call, issue: str, worklog: str) -> Json:
    """What the body leaves out stays as it is."""
    within = call.issue(issue)
    found = call.worklog(within, worklog)
    _require_own_or_all(call, within, found, "EDIT", "edit")
    body = call.json_object()
    entry = Entry(
        started=_started(body, found.started),
        seconds=_seconds(body) or found.seconds,
        comment=_comment(call, body, found.comment),
        visibility=_visibility(call, within, body, found.visibility),
    )
    adjustment, properties = _adjustment(call, None), _properties(body)
    changed = worklogs.change(call.world, found, call.caller.account_id, entry, adjustment=adjustment)
    changed.properties |= properties
    return _shown(call, changed)


@route("DELETE", "/issue/<issue>/worklog/<worklog>", scope=Scope.DELETE, anonymous=True)
def delete_worklog(call: Call, issue: str, worklog: str) -> Answer:
    within = call.issue(issue)
    found = call.worklog(within, worklog)
    _require_own_or_all(call, within, found, "DELETE", "delete")
    worklogs.remove(call.world, found, call.caller.account_id, adjustment=_adjustment(call, "increaseBy"))
    return Answer(204)


@route("GET", "/worklog/updated", scope=Scope.READ)
def updated_worklogs(call: Call) -> Json:
    changed = [
        (clock.millis(one.updated), one.id, one)
        for one in call.world.worklogs.values()
        if call.permissions.may_see(one)
    ]
    page, around = _changed_page(call, "updated", [(at, identifier) for at, identifier, _one in changed])
    by_id = {one.id: one for _at, _identifier, one in changed}
    with_properties = "properties" in call.words("expand")
    values = [
        {
            "worklogId": identifier,
            "updatedTime": at,
            "properties": _property_list(by_id[identifier], with_properties),
        }
        for at, identifier in page
    ]
    return around | {"values": values}


@route("GET", "/worklog/deleted", scope=Scope.READ)
def deleted_worklogs(call: Call) -> Json:
    deleted = [(clock.millis(one.deleted), one.id) for one in call.world.deleted_worklogs]
    page, around = _changed_page(call, "deleted", deleted)
    values = [{"worklogId": identifier, "updatedTime": at, "properties": []} for at, identifier in page]
    return around | {"values": values}


@route("POST", "/worklog/list", scope=Scope.READ)
def worklogs_by_id(call: Call) -> list[Json]:
    ids = unique(numbers(call.json_object().get("ids"), "ids"))
    if not ids or len(ids) > MOST_CHANGED:
        raise JiraError(400, f"Give between 1 and {MOST_CHANGED} ids.")
    known = [call.world.worklogs[identifier] for identifier in ids if identifier in call.world.worklogs]
    return [_shown(call, one) for one in known if call.permissions.may_see(one)]


def require_editable(call: Call, within: Issue, found: Worklog) -> None:
    """Raises a 403 unless the caller may edit this work log: for its properties."""
    if not _own_or_all(call, within, found, "EDIT"):
        raise JiraError(403, "You do not have permission to edit this worklog.")


def _shown(call: Call, found: Worklog) -> Json:
    expanded = "properties" in call.words("expand")
    return representations.worklog(call.world, found, version=call.version, properties=expanded)


def _property_list(found: Worklog, wanted: bool) -> list[Json]:
    return [{"key": key, "value": value} for key, value in found.properties.items()] if wanted else []


def _own_or_all(call: Call, within: Issue, found: Worklog, verb: str) -> bool:
    own = found.author == call.caller.account_id and call.permissions.holds_on(f"{verb}_OWN_WORKLOGS", within)
    return own or call.permissions.holds_on(f"{verb}_ALL_WORKLOGS", within)


def _require_own_or_all(call: Call, within: Issue, found: Worklog, permission: str, verb: str) -> None:
    if not _own_or_all(call, within, found, permission):
        raise JiraError(400, f"You do not have permission to {verb} this worklog.")


def _changed_page(
    call: Call, what: str, changed: Sequence[tuple[int, int]]
) -> tuple[Sequence[tuple[int, int]], Json]:
    """The page of (time, id) after ``since``, oldest first, and the envelope around it.

    The latest minute is left out: whatever is still being written is not missed by asking from ``until`` on.
    """
    since = call.integer("since", 0)
    settled = clock.millis(clock.now() - timedelta(seconds=call.world.settling_seconds))
    due = sorted(pair for pair in changed if since < pair[0] <= settled)
    page = due[:MOST_CHANGED]
    # Work logs of one moment stay together, or asking from ``until`` on would skip some.
    page += [pair for pair in due[MOST_CHANGED:] if pair[0] == page[-1][0]]
    last = len(page) == len(due)
    until = page[-1][0] if page else max(since, settled)
    around: Json = {
        "since": since,
        "until": until,
        "self": call.url(f"/worklog/{what}", since=since),
        "lastPage": last,
    }
    if not last:
        around["nextPage"] = call.url(f"/worklog/{what}", since=until)
    return page, around


def _seconds(body: Json) -> int | None:
    """The duration in the body, or None when it names none. Raises a 400."""
    text, seconds = body.get("timeSpent"), body.get("timeSpentSeconds")
    if text is not None and seconds is not None:
        raise JiraError(400, errors={"timeLogged": "Give timeSpent or timeSpentSeconds, not both."})
    if text is None and seconds is None:
        return None
    try:
        spent = clock.parse_duration(str(text)) if text is not None else _whole(seconds)
    except ValueError as error:
        raise JiraError(400, errors={"timeLogged": "Invalid time duration entered."}) from error
    if spent < SHORTEST_SECONDS:
        raise JiraError(400, errors={"timeLogged": "Invalid time duration entered."})
    return spent


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(value)
    return int(value)


def _started(body: Json, default: datetime) -> datetime:
    text = body.get("started")
    if text is None:
        return default
    try:
        return clock.parse_stamp(str(text))
    except ValueError as error:
        wanted = "yyyy-MM-dd'T'HH:mm:ss.SSSZ, such as 2026-11-24T09:00:00.000+0000"
        raise JiraError(
            400, errors={"started": f"'{text}' is not a date and time. Expected {wanted}."}
        ) from error


def _comment(call: Call, body: Json, default: Json | None) -> Json | None:
    return document(call, body["comment"], "comment") if "comment" in body else default


def _visibility(call: Call, issue: Issue, body: Json, default: Visibility | None) -> Visibility | None:
    """The restriction asked for; one can restrict to groups and roles that one has. Raises a 400."""
    if "visibility" not in body:
        return default
    wanted = body["visibility"]
    if wanted is None:
        return None
    if not isinstance(wanted, dict) or wanted.get("type") not in set(VisibilityKind):
        raise JiraError(400, errors={"visibility": "The type must be 'group' or 'role'."})
    names = {str(wanted[part]) for part in ("identifier", "value") if wanted.get(part) is not None}
    if wanted["type"] == VisibilityKind.GROUP:
        for group in call.world.groups_of(call.caller.account_id):
            if names & {group.group_id, group.name}:
                return Visibility(VisibilityKind.GROUP, group.name, group.group_id)
        raise JiraError(
            400,
            errors={"groupLevel": f"You are currently not a member of the group: {min(names, default='')}."},
        )
    project = call.world.project_of(issue)
    for role in call.world.roles.values():
        if names & {str(role.id), role.name} and call.permissions.has_role(role.id, project):
            return Visibility(VisibilityKind.ROLE, role.name, str(role.id))
    raise JiraError(
        400,
        errors={
            "roleLevel": f"You are currently not a member of the project role: {min(names, default='')}."
        },
    )


def _properties(body: Json) -> dict[str, Any]:
    given = body.get("properties") or []
    if not isinstance(given, list) or not all(
        isinstance(one, dict) and isinstance(one.get("key"), str) for one in given
    ):
        raise JiraError(400, errors={"properties": "must be a list of objects with a key and a value"})
    return {one["key"]: one.get("value") for one in given}


def _adjustment(call: Call, by: str | None) -> Adjustment:
    """``adjustEstimate`` with the parameter that it needs; ``by`` names that of "manual", if any."""
    text = call.text("adjustEstimate") or Adjust.AUTO
    if text not in set(Adjust) or (text == Adjust.MANUAL and by is None):
        raise JiraError(400, errors={"adjustEstimate": f"'{text}' is not a way to adjust the estimate."})
    how = Adjust(text)
    needed = {Adjust.NEW: "newEstimate", Adjust.MANUAL: by}.get(how)
    if needed is None:
        return Adjustment(how)
    try:
        return Adjustment(how, clock.parse_duration(call.text(needed)))
    except ValueError as error:
        raise JiraError(400, errors={needed: f"adjustEstimate={how} needs a valid {needed}."}) from error
