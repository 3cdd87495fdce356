"""The whole house for tests: the real app, on a real database, installed into the sandbox's two sites."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from flask import Flask
from sqlalchemy import text
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

import app as product
from sandbox import cast
from sandbox.server import Sandbox
from worklogs import services

SEC_1 = "SEC-1"


@dataclass(frozen=True)
class Caller:
    """One person on one site, calling the API as the panel would: with a fresh context token each time."""

    house: House
    site: str
    role: str

    @property
    def account_id(self) -> str:
        """The person's Atlassian account id."""
        return cast.account_id(self.role)

    def __call__(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        """The answer to one call; `if_match="3"` and the like become headers."""
        token = self.house.sandbox.site(self.site).context_token(self.role, SEC_1)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.house.app.test_client().open(
            f"/api/v1{path}", method=method, json=json, headers={"Authorization": f"JWT {token}", **named}
        )

    def get(self, path: str) -> TestResponse:
        """The answer to a GET."""
        return self("GET", path)

    def made(self, path: str, json: Any) -> dict[str, Any]:
        """What a POST made; fails when it made nothing."""
        answer = self("POST", path, json)
        assert answer.status_code == 201, answer.text
        return dict(answer.json)


@dataclass(frozen=True)
class House:
    """The running parts. `url` is where the app listens."""

    sandbox: Sandbox
    app: Flask
    url: str
    environ: Mapping[str, str]

    def caller(self, role: str, site: str = "acme") -> Caller:
        """Somebody of the cast."""
        return Caller(self, site, role)

    def issue_id(self, key: str = SEC_1, site: str = "acme") -> int:
        """Jira's id of an issue."""
        return int(self.sandbox.site(site).issue(key).id)

    def instance_key(self, site: str = "acme") -> str:
        """The client key of a site."""
        return str(self.sandbox.site(site).addon().client_key)

    def as_owner(self, statement: str, **values: Any) -> list[Any]:
        """Rows of a statement run past all policies, as the owner's superuser would."""
        engine = sqlalchemy.create_engine(self.environ["TEST_ADMIN_URL"], poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []


class _Handler(WSGIRequestHandler):
    #: Seconds after which a connection that asks nothing more is given up: closing the house waits for it.
    timeout = 5


@contextmanager
def running_house(database_environ: Mapping[str, str], admin_url: str) -> Iterator[House]:
    """A house with both sites installed by the real signed handshake."""
    with Sandbox() as sandbox:
        # The port must be known before the app is made: its own address is a setting.
        server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True, request_handler=_Handler)
        # Requests that a closed browser left behind are waited for, or their database connections leak.
        server.daemon_threads = False
        url = f"http://localhost:{server.server_port}"
        hosts = " ".join(site.base_url.removeprefix("http://") for site in sandbox.sites.values())
        environ = {
            **database_environ,
            "TEST_ADMIN_URL": admin_url,
            "VAULT_ENVIRONMENT": "development",
            "VAULT_BASE_URLS": url,
            "CONNECT_ALLOWED_HOSTS": hosts,
            "CONNECT_INSTALL_KEYS_URLS": sandbox.install_keys_url,
            "CONNECT_AUTHORIZATION_URL": sandbox.cloud_url,
            "CONNECT_BRIDGE_URL": "{baseUrl}/atlassian-connect/all.js",
        }
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        try:
            app = product.create_app(product.Settings.from_env(environ))
            server.app = app
            thread.start()
            sandbox.install(url)
            yield House(sandbox, app, url, environ)
        finally:
            if thread.is_alive():
                server.shutdown()
                thread.join()
            server.server_close()
        with app.app_context():
            services.current().database.dispose()


@dataclass(frozen=True)
class SecuredTeam:
    """A secured team on one site with the cast in it: lead, member, reader; leaver's membership has ended."""

    id: str
    roles: Mapping[str, str]
    members: Mapping[str, str]


def switch_secured_teams_on(house: House, site: str = "acme") -> None:
    """The administrator allows secured teams and lets the lead create teams."""
    lead = house.caller("lead", site).account_id
    answer = house.caller("admin", site)("PATCH", "/settings", {"securedTeams": True, "teamManagers": [lead]})
    assert answer.status_code == 200, answer.text


def make_secured_team(house: House, site: str = "acme", name: str = "Security response") -> SecuredTeam:
    """The team of the demo: a lead, a member who logs, a reader who views, a leaver who left yesterday."""
    switch_secured_teams_on(house, site)
    lead = house.caller("lead", site)
    team = lead.made("/teams", {"name": name, "visibility": "secured"})
    roles = {role["name"]: role["id"] for role in lead.get(f"/teams/{team['id']}").json["roles"]}
    viewer = lead.made(f"/teams/{team['id']}/roles", {"name": "Reader", "permissions": ["view_others"]})
    roles["Reader"] = viewer["id"]
    members = {}
    for role, held in (("member", "Team member"), ("reader", "Reader"), ("leaver", "Reader")):
        body = {"accountId": cast.account_id(role), "roleId": roles[held], "joinedOn": "2026-01-01"}
        if role == "leaver":
            body["leftOn"] = "2026-06-30"
        members[role] = lead.made(f"/teams/{team['id']}/members", body)["id"]
    return SecuredTeam(team["id"], roles, members)


def log_time(
    house: House,
    team: SecuredTeam,
    role: str = "member",
    site: str = "acme",
    issue: str = SEC_1,
    **changes: Any,
) -> dict[str, Any]:
    """A secured work log of somebody."""
    body = {
        "teamId": team.id,
        "started": "2026-11-24T09:00:00+01:00",
        "timeSpent": "1h 30m",
        "description": "Traced the leak",
        **changes,
    }
    return house.caller(role, site).made(f"/issues/{house.issue_id(issue, site)}/worklogs", body)
