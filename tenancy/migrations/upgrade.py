"""Bringing a database to the newest version of the schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from tenancy import roles
from tenancy.settings import libpq_url

# Two `migrate` at once: the second waits here, then finds nothing to do.
_LOCK = "select pg_advisory_xact_lock(hashtext('worklog-vault migrate'))"


def upgrade(owner_url: URL, progress: Callable[[str], None] = lambda _: None) -> list[str]:
    """Make the roles where they are missing, apply what is not yet applied, and return the versions applied.

    All of it is one transaction: it is applied whole or not at all. `progress` is told of each step. Raises
    RolesMissing when the roles are missing and `owner_url` may not make them.
    """
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as connection:
        if roles.prepare(connection):
            progress("Made the roles vault_owner, vault_app and vault_auditor (give them passwords)")
    engine = sqlalchemy.create_engine(owner_url, poolclass=NullPool, use_native_hstore=False)
    with engine.begin() as transaction:
        for statement in (*roles.AS_OWNER, _LOCK):
            transaction.exec_driver_sql(statement)
        return _apply(transaction, progress)


def head() -> str | None:
    """Return the version that this code needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _apply(connection: Connection, progress: Callable[[str], None]) -> list[str]:
    applied: list[str] = []

    def step(*, step: object, **_: object) -> None:
        version = getattr(step, "up_revision_id", "?")
        applied.append(version)
        progress(f"Applied {version}")

    config = _config()
    config.attributes.update(connection=connection, on_version_apply=step)
    command.upgrade(config, "head")
    return applied


def _config() -> Config:
    config = Config()
    # Config reads `%` as interpolation, and a path may hold one.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
