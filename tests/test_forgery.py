"""The forgery matrix once more, against the whole product: real database, real installations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy

import app as product
from tests.connect.doors import AtlassianKeys, Door, KeyServer
from tests.connect.test_forgery import *  # noqa: F403  The tests themselves; the door below is ours.
from worklogs import services


@pytest.fixture(scope="session")
def atlassian() -> AtlassianKeys:
    """Atlassian's pair of install keys."""
    return AtlassianKeys()


@pytest.fixture(scope="module")
def whole_app(database_environ, admin_url, atlassian) -> Iterator[tuple[product.Settings, object]]:
    """The product, knowing a server that has Atlassian's install key."""
    with KeyServer().running() as server:
        server.pems[atlassian.kid] = atlassian.pem
        settings = product.Settings.from_env(
            {
                **database_environ,
                "VAULT_BASE_URLS": "https://vault.example.com https://eu.vault.example.com",
                "VAULT_ENVIRONMENT": "development",
                "CONNECT_INSTALL_KEYS_URLS": server.url,
            }
        )
        made = product.create_app(settings)
        yield settings, made
        with made.app_context():
            services.current().database.dispose()


@pytest.fixture
def door(whole_app, admin_url, atlassian) -> Iterator[Door]:
    """The product's door: both sites come in by the real signed handshake."""
    settings, made = whole_app
    engine = sqlalchemy.create_engine(admin_url, poolclass=sqlalchemy.NullPool)

    def last_refusal() -> str | None:
        with engine.begin() as connection:
            return connection.scalar(
                sqlalchemy.text(
                    "select reason from vault.event where action = 'request:refuse' order by id desc limit 1"
                )
            )

    door = Door(
        client=made.test_client(),
        app_key=settings.connect.app_key,
        base_url=settings.connect.base_urls[0],
        atlassian=atlassian,
        api="/api/v1/teams",
        last_refusal=last_refusal,
    )
    for site in (door.acme, door.globex):
        assert door.tell("installed", site).status_code == 204
        assert door.tell("enabled", site).status_code == 204
    yield door
    engine.dispose()
