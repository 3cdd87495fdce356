"""Properties: JSON that apps hang on issues and work logs. Who may read the thing may read its properties."""

import json
from typing import Any

from sandbox.model import Issue, Json, Worklog
from sandbox.rest.callers import Scope
from sandbox.rest.errors import JiraError
from sandbox.rest.routes import Answer, Call, route
from sandbox.rest.worklogs import require_editable

KEY_LENGTH = 255
VALUE_LENGTH = 32_768


@route("GET", "/issue/<issue>/properties", scope=Scope.READ, anonymous=True)
def issue_property_keys(call: Call, issue: str) -> Json:
    found = call.issue(issue)
    return _keys(call, f"/issue/{found.id}", found.properties)


@route("GET", "/issue/<issue>/properties/<name>", scope=Scope.READ, anonymous=True)
def issue_property(call: Call, issue: str, name: str) -> Json:
    return _read(call.issue(issue).properties, name)


@route("PUT", "/issue/<issue>/properties/<name>", scope=Scope.WRITE, anonymous=True)
def set_issue_property(call: Call, issue: str, name: str) -> Answer:
    found = call.issue(issue)
    _require_edit(call, found)
    return _write(found.properties, name, call.body)


@route("DELETE", "/issue/<issue>/properties/<name>", scope=Scope.DELETE, anonymous=True)
def delete_issue_property(call: Call, issue: str, name: str) -> Answer:
    found = call.issue(issue)
    _require_edit(call, found)
    return _delete(found.properties, name)


@route("GET", "/issue/<issue>/worklog/<worklog>/properties", scope=Scope.READ, anonymous=True)
def worklog_property_keys(call: Call, issue: str, worklog: str) -> Json:
    found = call.worklog(call.issue(issue), worklog)
    return _keys(call, f"/issue/{found.issue_id}/worklog/{found.id}", found.properties)


@route("GET", "/issue/<issue>/worklog/<worklog>/properties/<name>", scope=Scope.READ, anonymous=True)
def worklog_property(call: Call, issue: str, worklog: str, name: str) -> Json:
    return _read(call.worklog(call.issue(issue), worklog).properties, name)


@route("PUT", "/issue/<issue>/worklog/<worklog>/properties/<name>", scope=Scope.WRITE, anonymous=True)
def set_worklog_property(call: Call, issue: str, worklog: str, name: str) -> Answer:
    return _write(_editable(call, issue, worklog).properties, name, call.body)


@route("DELETE", "/issue/<issue>/worklog/<worklog>/properties/<name>", scope=Scope.DELETE, anonymous=True)
def delete_worklog_property(call: Call, issue: str, worklog: str, name: str) -> Answer:
    return _delete(_editable(call, issue, worklog).properties, name)


def _editable(call: Call, issue: str, worklog: str) -> Worklog:
    within = call.issue(issue)
    found = call.worklog(within, worklog)
    require_editable(call, within, found)
    return found


def _require_edit(call: Call, found: Issue) -> None:
    if not call.permissions.holds_on("EDIT_ISSUES", found):
        raise JiraError(403, "You do not have permission to edit this issue.")


def _keys(call: Call, path: str, properties: Json) -> Json:
    return {"keys": [{"key": key, "self": call.url(f"{path}/properties/{key}")} for key in properties]}


def _read(properties: Json, name: str) -> Json:
    if name not in properties:
        raise JiraError(404, f"The property {name} does not exist.")
    return {"key": name, "value": properties[name]}


def _write(properties: Json, name: str, value: Any) -> Answer:
    if len(name) > KEY_LENGTH:
        raise JiraError(400, f"The key is longer than {KEY_LENGTH} characters.")
    if value is None:
        raise JiraError(400, "The value must be valid, non-empty JSON.")
    if len(json.dumps(value)) > VALUE_LENGTH:
        raise JiraError(400, f"The value is longer than {VALUE_LENGTH} characters.")
    status = 200 if name in properties else 201
    properties[name] = value
    return Answer(status)


def _delete(properties: Json, name: str) -> Answer:
    if name not in properties:
        raise JiraError(404, f"The property {name} does not exist.")
    del properties[name]
    return Answer(204)
