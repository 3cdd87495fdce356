"""A database that does not isolate tenants is refused: each guard is taken away alone, and is missed."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import Connection, Engine, NullPool, text
from sqlalchemy.engine import make_url

from tenancy import isolation
from tenancy.database import Database
from tenancy.embedded import EmbeddedPostgres
from tenancy.errors import IsolationMissing, NotMigrated
from tests.conftest import TEMPLATE

TENANT = "instance_key = nullif(current_setting('vault.instance_key', true), '')"


def engine(url: str) -> Engine:
    return sqlalchemy.create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)


@pytest.fixture(scope="module")
def admin(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """A superuser on a migrated database, in which each test breaks something and takes it back."""
    postgres.create_database("to_break", TEMPLATE)
    yield engine(postgres.admin_url("to_break"))
    postgres.drop_database("to_break")


@pytest.fixture
def breaking(admin: Engine) -> Iterator[Connection]:
    """A superuser's transaction, which is undone: roles, too, are as before."""
    with admin.connect() as connection:
        yield connection
        connection.rollback()


def findings(breaking: Connection) -> list[str]:
    """What the app role would find."""
    breaking.exec_driver_sql("set local role vault_app")
    # The role's own setting, which comes with its log-in.
    breaking.exec_driver_sql("set local search_path to vault, jobs")
    return isolation.findings(breaking)


def test_a_migrated_database_isolates_tenants(database: Database) -> None:
    isolation.verify(database.engine)


BREAKS = {
    "no row security": (
        "alter table vault.team disable row level security",
        "team has no row security",
    ),
    "not forced": (
        "alter table vault.secured_worklog no force row level security",
        "secured_worklog has no forced row security",
    ),
    "no policy": (
        "drop policy tenant on vault.event",
        "event has no restrictive policy on instance_key for vault_app",
    ),
    "a permissive policy only": (
        f"drop policy tenant on vault.team; create policy tenant on vault.team using ({TENANT})",
        "team has no restrictive policy on instance_key for vault_app",
    ),
    "a policy for reading only": (
        "drop policy tenant on vault.team; "
        f"create policy tenant on vault.team as restrictive for select using ({TENANT})",
        "team has no restrictive policy on instance_key for vault_app",
    ),
    "a policy for somebody else": (
        "drop policy tenant on vault.team; create policy tenant on vault.team as restrictive to vault_owner "
        f"using ({TENANT}) with check ({TENANT})",
        "team has no restrictive policy on instance_key for vault_app",
    ),
    "a policy that is wider": (
        f"alter policy tenant on vault.team using ({TENANT} or true)",
        "team has no restrictive policy on instance_key for vault_app",
    ),
    "a policy that lets others' rows be written": (
        "alter policy tenant on vault.team with check (true)",
        "team has no restrictive policy on instance_key for vault_app",
    ),
    "a policy that mistakes '' for a tenant": (
        "alter policy tenant on vault.team "
        "using (instance_key = current_setting('vault.instance_key', true))",
        "team has no restrictive policy on instance_key for vault_app",
    ),
    "a table of nobody": (
        "create table vault.stray (id int primary key)",
        "stray has no instance_key and is not known to be shared",
    ),
    "a materialized view": (
        "create materialized view vault.copy as select 1",
        "copy is a relation of kind m, which row security does not confine",
    ),
    "a view that asks as its owner": (
        "create view vault.peek as select * from vault.team",
        "view peek is not security_invoker",
    ),
    "a tenant that may be null": (
        "alter table vault.deleted_issue drop constraint deleted_issue_pkey; "
        "alter table vault.deleted_issue alter instance_key drop not null",
        "deleted_issue.instance_key may be null",
    ),
    "no primary key": (
        "alter table vault.deleted_issue drop constraint deleted_issue_pkey",
        "deleted_issue has no primary key",
    ),
    "a key without the tenant": (
        "alter table vault.deleted_issue drop constraint deleted_issue_pkey, add primary key (issue_id)",
        "deleted_issue: unique index vault.deleted_issue_pkey does not begin with instance_key",
    ),
    "a unique index without the tenant": (
        "create unique index names on vault.team (lower(name))",
        "team: unique index vault.names does not begin with instance_key",
    ),
    "a foreign key without the tenant": (
        "create unique index ids on vault.team (instance_key, id, name); "
        "alter table vault.event add column other text references vault.installation",
        "event: foreign key event_other_fkey does not begin with instance_key on both sides",
    ),
    "truncate": ("grant truncate on vault.team to vault_app", "vault_app may truncate team"),
    "trigger": ("grant trigger on vault.team to vault_app", "vault_app may trigger team"),
    "references": ("grant references on vault.team to vault_app", "vault_app may references team"),
    "events that change": ("grant update on vault.event to vault_app", "vault_app may update event"),
    "events that go": ("grant delete on vault.event to vault_app", "vault_app may delete event"),
    "events that change a little": (
        "grant update (reason) on vault.event to vault_app",
        "vault_app may update columns of event",
    ),
    "privileges for all": ("grant select on vault.team to public", "PUBLIC has privileges on vault.team"),
    "an unknown function of the owner": (
        "create function vault.peek() returns int language sql security definer "
        "set search_path = vault, pg_temp as 'select 1'; revoke all on function vault.peek from public",
        "vault.peek() runs as its owner and is not known to",
    ),
    "an unknown function of the owner elsewhere": (
        "create function public.peek() returns int language sql security definer "
        "set search_path = vault, pg_temp as 'select 1'",
        "public.peek() runs as its owner and is not known to",
    ),
    "an unpinned search path": (
        "alter function vault.erase_tenant(text) reset search_path",
        "vault.erase_tenant(text) runs as its owner without a search path of its own",
    ),
    "a search path that temporary things come before": (
        "alter function vault.erase_tenant(text) set search_path = vault",
        "vault.erase_tenant(text) runs as its owner without a search path of its own",
    ),
    "functions for all": (
        "grant execute on function vault.erase_tenant to public",
        "PUBLIC may execute vault.erase_tenant(text)",
    ),
    "a schema to create in": (
        "grant create on schema vault to vault_app",
        "vault_app may create things in schema vault",
    ),
    "the public schema to create in": (
        "grant create on schema public to public",
        "vault_app may create things in schema public",
    ),
    "temporary tables": (
        "grant temporary on database to_break to vault_app",
        "vault_app may create schemas or temporary tables",
    ),
    "ownership": ("alter table vault.deleted_issue owner to vault_app", "vault_app owns vault.deleted_issue"),
}


