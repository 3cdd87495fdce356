"""The tables of teams and their secured work logs. Their policies stand in migration 0002."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Date, DateTime, ForeignKeyConstraint, LargeBinary, Numeric, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

Timestamp = DateTime(timezone=True)


class Base(DeclarativeBase):
    """The tables of this layer; created by migrations, never by this metadata."""


class SiteSettings(Base):
    """What the administrator of a site has decided. No row means: the defaults."""

    __tablename__ = "site_settings"

    instance_key: Mapped[str] = mapped_column(Text, primary_key=True)
    #: May teams with secured work logs be created (domain.md T2)?
    secured_teams: Mapped[bool]
    #: Account ids of those who may create teams besides the site's administrators (domain.md T3).
    team_managers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    hours_per_day: Mapped[Decimal] = mapped_column(Numeric(4, 2))
    days_per_week: Mapped[Decimal] = mapped_column(Numeric(3, 2))
    version: Mapped[int]


class Team(Base):
    """A team; `visibility` says for ever where its work logs live (domain.md T1)."""

    __tablename__ = "team"

    instance_key: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    visibility: Mapped[str] = mapped_column(Text)
    #: The person to turn to; always one of the team's active leads.
    lead_account_id: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    created_by: Mapped[str] = mapped_column(Text)


class Role(Base):
    """A named set of permissions in one team (domain.md T4)."""

    __tablename__ = "role"
    __table_args__ = (ForeignKeyConstraint(["instance_key", "team_id"], ["team.instance_key", "team.id"]),)

    instance_key: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    team_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    #: "lead" and "member" for the two that each team is born with, "custom" for the rest.
    kind: Mapped[str] = mapped_column(Text)


class Membership(Base):
    """One stint of a person in a team; a person may have several, one after the other (domain.md T5)."""

    __tablename__ = "membership"
    __table_args__ = (
        ForeignKeyConstraint(
            ["instance_key", "team_id", "role_id"], ["role.instance_key", "role.team_id", "role.id"]
        ),
    )

    instance_key: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    team_id: Mapped[UUID]
    account_id: Mapped[str] = mapped_column(Text)
    role_id: Mapped[UUID]
    joined_on: Mapped[date] = mapped_column(Date)
    #: The last day of the stint; NULL is open-ended.
    left_on: Mapped[date | None] = mapped_column(Date)
    #: Set when somebody ended the stint at once: no longer active whatever the dates say.
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)
    version: Mapped[int]

    role: Mapped[Role] = relationship(lazy="raise", viewonly=True)


class SecuredWorklog(Base):
    """Time that a person spent on an issue, for the eyes of permitted team members (domain.md W2, W3)."""

    __tablename__ = "secured_worklog"

    instance_key: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    team_id: Mapped[UUID]
    issue_id: Mapped[int]
    author_account_id: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(Timestamp)
    #: The author's offset from UTC when it started, in minutes: what makes `started_on` the author's day.
    utc_offset_minutes: Mapped[int]
    started_on: Mapped[date] = mapped_column(Date)
    seconds: Mapped[int]
    #: Sealed under the site's data key, bound to table, site and row (design: encryption).
    description_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    created_by: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(Timestamp)
