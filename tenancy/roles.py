"""The three database roles and the two schemas (design section 3), made once for each database.

*owner* owns the schemas `vault` and `jobs` and migrates. *app* runs: it uses what a migration grants it,
table by table, and owns nothing. *auditor* reads event logs across tenants and nothing else. PUBLIC has
nothing.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from tenancy.errors import RolesMissing

OWNER, APP, AUDITOR = "vault_owner", "vault_app", "vault_auditor"
VAULT_SCHEMA, JOBS_SCHEMA = "vault", "jobs"

#: What an administrator runs once, connected to the database; running it again changes nothing.
#: The search path is the role's own, so that it holds behind PgBouncer too.
SETUP = """\
do $$ begin
  perform pg_advisory_xact_lock(hashtext('worklog-vault roles'));
  if to_regrole('vault_owner') is null then create role vault_owner login; end if;
  if to_regrole('vault_app') is null then create role vault_app login; end if;
  if to_regrole('vault_auditor') is null then create role vault_auditor login; end if;
  -- Whoever sets up must be able to act as the owner; having made it is not enough since PostgreSQL 16.
  begin
    set local role vault_owner;
    reset role;
  exception when insufficient_privilege then
    execute format('grant vault_owner to %I', current_user);
  end;
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to vault_owner, vault_app, vault_auditor', current_database());
end $$;
alter role vault_owner set search_path = vault, jobs;
alter role vault_app set search_path = vault, jobs;
alter role vault_auditor set search_path = vault;
alter role vault_app set idle_in_transaction_session_timeout = '60s';
revoke all on schema public from public;
create schema if not exists vault authorization vault_owner;
create schema if not exists jobs authorization vault_owner;
"""

#: Acting as the owner until the transaction ends, whoever logged in.
AS_OWNER = ("set local role vault_owner", "set local search_path to vault, jobs")

_COMPLETE = """\
select
  (select count(*) from pg_roles where rolname = any(%(roles)s) and rolconfig is not null) = 3
  and (
    select count(*) from pg_namespace
    where nspname = any(%(schemas)s) and nspowner = to_regrole(%(owner)s)
  ) = 2
  and pg_has_role(current_user, to_regrole(%(owner)s), 'member'),
  (select rolsuper or rolcreaterole from pg_roles where rolname = current_user)
"""


def prepare(connection: psycopg.Connection) -> bool:
    """See that the roles and schemas are there, and return whether they had to be made.

    They are made when they are missing and the connected role may make them (it is a superuser, or has
    CREATEROLE and owns the database); otherwise raises RolesMissing, whose message says what to run. Roles
    are made without a password.
    """
    row = connection.execute(
        _COMPLETE,
        {"roles": [OWNER, APP, AUDITOR], "schemas": [VAULT_SCHEMA, JOBS_SCHEMA], "owner": OWNER},
    ).fetchone()
    complete, may_create = row or (False, False)
    if complete:
        return False
    if not may_create:
        raise RolesMissing(_advice(connection))
    try:
        set_up(connection)
    except psycopg.errors.InsufficientPrivilege as refused:
        raise RolesMissing(f"{_advice(connection)}\nPostgreSQL said: {refused}") from refused
    return True


def set_up(connection: psycopg.Connection) -> None:
    """Make the roles and schemas, or make them right again."""
    with connection.transaction():
        connection.execute(sql.SQL(SETUP))


def _advice(connection: psycopg.Connection) -> str:
    database = connection.info.dbname
    return (
        f"The database {database!r} lacks the roles and schemas of Worklog Vault, and "
        f"{connection.info.user!r} may not make them. As an administrator of the server, connect to "
        f"{database!r} with psql, run the following, and give each of the roles a password "
        f"(\\password vault_app, and so on):\n\n{SETUP}"
    )
