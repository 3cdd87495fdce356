"""What every test may use: a real PostgreSQL, a migrated database of its own for each module, two sites."""

from __future__ import annotations

import base64
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tenancy.database import Database
from tenancy.embedded import THROWAWAY_SETTINGS, DatabaseUrls, EmbeddedPostgres
from tenancy.migrations import upgrade
from tenancy.settings import TenancySettings

TEMPLATE = "vault_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A running cluster that dies with the test run; `vault_template` in it is migrated."""
    # Not pytest's own temporary directory: its names are too long for a Unix socket.
    with (
        tempfile.TemporaryDirectory(prefix="vault-pg-") as directory,
        EmbeddedPostgres(Path(directory), THROWAWAY_SETTINGS) as server,
    ):
        server.create_database(TEMPLATE)
        upgrade(make_url(server.urls(TEMPLATE).owner).set(drivername="postgresql+psycopg"))
        yield server


@pytest.fixture(scope="module")
def database_urls(postgres: EmbeddedPostgres) -> Iterator[DatabaseUrls]:
    """The URLs (app, owner, auditor) of a fresh, migrated database of this module's own."""
    name = f"vault_{next(_numbers)}"
    postgres.create_database(name, TEMPLATE)
    yield postgres.urls(name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def key_encryption_keys() -> str:
    """A value for VAULT_KEY_ENCRYPTION_KEYS: one key named `test`."""
    return "test:" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(scope="module")
def database_environ(database_urls: DatabaseUrls, key_encryption_keys: str) -> dict[str, str]:
    """The environment of the tenancy layer on this module's database."""
    return {
        "DATABASE_URL": database_urls.app,
        "DATABASE_OWNER_URL": database_urls.owner,
        "DATABASE_AUDITOR_URL": database_urls.auditor,
        "VAULT_KEY_ENCRYPTION_KEYS": key_encryption_keys,
    }


@pytest.fixture(scope="module")
def tenancy_settings(database_environ: dict[str, str]) -> TenancySettings:
    """Settings of this module's database."""
    return TenancySettings.from_env(database_environ)


@pytest.fixture(scope="module")
def database(tenancy_settings: TenancySettings) -> Iterator[Database]:
    """This module's database, through the app role."""
    database = Database(tenancy_settings)
    yield database
    database.dispose()
