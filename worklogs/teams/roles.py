"""Roles: named sets of permissions in a team (domain.md T4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exc, select
from sqlalchemy.orm import Session

from tenancy import eventlog, identifiers
from tenancy.actors import Actor
from worklogs import errors, policy
from worklogs.actions import Act
from worklogs.models import Role
from worklogs.policy import Permission
from worklogs.teams import teams
from worklogs.teams.teams import TeamView


@dataclass(frozen=True, slots=True)
class NewRole:
    """A custom role that a lead wants."""

    name: str
    permissions: frozenset[Permission]


def managed_team(session: Session, actor: Actor, team_id: UUID, act: Act) -> TeamView:
    """The team, its row locked, for somebody who may manage it.

    Raises NothingHere for those who are no members of it and NotAllowed for members without "manage team".
    """
    view = teams.find(session, actor, team_id, lock=True)
    if not policy.may_manage_team(policy.Standing(actor.user(), view.permissions)):
        raise errors.NotAllowed('This needs the permission "manage team".').about(
            act, eventlog.Target("team", str(team_id))
        )
    return view


def of_team(session: Session, team_id: UUID) -> Sequence[Role]:
    """The team's roles, the two it was born with first, then by name."""
    by_kind = select(Role).where(Role.team_id == team_id)
    rank = {"lead": 0, "member": 1, "custom": 2}
    return sorted(session.scalars(by_kind), key=lambda role: (rank[role.kind], role.name.casefold()))


def create(session: Session, actor: Actor, team_id: UUID, new: NewRole) -> Role:
    """The new custom role. Raises RoleNameTaken, and as managed_team()."""
    managed_team(session, actor, team_id, Act.ROLE_CREATE)
    role = Role(
        instance_key=actor.instance_key,
        id=identifiers.new_id(),
        team_id=team_id,
        name=new.name,
        permissions=sorted(new.permissions),
        kind="custom",
    )
    session.add(role)
    try:
        session.flush()
    except exc.IntegrityError as error:
        if _constraint(error) == "role_name_unique":
            raise errors.RoleNameTaken from error
        raise
    eventlog.record(
        session,
        actor,
        Act.ROLE_CREATE,
        eventlog.Target("role", str(role.id)),
        changes={"team": str(team_id), "name": role.name, "permissions": role.permissions},
    )
    return role


def _constraint(error: exc.IntegrityError) -> str | None:
    diagnosis = getattr(error.orig, "diag", None)
    return getattr(diagnosis, "constraint_name", None)
