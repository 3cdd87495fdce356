"""A database is brought to the newest version whole or not at all, and by one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from tenancy import migrations
from tenancy.embedded import EmbeddedPostgres


@pytest.fixture
def fresh(postgres: EmbeddedPostgres) -> Iterator[str]:
    postgres.create_database("fresh")
    yield "fresh"
    postgres.drop_database("fresh")


def owner(postgres: EmbeddedPostgres, name: str) -> URL:
    return make_url(postgres.urls(name).owner).set(drivername="postgresql+psycopg")


def test_several_at_once_apply_each_step_once(postgres: EmbeddedPostgres, fresh: str) -> None:
    with ThreadPoolExecutor(3) as threads:
        applied = list(threads.map(lambda _: migrations.upgrade(owner(postgres, fresh)), range(3)))
    assert sorted(map(bool, applied)) == [False, False, True]
    assert max(applied)[-1] == migrations.head()


def test_each_step_is_told(postgres: EmbeddedPostgres, fresh: str) -> None:
    told: list[str] = []
    applied = migrations.upgrade(owner(postgres, fresh), told.append)
    assert told == [f"Applied {version}" for version in applied]


def test_a_step_that_fails_leaves_nothing(postgres: EmbeddedPostgres, fresh: str) -> None:
    with psycopg.connect(postgres.admin_url(fresh), autocommit=True) as admin:
        admin.execute("set role vault_owner")
        admin.execute("create table jobs.procrastinate_jobs ()")
        with pytest.raises(Exception, match="already exists"):
            migrations.upgrade(owner(postgres, fresh))
        assert admin.execute("select count(*) from pg_tables where schemaname = 'vault'").fetchone() == (0,)
        admin.execute("drop table jobs.procrastinate_jobs")
    assert migrations.upgrade(owner(postgres, fresh))


def test_what_a_migration_does_not_grant_the_app_does_not_get(
    postgres: EmbeddedPostgres, scratch: str, scratch_admin: psycopg.Connection
) -> None:
    scratch_admin.execute("set role vault_owner")
    scratch_admin.execute("create table vault.new_one (instance_key text)")
    scratch_admin.execute("create function vault.new_one() returns int language sql as 'select 1'")
    with psycopg.connect(postgres.urls(scratch).app, autocommit=True) as app:
        for statement in ("select from vault.new_one", "select vault.new_one()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement.encode())


def test_everything_belongs_to_the_owner(scratch_admin: psycopg.Connection) -> None:
    owners = scratch_admin.execute(
        "select distinct relowner::regrole::text from pg_class "
        "where relnamespace in ('vault'::regnamespace, 'jobs'::regnamespace)"
    ).fetchall()
    assert owners == [("vault_owner",)]
