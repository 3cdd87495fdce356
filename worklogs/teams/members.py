"""Members: who belongs to a team, in which role, from when to when (domain.md T5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from tenancy import eventlog, identifiers
from tenancy.actors import Actor
from worklogs import errors
from worklogs.actions import Act
from worklogs.models import Membership, Role, Team
from worklogs.teams import roles, standing, teams

_UNCHANGED: Any = object()


@dataclass(frozen=True, slots=True)
class NewMember:
    """Somebody to be added. `joined_on` None means today."""

    account_id: str
    role_id: UUID
    joined_on: date | None
    left_on: date | None


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What to change about a membership; what is left out stays."""

    role_id: UUID = _UNCHANGED
    joined_on: date = _UNCHANGED
    left_on: date | None = _UNCHANGED


def is_active(membership: Membership) -> bool:
    """Whether the membership counts today: inside its dates and not ended at once."""
    day = standing.today()
    return (
        membership.ended_at is None
        and membership.joined_on <= day
        and (membership.left_on is None or membership.left_on >= day)
    )


def of_team(session: Session, actor: Actor, team_id: UUID) -> Sequence[Membership]:
    """All memberships of the team, past ones too, for its active members. Raises NothingHere."""
    teams.find(session, actor, team_id)
    query = (
        select(Membership)
        .options(joinedload(Membership.role))
        .where(Membership.team_id == team_id)
        .order_by(Membership.joined_on, Membership.id)
    )
    return session.scalars(query).all()


def add(session: Session, actor: Actor, team_id: UUID, new: NewMember) -> Membership:
    """The new membership.

    Raises MembershipOverlaps, InvalidField for the role or the dates, and as managed_team().
    """
    roles.managed_team(session, actor, team_id, Act.MEMBER_ADD)
    membership = Membership(
        instance_key=actor.instance_key,
        id=identifiers.new_id(),
        team_id=team_id,
        account_id=new.account_id,
        role_id=_role(session, team_id, new.role_id).id,
        joined_on=new.joined_on or standing.today(),
        left_on=new.left_on,
        ended_at=None,
        version=1,
    )
    _require_sound(session, membership)
    session.add(membership)
    session.flush()
    _record(session, actor, Act.MEMBER_ADD, membership, {"after": _facts(membership)})
    return _with_role(session, membership)


def change(
    session: Session,
    actor: Actor,
    team_id: UUID,
    member_id: UUID,
    wanted: MemberChange,
    *,
    version: int | None,
) -> Membership:
    """The changed membership. `version` None changes it whatever its version.

    Raises StaleVersion, LastLead, MembershipOverlaps, InvalidField, NothingHere, and as managed_team().
    """
    team = roles.managed_team(session, actor, team_id, Act.MEMBER_CHANGE).team
    membership = _find(session, team_id, member_id, Act.MEMBER_CHANGE)
    if version is not None and membership.version != version:
        raise errors.StaleVersion
    before = _facts(membership)
    if wanted.role_id is not _UNCHANGED:
        membership.role_id = _role(session, team_id, wanted.role_id).id
    if wanted.joined_on is not _UNCHANGED:
        membership.joined_on = wanted.joined_on
    if wanted.left_on is not _UNCHANGED:
        membership.left_on = wanted.left_on
    membership.version += 1
    with session.no_autoflush:
        _require_sound(session, membership)
    session.flush()
    _keep_a_lead(session, team)
    _record(session, actor, Act.MEMBER_CHANGE, membership, {"before": before, "after": _facts(membership)})
    return _with_role(session, membership)


def end(session: Session, actor: Actor, team_id: UUID, member_id: UUID) -> None:
    """End the membership now. It stays as history (domain.md T5); ending an ended one changes nothing.

    Raises LastLead, NothingHere, and as managed_team().
    """
    team = roles.managed_team(session, actor, team_id, Act.MEMBER_END).team
    membership = _find(session, team_id, member_id, Act.MEMBER_END)
    if membership.ended_at is not None:
        return
    membership.ended_at = datetime.now(UTC)
    membership.version += 1
    session.flush()
    _keep_a_lead(session, team)
    _record(session, actor, Act.MEMBER_END, membership, {"before": _facts(membership)})


def _find(session: Session, team_id: UUID, member_id: UUID, act: Act) -> Membership:
    query = select(Membership).where(Membership.id == member_id, Membership.team_id == team_id)
    membership = session.scalars(query).one_or_none()
    if membership is None:
        raise errors.NothingHere().about(act, eventlog.Target("membership", str(member_id)))
    return membership


def _role(session: Session, team_id: UUID, role_id: UUID) -> Role:
    role = session.scalars(select(Role).where(Role.id == role_id, Role.team_id == team_id)).one_or_none()
    if role is None:
        raise errors.InvalidField("roleId", "The team has no such role.")
    return role


def _require_sound(session: Session, membership: Membership) -> None:
    """Dates in order, and no second membership of the same person in the same days.

    The team's row is locked by managed_team(), so nobody adds one between this look and the write.
    """
    if membership.left_on is not None and membership.left_on < membership.joined_on:
        raise errors.InvalidField("leftOn", "The leaving date lies before the joining date.")
    others = select(Membership.id).where(
        Membership.team_id == membership.team_id,
        Membership.account_id == membership.account_id,
        Membership.id != membership.id,
        Membership.ended_at.is_(None),
        or_(Membership.left_on.is_(None), Membership.left_on >= membership.joined_on),
    )
    if membership.left_on is not None:
        others = others.where(Membership.joined_on <= membership.left_on)
    if membership.ended_at is None and session.scalars(others.limit(1)).first() is not None:
        raise errors.MembershipOverlaps


def _keep_a_lead(session: Session, team: Team) -> None:
    """Raise LastLead when no active lead without a leaving date is left.

    The team's contact stays one of its leads: when that person no longer is, the longest-serving one is.
    """
    leads = session.scalars(
        select(Membership.account_id)
        .join(Role, Role.id == Membership.role_id)
        .where(
            Membership.team_id == team.id,
            Role.kind == "lead",
            Membership.left_on.is_(None),
            standing.active_on(standing.today()),
        )
        .order_by(Membership.joined_on, Membership.id)
    ).all()
    if not leads:
        raise errors.LastLead
    if team.lead_account_id not in leads:
        team.lead_account_id = leads[0]
        team.version += 1
        session.flush()


def _with_role(session: Session, membership: Membership) -> Membership:
    session.refresh(membership, attribute_names=["role"])
    return membership


def _facts(membership: Membership) -> dict[str, Any]:
    return {
        "account": membership.account_id,
        "role": str(membership.role_id),
        "joined_on": membership.joined_on.isoformat(),
        "left_on": membership.left_on.isoformat() if membership.left_on else None,
    }


def _record(
    session: Session, actor: Actor, act: Act, membership: Membership, changes: dict[str, Any]
) -> None:
    target = eventlog.Target("membership", str(membership.id))
    eventlog.record(session, actor, act, target, changes={"team": str(membership.team_id), **changes})
