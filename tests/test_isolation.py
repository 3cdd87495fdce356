"""Two sites with the same cast on the whole product: one finds nothing of the other (domain.md S1)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy
from sqlalchemy import text

import app as product
from tenancy.actors import Actor, ActorKind
from tenancy.database import Database
from tests import house as building
from tests.house import House

TENANT_TABLES_WITH_ROWS = {
    "team",
    "role",
    "membership",
    "secured_worklog",
    "site_settings",
    "event",
    "installation",
}


@pytest.fixture(scope="module")
def house(database_environ, admin_url) -> Iterator[House]:
    """Both sites have a team of the same people and a work log each."""
    with building.running_house(database_environ, admin_url) as running:
        yield running


@pytest.fixture(scope="module")
def worlds(house):
    """The team and a work log of each site."""
    made = {}
    for site in ("acme", "globex"):
        team = building.make_secured_team(house, site)
        made[site] = (team, building.log_time(house, team, site=site))
    return made


@pytest.fixture(scope="module")
def database(house) -> Iterator[Database]:
    """The app role, with raw SQL."""
    database = Database(product.Settings.from_env(house.environ).tenancy)
    yield database
    database.dispose()


def other(site):
    return {"acme": "globex", "globex": "acme"}[site]


@pytest.mark.parametrize("site", ["acme", "globex"])
@pytest.mark.parametrize("role", ["lead", "member", "reader", "admin"])
def test_s1_every_route_answers_404_to_the_other_sites_ids(house, worlds, site, role):
    team, worklog = worlds[other(site)]
    caller = house.caller(role, site)
    member = team.members["member"]
    for method, path, body in (
        ("GET", f"/worklogs/{worklog['id']}", None),
        ("PATCH", f"/worklogs/{worklog['id']}", {"timeSpent": "1h", "version": 1}),
        ("DELETE", f"/worklogs/{worklog['id']}", None),
        ("GET", f"/teams/{team.id}", None),
        ("GET", f"/teams/{team.id}/roles", None),
        ("POST", f"/teams/{team.id}/roles", {"name": "X", "permissions": []}),
        ("GET", f"/teams/{team.id}/members", None),
        ("POST", f"/teams/{team.id}/members", {"accountId": "x", "roleId": team.roles["Reader"]}),
        ("PATCH", f"/teams/{team.id}/members/{member}", {"roleId": team.roles["Reader"]}),
        ("DELETE", f"/teams/{team.id}/members/{member}", None),
    ):
        answer = caller(method, path, body)
        assert (answer.status_code, answer.json["code"]) == (404, "not_found"), (method, path)


@pytest.mark.parametrize("site", ["acme", "globex"])
def test_s1_every_list_holds_the_own_sites_rows_only(house, worlds, site):
    (own_team, own), (foreign_team, foreign) = worlds[site], worlds[other(site)]
    lead = house.caller("lead", site)
    teams = lead.get("/teams?limit=200").text
    listed = lead.get(f"/issues/{own['issueId']}/worklogs?visibility=secured").text
    assert own_team.id in teams
    assert foreign_team.id not in teams
    assert own["id"] in listed
    assert foreign["id"] not in listed


def test_s1_a_role_or_team_of_another_site_cannot_be_named_in_a_body(house, worlds):
    acme, globex = worlds["acme"][0], worlds["globex"][0]
    body = {"accountId": house.caller("outsider").account_id, "roleId": globex.roles["Reader"]}
    answer = house.caller("lead")("POST", f"/teams/{acme.id}/members", body)
    assert answer.json["errors"][0]["field"] == "roleId"
    body = {"teamId": globex.id, "started": "2026-11-24T09:00:00Z", "timeSpent": "1h"}
    answer = house.caller("lead")("POST", f"/issues/{house.issue_id()}/worklogs", body)
    assert answer.json["errors"][0]["field"] == "teamId"


@pytest.mark.parametrize("table", sorted(TENANT_TABLES_WITH_ROWS))
def test_s1_raw_sql_sees_the_sessions_site_only_and_nothing_without_one(house, worlds, database, table):
    assert house.as_owner(
        f"select from vault.{table} where instance_key = :k", k=house.instance_key("globex")
    )
    actor = Actor(house.instance_key("acme"), house.caller("lead").account_id, ActorKind.USER)
    with database.tenant_session(actor) as session:
        keys = set(session.scalars(text(f"select instance_key from vault.{table}")))
    assert keys == {house.instance_key("acme")}
    with database.engine.connect() as connection:
        assert connection.execute(text(f"select instance_key from vault.{table}")).all() == []


def test_s1_raw_sql_cannot_write_into_another_site(house, worlds, database):
    team, _ = worlds["globex"]
    actor = Actor(house.instance_key("acme"), house.caller("lead").account_id, ActorKind.USER)
    values = {
        "k": house.instance_key("globex"),
        "t": team.id,
        "r": team.roles["Team lead"],
        "a": actor.user(),
    }
    for statement in (
        "insert into vault.membership (instance_key, id, team_id, account_id, role_id, joined_on)"
        " values (:k, gen_random_uuid(), :t, :a, :r, current_date)",
        "insert into vault.secured_worklog (instance_key, id, team_id, issue_id, author_account_id,"
        " started_at, utc_offset_minutes, started_on, seconds, description_sealed, created_by)"
        " values (:k, gen_random_uuid(), :t, 1, :a, now(), 0, current_date, 60, '', :a)",
    ):
        with (
            pytest.raises(sqlalchemy.exc.ProgrammingError, match="row-level security"),
            database.tenant_session(actor) as session,
        ):
            session.execute(text(statement), values)


def test_composite_keys_refuse_a_reference_into_another_site_even_for_the_owner(house, worlds):
    globex, acme_key = worlds["globex"][0], house.instance_key("acme")
    with pytest.raises(sqlalchemy.exc.IntegrityError, match="foreign key"):
        house.as_owner(
            "insert into vault.membership (instance_key, id, team_id, account_id, role_id, joined_on)"
            " values (:k, gen_random_uuid(), :t, 'x', :r, current_date)",
            k=acme_key,
            t=globex.id,
            r=globex.roles["Team lead"],
        )


def test_an_uninstalled_sites_tokens_fail_at_once(house, worlds):
    caller = house.caller("lead", "globex")
    assert caller.get("/teams").status_code == 200
    token = house.sandbox.site("globex").context_token("lead", "SEC-1")
    house.sandbox.site("globex").uninstall()
    answer = house.app.test_client().get("/api/v1/teams", headers={"Authorization": f"JWT {token}"})
    assert answer.status_code == 401
    house.sandbox.site("globex").install(house.url)
    again = house.caller("lead", "globex").get("/teams").json["teams"]
    assert worlds["globex"][0].id in [team["id"] for team in again], (
        "a reinstall within 30 days finds its data"
    )
