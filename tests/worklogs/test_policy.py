"""`worklogs.policy` against the database's own decisions: the two cannot drift apart."""

from itertools import combinations
from uuid import uuid4

import pytest
import sqlalchemy
from sqlalchemy import text

from tenancy.actors import Actor, ActorKind
from worklogs import policy
from worklogs.policy import Permission, Standing

ME, COLLEAGUE, SITE = "me", "colleague", "policy-site"
SETS = [frozenset(s) for n in range(len(Permission) + 1) for s in combinations(Permission, n)]
#: Days around today as SQL, and whether a membership with them is active (domain.md T5).
DATES = {
    "open-ended since today": ("current_date", "null", "null", True),
    "last day is today": ("current_date - 9", "current_date", "null", True),
    "left yesterday": ("current_date - 9", "current_date - 1", "null", False),
    "joins tomorrow": ("current_date + 1", "null", "null", False),
    "ended at once": ("current_date - 9", "null", "now()", False),
}


@pytest.fixture(scope="module")
def rows(admin_url):
    """A secured team a case: my membership, its dates and permissions, a work log of mine and one not."""
    engine = sqlalchemy.create_engine(admin_url, poolclass=sqlalchemy.NullPool)
    cases = {}
    with engine.begin() as connection:
        connection.execute(text("set local timezone to 'UTC'"))
        for name, (joined, left, ended, active) in DATES.items():
            for held in SETS if name.startswith("open") else [frozenset(), frozenset(Permission)]:
                team, role, mine, theirs = (uuid4() for _ in range(4))
                values = {"s": SITE, "t": team, "r": role, "me": ME, "them": COLLEAGUE, "p": sorted(held)}
                for statement in (
                    "insert into vault.team (instance_key, id, name, visibility, lead_account_id, created_by)"
                    " values (:s, :t, 'T', 'secured', :them, :them)",
                    "insert into vault.role (instance_key, id, team_id, name, permissions, kind)"
                    " values (:s, :r, :t, 'R', :p, 'custom')",
                    "insert into vault.membership (instance_key, id, team_id, account_id, role_id, joined_on,"
                    " left_on, ended_at)"
                    f" values (:s, gen_random_uuid(), :t, :me, :r, {joined}, {left}, {ended})",
                ):
                    connection.execute(text(statement), values)
                for worklog, author in ((mine, ME), (theirs, COLLEAGUE)):
                    connection.execute(
                        text(
                            "insert into vault.secured_worklog (instance_key, id, team_id, issue_id,"
                            " author_account_id, started_at, utc_offset_minutes, started_on, seconds,"
                            " description_sealed, created_by)"
                            " values (:s, :w, :t, 1, :a, now(), 0, current_date, 60, '', :a)"
                        ),
                        {"s": SITE, "w": worklog, "t": team, "a": author},
                    )
                cases[name, held] = (team, mine, theirs, active)
    return cases


def visible(session):
    return set(session.scalars(text("select id from vault.secured_worklog")))


def changeable(session):
    return set(session.scalars(text("update vault.secured_worklog set seconds = 61 returning id")))


def test_w3_w6_the_database_and_the_policy_decide_the_same_for_every_role_date_and_author(database, rows):
    with database.tenant_session(Actor(SITE, ME, ActorKind.USER)) as session:
        seen, changed = visible(session), changeable(session)
    for (name, held), (_, mine, theirs, active) in rows.items():
        standing = Standing(ME, held if active else frozenset())
        for worklog, author in ((mine, ME), (theirs, COLLEAGUE)):
            assert (worklog in seen) == policy.may_read(standing, author), (name, held, author)
            assert (worklog in changed) == policy.may_change(standing, author), (name, held, author)


def test_w5_the_database_and_the_policy_decide_the_same_about_logging(database, rows):
    insert = text(
        "insert into vault.secured_worklog (instance_key, id, team_id, issue_id, author_account_id,"
        " started_at, utc_offset_minutes, started_on, seconds, description_sealed, created_by)"
        " values (:s, gen_random_uuid(), :t, 1, :a, now(), 0, current_date, 60, '', :me)"
    )
    with database.tenant_session(Actor(SITE, ME, ActorKind.USER)) as session:
        for (name, held), (team, _, _, active) in rows.items():
            standing = Standing(ME, held if active else frozenset())
            for author in (ME, COLLEAGUE):
                savepoint = session.begin_nested()
                try:
                    session.execute(insert, {"s": SITE, "t": team, "a": author, "me": ME})
                    logged = True
                except sqlalchemy.exc.ProgrammingError as refused:
                    assert "row-level security" in str(refused)
                    logged = False
                savepoint.rollback()
                assert logged == policy.may_log(standing, author), (name, held, author)


def test_the_same_account_on_another_site_sees_nothing_of_it(database, rows):
    with database.tenant_session(Actor("policy-other-site", ME, ActorKind.USER)) as session:
        assert visible(session) == set()
