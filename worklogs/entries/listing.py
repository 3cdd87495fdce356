"""The secured work logs of one issue: the issue panel's question, and the product's hottest path.

One transaction, one statement besides the context and the read's event, no call to Jira (design section
10). It opens the transaction and the event closes it, so that there are two round trips in all;
docs/performance.md says what that is worth. Who sees which row is the database's decision; there is no filter
here that could be forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tenancy import eventlog
from tenancy.actors import Actor
from tenancy.database import TenantSession
from tenancy.driver import Call, Statement
from tenancy.encryption import Cipher
from worklogs import durations
from worklogs.actions import Act
from worklogs.durations import WorkingTime
from worklogs.entries import entries
from worklogs.entries.entries import Entry

# Ids as text: an answer and an event show them as text, and a UUID object costs more than all the rest of its
# row. The site's working time rides along, so that the panel needs no second statement.
LISTING = """
select visible.id::text, team_id::text, team_name, author_account_id, started_at, utc_offset_minutes, seconds,
       description_sealed, version, created_at, updated_at, changeable, total,
       (select hours_per_day::text from vault.site_settings) as hours_per_day,
       (select days_per_week::text from vault.site_settings) as days_per_week
  from (select w.id, w.team_id, t.name as team_name, w.author_account_id, w.started_at,
               w.utc_offset_minutes, w.seconds, w.description_sealed, w.version, w.created_at, w.updated_at,
               w.author_account_id = %(account_id)s
                 or w.team_id = any ((select vault.teams_where('manage_others'))::uuid[]) as changeable,
               sum(w.seconds) over () as total
          from vault.secured_worklog w
          join vault.team t on t.instance_key = w.instance_key and t.id = w.team_id
         where w.issue_id = %(issue_id)s) visible
 where (started_at, visible.id) < (%(before)s, %(before_id)s)
 order by started_at desc, visible.id desc
 limit %(limit)s
"""
_LISTING = Statement.of("issue_listing", LISTING)


@dataclass(frozen=True, slots=True)
class Page:
    """Up to `limit` work logs, newest start first; `more` tells whether others come behind them.

    `total_seconds` sums every secured work log of the issue that the reader may see, on whatever page.
    `working_time` is the site's; on an empty page, which needs none, Jira's.
    """

    entries: Sequence[Entry]
    more: bool
    total_seconds: int
    working_time: WorkingTime


_EMPTY = Page((), more=False, total_seconds=0, working_time=WorkingTime())


def question(actor: Actor, issue_id: int, *, before: tuple[datetime, UUID], limit: int) -> Call:
    """What a session opens with to list an issue's secured work logs; page() reads what it returns.

    `before` is a (start, id) that all rows of the page come behind.
    """
    started, worklog_id = before
    return Call(
        _LISTING,
        {
            "account_id": actor.user(),
            "issue_id": issue_id,
            "before": started,
            "before_id": worklog_id,
            # One more than is shown tells whether there are more.
            "limit": limit + 1,
        },
    )


def page(session: TenantSession, actor: Actor, cipher: Cipher, issue_id: int, *, limit: int) -> Page:
    """The secured work logs of the issue that the actor may see (domain.md W3, W4); being read is an act.

    The session has opened with question(). An issue that the actor may not see, or that does not exist, has
    an empty page, and so has one without work logs: the three look the same.
    """
    rows = session.opening_rows
    if not rows:
        return _EMPTY
    found = [_entry(row, issue_id, cipher) for row in rows[:limit]]
    eventlog.record(
        session,
        actor,
        Act.WORKLOG_READ,
        eventlog.Target("issue", issue_id),
        related=[entry.id for entry in found],
        with_commit=True,
    )
    total, hours_per_day, days_per_week = rows[0][-3:]
    return Page(found, len(rows) > limit, total, durations.working_time(hours_per_day, days_per_week))


def _entry(row: tuple[Any, ...], issue_id: int, cipher: Cipher) -> Entry:
    (
        worklog_id,
        team_id,
        team_name,
        author,
        started_at,
        utc_offset_minutes,
        seconds,
        description_sealed,
        version,
        created_at,
        updated_at,
        changeable,
        *_,
    ) = row
    return Entry(
        worklog_id,
        team_id,
        team_name,
        issue_id,
        author,
        entries.author_time(started_at, utc_offset_minutes),
        seconds,
        cipher.open(entries.TABLE, worklog_id, description_sealed).decode(),
        version,
        created_at,
        updated_at,
        changeable,
    )
