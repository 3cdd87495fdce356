"""What a wrong statement cannot do: raw SQL as the app role, in the session of one person of one site."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import app as product
from tenancy.actors import Actor, ActorKind
from tenancy.database import Database
from tests import house as building
from tests.house import House

LOG = (
    "insert into vault.secured_worklog (instance_key, id, team_id, issue_id, author_account_id, started_at,"
    " utc_offset_minutes, started_on, seconds, description_sealed, created_by)"
    " values (:site, gen_random_uuid(), :team, 1, :me, now(), 0, current_date, 60, '', :maker)"
)
JOIN = (
    "insert into vault.membership (instance_key, id, team_id, account_id, role_id, joined_on)"
    " values (:site, gen_random_uuid(), :team, :me, :role, current_date)"
)


@pytest.fixture(scope="module")
def house(database_environ, admin_url) -> Iterator[House]:
    """Both sites, the app in them."""
    with building.running_house(database_environ, admin_url) as running:
        yield running


@pytest.fixture(scope="module")
def team(house):
    """acme's secured team."""
    return building.make_secured_team(house)


@pytest.fixture(scope="module")
def worklog(house, team):
    """A secured work log of its member."""
    return building.log_time(house, team)


@pytest.fixture(scope="module")
def raw(house) -> Iterator[object]:
    """`raw("member", sql, **values)`: the rows, or for a statement without rows how many it changed."""
    database = Database(product.Settings.from_env(house.environ).tenancy)

    def run(who, statement, **values):
        caller = house.caller(who)
        actor = Actor(house.instance_key(), caller.account_id, ActorKind.USER)
        known = {"site": actor.instance_key, "me": caller.account_id, **values}
        with database.tenant_session(actor) as session:
            result = session.execute(text(statement), known)
            return result.all() if result.returns_rows else result.rowcount

    yield run
    database.dispose()


@pytest.fixture
def refused(raw):
    """Fails unless the database refuses the statement for want of a right."""

    def check(who, statement, **values):
        with pytest.raises(DBAPIError, match=r"permission denied|row-level security policy"):
            raw(who, statement, **values)

    return check


def test_w3_an_outsider_learns_nothing_from_rows_sums_or_errors(raw, worklog):
    assert raw("outsider", "select count(*), sum(seconds) from vault.secured_worklog") == [(0, None)]
    # The row, had it been looked at, would divide by zero.
    assert raw("outsider", "select from vault.secured_worklog where 1 / (seconds - 5400) > 0") == []
    with pytest.raises(DBAPIError, match="division by zero"):
        raw("reader", "select from vault.secured_worklog where 1 / (seconds - 5400) > 0")


@pytest.mark.parametrize(
    "change",
    [
        "team_id = team_id",
        "author_account_id = author_account_id",
        "issue_id = 1",
        "created_by = :me",
        "id = id",
    ],
)
@pytest.mark.parametrize("role", ["member", "lead"])
def test_w3_a_work_log_cannot_be_moved_to_another_team_author_or_issue(refused, worklog, role, change):
    refused(role, f"update vault.secured_worklog set {change} where id = :id", id=uuid.UUID(worklog["id"]))


def test_w5_nobody_logs_in_somebody_elses_name_or_after_leaving(raw, refused, house, team):
    refused("member", LOG, team=team.id, maker=house.caller("lead").account_id)
    refused("leaver", LOG, team=team.id, maker=house.caller("leaver").account_id)
    assert raw("member", LOG, team=team.id, maker=house.caller("member").account_id) == 1


@pytest.mark.parametrize("who", ["outsider", "admin", "leaver", "member", "reader"])
def test_t4_nobody_without_manage_team_makes_himself_a_reader(raw, refused, team, who):
    refused(who, JOIN, team=team.id, role=team.roles["Team lead"])
    refused(
        who,
        "insert into vault.role (instance_key, id, team_id, name, permissions, kind)"
        " values (:site, gen_random_uuid(), :team, 'Mine', '{view_others}', 'custom')",
        team=team.id,
    )
    change = (
        "update vault.membership set left_on = null, ended_at = null, role_id = :role where team_id = :team"
    )
    assert raw(who, change, team=team.id, role=team.roles["Team lead"]) == 0


def test_t4_the_maker_of_a_team_for_another_lead_cannot_join_it_later(house, refused):
    building.switch_secured_teams_on(house)
    body = {"name": "Theirs", "visibility": "secured", "leadAccountId": house.caller("member").account_id}
    team = house.caller("lead").made("/teams", body)
    role = house.caller("member").get(f"/teams/{team['id']}").json["roles"][0]["id"]
    refused("lead", JOIN, team=team["id"], role=role)


@pytest.mark.parametrize("change", ["account_id = :me", "team_id = team_id"])
def test_t5_a_membership_stays_of_its_person_and_team(refused, change):
    refused("lead", f"update vault.membership set {change}")


def test_w4_acts_on_secured_work_logs_are_known_to_who_did_them_and_to_the_author(raw, house, worklog):
    assert house.caller("reader").get(f"/worklogs/{worklog['id']}").status_code == 200
    seen = "select action from vault.event where action like 'secured%' and target_id = :id order by id"
    values = {"id": worklog["id"]}
    assert raw("outsider", seen, **values) == raw("admin", seen, **values) == []
    assert raw("reader", seen, **values) == [("secured_worklog:read",)]
    assert raw("member", seen, **values) == [("secured_worklog:create",), ("secured_worklog:read",)]


@pytest.mark.parametrize("column", ["uninstalled_at", "erasure_began_at"])
def test_s3_the_app_cannot_make_its_site_due_for_erasure(raw, refused, house, column):
    long_ago = f"update vault.installation set state = 'uninstalled', {column} = now() - interval '40 days'"
    refused("member", long_ago)
    with pytest.raises(DBAPIError, match="not due for erasure"):
        raw("member", "select vault.destroy_data_keys(:site)")
