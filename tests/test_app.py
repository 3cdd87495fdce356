"""`app.py`: how the layers are joined, the one error shape, and what happens when the database goes away."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.engine import make_url

import app as product
from connect import descriptor
from connect.guard import Guard
from connect.settings import SettingsError
from tenancy.database import Database
from tenancy.embedded import THROWAWAY_SETTINGS, EmbeddedPostgres
from tenancy.installations import Installations
from tenancy.migrations import upgrade
from tenancy.refusals import Refusals
from tests import house as building
from tests.house import House
from worklogs import services
from worklogs.teams import teams

ROOT = Path(__file__).resolve().parent.parent
UNSIGNED = {"/atlassian-connect.json", "/healthz", "/static/<path:filename>", "/api/v1/openapi.json"}


@pytest.fixture(scope="module")
def house(database_environ, admin_url) -> Iterator[House]:
    """The real app installed into the sandbox's sites."""
    with building.running_house(database_environ, admin_url) as running:
        yield running


def routes(app: Flask) -> list[tuple[str, str]]:
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
    ]


def test_every_route_but_the_listed_ones_answers_401_without_a_token(house):
    client = house.app.test_client()
    for method, rule in routes(house.app):
        path = rule.replace("<path:filename>", "icons/none.svg")
        for name in ("issue_id", "worklog_id", "team_id", "member_id"):
            path = path.replace(f"<{name}>", "1")
        status = client.open(path, method=method).status_code
        assert (status == 401) == (rule not in UNSIGNED), (method, rule, status)


def test_no_route_is_silent_about_how_it_is_signed(house):
    with house.app.app_context():
        running = services.current()
    guard = Guard(running.connect, running.installations, Refusals(running.database))
    guard._app = house.app
    silent = {line.split(" ", 1)[1] for line in guard.undeclared()}
    assert silent <= {"/static/<path:filename>", "/api/v1/openapi.json"}


def test_every_address_of_the_descriptor_is_routed_and_its_icons_exist(house):
    described = descriptor.render(product.Settings.from_env(house.environ).connect)
    adapter = house.app.url_map.bind("localhost")

    def urls(value):
        if isinstance(value, dict):
            return [v for k, v in value.items() if k == "url" and isinstance(v, str)] + [
                each for v in value.values() for each in urls(v)
            ]
        return [each for v in value for each in urls(v)] if isinstance(value, list) else []

    found = urls(described["modules"])
    lifecycle = list(described["lifecycle"].values())
    assert len(found) >= 7
    for url in found + lifecycle:
        path = url.partition("?")[0]
        assert adapter.test(path, "GET") or adapter.test(path, "POST"), url
        if path.startswith("/static/"):
            with house.app.test_client().get(path) as answer:
                assert answer.status_code == 200, path


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("PUT", "/api/v1/settings", 405, "method_not_allowed"),
        ("GET", "/api/v1/teams", 401, "unauthenticated"),
        ("GET", "/panel", 401, "unauthenticated"),
    ],
)
def test_every_error_has_one_shape(house, method, path, status, code):
    answer = house.app.test_client().open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert {"type", "title", "status", "detail", "code"} <= set(answer.json)
    assert (answer.json["code"], answer.json["status"]) == (code, status)


def test_a_body_beyond_all_measure_is_refused(house, monkeypatch):
    answer = house.caller("admin")("PATCH", "/settings", {"teamManagers": ["x" * product.LARGEST_BODY]})
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")


