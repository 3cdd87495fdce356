"""Who may do what on a site: global permissions by group, project permissions by the project's scheme.

A Jira administrator holds *Administer Jira* and nothing else by it: whether he or she may browse a project is
the scheme's decision, as for everybody.
"""

from dataclasses import dataclass

from sandbox.model import (
    Actors,
    Grantee,
    GranteeKind,
    Issue,
    Project,
    Role,
    User,
    VisibilityKind,
    Worklog,
    World,
)

BROWSE_PROJECTS = "BROWSE_PROJECTS"
WORK_ON_ISSUES = "WORK_ON_ISSUES"
ADMINISTER = "ADMINISTER"

#: Key -> (Jira's numeric id, name), for ``mypermissions``.
GLOBAL_PERMISSIONS = {
    "ADMINISTER": ("0", "Administer Jira"),
    "SYSTEM_ADMIN": ("44", "Administer Jira (site)"),
    "USER_PICKER": ("27", "Browse users and groups"),
    "BULK_CHANGE": ("33", "Make bulk changes"),
    "CREATE_SHARED_OBJECTS": ("22", "Share dashboards and filters"),
    "MANAGE_GROUP_FILTER_SUBSCRIPTIONS": ("24", "Manage group filter subscriptions"),
    "CREATE_PROJECT": ("51", "Create team-managed projects"),
}
PROJECT_PERMISSIONS = {
    "ADMINISTER_PROJECTS": ("23", "Administer projects"),
    "BROWSE_PROJECTS": ("10", "Browse projects"),
    "CREATE_ISSUES": ("11", "Create issues"),
    "EDIT_ISSUES": ("12", "Edit issues"),
    "DELETE_ISSUES": ("16", "Delete issues"),
    "ASSIGN_ISSUES": ("13", "Assign issues"),
    "ASSIGNABLE_USER": ("17", "Assignable user"),
    "TRANSITION_ISSUES": ("46", "Transition issues"),
    "ADD_COMMENTS": ("15", "Add comments"),
    "WORK_ON_ISSUES": ("20", "Work on issues"),
    "EDIT_OWN_WORKLOGS": ("40", "Edit own worklogs"),
    "EDIT_ALL_WORKLOGS": ("41", "Edit all worklogs"),
    "DELETE_OWN_WORKLOGS": ("42", "Delete own worklogs"),
    "DELETE_ALL_WORKLOGS": ("43", "Delete all worklogs"),
}


@dataclass(frozen=True)
class Permissions:
    """What one user (None: nobody is logged in) may do in a world. Cheap: asks the world at each call."""

    world: World
    user: User | None

    def holds_globally(self, permission: str) -> bool:
        """Whether a group of the user holds the global permission."""
        if self.user is None or not _may_log_in(self.user):
            return False
        # Connect puts an add-on's user among the administrators; its scopes are what holds it back.
        if self.user.account_type == "app":
            return permission in GLOBAL_PERMISSIONS
        holders = self.world.global_permissions.get(permission, [])
        return any(self.in_group(name) for name in holders)

    def holds(self, permission: str, project: Project, issue: Issue | None = None) -> bool:
        """Whether the project's scheme grants a project permission; without browsing there is no other.

        Without an issue, "reporter" and "current assignee" count as met, as in Jira's project context.
        """
        if not self._granted(BROWSE_PROJECTS, project, issue):
            return False
        return permission == BROWSE_PROJECTS or self._granted(permission, project, issue)

    def holds_on(self, permission: str, issue: Issue) -> bool:
        """:meth:`holds` for one issue."""
        return self.holds(permission, self.world.project_of(issue), issue)

    def may_see(self, worklog: Worklog) -> bool:
        """Whether a work log's restriction lets the user in. Browsing the issue is another question."""
        restriction = worklog.visibility
        if restriction is None:
            return True
        if restriction.kind is VisibilityKind.GROUP:
            group = self.world.group_by_id(restriction.identifier)
            return group is not None and self.in_group(group.name)
        issue = self.world.issues.get(worklog.issue_id)
        return issue is not None and self.has_role(int(restriction.identifier), self.world.project_of(issue))

    def in_group(self, name: str) -> bool:
        group = self.world.groups.get(name)
        return self.user is not None and group is not None and self.user.account_id in group.members

    def has_role(self, role_id: int, project: Project) -> bool:
        actors = project.roles.get(role_id, Actors())
        if self.user is None:
            return False
        return self.user.account_id in actors.users or any(self.in_group(name) for name in actors.groups)

    def _granted(self, permission: str, project: Project, issue: Issue | None) -> bool:
        if self.user is None or not _may_log_in(self.user):
            return False
        # Connect gives an add-on's user every project permission through its own project role.
        if self.user.account_type == "app":
            return permission in PROJECT_PERMISSIONS
        grantees = self.world.schemes[project.scheme_id].grants.get(permission, [])
        return any(self._is(grantee, self.user, project, issue) for grantee in grantees)

    def _is(self, grantee: Grantee, user: User, project: Project, issue: Issue | None) -> bool:
        match grantee.kind:
            case GranteeKind.APPLICATION_ROLE:
                met = True
            case GranteeKind.GROUP:
                met = self.in_group(grantee.value)
            case GranteeKind.PROJECT_ROLE:
                met = self.has_role(int(grantee.value), project)
            case GranteeKind.USER:
                met = user.account_id == grantee.value
            case GranteeKind.PROJECT_LEAD:
                met = user.account_id == project.lead
            case GranteeKind.ASSIGNEE:
                met = issue is None or issue.assignee == user.account_id
            case GranteeKind.REPORTER:
                met = issue is None or issue.reporter == user.account_id
        return met


def _may_log_in(user: User) -> bool:
    return user.active and user.licensed


def visible_roles(world: World, project: Project) -> list[Role]:
    """The roles of a project, in the order of their ids."""
    return [world.roles[role_id] for role_id in sorted(project.roles)]
