"""What every test may use: a real PostgreSQL, a migrated database of its own for each module, two sites."""

from __future__ import annotations

import base64
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy.engine import make_url

from connect.ports import Installed, RequestFacts
from connect.principals import Installation
from tenancy.database import Database
from tenancy.embedded import THROWAWAY_SETTINGS, DatabaseUrls, EmbeddedPostgres
from tenancy.installations import Installations
from tenancy.migrations import upgrade
from tenancy.settings import TenancySettings

# No example is timed: a busy machine is no defect, and what is slow shows in `make bench`.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

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


@pytest.fixture(scope="module")
def admin_url(postgres: EmbeddedPostgres, database_urls: DatabaseUrls) -> str:
    """The superuser's URL of this module's database: for arranging and looking past every policy."""
    name = make_url(database_urls.app).database or ""
    return make_url(postgres.admin_url(name)).set(drivername="postgresql+psycopg").render_as_string(False)


@pytest.fixture(scope="session")
def facts() -> RequestFacts:
    """What the event log may know of a request."""
    return RequestFacts("request-1", "203.0.113.7", "POST", "/installed")


@pytest.fixture(scope="module")
def installations(database: Database) -> Installations:
    """The port through which sites get in, on this module's database."""
    return Installations(database)


@pytest.fixture(scope="module")
def acme(installations: Installations, facts: RequestFacts) -> Installation:
    """One site that has the app."""
    return _install(installations, "acme", facts)


@pytest.fixture(scope="module")
def globex(installations: Installations, facts: RequestFacts) -> Installation:
    """Another site that has the app."""
    return _install(installations, "globex", facts)


@pytest.fixture(scope="module")
def two_tenants(acme: Installation, globex: Installation) -> tuple[Installation, Installation]:
    """Both of them."""
    return acme, globex


def _install(installations: Installations, name: str, facts: RequestFacts) -> Installation:
    installations.install(
        Installed(
            client_key=f"{name}-client-key",
            shared_secret=f"{name}-shared-secret-of-forty-letters-or-so",
            base_url=f"https://{name}.atlassian.net",
            oauth_client_id=f"{name}-oauth-client",
            product_type="jira",
        ),
        facts,
    )
    installation = installations.find(f"{name}-client-key")
    assert installation is not None
    return installation
