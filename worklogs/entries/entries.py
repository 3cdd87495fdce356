"""Secured work logs: log, find, change, delete (domain.md W2, W3, W5, W6)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete as delete_from
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tenancy import eventlog, identifiers
from tenancy.actors import Actor
from tenancy.encryption import Cipher
from worklogs import errors, policy
from worklogs.actions import Act
from worklogs.models import SecuredWorklog, Team
from worklogs.policy import Standing
from worklogs.teams import standing

TABLE = "secured_worklog"


@dataclass(frozen=True, slots=True)
class Draft:
    """A work log that somebody wants to log: `started` is aware and in the author's offset."""

    team_id: UUID
    issue_id: int
    author: str
    started: datetime
    seconds: int
    description: str


@dataclass(frozen=True, slots=True)
class Amendment:
    """What to change about a work log; None stays as it is."""

    started: datetime | None = None
    seconds: int | None = None
    description: str | None = None


class Entry(NamedTuple):
    """A secured work log that its reader may see, description opened, with what its reader may do with it.

    Ids as text, as everything that an entry is shown to wants them. A tuple, because a panel makes dozens of
    them at once and a frozen dataclass takes three times as long.
    """

    id: str
    team_id: str
    team_name: str
    issue_id: int
    author: str
    started: datetime
    seconds: int
    description: str
    version: int
    created_at: datetime
    updated_at: datetime
    changeable: bool


def author_time(started_at: datetime, utc_offset_minutes: int) -> datetime:
    """`started_at` on the author's clock."""
    return started_at.astimezone(_zone(utc_offset_minutes))


@cache
def _zone(utc_offset_minutes: int) -> timezone:
    return timezone(timedelta(minutes=utc_offset_minutes))


def issue_target(issue_id: int) -> eventlog.Target:
    """An issue, as the target of an event."""
    return eventlog.Target("issue", issue_id)


def require_may_log(session: Session, actor: Actor, team_id: UUID, author: str) -> Team:
    """The secured team into which the actor may log time of `author` (domain.md W5, the app's half).

    Raises InvalidField for a team that is none, is not the actor's or is public, and for an author who is
    no active member; NotAllowed when the actor's role lacks the permission.
    """
    me = actor.user()
    mine = standing.of(session, me, team_id)
    if mine is None:
        raise errors.InvalidField("teamId", "There is no such team, or you are not an active member of it.")
    team = session.scalars(select(Team).where(Team.id == team_id)).one()
    if not policy.may_log(mine, author):
        words = "log own work" if author == me else "log for others"
        raise errors.NotAllowed(f'Your role in this team does not hold "{words}".').about(
            Act.WORKLOG_CREATE, eventlog.Target("team", str(team_id))
        )
    if author != me and standing.of(session, author, team_id) is None:
        raise errors.InvalidField("authorAccountId", "This person is not an active member of the team.")
    if team.visibility != "secured":
        raise errors.InvalidField(
            "teamId", "This team's work logs are public and live in Jira: log them with Jira's own Log work."
        )
    return team


def log(session: Session, actor: Actor, cipher: Cipher, draft: Draft) -> Entry:
    """The new work log; to be called after Jira's own permissions were asked. Raises as require_may_log()."""
    team = require_may_log(session, actor, draft.team_id, draft.author)
    worklog_id, now = identifiers.new_id(), datetime.now(UTC)
    worklog = SecuredWorklog(
        instance_key=actor.instance_key,
        id=worklog_id,
        team_id=team.id,
        issue_id=draft.issue_id,
        author_account_id=draft.author,
        description_sealed=_seal(cipher, worklog_id, draft.description),
        seconds=draft.seconds,
        version=1,
        created_at=now,
        created_by=actor.user(),
        updated_at=now,
        **_when(draft.started),
    )
    session.add(worklog)
    session.flush()
    _record(session, actor, Act.WORKLOG_CREATE, worklog)
    mine = standing.of(session, actor.user(), team.id)
    return _entry(worklog, team.name, draft.description, mine or Standing(actor.user()))


def find(session: Session, actor: Actor, cipher: Cipher, worklog_id: UUID) -> Entry:
    """The work log, for those who may see it; being read is an act. Raises NothingHere (domain.md W3, W4)."""
    worklog, team_name = _load(session, worklog_id, Act.WORKLOG_READ)
    _record(session, actor, Act.WORKLOG_READ, worklog)
    return _open(session, actor, cipher, worklog, team_name)


