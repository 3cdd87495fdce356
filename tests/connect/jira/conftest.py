"""One Jira site, its clients, and Jira's answers in a can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import responses

from connect.jira import Jira, Site
from connect.principals import Installation, InstallationState
from connect.settings import ConnectSettings

SITE = Installation(
    client_key="site-1",
    shared_secret="s" * 64,
    base_url="https://acme.atlassian.net",
    oauth_client_id="oauth-client",
    state=InstallationState.ENABLED,
    product_type="jira",
)


@dataclass
class Clock:
    """A clock that moves only by sleeping."""

    now: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def installation() -> Installation:
    """A site that lets the app act as its users."""
    return SITE


@pytest.fixture
def clock() -> Clock:
    """The clients' clock."""
    return Clock()


@pytest.fixture
def jira_settings() -> ConnectSettings:
    """Settings as in production."""
    return ConnectSettings.from_env({"VAULT_BASE_URLS": "https://vault.example.com"})


@pytest.fixture
def jira(jira_settings: ConnectSettings, clock: Clock) -> Jira:
    """Jira's REST with the test's clock."""
    return Jira(jira_settings, clock=clock, sleep=clock.sleep)


@pytest.fixture
def site(jira: Jira, installation: Installation) -> Site:
    """One site's REST."""
    return jira.site(installation)


@pytest.fixture
def canned() -> Iterator[responses.RequestsMock]:
    """Canned answers; a call that has none fails."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def granting(canned: responses.RequestsMock, jira_settings: ConnectSettings) -> responses.BaseResponse:
    """The authorization server, granting tokens of fifteen minutes."""
    return canned.post(
        f"{jira_settings.authorization_url}/oauth2/token",
        json={"access_token": "user-token", "expires_in": 900, "token_type": "Bearer"},
    )
