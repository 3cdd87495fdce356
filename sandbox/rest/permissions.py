"""Permission checks. What an answer does not list is not granted: unknown ids are dropped silently."""

from collections.abc import Callable, Iterator
from typing import Any

from sandbox import permissions
from sandbox.model import Json
from sandbox.permissions import ADMINISTER, GLOBAL_PERMISSIONS, PROJECT_PERMISSIONS, Permissions
from sandbox.rest.callers import CallerKind, Scope
from sandbox.rest.errors import JiraError
from sandbox.rest.routes import Call, numbers, route, strings, unique

MOST = 1000


@route("POST", "/permissions/check", scope=Scope.READ, anonymous=True)
def check(call: Call) -> Json:
    """For each permission on its own, the projects and issues on which the account holds it."""
    body = call.json_object()
    subject = _subject(call, body.get("accountId"))
    wanted = strings(body.get("globalPermissions"), "globalPermissions")
    unknown = [name for name in wanted if name not in GLOBAL_PERMISSIONS]
    if unknown:
        raise JiraError(400, f"Unrecognized global permissions: {', '.join(unknown)}")
    checks = body.get("projectPermissions")
    checks = [] if checks is None else checks
    if not isinstance(checks, list):
        raise JiraError(400, errors={"projectPermissions": "must be a list"})
    return {
        "globalPermissions": [name for name in wanted if subject.holds_globally(name)],
        "projectPermissions": [grant for one in checks if one for grant in _grants(call, subject, one)],
    }


@route("GET", "/mypermissions", scope=Scope.READ, anonymous=True)
def my_permissions(call: Call) -> Json:
    wanted = call.words("permissions")
    unknown = [name for name in wanted if name not in GLOBAL_PERMISSIONS | PROJECT_PERMISSIONS]
    if not wanted or unknown:
        raise JiraError(
            400, f"The permissions query parameter is required; unrecognized: {', '.join(unknown)}"
        )
    holds = _within(call)
    return {"permissions": {name: _described(name, holds(name)) for name in wanted}}


def _subject(call: Call, account_id: object) -> Permissions:
    if account_id is None or account_id == call.caller.account_id:
        return call.permissions
    # Connect's promise to servers: an app may ask about anybody. From the browser it is the user who asks.
    if call.caller.kind is not CallerKind.APP and not call.permissions.holds_globally(ADMINISTER):
        raise JiraError(
            403, "You need the Administer Jira permission to check the permissions of other users."
        )
    user = call.world.users.get(str(account_id))
    if user is None:
        raise JiraError(400, f"The account ID {account_id!r} is not valid.")
    return call.permissions_of(user)


def _grants(call: Call, subject: Permissions, one: Any) -> Iterator[Json]:
    if not isinstance(one, dict):
        raise JiraError(400, errors={"projectPermissions": "must be a list of objects"})
    wanted = strings(one.get("permissions"), "permissions")
    unknown = [name for name in wanted if name not in PROJECT_PERMISSIONS]
    if not wanted:
        raise JiraError(400, "At least one project permission is needed.")
    if unknown:
        raise JiraError(400, f"Unrecognized project permissions: {', '.join(unknown)}")
    known_projects, known_issues = call.world.projects, call.world.issues
    projects = [known_projects[key] for key in _ids(one, "projects") if key in known_projects]
    issues = [known_issues[key] for key in _ids(one, "issues") if key in known_issues]
    if len(projects) > MOST or len(issues) > MOST:
        raise JiraError(400, f"At most {MOST} projects and {MOST} issues can be checked.")
    for name in wanted:
        yield {
            "permission": name,
            "projects": [project.id for project in projects if subject.holds(name, project)],
            "issues": [issue.id for issue in issues if subject.holds_on(name, issue)],
        }


def _ids(one: Json, name: str) -> list[int]:
    return unique(numbers(one.get(name), name))


def _within(call: Call) -> Callable[[str], bool]:
    """How to tell whether a permission is held, in the context that the query names."""
    issue_key = call.text("issueId") or call.text("issueKey")
    project_key = call.text("projectId") or call.text("projectKey")
    issue = call.issue(issue_key) if issue_key else None
    project = call.project(project_key) if project_key and issue is None else None

    def holds(name: str) -> bool:
        if name in GLOBAL_PERMISSIONS:
            return call.permissions.holds_globally(name)
        if issue is not None:
            return call.permissions.holds_on(name, issue)
        projects = [project] if project else call.world.projects.values()
        return any(call.permissions.holds(name, one) for one in projects)

    return holds


def _described(name: str, held: bool) -> Json:
    is_global = name in permissions.GLOBAL_PERMISSIONS
    identifier, title = (GLOBAL_PERMISSIONS if is_global else PROJECT_PERMISSIONS)[name]
    return {
        "id": identifier,
        "key": name,
        "name": title,
        "type": "GLOBAL" if is_global else "PROJECT",
        "description": title,
        "havePermission": held,
    }
