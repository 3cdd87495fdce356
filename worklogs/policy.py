"""Who may do what: pure decisions, from permissions and authorship alone.

The database decides the same once more for rows (migration 0002: `teams_where`, `readable_teams` and
the policies on `secured_worklog`); a table-driven test runs every case through both and compares.
"""

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """What a role can hold (domain.md T4)."""

    LOG_OWN = "log_own"
    LOG_FOR_OTHERS = "log_for_others"
    VIEW_OTHERS = "view_others"
    MANAGE_OTHERS = "manage_others"
    VIEW_TOTALS = "view_totals"
    MANAGE_TEAM = "manage_team"


LEAD_PERMISSIONS = frozenset(Permission)
MEMBER_PERMISSIONS = frozenset({Permission.LOG_OWN})

READS_OTHERS = frozenset({Permission.VIEW_OTHERS, Permission.MANAGE_OTHERS})
"""Either of these makes the work logs of a team's other members readable (domain.md W3)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An account's place in one team today: what its *active* memberships hold. Empty for everybody else."""

    account_id: str
    permissions: frozenset[Permission] = frozenset()

    def holds(self, *permissions: Permission) -> bool:
        """True when at least one of `permissions` is held."""
        return not self.permissions.isdisjoint(permissions)


def may_read(standing: Standing, author: str) -> bool:
    """domain.md W3: the author, and whoever may view or manage others' work logs of the team."""
    return standing.account_id == author or standing.holds(*READS_OTHERS)


def may_log(standing: Standing, author: str) -> bool:
    """domain.md W5, the app's half: own work with "log own work", others' with "log for others"."""
    needed = Permission.LOG_OWN if standing.account_id == author else Permission.LOG_FOR_OTHERS
    return standing.holds(needed)


def may_change(standing: Standing, author: str) -> bool:
    """domain.md W6: the author, and whoever holds "manage others' work logs"."""
    return standing.account_id == author or standing.holds(Permission.MANAGE_OTHERS)


def may_manage_team(standing: Standing) -> bool:
    """domain.md T4: roles and members are the business of "manage team"."""
    return standing.holds(Permission.MANAGE_TEAM)
