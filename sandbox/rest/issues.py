"""Issues: reading, and as much of writing as a demo needs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sandbox import clock, representations, worklogs
from sandbox.model import (
    ChangeItem,
    HistoryEntry,
    Issue,
    IssueType,
    Json,
    Project,
    Sequence,
    as_document,
)
from sandbox.rest.callers import Scope
from sandbox.rest.errors import JiraError
from sandbox.rest.routes import Answer, Call, route

SUMMARY_LENGTH = 255
TO_DO = 10000


@route("POST", "/issue", scope=Scope.WRITE, anonymous=True)
def create_issue(call: Call) -> Answer:
    fields = _fields(call, labels=[])
    project, kind = _project(call, fields.get("project")), _issue_type(call, fields.get("issuetype"))
    if not call.permissions.holds("CREATE_ISSUES", project):
        raise JiraError(
            400, errors={"project": "You do not have permission to create issues in this project."}
        )
    moment = clock.now()
    issue = Issue(
        id=call.world.next_id(Sequence.ISSUE),
        project_id=project.id,
        key=f"{project.key}-{project.last_issue_number + 1}",
        summary=_summary(fields.get("summary")),
        issue_type_id=kind.id,
        status_id=TO_DO,
        reporter=call.caller.account_id,
        created=moment,
        updated=moment,
    )
    _apply(call, issue, fields)
    project.last_issue_number += 1
    call.world.issues[issue.id] = issue
    return Answer(201, {"id": str(issue.id), "key": issue.key, "self": call.url(f"/issue/{issue.id}")})


@route("GET", "/issue/<issue>", scope=Scope.READ, anonymous=True)
def issue(call: Call, issue: str) -> Json:
    found = call.issue(issue)
    shown = representations.issue(
        call.world,
        found,
        representations.chosen_fields(call.words("fields"), default="*all"),
        version=call.version,
        visible_worklogs=[one for one in call.world.worklogs_of(found) if call.permissions.may_see(one)],
        properties=call.words("properties"),
    )
    if "changelog" in call.words("expand"):
        newest_first = [representations.history_entry(call.world, entry) for entry in reversed(found.history)]
        shown["changelog"] = {
            "startAt": 0,
            "maxResults": len(newest_first),
            "total": len(newest_first),
            "histories": newest_first,
        }
    return shown


@route("PUT", "/issue/<issue>", scope=Scope.WRITE, anonymous=True)
def edit_issue(call: Call, issue: str) -> Answer:
    found = call.issue(issue)
    if not call.permissions.holds_on("EDIT_ISSUES", found):
        raise JiraError(403, "You do not have permission to edit this issue.")
    fields = _fields(call, found.labels)
    # A draft first: one wrong field, and none of them changes.
    draft = replace(found)
    if "summary" in fields:
        draft.summary = _summary(fields["summary"])
    _apply(call, draft, fields)
    changes = _changes(call, found, draft)
    if changes:
        draft.updated = clock.now()
        entry = HistoryEntry(
            call.world.next_id(Sequence.HISTORY), call.caller.account_id, draft.updated, changes
        )
        draft.history.append(entry)
    vars(found).update(vars(draft))
    return Answer(204)


@route("DELETE", "/issue/<issue>", scope=Scope.DELETE, anonymous=True)
def delete_issue(call: Call, issue: str) -> Answer:
    """Its work logs go with it, without an event or an entry in ``/worklog/deleted`` of their own."""
    found = call.issue(issue)
    if not call.permissions.holds_on("DELETE_ISSUES", found):
        raise JiraError(403, "You do not have permission to delete issues in this project.")
    worklogs.remove_issue(call.world, found, call.caller.account_id)
    return Answer(204)


@route("GET", "/issue/<issue>/changelog", scope=Scope.READ, anonymous=True)
def changelog(call: Call, issue: str) -> Json:
    history = [representations.history_entry(call.world, entry) for entry in call.issue(issue).history]
    return call.page(history, default=100, most=100)


@route("GET", "/issue/<issue>/comment", scope=Scope.READ, anonymous=True)
def comments(call: Call, issue: str) -> Json:
    """Nobody comments in the sandbox; the route is there because clients ask."""
    call.issue(issue)
    return {"startAt": 0, "maxResults": 100, "total": 0, "comments": []}


def _fields(call: Call, labels: list[str]) -> Json:
    """The new values in the body: those of ``fields``, and what the operations of ``update`` make."""
    body = call.json_object()
    fields, updates = body.get("fields") or {}, body.get("update") or {}
    if not isinstance(fields, dict) or not isinstance(updates, dict):
        raise JiraError(400, errors={"fields": "fields and update must be objects"})
    fields = dict(fields)
    for name, operations in updates.items():
        for verb, value in _operations(name, operations):
            fields[name] = _operated(name, verb, value, fields.get(name, labels))
    unknown = [name for name in fields if name not in representations.FIELDS]
    if unknown:
        message = "cannot be set. It is not on the appropriate screen, or unknown."
        raise JiraError(400, errors={name: f"Field '{name}' {message}" for name in unknown})
    return fields


def _operations(name: str, operations: Any) -> Iterator[tuple[str, Any]]:
    wellformed = isinstance(operations, list) and all(isinstance(one, dict) for one in operations)
    if not wellformed:
        raise JiraError(400, errors={name: "data was not an array of operations"})
    return ((verb, value) for one in operations for verb, value in one.items())


def _operated(name: str, verb: str, value: Any, before: Any) -> Any:
    if verb == "set":
        return value
    if name == "labels" and verb == "add":
        return [*before, value]
    if name == "labels" and verb == "remove":
        return [label for label in before if label != value]
    raise JiraError(400, errors={name: f"Field '{name}' does not support operation '{verb}'"})


def _project(call: Call, value: Any) -> Project:
    key = str(value.get("id") or value.get("key") or "") if isinstance(value, dict) else ""
    try:
        return call.project(key)
    except JiraError as error:
        raise JiraError(400, errors={"project": "valid project is required"}) from error


def _issue_type(call: Call, value: Any) -> IssueType:
    named = value if isinstance(value, dict) else {}
    for kind in call.world.issue_types.values():
        if str(named.get("id")) == str(kind.id) or named.get("name") == kind.name:
            return kind
    raise JiraError(400, errors={"issuetype": "Specify a valid issue type"})


def _summary(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise JiraError(400, errors={"summary": "You must specify a summary of the issue."})
    if len(value) > SUMMARY_LENGTH or "\n" in value:
        raise JiraError(
            400, errors={"summary": f"Summary must be one line of at most {SUMMARY_LENGTH} characters."}
        )
    return value


def _apply(call: Call, found: Issue, fields: Json) -> None:
    if "description" in fields:
        found.description = document(call, fields["description"], "description")
    if "labels" in fields:
        found.labels = _labels(fields["labels"])
    if "assignee" in fields:
        found.assignee = _assignee(call, found, fields["assignee"])
    if "priority" in fields:
        found.priority_id = _priority(call, fields["priority"])
    if "timetracking" in fields:
        _estimate(found, fields["timetracking"])


def document(call: Call, value: Any, name: str) -> Json | None:
    """Rich text from a body: a document in version 3, plain text in version 2. Raises a 400."""
    if value is None:
        return None
    if call.version == 2 and isinstance(value, str):
        return as_document(value)
    if (
        call.version == 3
        and isinstance(value, dict)
        and value.get("type") == "doc"
        and value.get("version") == 1
    ):
        return value
    wanted = "an Atlassian Document" if call.version == 3 else "a string"
    raise JiraError(400, errors={name: f"Operation value must be {wanted}"})


def _labels(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise JiraError(400, errors={"labels": "data was not an array"})
    spaced = [label for label in value if " " in label or not label]
    if spaced:
        raise JiraError(400, errors={"labels": f"The label '{spaced[0]}' contains spaces which is invalid."})
    return sorted(set(value))


def _assignee(call: Call, found: Issue, value: Any) -> str | None:
    if value is None:
        return None
    account_id = value.get("accountId") or value.get("id") if isinstance(value, dict) else None
    user = call.world.users.get(str(account_id))
    project = call.world.project_of(found)
    if user is None or not call.permissions_of(user).holds("ASSIGNABLE_USER", project, found):
        raise JiraError(400, errors={"assignee": f"User '{account_id}' cannot be assigned issues."})
    return user.account_id


def _priority(call: Call, value: Any) -> int:
    named = value if isinstance(value, dict) else {}
    for priority in call.world.priorities.values():
        if str(named.get("id")) == str(priority.id) or named.get("name") == priority.name:
            return priority.id
    raise JiraError(400, errors={"priority": "The priority selected is invalid."})


def _estimate(found: Issue, value: Any) -> None:
    given = value if isinstance(value, dict) else {}
    original, remaining = given.get("originalEstimate"), given.get("remainingEstimate")
    if original is not None:
        found.original_estimate = _duration(original)
        if found.remaining_estimate is None and remaining is None:
            found.remaining_estimate = found.original_estimate
    if remaining is not None:
        found.remaining_estimate = _duration(remaining)


def _duration(value: Any) -> int:
    try:
        return clock.parse_duration(str(value))
    except ValueError as error:
        raise JiraError(400, errors={"timetracking": f"'{value}' is not a valid duration."}) from error


def _changes(call: Call, before: Issue, after: Issue) -> list[ChangeItem]:
    def name(account_id: str | None) -> str | None:
        return call.world.users[account_id].display_name if account_id else None

    def number(value: int | None) -> str | None:
        return None if value is None else str(value)

    pairs = [
        ("summary", "summary", None, before.summary, None, after.summary),
        ("labels", "labels", None, " ".join(before.labels), None, " ".join(after.labels)),
        (
            "assignee",
            "assignee",
            before.assignee,
            name(before.assignee),
            after.assignee,
            name(after.assignee),
        ),
        (
            "priority",
            "priority",
            str(before.priority_id),
            call.world.priorities[before.priority_id].name,
            str(after.priority_id),
            call.world.priorities[after.priority_id].name,
        ),
        (
            "timeoriginalestimate",
            "timeoriginalestimate",
            number(before.original_estimate),
            number(before.original_estimate),
            number(after.original_estimate),
            number(after.original_estimate),
        ),
        (
            "timeestimate",
            "timeestimate",
            number(before.remaining_estimate),
            number(before.remaining_estimate),
            number(after.remaining_estimate),
            number(after.remaining_estimate),
        ),
    ]
    return [ChangeItem(*pair) for pair in pairs if (pair[2], pair[3]) != (pair[4], pair[5])]
