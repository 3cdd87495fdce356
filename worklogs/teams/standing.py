"""Where an account stands in a team today."""

from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from worklogs.models import Membership, Role
from worklogs.policy import Permission, Standing


def today() -> date:
    """The day that decides whether a membership is active: UTC's, as in `teams_where` in the database."""
    return datetime.now(UTC).date()


def active_on(day: date) -> ColumnElement[bool]:
    """The condition under which a membership is active on `day` (domain.md T5)."""
    return and_(
        Membership.ended_at.is_(None),
        Membership.joined_on <= day,
        or_(Membership.left_on.is_(None), Membership.left_on >= day),
    )


def of(session: Session, account_id: str, team_id: UUID) -> Standing | None:
    """The account's Standing in the team, or None when it is no active member."""
    query = (
        select(Role.permissions)
        .join(Membership, and_(Membership.instance_key == Role.instance_key, Membership.role_id == Role.id))
        .where(Membership.team_id == team_id, Membership.account_id == account_id, active_on(today()))
    )
    held = session.scalars(query).all()
    if not held:
        return None
    return Standing(account_id, frozenset(Permission(each) for permissions in held for each in permissions))
