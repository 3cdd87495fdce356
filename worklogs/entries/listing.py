"""The secured work logs of one issue: the issue panel's question, and the product's hottest path.

One transaction, one statement besides the context and the read's event, no call to Jira (design section
10). Who sees which row is the database's decision; there is no filter here that could be forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from tenancy.encryption import Cipher

from tenancy import eventlog
from tenancy.actors import Actor
from worklogs.actions import Act
from worklogs.entries import entries
from worklogs.entries.entries import Entry

LISTING = """
select id, team_id, team_name, author_account_id, started_at, utc_offset_minutes, seconds,
       description_sealed, version, created_at, updated_at, changeable, total
  from (select w.id, w.team_id, t.name as team_name, w.author_account_id, w.started_at,
               w.utc_offset_minutes, w.seconds, w.description_sealed, w.version, w.created_at, w.updated_at,
               w.author_account_id = :account_id
                 or w.team_id = any ((select vault.teams_where('manage_others'))::uuid[]) as changeable,
               sum(w.seconds) over () as total
          from vault.secured_worklog w
          join vault.team t on t.instance_key = w.instance_key and t.id = w.team_id
         where w.issue_id = :issue_id) visible
 where (started_at, id) < (:before, :before_id)
 order by started_at desc, id desc
 limit :limit
"""
_LISTING = text(LISTING)


@dataclass(frozen=True, slots=True)
class Page:
    """Up to `limit` work logs, newest start first; `more` tells whether others come behind them.

    `total_seconds` sums every secured work log of the issue that the reader may see, on whatever page.
    """

    entries: Sequence[Entry]
    more: bool
    total_seconds: int


def of_issue(
    session: Session,
    actor: Actor,
    cipher: Cipher,
    issue_id: int,
    *,
    before: tuple[datetime, UUID],
    limit: int,
) -> Page:
    """The secured work logs of the issue that the actor may see (domain.md W3, W4); being read is an act.

    An issue that the actor may not see, or that does not exist, has an empty page, and so has one without
    work logs: the three look the same. `before` is a (start, id) that all rows of the page come behind.
    """
    rows = session.execute(
        _LISTING,
        {
            "account_id": actor.user(),
            "issue_id": issue_id,
            "before": before[0],
            "before_id": before[1],
            "limit": limit + 1,
        },
    ).all()
    page = rows[:limit]
    found = [
        Entry(
            id=row.id,
            team_id=row.team_id,
            team_name=row.team_name,
            issue_id=issue_id,
            author=row.author_account_id,
            started=entries.author_time(row.started_at, row.utc_offset_minutes),
            seconds=row.seconds,
            description=cipher.open(entries.TABLE, row.id, row.description_sealed).decode(),
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            changeable=row.changeable,
        )
        for row in page
    ]
    if found:
        eventlog.record(
            session,
            actor,
            Act.WORKLOG_READ,
            eventlog.Target("issue", str(issue_id)),
            related=[entry.id for entry in found],
        )
    return Page(found, len(rows) > limit, int(rows[0].total) if rows else 0)
