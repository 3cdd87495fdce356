"""What the administrator of a site decides: the secured option, team managers, working time."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select
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


def load(session: Session, actor: Actor) -> Settings:
    """The settings of the actor's site."""
    row = session.scalars(
        select(SiteSettings).where(SiteSettings.instance_key == actor.instance_key)
    ).one_or_none()
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
    before = load(session, actor)
    after = replace(before, **wanted)
    values = {
        "secured_teams": after.secured_teams,
        "team_managers": list(after.team_managers),
        "hours_per_day": after.hours_per_day,
        "days_per_week": after.days_per_week,
    }
    upsert = insert(SiteSettings).values(instance_key=actor.instance_key, version=1, **values)
    session.execute(
        upsert.on_conflict_do_update(
            index_elements=[SiteSettings.instance_key],
            set_={**values, "version": SiteSettings.version + 1},
        )
    )
    eventlog.record(
        session,
        actor,
        Act.SETTINGS_CHANGE,
        eventlog.Target("settings", actor.instance_key),
        changes={"before": _facts(before), "after": _facts(after)},
    )
    return after


def _facts(settings: Settings) -> dict[str, Any]:
    return {
        "secured_teams": settings.secured_teams,
        "team_managers": list(settings.team_managers),
        "hours_per_day": str(settings.hours_per_day),
        "days_per_week": str(settings.days_per_week),
    }
