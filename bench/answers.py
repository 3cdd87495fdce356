"""Right before fast: what the panel answers is compared with what lies in the tables."""

from __future__ import annotations

import itertools
import json

import psycopg

from bench import world
from bench.seed import Seeded
from bench.server import Server
from bench.world import Reader
from worklogs.actions import Act

_SAMPLE = 50
# Past every policy, by plain filters: what the reader of an issue of their own team has to see.
_EXPECTED = """
select w.id::text, w.seconds, w.author_account_id
  from vault.secured_worklog w join vault.team t using (instance_key)
 where t.id = w.team_id and w.instance_key = %s and w.issue_id = %s and t.name = %s
 order by w.started_at desc, w.id desc
"""
_READS = "select count(*) from vault.event where action = %s"


class WrongAnswer(RuntimeError):
    """The product answered something else than it has to: there is nothing to measure."""


def check(server: Server, database: Seeded) -> None:
    """Ask as some readers, as a stranger and as a forger. Raises WrongAnswer."""
    with psycopg.connect(database.admin_url) as connection:
        for reader in itertools.islice(world.readers(database.tenants), _SAMPLE):
            _check_page(server, connection, reader)
    _check_strangers(server)


def events(database: Seeded) -> int:
    """How many reads the event log knows of."""
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute(_READS, [Act.WORKLOG_READ.value]).fetchone()
    return 0 if row is None else int(row[0])


def require_events(database: Seeded, at_least: int) -> None:
    """Raise WrongAnswer when reads were answered without being written down."""
    if (written := events(database)) < at_least:
        raise WrongAnswer(f"{written} reads in the event log, where {at_least} were answered")


def _check_page(server: Server, connection: psycopg.Connection, reader: Reader) -> None:
    team = f"Team {reader.issue % world.TEAMS}"
    expected = connection.execute(
        _EXPECTED, [world.instance_key(reader.tenant), reader.issue_id, team]
    ).fetchall()
    status, body = server.get(reader.target, reader.token())
    if status != 200:
        raise WrongAnswer(f"{reader}: status {status}, {body[:300]!r}")
    page = json.loads(body)
    shown = [
        (each["id"], each["timeSpentSeconds"], each["author"]["accountId"])
        for each in page["worklogs"]
        if each["description"] and each["team"]["name"] == team
    ]
    if len(expected) != world.SEEN or shown != expected:
        raise WrongAnswer(f"{reader}: {len(shown)} work logs, not the {len(expected)} that there are")
    if page["totals"]["securedSeconds"] != sum(seconds for _, seconds, _ in expected):
        raise WrongAnswer(f"{reader}: the total is not the sum")


def _check_strangers(server: Server) -> None:
    mine = Reader(tenant=1, issue=0, person=1)
    two_teams_on = Reader(tenant=1, issue=2, person=1)
    status, body = server.get(mine.target, two_teams_on.token())
    if status != 200 or json.loads(body)["worklogs"]:
        raise WrongAnswer("somebody of another team sees work logs, or an error")
    token = mine.token()
    forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    if server.get(mine.target, forged)[0] != 401:
        raise WrongAnswer("a forged token was believed")
