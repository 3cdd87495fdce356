"""Two tenants in every table of the catalogue: neither sees, changes or makes a row of the other's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tenancy.actors import SERVICE_INSTANCE
from tenancy.embedded import EmbeddedPostgres

TABLES = """
select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'instance_key'
where c.relnamespace = 'vault'::regnamespace and c.relkind in ('r', 'p') order by 1
"""

COLUMNS = """
select attname, format_type(atttypid, null) from pg_attribute
where attrelid = format('vault.%%I', %s::text)::regclass and attnum > 0 and attnotnull and not atthasdef
"""
CHECKS = """
select pg_get_constraintdef(oid) from pg_constraint
where contype = 'c' and conrelid = format('vault.%%I', %s::text)::regclass
"""


@pytest.fixture(scope="module")
def name(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database in which acme and globex have a row in every table."""
    postgres.create_database("two_tenants", "vault_template")
    with psycopg.connect(postgres.admin_url("two_tenants"), autocommit=True) as admin:
        # Filled past triggers and foreign keys: what is tested here is who sees a row, not what is in it.
        admin.execute("set session_replication_role = replica")
        for table in tables(admin):
            for site in ("acme", "globex"):
                fill(admin, table, site)
    yield "two_tenants"
    postgres.drop_database("two_tenants")


def tables(connection: psycopg.Connection) -> list[str]:
    return [row[0] for row in connection.execute(TABLES)]


def fill(connection: psycopg.Connection, table: str, site: str) -> None:
    """Insert one row, with something in every column that must not be null."""
    columns = connection.execute(COLUMNS, [table]).fetchall()
    checks = " ".join(row[0] for row in connection.execute(CHECKS, [table]))
    values = [site if name == "instance_key" else some(name, kind, checks) for name, kind in columns]
    connection.execute(
        sql.SQL("insert into vault.{} ({}) values ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
            sql.SQL(", ").join(sql.Placeholder() * len(values)),
        ),
        values,
    )


def some(column: str, kind: str, checks: str) -> object:
    allowed = re.search(rf"\(?\(?{column}\)?(?:::text)? = ANY \(\(?ARRAY\['([^']+)'", checks)
    return {
        "text": allowed.group(1) if allowed else "some",
        "uuid": uuid4(),
        "bytea": b"some",
        "boolean": True,
        "date": "2026-11-24",
        "timestamp with time zone": "2026-11-24T09:00:00Z",
        "text[]": [],
        "uuid[]": [],
    }.get(kind, 1)


@pytest.fixture
def app(postgres: EmbeddedPostgres, name: str) -> Iterator[psycopg.Connection]:
    """The app role, in a transaction that is undone."""
    with psycopg.connect(postgres.urls(name).app) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def owner(postgres: EmbeddedPostgres, name: str) -> Iterator[psycopg.Connection]:
    """The owner, likewise."""
    with psycopg.connect(postgres.urls(name).owner) as connection:
        yield connection
        connection.rollback()


def enter(connection: psycopg.Connection, site: str, account: str = "some") -> None:
    connection.execute(
        "select set_config('vault.instance_key', %s, true), set_config('vault.account_id', %s, true)",
        [site, account],
    )


def sites_in(connection: psycopg.Connection, table: str) -> set[str]:
    query = sql.SQL("select instance_key from vault.{}").format(sql.Identifier(table))
    return {row[0] for row in connection.execute(query)}


def may(connection: psycopg.Connection, privilege: str) -> list[str]:
    """The tables with some column on which the connection's role has a privilege."""
    return [
        table
        for table in tables(connection)
        if is_true(connection, f"has_any_column_privilege('vault.{table}', '{privilege}')")
    ]


def is_true(connection: psycopg.Connection, condition: str) -> bool:
    return connection.execute(f"select {condition}".encode()).fetchone() == (True,)


def test_there_is_a_row_of_each_site_in_each_table(postgres: EmbeddedPostgres, name: str) -> None:
    with psycopg.connect(postgres.admin_url(name)) as admin:
        assert len(tables(admin)) >= 9
        for table in tables(admin):
            assert sites_in(admin, table) == {"acme", "globex"}


@pytest.mark.parametrize("site", ["acme", "globex"])
def test_a_session_sees_rows_of_its_own_tenant_only(app: psycopg.Connection, site: str) -> None:
    enter(app, site)
    seen = {table: sites_in(app, table) for table in may(app, "select")}
    assert len(seen) >= 8
    assert all(sites <= {site} for sites in seen.values())
    assert seen["event"] == seen["team"] == seen["installation"] == {site}


@pytest.mark.parametrize("context", [None, "", "nobody", SERVICE_INSTANCE, "ACME", "acme "])
def test_no_context_or_another_no_row(app: psycopg.Connection, context: str | None) -> None:
    if context is not None:
        enter(app, context)
    for table in may(app, "select"):
        assert sites_in(app, table) == set()


def test_after_a_transaction_its_context_is_gone(app: psycopg.Connection) -> None:
    enter(app, "acme")
    app.commit()
    assert app.execute("select current_setting('vault.instance_key', true)").fetchone() == ("",)
    for table in may(app, "select"):
        assert sites_in(app, table) == set()