def test_an_unexpected_error_tells_its_caller_nothing(house, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(teams, "listing", broken)
    answer = house.caller("member").get("/teams")
    assert (answer.status_code, answer.json["code"]) == (500, "internal")
    assert b"secret" not in answer.data


def test_pages_may_be_framed_by_jira_only_and_run_no_inline_script(house):
    url = house.sandbox.site("acme").panel_url("member", "SEC-1")
    answer = requests.get(url, timeout=10)
    policy = answer.headers["Content-Security-Policy"]
    assert answer.status_code == 200
    assert "unsafe" not in policy
    ancestors = next(part for part in policy.split(";") if "frame-ancestors" in part)
    assert house.sandbox.site("acme").base_url in ancestors
    assert "*" not in ancestors.replace("http://localhost", "").replace("https://localhost", "")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script>" not in answer.text


def test_a_page_shows_text_of_its_address_as_text(house):
    site = house.sandbox.site("acme")
    answer = requests.get(site.panel_url("member", "SEC-1"), timeout=10)
    assert f'data-issue-id="{house.issue_id()}"' in answer.text
    assert 'data-issue-key="SEC-1"' in answer.text


def test_all_missing_settings_are_named_at_once():
    with pytest.raises(SettingsError) as refused:
        product.Settings.from_env({})
    assert set(refused.value.problems) >= {"VAULT_BASE_URLS", "DATABASE_URL", "VAULT_KEY_ENCRYPTION_KEYS"}


@pytest.mark.parametrize(
    "command",
    [[], ["serve"], ["work"], ["migrate"], ["tenants"], ["tenants", "list"], ["tenants", "show"], ["keys"],
     ["keys", "generate"], ["keys", "rotate"]],
)  # fmt: skip
def test_every_command_explains_itself(command):
    result = CliRunner().invoke(product.main, [*command, "--help"])
    assert result.exit_code == 0
    assert len(result.output.split()) > 15, result.output


def test_serving_without_settings_names_them_and_ends():
    result = CliRunner().invoke(product.main, ["serve"], env={"DATABASE_URL": "", "VAULT_BASE_URLS": ""})
    assert result.exit_code != 0
    assert "VAULT_BASE_URLS" in result.output
    assert "VAULT_KEY_ENCRYPTION_KEYS" in result.output


def test_the_layers_import_one_way():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_openapi_document_is_complete(house):
    document = house.app.test_client().get("/api/v1/openapi.json").json
    described = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    served = {
        (method, rule.replace("<", "{").replace(">", "}"))
        for method, rule in routes(house.app)
        if rule.startswith("/api/v1/") and not rule.endswith("openapi.json")
    }
    assert described == served
    names = set(document["components"]["schemas"])
    assert {"Worklog", "WorklogPage", "NewWorklog", "Team", "Member"} <= names


def test_a_database_restart_loses_nothing_and_the_service_recovers(key_encryption_keys):
    # Not pytest's own temporary directory: PostgreSQL's own user may not enter it.
    with (
        tempfile.TemporaryDirectory(prefix="vault-pg-") as directory,
        EmbeddedPostgres(Path(directory), THROWAWAY_SETTINGS) as server,
    ):
        server.create_database("restart")
        urls = server.urls("restart")
        upgrade(make_url(urls.owner).set(drivername="postgresql+psycopg"))
        environ = {
            "DATABASE_URL": urls.app,
            "DATABASE_OWNER_URL": urls.owner,
            "VAULT_KEY_ENCRYPTION_KEYS": key_encryption_keys,
        }
        admin = make_url(server.admin_url("restart")).set(drivername="postgresql+psycopg")
        with building.running_house(environ, admin.render_as_string(False)) as house:
            team = building.make_secured_team(house)
            saved: list[str] = []
            stop = threading.Event()
            outcomes: set[int] = set()

            def work() -> None:
                body = {"teamId": team.id, "started": "2026-11-24T09:00:00Z", "timeSpent": "1h"}
                member, path = house.caller("member"), f"/issues/{house.issue_id()}/worklogs"
                while not stop.is_set():
                    answer = member("POST", path, body)
                    outcomes.add(answer.status_code)
                    if answer.status_code == 201:
                        saved.append(answer.json["id"])

            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads:
                thread.start()
            time.sleep(0.5)
            server.restart("immediate")
            restarted = len(saved)
            deadline = time.monotonic() + 30
            while len(saved) < restarted + 10 and time.monotonic() < deadline:
                time.sleep(0.05)
            stop.set()
            for thread in threads:
                thread.join()
            assert len(saved) >= restarted + 10, "the service recovers by itself"
            assert outcomes <= {201, 503}
            kept = {str(row[0]) for row in house.as_owner("select id from vault.secured_worklog")}
            assert set(saved) <= kept, "what was answered with 201 is there"
            events = {
                row[0]
                for row in house.as_owner(
                    "select target_id from vault.event"
                    " where action = 'secured_worklog:create' and outcome = 'allowed'"
                )
            }
            assert events == kept, "each work log has its event, in the same transaction"


def test_a_rotated_secret_fails_on_another_process_within_a_second(house):
    other = Database(product.Settings.from_env(house.environ).tenancy)
    try:
        elsewhere = Installations(other)
        key = house.instance_key("globex")
        before = elsewhere.find(key)
        house.sandbox.site("globex").rotate_secret()
        time.sleep(0.8)
        after = elsewhere.find(key)
        assert before is not None
        assert after is not None
        assert before.shared_secret != after.shared_secret
    finally:
        other.dispose()
