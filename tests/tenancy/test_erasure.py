"""A site that uninstalled the app 30 days ago is erased whole, its data key first; no other site can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connect.ports import Installed, Refusal, RequestFacts, WebhookDelivery
from connect.principals import Installation, InstallationState, Principal
from tenancy import erasure, eventlog
from tenancy.actors import Actor, ActorKind
from tenancy.database import Database
from tenancy.embedded import EmbeddedPostgres
from tenancy.errors import SealBroken
from tenancy.eventlog import TenancyAction
from tenancy.installations import Installations
from tenancy.refusals import Refusals
from tenancy.settings import TenancySettings
from tenancy.webhooks import Webhooks
from tests.tenancy.conftest import now_utc

FACTS = RequestFacts("request-1", "203.0.113.7", "POST", "/installed")

TABLES = """
select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'instance_key'
where c.relnamespace = 'vault'::regnamespace and c.relkind in ('r', 'p') order by 1
"""


@pytest.fixture
def world(postgres: EmbeddedPostgres, scratch: str, key_encryption_keys: str) -> Iterator[Database]:
    """acme and globex, each with something in the tables of this layer."""
    database = Database(
        TenancySettings.from_env(
            {"DATABASE_URL": postgres.urls(scratch).app, "VAULT_KEY_ENCRYPTION_KEYS": key_encryption_keys}
        )
    )
    for name in ("acme", "globex"):
        furnish(database, name)
    yield database
    database.dispose()


def furnish(database: Database, name: str) -> None:
    installations = Installations(database)
    installations.install(Installed(name, f"{name} secret", "https://a.example", None, "jira"), FACTS)
    installation = installations.find(name)
    assert installation is not None
    Webhooks(database).receive(
        Principal(name, None, installation),
        WebhookDelivery("1", "jira:issue_deleted", 1, None, now_utc()),
        FACTS,
    )
    Refusals(database).record(Refusal("qsh_wrong", "detail", name), FACTS)
    person = Actor(name, "person", ActorKind.USER, "request", "203.0.113.99")
    with database.tenant_session(person) as session:
        eventlog.record(session, person, TenancyAction.ISSUE_DELETED)


def uninstall(database: Database, admin: psycopg.Connection, site: str, days: int) -> None:
    Installations(database).change_state(site, InstallationState.UNINSTALLED, FACTS)
    admin.execute(
        "update vault.installation set uninstalled_at = now() - make_interval(days => %s) "
        "where instance_key = %s",
        [days, site],
    )
    database.directory.forget(site)


def contents(admin: psycopg.Connection, site: str) -> dict[str, list[Any]]:
    """All rows of a site, by table, past row security."""
    tables = [name for (name,) in admin.execute(TABLES)]
    return {
        name: admin.execute(
            f"select * from vault.{name} where instance_key = %s order by 2", [site]
        ).fetchall()
        for name in tables
    }


def test_only_sites_that_uninstalled_long_enough_ago_are_due(
    world: Database, scratch_admin: psycopg.Connection
) -> None:
    assert erasure.due(world) == []
    uninstall(world, scratch_admin, "acme", 29)
    uninstall(world, scratch_admin, "globex", 31)
    assert erasure.due(world) == ["globex"]


def test_an_erased_site_leaves_the_life_of_its_installation_and_nothing_else(
    world: Database, scratch_admin: psycopg.Connection
) -> None:
    uninstall(world, scratch_admin, "acme", 31)
    globex = contents(scratch_admin, "globex")

    erased = erasure.erase(world, "acme")

    left = contents(scratch_admin, "acme")
    assert {table for table, rows in left.items() if rows} == {"event"}
    actions = [
        row[0]
        for row in scratch_admin.execute(
            "select action from vault.event where instance_key = 'acme' order by id"
        )
    ]
    assert actions == [
        "data_key:create",
        "installation:install",
        "installation:uninstall",
        "data_key:destroy",
        "installation:erase",
    ]
    assert "person" not in str(left)
    assert "203.0.113.99" not in str(left)
    assert erased > 4
    assert contents(scratch_admin, "globex") == globex
    assert Installations(world).find("acme") is None
    assert Installations(world).find("globex") is not None


@pytest.mark.parametrize("days", [None, 0, 29])
def test_a_site_that_is_not_due_cannot_be_erased(
    world: Database, scratch_admin: psycopg.Connection, days: int | None
) -> None:
    if days is not None:
        uninstall(world, scratch_admin, "acme", days)
    before = contents(scratch_admin, "acme")
    with pytest.raises(DBAPIError, match="not due for erasure"):
        erasure.erase(world, "acme")
    assert contents(scratch_admin, "acme") == before


def test_rows_cannot_be_erased_before_the_key(world: Database, scratch_admin: psycopg.Connection) -> None:
    uninstall(world, scratch_admin, "acme", 31)
    with (
        pytest.raises(DBAPIError, match="keys of site acme are not destroyed"),
        world.tenant_session(Actor("acme", None, ActorKind.JOB)) as session,
    ):
        erasure.finish(session)


def test_the_key_is_gone_for_good_before_the_first_row_goes(
    world: Database, scratch_admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    uninstall(world, scratch_admin, "acme", 31)

    def interrupted(_session: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(erasure, "finish", interrupted)
    with pytest.raises(KeyboardInterrupt):
        erasure.erase(world, "acme")

    left = contents(scratch_admin, "acme")
    assert left["data_key"] == []
    assert left["deleted_issue"]
    assert Installations(world).find("acme") is None

    monkeypatch.undo()
    assert erasure.due(world) == ["acme"]
    erasure.erase(world, "acme")
    assert contents(scratch_admin, "acme")["installation"] == []


def test_a_site_that_comes_back_in_the_middle_of_its_erasure_starts_anew(
    world: Database, scratch_admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.tenant_session(Actor("acme", None, ActorKind.APP)) as session:
        sealed = world.cipher(session).seal("worklog", "1", b"old")
    uninstall(world, scratch_admin, "acme", 31)
    monkeypatch.setattr(erasure, "finish", lambda _session: 0)
    erasure.erase(world, "acme")
    monkeypatch.undo()

    Installations(world).install(Installed("acme", "new", "https://a.example", None, "jira"), FACTS)

    found = Installations(world).find("acme")
    assert found == Installation("acme", "new", "https://a.example", None, InstallationState.ENABLED, "jira")
    left = contents(scratch_admin, "acme")
    assert left["deleted_issue"] == left["webhook_delivery"] == []
    assert len(left["data_key"]) == 1
    with pytest.raises(SealBroken), world.tenant_session(Actor("acme", None, ActorKind.APP)) as session:
        world.cipher(session).open("worklog", "1", sealed)
    assert erasure.due(world) == []


def test_a_site_that_comes_back_in_time_keeps_everything(
    world: Database, scratch_admin: psycopg.Connection
) -> None:
    before = contents(scratch_admin, "acme")
    uninstall(world, scratch_admin, "acme", 29)
    Installations(world).install(Installed("acme", "new", "https://a.example", None, "jira"), FACTS)
    after = contents(scratch_admin, "acme")
    for table in ("data_key", "deleted_issue", "webhook_delivery"):
        assert after[table] == before[table] != []


def test_tables_that_refer_to_each_other_are_erased_in_an_order_that_works(
    world: Database, scratch_admin: psycopg.Connection
) -> None:
    scratch_admin.execute(
        """
        set role vault_owner;
        create table vault.a_child (instance_key text, id int, parent int, primary key (instance_key, id));
        create table vault.b_parent (instance_key text, id int, primary key (instance_key, id));
        alter table vault.a_child add foreign key (instance_key, parent)
          references vault.b_parent on delete restrict;
        create table vault.c_middle (instance_key text, id int, child int, primary key (instance_key, id),
          foreign key (instance_key, child) references vault.a_child);
        insert into vault.b_parent values ('acme', 1), ('globex', 1);
        insert into vault.a_child values ('acme', 1, 1), ('globex', 1, 1);
        insert into vault.c_middle values ('acme', 1, 1), ('globex', 1, 1);
        reset role
        """
    )
    uninstall(world, scratch_admin, "acme", 31)
    erasure.erase(world, "acme")
    for table in ("a_child", "b_parent", "c_middle"):
        rows = scratch_admin.execute(f"select instance_key from vault.{table}").fetchall()
        assert rows == [("globex",)]


def test_erasing_leaves_the_sessions_tenant_as_it_was(
    world: Database, scratch_admin: psycopg.Connection
) -> None:
    uninstall(world, scratch_admin, "acme", 31)
    with world.tenant_session(Actor("globex", None, ActorKind.JOB)) as session:
        session.execute(text("select vault.destroy_data_keys('acme'), vault.erase_tenant('acme')"))
        sites = session.execute(text("select distinct instance_key from vault.event")).scalars()
        assert list(sites) == ["globex"]
