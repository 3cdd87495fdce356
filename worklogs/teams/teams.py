"""Teams: made once, visible to their members (domain.md T1, T2, T3, T6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import and_, select, tuple_
from sqlalchemy.orm import Session

from tenancy import eventlog, identifiers
from tenancy.actors import Actor
from worklogs import cursors, errors, policy
from worklogs.actions import Act
from worklogs.administration import settings
from worklogs.models import Membership, Role, Team
from worklogs.policy import Permission
from worklogs.teams import standing


@dataclass(frozen=True, slots=True)
class NewTeam:
    """What somebody wants a team to be. `lead_account_id` None means: whoever asks."""

    name: str
    description: str
    visibility: str
    lead_account_id: str | None


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team as one of its active members sees it: with that member's role and permissions."""

    team: Team
    role: Role | None
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True)
class TeamFilter:
    """Which teams to list; None does not narrow."""

    visibility: str | None = None
    permission: Permission | None = None
    text: str | None = None


def create(session: Session, actor: Actor, new: NewTeam, *, is_site_administrator: bool) -> TeamView:
    """The new team with its two default roles and its lead as first member.

    Raises NotAllowed unless the actor is a Jira administrator or a team manager (domain.md T3), and
    SecuredOptionOff for a secured team while the site's option is off (domain.md T2).
    """
    site = settings.load(session, actor)
    me = actor.user()
    if not (is_site_administrator or me in site.team_managers):
        raise errors.NotAllowed(
            "Only Jira administrators and the team managers they name may create teams."
        ).about(Act.TEAM_CREATE)
    if new.visibility == "secured" and not site.secured_teams:
        raise errors.SecuredOptionOff().about(Act.TEAM_CREATE)
    lead = new.lead_account_id or me
    team = Team(
        instance_key=actor.instance_key,
        id=identifiers.new_id(),
        name=new.name,
        description=new.description,
        visibility=new.visibility,
        lead_account_id=lead,
        version=1,
        created_at=datetime.now(UTC),
        created_by=me,
    )
    session.add(team)
    session.flush()
    lead_role, _ = roles = _default_roles(team)
    session.add_all(roles)
    session.flush()
    session.add(
        Membership(
            instance_key=actor.instance_key,
            id=identifiers.new_id(),
            team_id=team.id,
            account_id=lead,
            role_id=lead_role.id,
            joined_on=standing.today(),
            left_on=None,
            ended_at=None,
            version=1,
        )
    )
    session.flush()
    eventlog.record(
        session,
        actor,
        Act.TEAM_CREATE,
        eventlog.Target("team", str(team.id)),
        changes={"name": new.name, "visibility": new.visibility, "lead": lead},
    )
    return TeamView(
        team, lead_role if lead == me else None, policy.LEAD_PERMISSIONS if lead == me else frozenset()
    )


def _default_roles(team: Team) -> tuple[Role, Role]:
    def role(kind: str, name: str, permissions: frozenset[Permission]) -> Role:
        return Role(
            instance_key=team.instance_key,
            id=identifiers.new_id(),
            team_id=team.id,
            name=name,
            permissions=sorted(permissions),
            kind=kind,
        )

    lead = role("lead", "Team lead", policy.LEAD_PERMISSIONS)
    return lead, role("member", "Team member", policy.MEMBER_PERMISSIONS)


def find(session: Session, actor: Actor, team_id: UUID, *, lock: bool = False) -> TeamView:
    """The team, for one of its active members. Raises NothingHere for anybody else (domain.md T6).

    `lock` keeps the team's row for the rest of the transaction, so that two changes of its members wait
    for each other.
    """
    query = select(Team).where(Team.id == team_id)
    team = session.scalars(query.with_for_update() if lock else query).one_or_none()
    views = _views(session, actor, [team]) if team else []
    if not views:
        raise errors.NothingHere().about(Act.TEAM_READ, eventlog.Target("team", str(team_id)))
    return views[0]


def listing(
    session: Session, actor: Actor, wanted: TeamFilter, *, cursor: str | None, limit: int
) -> tuple[list[TeamView], str | None]:
    """Up to `limit` of the actor's teams, newest first, and the cursor of the next page if there is one."""
    mine = select(Membership.team_id).where(
        Membership.account_id == actor.user(), standing.active_on(standing.today())
    )
    if wanted.permission:
        mine = mine.join(
            Role, and_(Role.instance_key == Membership.instance_key, Role.id == Membership.role_id)
        ).where(Role.permissions.contains([wanted.permission]))
    query = select(Team).where(Team.id.in_(mine)).order_by(Team.created_at.desc(), Team.id.desc())
    if wanted.visibility:
        query = query.where(Team.visibility == wanted.visibility)
    if wanted.text:
        query = query.where(
            Team.name.icontains(wanted.text, autoescape=True)
            | Team.description.icontains(wanted.text, autoescape=True)
        )
    if cursor:
        created_at, team_id = cursors.decode_uuid(cursor)
        query = query.where(tuple_(Team.created_at, Team.id) < tuple_(created_at, team_id))
    teams = session.scalars(query.limit(limit + 1)).all()
    page = teams[:limit]
    more = cursors.encode(page[-1].created_at, str(page[-1].id)) if len(teams) > limit else None
    return _views(session, actor, page), more


def _views(session: Session, actor: Actor, teams: Sequence[Team]) -> list[TeamView]:
    """Each of `teams` that the actor is an active member of, in the same order; two statements in all."""
    query = (
        select(Membership.team_id, Role)
        .join(Role, and_(Role.instance_key == Membership.instance_key, Role.id == Membership.role_id))
        .where(
            Membership.account_id == actor.user(),
            Membership.team_id.in_([team.id for team in teams]),
            standing.active_on(standing.today()),
        )
        .order_by(Membership.joined_on, Membership.id)
    )
    roles: dict[UUID, list[Role]] = {}
    for team_id, role in session.execute(query):
        roles.setdefault(team_id, []).append(role)
    return [
        TeamView(team, held[0], frozenset(Permission(p) for role in held for p in role.permissions))
        for team in teams
        if (held := roles.get(team.id))
    ]
