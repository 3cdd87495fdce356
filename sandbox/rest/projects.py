"""Projects and their roles."""

from sandbox import representations
from sandbox.model import Json, Project
from sandbox.permissions import ADMINISTER, BROWSE_PROJECTS
from sandbox.rest.callers import Scope
from sandbox.rest.errors import JiraError
from sandbox.rest.routes import Call, route


@route("GET", "/project", scope=Scope.READ, anonymous=True)
def projects(call: Call) -> list[Json]:
    return [representations.project(call.world, project) for project in _visible(call)]


@route("GET", "/project/search", scope=Scope.READ, anonymous=True)
def search_projects(call: Call) -> Json:
    keys, ids, query = set(call.values("keys")), set(call.values("id")), call.text("query").lower()
    found = [
        project
        for project in _visible(call)
        if (not keys or project.key in keys)
        and (not ids or str(project.id) in ids)
        and (query in project.key.lower() or query in project.name.lower())
    ]
    found.sort(key=lambda project: project.key)
    return call.page(
        [representations.project(call.world, project) for project in found], default=50, most=100
    )


@route("GET", "/project/<project>", scope=Scope.READ, anonymous=True)
def project(call: Call, project: str) -> Json:
    return representations.project(call.world, call.project(project), full=True)


@route("GET", "/project/<project>/role", scope=Scope.READ, anonymous=True)
def roles_of_project(call: Call, project: str) -> Json:
    return representations.role_links(call.world, call.project(project))


@route("GET", "/project/<project>/role/<int:role>", scope=Scope.READ, anonymous=True)
def role_of_project(call: Call, project: str, role: int) -> Json:
    within = call.project(project)
    if role not in within.roles:
        raise JiraError(404, f"Can not retrieve a role actor for a null project role: {role}.")
    return representations.role(call.world, call.world.roles[role], within)


@route("GET", "/role", scope=Scope.ADMIN)
def roles(call: Call) -> list[Json]:
    if not call.permissions.holds_globally(ADMINISTER):
        raise JiraError(403, "You need the Administer Jira permission.")
    return [representations.role(call.world, role) for role in call.world.roles.values()]


def _visible(call: Call) -> list[Project]:
    return [one for one in call.world.projects.values() if call.permissions.holds(BROWSE_PROJECTS, one)]
