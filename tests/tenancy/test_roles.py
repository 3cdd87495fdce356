"""Roles and schemas are made where that is allowed; where it is not, the error says what to run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import NullPool
from sqlalchemy.engine import URL, make_url

from tenancy import isolation, migrations, roles
from tenancy.embedded import THROWAWAY_SETTINGS, EmbeddedPostgres
from tenancy.errors import RolesMissing


@pytest.fixture
def outside(postgres: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    """A superuser's connection to a database that knows nothing of us, as an administrator would give."""
    with psycopg.connect(postgres.admin_url(), autocommit=True) as admin:
        admin.execute("create database outside")
        admin.execute("create role plain login")
    with psycopg.connect(postgres.admin_url("outside"), autocommit=True) as connection:
        yield connection
    with psycopg.connect(postgres.admin_url(), autocommit=True) as admin:
        admin.execute("drop database outside with (force)")
        admin.execute("drop role plain")


def as_role(postgres: EmbeddedPostgres, role: str) -> URL:
    return make_url(postgres.admin_url("outside")).set(drivername="postgresql+psycopg", username=role)


def test_a_login_that_may_not_make_roles_is_told_what_to_run_and_that_works(
    postgres: EmbeddedPostgres, outside: psycopg.Connection
) -> None:
    with pytest.raises(RolesMissing) as refused:
        migrations.upgrade(as_role(postgres, "plain"))
    assert "'plain' may not make them" in refused.value.detail

    advice = refused.value.detail.partition("\n\n")[2]
    outside.execute(advice.encode())

    assert migrations.upgrade(as_role(postgres, "vault_owner"))[0] == "0001"


def test_a_superuser_makes_them_by_itself(postgres: EmbeddedPostgres, outside: psycopg.Connection) -> None:
    assert migrations.upgrade(as_role(postgres, "postgres"))
    owners = outside.execute(
        "select distinct tableowner from pg_tables where schemaname in ('vault', 'jobs')"
    )
    assert owners.fetchall() == [("vault_owner",)]


def test_an_administrator_of_a_managed_server_makes_them_too() -> None:
    # No superuser there, but a login that may make roles and owns the database. A server of its own, because
    # roles belong to the whole server.
    with (
        tempfile.TemporaryDirectory(prefix="vault-pg-") as directory,
        EmbeddedPostgres(Path(directory), THROWAWAY_SETTINGS) as server,
    ):
        with psycopg.connect(server.admin_url(), autocommit=True) as admin:
            admin.execute("create role manager login createrole")
            admin.execute("create database outside owner manager")
        told: list[str] = []
        assert migrations.upgrade(as_role(server, "manager"), told.append)
        assert "give them passwords" in told[0]
        assert migrations.upgrade(as_role(server, "manager")) == []
        isolation.verify(sqlalchemy.create_engine(as_role(server, "vault_app"), poolclass=NullPool))


def test_nobody_is_a_member_of_the_owner_but_who_set_it_up(outside: psycopg.Connection) -> None:
    roles.set_up(outside)
    members = outside.execute(
        "select member::regrole::text from pg_auth_members where roleid = 'vault_owner'::regrole"
    ).fetchall()
    assert ("vault_app",) not in members
    assert ("vault_auditor",) not in members


@pytest.mark.parametrize("role", ["vault_app", "vault_auditor", "vault_owner"])
def test_no_role_of_ours_is_privileged(outside: psycopg.Connection, role: str) -> None:
    roles.set_up(outside)
    row = outside.execute(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication "
        "from pg_roles where rolname = %s",
        [role],
    ).fetchone()
    assert row == (False,) * 5


@pytest.mark.parametrize("role", ["vault_app", "vault_auditor"])
@pytest.mark.parametrize(
    "statement",
    [
        "create table vault.x ()",
        "create table jobs.x ()",
        "create table public.x ()",
        "create temporary table x ()",
        "create schema x",
        "create function vault.f() returns int language sql as 'select 1'",
        "set role vault_owner",
        "set session authorization vault_owner",
    ],
)
def test_the_serving_roles_make_nothing_and_become_nobody(
    postgres: EmbeddedPostgres, outside: psycopg.Connection, role: str, statement: str
) -> None:
    roles.set_up(outside)
    url = postgres.admin_url("outside").replace("//postgres@", f"//{role}@")
    with (
        psycopg.connect(url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())
