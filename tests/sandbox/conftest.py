"""A sandbox on free ports, and a small add-on to install into it, which writes down what Jira tells it."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from sandbox import cast
from sandbox.server import Sandbox
from sandbox.site import Site

KEY = "com.example.scribe"


@dataclass
class Received:
    """One request as the add-on saw it; ``target`` is still encoded."""

    method: str
    target: str
    headers: dict[str, str]
    body: Any

    @property
    def token(self) -> str:
        return self.headers["Authorization"].removeprefix("JWT ")


@dataclass
class ScribeAddon:
    """An add-on that accepts everything, unless told how to answer a path."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    #: Path -> statuses of the next answers; after those it is 204 again.
    answers: dict[str, list[int]] = field(default_factory=dict)
    #: What the descriptor says beyond (or instead of) the usual.
    descriptor_changes: dict[str, Any] = field(default_factory=dict)

    def to(self, path: str) -> list[Received]:
        """What was sent to a path, oldest first."""
        return [one for one in self.received if one.target.partition("?")[0] == path]

    def descriptor(self) -> dict[str, Any]:
        usual = {
            "key": KEY,
            "name": "Scribe",
            "baseUrl": self.url,
            "authentication": {"type": "jwt"},
            "lifecycle": {name: f"/{name}" for name in ("installed", "uninstalled", "enabled", "disabled")},
            "scopes": ["READ", "WRITE", "DELETE", "ACT_AS_USER"],
            "apiMigrations": {"signed-install": True, "context-qsh": True, "gdpr": True},
            "modules": {
                "jiraIssueContents": [
                    {
                        "key": "worklog-panel",
                        "name": {"value": "Scribe"},
                        "target": {
                            "type": "web_panel",
                            "url": "/panel?issueId={issue.id}&key={issue.key}&who={user.accountId}&x={no.x}",
                        },
                        "conditions": [{"condition": "user_is_logged_in"}],
                    }
                ],
                "generalPages": [{"key": "teams", "name": {"value": "Teams"}, "url": "/teams"}],
                "adminPages": [
                    {
                        "key": "administration",
                        "name": {"value": "Scribe"},
                        "url": "/admin",
                        "conditions": [{"condition": "user_is_admin"}],
                    }
                ],
                "webhooks": [
                    {"event": "worklog_created", "url": "/hooks/worklog?kind=created"},
                    {"event": "worklog_updated", "url": "/hooks/worklog"},
                    {"event": "worklog_deleted", "url": "/hooks/worklog"},
                    {"event": "jira:issue_deleted", "url": "/hooks/issue"},
                ],
            },
        }
        return usual | self.descriptor_changes


def _scribe_app(addon: ScribeAddon) -> Flask:
    app = Flask("scribe", static_folder=None)

    @app.get("/atlassian-connect.json")
    def descriptor() -> ResponseReturnValue:
        return jsonify(addon.descriptor())

    @app.get("/healthz")
    def healthy() -> str:
        return "ok"

    @app.route("/<path:path>", methods=["POST"])
    def receive(path: str) -> ResponseReturnValue:
        body = json.loads(request.data) if request.data else None
        addon.received.append(
            Received(request.method, request.environ["RAW_URI"], dict(request.headers), body)
        )
        statuses = addon.answers.get(f"/{path}", [])
        return "", statuses.pop(0) if statuses else 204

    return app


@pytest.fixture(scope="module")
def scribe_server() -> Iterator[ScribeAddon]:
    addon = ScribeAddon()
    server = make_server("127.0.0.1", 0, _scribe_app(addon), threaded=True)
    server.log = lambda *_arguments: None  # type: ignore[method-assign]
    addon.url = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield addon
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def addon(scribe_server: ScribeAddon) -> ScribeAddon:
    """A running add-on with an empty notebook; not installed yet."""
    scribe_server.received.clear()
    scribe_server.answers.clear()
    scribe_server.descriptor_changes.clear()
    return scribe_server


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox(retry_delays=(0.02, 0.02)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """Two sites as on the first day."""
    running_sandbox.reset()
    yield running_sandbox
    running_sandbox.reset()


@pytest.fixture
def acme(sandbox: Sandbox) -> Site:
    return sandbox.site("acme")


@pytest.fixture
def globex(sandbox: Sandbox) -> Site:
    return sandbox.site("globex")


@pytest.fixture
def installed(sandbox: Sandbox, addon: ScribeAddon) -> ScribeAddon:
    """The add-on, installed into both sites, its notebook empty again."""
    sandbox.install(addon.url)
    addon.received.clear()
    return addon


Ask = Callable[..., requests.Response]


@pytest.fixture
def ask(acme: Site) -> Ask:
    """``ask("member", "GET", "/issue/SEC-1", version=3, site=acme, json=...)``: REST with an API token.

    None asks as nobody.
    """

    def ask(
        who: str | None, method: str, path: str, *, version: int = 3, site: Site = acme, **options: Any
    ) -> requests.Response:
        credentials = (cast.account_id(who), cast.API_TOKEN) if who else None
        url = f"{site.base_url}/rest/api/{version}{path}"
        return requests.request(method, url, auth=credentials, timeout=10, **options)

    return ask


@pytest.fixture(scope="session")
def openapi() -> dict[str, Any]:
    """Jira's OpenAPI document; without it the tests that need it are skipped."""
    beside = Path(__file__).parents[2].parent / "shared" / "jira" / "jira-openapi-v3.json"
    path = Path(os.environ.get("VAULT_JIRA_OPENAPI", beside))
    if not path.is_file():
        pytest.skip(f"Jira's OpenAPI document is not at {path}; set VAULT_JIRA_OPENAPI")
    return json.loads(path.read_text(encoding="utf-8"))
