"""Whether the database isolates tenants: read from its catalogue at start-up, not remembered.

Each check is one query, asked as the role that serves, whose rows are findings in words. No rows, no
findings.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from tenancy.errors import IsolationMissing, NotMigrated
from tenancy.migrations.upgrade import head

#: Tables that belong to no tenant.
SHARED_TABLES = frozenset({"alembic_version"})

#: Functions that run as the owner, and why each of them has to.
OWNERS_FUNCTIONS = {
    "find_installation(text)": "a site is looked up before it is known which tenant to be",
    "due_for_erasure()": "no tenant asks which sites are to be erased",
    "destroy_data_keys(text)": "the app may not delete a data key; this checks that it is due",
    "erase_tenant(text)": "the app may not delete events; this checks that the erasure has begun",
    "purge_webhook_deliveries()": "no tenant asks to forget what it no longer needs",
    "teams_where(text[])": "who may see a team's rows is decided from rows one need not see",
    "readable_teams()": "likewise",
    "may_staff(uuid)": "likewise",
}

# What PostgreSQL makes of the tenant policy's expression when it stores it.
_STORED_TENANT = "(instance_key = NULLIF(current_setting('vault.instance_key'::text, true), ''::text))"

# For every check: the tables of tenants, and the functions that run as their owner.
_COMMON = """
with tenant_table as (
  select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, a.attnum, a.attnotnull
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'instance_key' and not a.attisdropped
  where c.relnamespace = 'vault'::regnamespace and c.relkind in ('r', 'p')
),
owners_function as (
  select p.oid::regprocedure::text as name, p.proconfig
  from pg_proc p
  where p.prosecdef
    and p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
)
"""

CHECKS = {
    "the serving role is nobody special": """
        select format('%s is superuser, or bypasses row security, or may make roles', rolname)
        from pg_roles where rolname = current_user and (rolsuper or rolbypassrls or rolcreaterole)
        union all
        select format('%s is a member of %s', current_user, roleid::regrole)
        from pg_auth_members where member = current_user::regrole
        union all
        select format('%s owns %s', current_user, c.oid::regclass)
        from pg_class c where relowner = current_user::regrole and relpersistence <> 't'
        union all
        select format('%s may create things in schema %s', current_user, nspname)
        from pg_namespace
        where nspname !~ '^pg_(toast_)?temp_' and has_schema_privilege(oid, 'create')
        union all
        select format('%s may create schemas or temporary tables', current_user)
        where has_database_privilege(current_database(), 'create')
          or has_database_privilege(current_database(), 'temporary')
    """,
    "every table belongs to tenants, or is known to belong to none": """
        select format('%s is a relation of kind %s, which row security does not confine', relname, relkind)
        from pg_class where relnamespace = 'vault'::regnamespace and relkind in ('m', 'f')
        union all
        select format('%s has no instance_key and is not known to be shared', c.relname)
        from pg_class c
        where c.relnamespace = 'vault'::regnamespace and c.relkind in ('r', 'p')
          and not c.relname = any(:shared_tables)
          and not exists (
            select from pg_attribute a
            where a.attrelid = c.oid and a.attname = 'instance_key' and not a.attisdropped)
        union all
        select format('%s.instance_key may be null', relname) from tenant_table where not attnotnull
    """,
    "row security is on, and forced": """
        select format('%s has no row security', relname) from tenant_table where not relrowsecurity union all
        select format('%s has no forced row security', relname) from tenant_table where not
        relforcerowsecurity
    """,
    "a restrictive policy confines the serving role to its tenant": """
        select format('%s has no restrictive policy on instance_key for %s', relname, current_user)
        from tenant_table t
        where not exists (
          select from pg_policy p
          where p.polrelid = t.oid and not p.polpermissive and p.polcmd = '*'
            and (0 = any(p.polroles) or current_user::regrole = any(p.polroles))
            and pg_get_expr(p.polqual, p.polrelid) = :tenant
            and pg_get_expr(p.polwithcheck, p.polrelid) = :tenant)
    """,
    "keys begin with the tenant": """
        select format('%s has no primary key', relname) from tenant_table t
        where not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)
        union all
        select format('%s: unique index %s does not begin with instance_key', relname, i.indexrelid::regclass)
        from tenant_table t join pg_index i on i.indrelid = t.oid
        where i.indisunique and i.indkey[0] <> t.attnum
        union all
        select format('%s: foreign key %s does not begin with instance_key on both sides', relname, f.conname)
        from tenant_table t join pg_constraint f on f.conrelid = t.oid and f.contype = 'f'
        where f.conkey[1] <> t.attnum
          or not exists (
            select from pg_attribute a
            where a.attrelid = f.confrelid and a.attnum = f.confkey[1] and a.attname = 'instance_key')
    """,
    "privileges that row security does not govern": """
        select format('%s may %s %s', current_user, privilege, t.relname)
        from tenant_table t, unnest(array['truncate', 'references', 'trigger']) privilege
        where has_table_privilege(t.oid, privilege)
        union all
        select format('%s may %s event', current_user, privilege)
        from unnest(array['update', 'delete']) privilege
        where has_table_privilege('vault.event', privilege)
        union all
        select format('%s may update columns of event', current_user)
        where has_any_column_privilege('vault.event', 'update')
        union all
        select format('PUBLIC has privileges on %s', c.oid::regclass)
        from pg_class c, aclexplode(c.relacl) acl
        where c.relnamespace in ('vault'::regnamespace, 'jobs'::regnamespace) and acl.grantee = 0
    """,
    "functions that run as another role are known, and their search path is pinned": """
        select format('%s runs as its owner and is not known to', f.name)
        from owners_function f
        where not f.name = any(:owners_functions)
        union all
        select format('%s runs as its owner without a search path of its own', f.name)
        from owners_function f
        where not exists (
          select from unnest(f.proconfig) setting where setting like 'search\\_path=%pg\\_temp')
        union all
        select format('PUBLIC may execute %s', p.oid::regprocedure)
        from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
        where p.pronamespace in ('vault'::regnamespace, 'jobs'::regnamespace) and acl.grantee = 0
    """,
    "views ask as whoever reads them": """
        select format('view %s is not security_invoker', relname)
        from pg_class
        where relnamespace = 'vault'::regnamespace and relkind = 'v'
          and not coalesce(reloptions, '{}') && array['security_invoker=true', 'security_invoker=on']
    """,
}


def verify(engine: Engine) -> None:
    """Refuse to serve from a database that does not isolate tenants.

    `engine` connects as the role that serves. Raises IsolationMissing naming every finding, NotMigrated when
    the schema is not at the version that this code needs.
    """
    with engine.connect() as connection:
        _require_version(connection)
        found = findings(connection)
    if found:
        raise IsolationMissing(found)


def findings(connection: Connection) -> list[str]:
    """Return what is missing for the role that asks, in words; nothing when tenants are isolated."""
    facts = {
        "shared_tables": list(SHARED_TABLES),
        "owners_functions": list(OWNERS_FUNCTIONS),
        "tenant": _STORED_TENANT,
    }
    return [
        finding
        for check in CHECKS.values()
        for finding in connection.execute(text(_COMMON + check), facts).scalars()
    ]


def _require_version(connection: Connection) -> None:
    try:
        version = connection.execute(text("select version_num from vault.alembic_version")).scalar()
    except ProgrammingError as error:
        raise NotMigrated from error
    if version != head():
        raise NotMigrated(
            f"The database is at version {version}, but this code needs {head()}: "
            "run `worklog-vault migrate`."
        )