def test_the_owner_too_sees_one_tenant_at_a_time(owner: psycopg.Connection) -> None:
    directory = {"installation", "data_key"}
    for table in set(tables(owner)) - directory:
        assert sites_in(owner, table) == set()
    enter(owner, "acme")
    for table in set(tables(owner)) - directory:
        assert sites_in(owner, table) == {"acme"}
    for table in directory:
        assert sites_in(owner, table) == {"acme", "globex"}


def test_no_row_can_be_made_for_another_tenant(app: psycopg.Connection) -> None:
    insertable = may(app, "insert")
    assert len(insertable) >= 8
    enter(app, "acme")
    for table in insertable:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level"), app.transaction():
            fill(app, table, "globex")


def test_no_row_of_another_tenant_can_be_changed_or_deleted(app: psycopg.Connection) -> None:
    enter(app, "acme")
    columns = {table: changeable_column(app, table) for table in may(app, "update")}
    statements = [f"update vault.{table} set {column} = {column}" for table, column in columns.items()]
    statements += [
        f"delete from vault.{table}"
        for table in tables(app)
        if is_true(app, f"has_table_privilege('vault.{table}', 'delete')")
    ]
    touched = [
        site
        for statement in statements
        for (site,) in app.execute(f"{statement} returning instance_key".encode())
    ]
    assert set(touched) == {"acme"}
    assert len(touched) >= 4


def changeable_column(app: psycopg.Connection, table: str) -> str | None:
    """A column that the app may both read and change."""
    row = app.execute(
        "select attname from pg_attribute where attrelid = %(table)s::regclass and attnum > 0 "
        "and has_column_privilege(%(table)s, attname, 'update') "
        "and has_column_privilege(%(table)s, attname, 'select')",
        {"table": f"vault.{table}"},
    ).fetchone()
    return None if row is None else row[0]


def test_a_row_cannot_be_given_to_another_tenant(app: psycopg.Connection) -> None:
    enter(app, "acme")
    for table in tables(app):
        # Either the policy refuses it, or the column may not be written at all.
        with pytest.raises(psycopg.errors.InsufficientPrivilege), app.transaction():
            app.execute(f"update vault.{table} set instance_key = 'globex'".encode())


STATEMENTS = [
    "alter table vault.{} disable row level security",
    "alter table vault.{} no force row level security",
    "drop policy tenant on vault.{}",
    "create policy mine on vault.{} using (true)",
    "alter policy tenant on vault.{} using (true)",
    "truncate vault.{}",
    "drop table vault.{}",
    "alter table vault.{} add column x int",
    "create index on vault.{} (instance_key)",
    "create trigger t before insert on vault.{} execute function vault.refuse_visibility_change()",
    "alter table vault.{} owner to vault_app",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_app_cannot_loosen_any_table(app: psycopg.Connection, statement: str) -> None:
    enter(app, "acme")
    for table in tables(app):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), app.transaction():
            app.execute(statement.format(table).encode())


def test_the_app_cannot_hand_on_what_it_may(app: psycopg.Connection) -> None:
    enter(app, "acme")
    for table in tables(app):
        # PostgreSQL refuses when there is nothing to hand on, and warns that nothing was handed on otherwise.
        with suppress(psycopg.errors.InsufficientPrivilege), app.transaction():
            app.execute(f"grant all on vault.{table} to public".encode())
        if table != "event":
            assert not is_true(app, f"has_any_column_privilege('vault_auditor', 'vault.{table}', 'select')")


@pytest.mark.parametrize(
    "statement",
    [
        "set role vault_owner",
        "set role postgres",
        "set session_replication_role = replica",
        "copy vault.team to program 'true'",
        "copy vault.team to '/dev/null'",
        "select pg_read_file('PG_VERSION')",
        "alter function vault.find_installation(text) security invoker",
        "create or replace function vault.readable_teams() returns uuid[] language sql as 'select null'",
        "create publication p for all tables",
        "set row_security = off; select from vault.team",
    ],
)
def test_the_app_cannot_get_around_row_security(app: psycopg.Connection, statement: str) -> None:
    enter(app, "acme")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement.encode())


def test_a_leaky_condition_is_not_asked_of_another_tenants_row(app: psycopg.Connection) -> None:
    enter(app, "acme")
    # It would divide by zero, and so tell that globex has a row, if it got to look at one.
    app.execute("select from vault.event where 1 / (case when instance_key = 'globex' then 0 else 1 end) > 0")


def test_a_row_of_another_tenant_cannot_be_referred_to(
    owner: psycopg.Connection, postgres: EmbeddedPostgres, name: str
) -> None:
    with psycopg.connect(postgres.admin_url(name)) as admin:
        team = admin.execute("select id from vault.team where instance_key = 'globex'").fetchone()
    assert team is not None
    enter(owner, "acme")
    # Foreign keys ignore row security: without the tenant in the key, this would succeed.
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        owner.execute(
            "insert into vault.role (instance_key, id, team_id, name, permissions, kind) "
            "values ('acme', gen_random_uuid(), %s, 'x', '{}', 'custom')",
            team,
        )