@pytest.mark.parametrize(("statement", "finding"), BREAKS.values(), ids=BREAKS)
def test_a_missing_guard_is_found(breaking: Connection, statement: str, finding: str) -> None:
    breaking.exec_driver_sql(statement)
    assert finding.replace("vault.", "") in findings(breaking)


def test_nothing_is_found_where_nothing_is_missing(breaking: Connection) -> None:
    assert findings(breaking) == []


@pytest.mark.parametrize("power", ["superuser", "bypassrls", "createrole"])
def test_a_powerful_role_is_found(breaking: Connection, power: str) -> None:
    breaking.exec_driver_sql(f"alter role vault_app {power}")
    assert "vault_app is superuser, or bypasses row security, or may make roles" in findings(breaking)


@pytest.mark.parametrize("group", ["vault_owner", "vault_auditor", "pg_read_all_data"])
def test_a_membership_is_found(breaking: Connection, group: str) -> None:
    breaking.exec_driver_sql(f"grant {group} to vault_app")
    assert f"vault_app is a member of {group}" in findings(breaking)


def test_the_owner_may_not_serve(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(IsolationMissing, match="vault_owner owns team"):
        isolation.verify(engine(postgres.urls("to_break").owner))


def test_a_database_with_findings_is_refused_naming_all_of_them(
    postgres: EmbeddedPostgres, scratch: str, scratch_admin: psycopg.Connection
) -> None:
    scratch_admin.execute("alter table vault.team disable row level security")
    scratch_admin.execute("grant truncate on vault.role to vault_app")
    with pytest.raises(IsolationMissing) as refused:
        isolation.verify(engine(postgres.urls(scratch).app))
    assert refused.value.findings == ["team has no row security", "vault_app may truncate role"]
    assert all(finding in str(refused.value) for finding in refused.value.findings)


def test_a_database_that_was_never_migrated_is_refused(postgres: EmbeddedPostgres) -> None:
    postgres.create_database("empty")
    with pytest.raises(NotMigrated):
        isolation.verify(engine(postgres.urls("empty").app))
    postgres.drop_database("empty")


def test_a_database_at_another_version_is_refused_and_told_what_to_run(
    postgres: EmbeddedPostgres, scratch: str, scratch_admin: psycopg.Connection
) -> None:
    scratch_admin.execute("update vault.alembic_version set version_num = '0001'")
    with pytest.raises(NotMigrated, match=r"at version 0001.*worklog-vault migrate"):
        isolation.verify(engine(postgres.urls(scratch).app))


OWNERS_FUNCTIONS = text(
    "select oid::regprocedure::text from pg_proc where prosecdef and proowner = 'vault_owner'::regrole"
)


def test_every_function_that_runs_as_the_owner_is_there_and_says_why(database: Database) -> None:
    with database.engine.connect() as connection:
        there = connection.execute(OWNERS_FUNCTIONS).scalars()
        assert set(there) == set(isolation.OWNERS_FUNCTIONS)
    assert all(isolation.OWNERS_FUNCTIONS.values())
