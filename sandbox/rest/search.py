"""Searching issues with JQL."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from sandbox import representations
from sandbox.jql import language
from sandbox.jql import search as jql_search
from sandbox.model import Issue, Json
from sandbox.permissions import BROWSE_PROJECTS
from sandbox.rest.callers import Scope
from sandbox.rest.errors import JiraError
from sandbox.rest.routes import Call, route, strings

MOST = 5000
MOST_CLASSIC = 100


@route("GET", "/search/jql", scope=Scope.READ, anonymous=True)
def search(call: Call) -> Json:
    return _search(
        call,
        call.text("jql"),
        fields=call.words("fields"),
        properties=call.words("properties"),
        size=call.integer("maxResults", 50),
        token=call.text("nextPageToken"),
    )


@route("POST", "/search/jql", scope=Scope.READ, anonymous=True)
def search_by_post(call: Call) -> Json:
    body = call.json_object()
    return _search(
        call,
        str(body.get("jql") or ""),
        fields=strings(body.get("fields"), "fields"),
        properties=strings(body.get("properties"), "properties"),
        size=_size(body, 50),
        token=str(body.get("nextPageToken") or ""),
    )


@route("POST", "/search/approximate-count", scope=Scope.READ, anonymous=True)
def count(call: Call) -> Json:
    return {"count": len(_found(call, str(call.json_object().get("jql") or ""), bounded=True))}


@route("GET", "/search", scope=Scope.READ, anonymous=True)
def classic_search(call: Call) -> Json:
    """The search that Jira has retired; clients of the library still know it."""
    return _classic(
        call,
        call.text("jql"),
        fields=call.words("fields"),
        start=call.integer("startAt", 0),
        size=call.integer("maxResults", 50),
    )


@route("POST", "/search", scope=Scope.READ, anonymous=True)
def classic_search_by_post(call: Call) -> Json:
    body = call.json_object()
    return _classic(
        call,
        str(body.get("jql") or ""),
        fields=strings(body.get("fields"), "fields"),
        start=_start(body),
        size=_size(body, 50),
    )


def _search(
    call: Call, query: str, *, fields: list[str], properties: list[str], size: int, token: str
) -> Json:
    found = _found(call, query, bounded=True)
    start = _offset(token, query)
    size = max(1, min(size, MOST))
    page = found[start : start + size]
    result: Json = {"issues": [_shown(call, issue, fields, properties) for issue in page]}
    result["isLast"] = start + len(page) >= len(found)
    if not result["isLast"]:
        result["nextPageToken"] = _token(start + len(page), query)
    return result


def _classic(call: Call, query: str, *, fields: list[str], start: int, size: int) -> Json:
    found = _found(call, query, bounded=False)
    size = min(size, MOST_CLASSIC)
    wanted = fields or ["*navigable"]
    return {
        "expand": "schema,names",
        "startAt": start,
        "maxResults": size,
        "total": len(found),
        "issues": [_shown(call, issue, wanted, []) for issue in found[start : start + size]],
    }


def _found(call: Call, query: str, *, bounded: bool) -> list[Issue]:
    visible = [
        issue for issue in call.world.issues.values() if call.permissions.holds_on(BROWSE_PROJECTS, issue)
    ]
    try:
        parsed = language.parse(query)
        if bounded and not parsed.bounded:
            raise language.JqlError(
                "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
            )
        return jql_search.run(parsed, call.world, call.permissions, visible)
    except language.JqlError as error:
        raise JiraError(400, *error.messages) from error


def _shown(call: Call, issue: Issue, fields: list[str], properties: list[str]) -> Json:
    if fields in ([], ["id"]) and not properties:
        return {"id": str(issue.id)}
    return representations.issue(
        call.world,
        issue,
        representations.chosen_fields(fields, default="id"),
        version=call.version,
        visible_worklogs=[one for one in call.world.worklogs_of(issue) if call.permissions.may_see(one)],
        properties=properties,
    )


def _size(body: Mapping[str, Any], default: int) -> int:
    value = body.get("maxResults", default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise JiraError(400, errors={"maxResults": "must be a number"})
    return value


def _start(body: Mapping[str, Any]) -> int:
    value = body.get("startAt", 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise JiraError(400, errors={"startAt": "must be a number"})
    return value


def _token(offset: int, query: str) -> str:
    return base64.urlsafe_b64encode(f"{offset}:{_digest(query)}".encode()).decode()


def _offset(token: str, query: str) -> int:
    if not token:
        return 0
    try:
        offset, _, digest = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if digest != _digest(query):
            raise ValueError("another query")
        return int(offset)
    except (ValueError, binascii.Error) as error:
        raise JiraError(400, "The nextPageToken is invalid or does not belong to this query.") from error


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()[:16]
