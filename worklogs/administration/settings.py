"""What the administrator of a site decides: the secured option, team managers, working time."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenancy import eventlog
from tenancy.actors import Actor
from worklogs import errors
from worklogs.actions import Act
from worklogs.durations import WorkingTime
from worklogs.models import SiteSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """A site's settings; the defaults hold until its administrator says otherwise.

    `secured_teams`: may secured teams be created (domain.md T2, off by default)? `team_managers`: account
    ids of those who may create teams besides Jira's administrators (domain.md T3).
    """

    secured_teams: bool = False
    team_managers: tuple[str, ...] = ()
    hours_per_day: Decimal = Decimal(8)
    days_per_week: Decimal = Decimal(5)

    @property
    def working_time(self) -> WorkingTime:
        """What `1d` and `1w` mean on this site."""
        return WorkingTime(self.hours_per_day, self.days_per_week)


def load(session: Session, actor: Actor, *, lock: bool = False) -> Settings:
    """The settings of the actor's site. `lock` keeps their row for the rest of the transaction."""
    query = select(SiteSettings).where(SiteSettings.instance_key == actor.instance_key)
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        return Settings()
    return Settings(row.secured_teams, tuple(row.team_managers), row.hours_per_day, row.days_per_week)


def change(
    session: Session, actor: Actor, wanted: dict[str, Any], *, is_site_administrator: bool
) -> Settings:
    """The settings with `wanted` (attributes of Settings) put in place; existing teams stay as they are.

    Raises NotAllowed for everybody but Jira's administrators.
    """
    if not is_site_administrator:
        raise errors.NotAllowed("Only a Jira administrator may change these settings.").about(
            Act.SETTINGS_CHANGE
        )
    # The row is made if need be and locked before it is read: of two changes at once, the second builds on
    # the first instead of writing back what it had read before it.
    defaults = insert(SiteSettings).values(instance_key=actor.instance_key, version=0, **_values(Settings()))
    session.execute(defaults.on_conflict_do_nothing(index_elements=[SiteSettings.instance_key]))
    before = load(session, actor, lock=True)
    after = replace(before, **wanted)
    session.execute(
        update(SiteSettings)
        .where(SiteSettings.instance_key == actor.instance_key)
        .values(**_values(after), version=SiteSettings.version + 1)
    )
    eventlog.record(
        session,
        actor,
        Act.SETTINGS_CHANGE,
        eventlog.Target("settings", actor.instance_key),
        changes={"before": _facts(before), "after": _facts(after)},
    )
    return after


def _values(settings: Settings) -> dict[str, Any]:
    return {
        "secured_teams": settings.secured_teams,
        "team_managers": list(settings.team_managers),
        "hours_per_day": settings.hours_per_day,
        "days_per_week": settings.days_per_week,
    }


def _facts(settings: Settings) -> dict[str, Any]:
    return {
        "secured_teams": settings.secured_teams,
        "team_managers": list(settings.team_managers),
        "hours_per_day": str(settings.hours_per_day),
        "days_per_week": str(settings.days_per_week),
    }