def amend(
    session: Session, actor: Actor, cipher: Cipher, worklog_id: UUID, wanted: Amendment, *, version: int
) -> Entry:
    """The changed work log. Raises NothingHere, NotAllowed, or StaleVersion unless `version` is current."""
    worklog, team_name = _load_changeable(session, actor, worklog_id, Act.WORKLOG_CHANGE)
    values: dict[str, Any] = {"version": version + 1, "updated_at": datetime.now(UTC)}
    if wanted.started is not None:
        values |= _when(wanted.started)
    if wanted.seconds is not None:
        values["seconds"] = wanted.seconds
    if wanted.description is not None:
        values["description_sealed"] = _seal(cipher, worklog_id, wanted.description)
    # Compare and set: of two people who edit at once, the second changes no row (domain.md W6).
    changed = session.execute(
        update(SecuredWorklog)
        .where(SecuredWorklog.id == worklog_id, SecuredWorklog.version == version)
        .values(**values)
        .returning(SecuredWorklog.id)
    ).one_or_none()
    if changed is None:
        raise errors.StaleVersion
    session.refresh(worklog)
    _record(session, actor, Act.WORKLOG_CHANGE, worklog)
    return _open(session, actor, cipher, worklog, team_name)


def delete(session: Session, actor: Actor, worklog_id: UUID, *, version: int | None) -> None:
    """Delete the work log; `version` None deletes whatever version it has.

    Raises NothingHere, NotAllowed, or StaleVersion.
    """
    worklog, _ = _load_changeable(session, actor, worklog_id, Act.WORKLOG_DELETE)
    statement = delete_from(SecuredWorklog).where(SecuredWorklog.id == worklog_id)
    if version is not None:
        statement = statement.where(SecuredWorklog.version == version)
    _record(session, actor, Act.WORKLOG_DELETE, worklog)
    if session.execute(statement.returning(SecuredWorklog.id)).one_or_none() is None:
        raise errors.StaleVersion


def _load(session: Session, worklog_id: UUID, act: Act) -> tuple[SecuredWorklog, str]:
    # Who may see it is the database's decision: no row is both "absent" and "hidden".
    query = (
        select(SecuredWorklog, Team.name)
        .join(Team, (Team.instance_key == SecuredWorklog.instance_key) & (Team.id == SecuredWorklog.team_id))
        .where(SecuredWorklog.id == worklog_id)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise errors.NothingHere().about(act, eventlog.Target(TABLE, str(worklog_id)))
    worklog, team_name = row
    return worklog, team_name


def _load_changeable(
    session: Session, actor: Actor, worklog_id: UUID, act: Act
) -> tuple[SecuredWorklog, str]:
    worklog, team_name = _load(session, worklog_id, act)
    if not policy.may_change(_standing(session, actor, worklog.team_id), worklog.author_account_id):
        raise errors.NotAllowed(
            'Only its author, or somebody with "manage others\' work logs", may change this work log.'
        ).about(act, eventlog.Target(TABLE, str(worklog_id)))
    return worklog, team_name


def _standing(session: Session, actor: Actor, team_id: UUID) -> Standing:
    return standing.of(session, actor.user(), team_id) or Standing(actor.user())


def _open(session: Session, actor: Actor, cipher: Cipher, worklog: SecuredWorklog, team_name: str) -> Entry:
    description = cipher.open(TABLE, worklog.id, worklog.description_sealed).decode()
    return _entry(worklog, team_name, description, _standing(session, actor, worklog.team_id))


def _entry(worklog: SecuredWorklog, team_name: str, description: str, mine: Standing) -> Entry:
    return Entry(
        id=str(worklog.id),
        team_id=str(worklog.team_id),
        team_name=team_name,
        issue_id=worklog.issue_id,
        author=worklog.author_account_id,
        started=author_time(worklog.started_at, worklog.utc_offset_minutes),
        seconds=worklog.seconds,
        description=description,
        version=worklog.version,
        created_at=worklog.created_at,
        updated_at=worklog.updated_at,
        changeable=policy.may_change(mine, worklog.author_account_id),
    )


def _seal(cipher: Cipher, worklog_id: UUID, description: str) -> bytes:
    return cipher.seal(TABLE, worklog_id, description.encode())


def _when(started: datetime) -> dict[str, Any]:
    """The columns that say when: the moment, the author's offset, and the author's day."""
    offset = started.utcoffset() or timedelta()
    return {
        "started_at": started.astimezone(UTC),
        "utc_offset_minutes": round(offset.total_seconds() / 60),
        "started_on": started.date(),
    }


def _record(session: Session, actor: Actor, act: Act, worklog: SecuredWorklog) -> None:
    changes = {"team": str(worklog.team_id), "issue": worklog.issue_id, "author": worklog.author_account_id}
    eventlog.record(
        session, actor, act, eventlog.Target(TABLE, str(worklog.id)), changes=changes, related=[worklog.id]
    )
