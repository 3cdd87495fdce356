"""Users and groups."""

from sandbox import representations
from sandbox.model import Group, Json, User
from sandbox.permissions import ADMINISTER
from sandbox.rest.callers import Scope
from sandbox.rest.errors import JiraError
from sandbox.rest.routes import Call, route

BROWSE_USERS = "USER_PICKER"


@route("GET", "/myself", scope=Scope.READ)
def myself(call: Call) -> Json:
    return representations.user(call.world, _user(call, call.caller.account_id), expand=call.words("expand"))


@route("GET", "/user", scope=Scope.READ, anonymous=True)
def user(call: Call) -> Json:
    _require_browsing(call)
    account_id = call.text("accountId")
    if not account_id:
        raise JiraError(
            400, "Either the username or the key or the accountId query parameters need to be provided"
        )
    return representations.user(call.world, _user(call, account_id), expand=call.words("expand"))


@route("GET", "/user/bulk", scope=Scope.READ)
def users_in_bulk(call: Call) -> Json:
    """Unknown ids are left out. A page has 10 people unless asked otherwise, however many ids were given."""
    wanted = call.values("accountId")
    if not wanted:
        raise JiraError(400, "The accountId query parameter is required.")
    known = [
        call.world.users[account_id] for account_id in dict.fromkeys(wanted) if account_id in call.world.users
    ]
    return call.page(
        [_without_lists(representations.user(call.world, one)) for one in known], default=10, most=200
    )


@route("GET", "/user/search", scope=Scope.READ, anonymous=True)
def search_users(call: Call) -> list[Json]:
    query, account_id = call.text("query"), call.text("accountId")
    if "query" not in call.arguments and not account_id:
        raise JiraError(400, "Either the query, the accountId or the property query parameter is required.")
    if query and account_id:
        raise JiraError(400, "The query and accountId parameters cannot be used together.")
    if not call.permissions.holds_globally(BROWSE_USERS):
        return []
    found = [one for one in _active(call) if account_id in ("", one.account_id) and _matches(one, query)]
    return _slice(call, found)


@route("GET", "/user/assignable/search", scope=Scope.READ, anonymous=True)
def assignable_users(call: Call) -> list[Json]:
    issue_key = call.text("issueKey") or call.text("issueId")
    if not issue_key and not call.text("project"):
        raise JiraError(400, "Either the project or the issueKey query parameter is required.")
    issue = call.issue(issue_key) if issue_key else None
    project = call.world.project_of(issue) if issue else call.project(call.text("project"))
    query, account_id = call.text("query"), call.text("accountId")
    found = [
        one
        for one in _active(call)
        if one.account_type == "atlassian"
        and account_id in ("", one.account_id)
        and _matches(one, query)
        and call.permissions_of(one).holds("ASSIGNABLE_USER", project, issue)
    ]
    return _slice(call, found)


@route("GET", "/user/groups", scope=Scope.READ, anonymous=True)
def groups_of_user(call: Call) -> list[Json]:
    _require_browsing(call)
    found = _user(call, call.text("accountId"))
    return [representations.group_name(call.world, group) for group in call.world.groups_of(found.account_id)]


@route("GET", "/group/member", scope=Scope.ADMIN)
def members_of_group(call: Call) -> Json:
    _require_browsing(call)
    group = _group(call)
    people = [call.world.users[account_id] for account_id in group.members if account_id in call.world.users]
    if call.text("includeInactiveUsers") != "true":
        people = [one for one in people if one.active]
    shown = [representations.user_details(call.world, one.account_id) for one in people]
    return call.page(shown, default=50, most=50)


@route("GET", "/groups/picker", scope=Scope.READ, anonymous=True)
def pick_groups(call: Call) -> Json:
    query, left_out = call.text("query").lower(), set(call.values("exclude"))
    found = sorted(
        group.name
        for group in (call.world.groups.values() if call.caller.user else ())
        if query in group.name.lower() and group.name not in left_out
    )
    shown = found[: call.integer("maxResults", 20)]
    return {
        "header": f"Showing {len(shown)} of {len(found)} matching groups",
        "total": len(found),
        "groups": [
            {"name": name, "html": name, "labels": [], "groupId": call.world.groups[name].group_id}
            for name in shown
        ],
    }


@route("GET", "/group/bulk", scope=Scope.ADMIN)
def groups_in_bulk(call: Call) -> Json:
    _require_browsing(call)
    ids, names = set(call.values("groupId")), set(call.values("groupName"))
    found = [
        {"name": group.name, "groupId": group.group_id}
        for group in call.world.groups.values()
        if not ids | names or group.group_id in ids or group.name in names
    ]
    return call.page(found, default=50, most=50)


def _require_browsing(call: Call) -> None:
    allowed = call.permissions.holds_globally(BROWSE_USERS) or call.permissions.holds_globally(ADMINISTER)
    if not allowed:
        raise JiraError(403, "You do not have the Browse users and groups permission.")


def _user(call: Call, account_id: str) -> User:
    found = call.world.users.get(account_id)
    if found is None:
        raise JiraError(404, "Specified user does not exist or you do not have required permissions")
    return found


def _group(call: Call) -> Group:
    name, group_id = call.text("groupname"), call.text("groupId")
    if not name and not group_id:
        raise JiraError(400, "Either the groupname or the groupId query parameter is required.")
    found = call.world.group_by_id(group_id) if group_id else call.world.groups.get(name)
    if found is None:
        raise JiraError(404, f"The group named '{group_id or name}' does not exist.")
    return found


def _active(call: Call) -> list[User]:
    return [one for one in call.world.users.values() if one.active]


def _matches(one: User, query: str) -> bool:
    """Whether the display name, a word of it, or the e-mail address begins with the query."""
    wanted = query.lower()
    name = one.display_name.lower()
    return (
        name.startswith(wanted)
        or one.email.lower().startswith(wanted)
        or any(word.startswith(wanted) for word in name.split())
    )


def _slice(call: Call, people: list[User]) -> list[Json]:
    start, size = call.integer("startAt", 0), min(call.integer("maxResults", 50), 1000)
    return [_without_lists(representations.user(call.world, one)) for one in people[start : start + size]]


def _without_lists(shown: Json) -> Json:
    return {
        name: value for name, value in shown.items() if name not in {"groups", "applicationRoles", "expand"}
    }
