"""A small app behind the guard, its callers, and a server of install keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connect.ports import Installed, RequestFacts
from connect.settings import ConnectSettings
from tests.connect.doors import ACME, GLOBEX, AtlassianKeys, Door, KeyServer, SmallApp, small_app


@pytest.fixture(scope="session")
def atlassian() -> AtlassianKeys:
    """Atlassian's pair of install keys."""
    return AtlassianKeys()


@pytest.fixture
def key_server(atlassian: AtlassianKeys) -> Iterator[KeyServer]:
    """A server that has Atlassian's install key, over real HTTP."""
    with KeyServer().running() as server:
        server.pems[atlassian.kid] = atlassian.pem
        yield server


@pytest.fixture
def environ(key_server: KeyServer) -> dict[str, str]:
    """The environment of a small app."""
    return {
        "VAULT_BASE_URLS": "https://vault.example.com https://eu.vault.example.com",
        "VAULT_ENVIRONMENT": "development",
        "CONNECT_INSTALL_KEYS_URLS": key_server.url,
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> ConnectSettings:
    """The settings of a small app."""
    return ConnectSettings.from_env(environ)


@pytest.fixture
def small(settings: ConnectSettings) -> SmallApp:
    """A small app that `acme` and `globex` have installed."""
    made = small_app(settings)
    facts = RequestFacts("0", "192.0.2.1", "POST", "/installed")
    for site in (ACME, GLOBEX):
        made.installations.install(
            Installed(site.client_key, site.secret, site.base_url, None, "jira"), facts
        )
    return made


@pytest.fixture
def door(small: SmallApp, settings: ConnectSettings, atlassian: AtlassianKeys) -> Door:
    """The small app's door."""
    return Door(
        client=small.app.test_client(),
        app_key=settings.app_key,
        base_url=settings.base_urls[0],
        atlassian=atlassian,
        last_refusal=lambda: str(small.refusals.rows[-1][0].code) if small.refusals.rows else "none",
    )
