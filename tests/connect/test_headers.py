"""Security headers, and plain HTTP in production."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, Response, jsonify, request
from flask.testing import FlaskClient

from connect.errors import VaultError
from connect.guard import unsigned
from connect.headers import SecurityHeaders
from connect.settings import ConnectSettings
from tests.connect.doors import Door

PRODUCTION = {"VAULT_BASE_URLS": "https://vault.example.com"}


def client(environ: dict[str, str], static: Path | None = None) -> FlaskClient:
    app = Flask("headers", static_folder=str(static) if static else None, static_url_path="/static")
    SecurityHeaders(ConnectSettings.from_env({**PRODUCTION, **environ})).init_app(app)

    @app.errorhandler(VaultError)
    def problem(error: VaultError) -> Response:
        response = jsonify(error.as_problem())
        response.status_code = error.status
        return response

    @app.get("/who")
    @unsigned(reason="a test")
    def who() -> dict[str, str | None]:
        return {"address": request.remote_addr, "scheme": request.scheme, "host": request.host}

    return app.test_client()


def directives(response: object) -> dict[str, list[str]]:
    policy: str = response.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    words = [directive.split() for directive in policy.split(";")]
    return {name: values for name, *values in words}


def test_a_page_is_framed_by_jira_alone_and_runs_no_script_but_its_own_and_the_bridge(door: Door) -> None:
    response = door.knock("GET", door.page, door.request_token("GET", door.page, door.globex))
    assert directives(response) == {
        "default-src": ["'none'"],
        "script-src": ["'self'", "https://connect-cdn.atl-paas.net"],
        "style-src": ["'self'", "https://connect-cdn.atl-paas.net"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": [
            "https://*.atlassian.net",
            "http://*.atlassian.net",
            "https://*.jira.com",
            "http://*.jira.com",
            "https://globex.jira.com",
        ],
    }
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Frame-Options" not in response.headers


def test_what_is_no_page_is_framed_by_nobody(door: Door) -> None:
    for response in (
        door.knock("GET", door.api, door.context_token()),
        door.knock("GET", door.page),
        door.knock("GET", "/nothing/here"),
        door.knock("GET", "/atlassian-connect.json"),
    ):
        assert directives(response)["frame-ancestors"] == ["'none'"]
        assert directives(response)["default-src"] == ["'none'"]
        assert response.headers["Cache-Control"] == "no-store"


def test_in_production_jira_frames_by_https_only() -> None:
    headers = SecurityHeaders(ConnectSettings.from_env(PRODUCTION))
    assert headers.frame_ancestors == ("https://*.atlassian.net", "https://*.jira.com")


def test_in_production_plain_http_is_refused_and_https_lasts() -> None:
    asked = client({})
    refused = asked.get("/who")
    assert (refused.status_code, refused.get_json()["code"]) == (403, "https_required")
    assert "Strict-Transport-Security" not in refused.headers  # RFC 6797 section 7.2
    answered = asked.get("/who", base_url="https://vault.example.com")
    assert answered.status_code == 200
    assert answered.headers["Strict-Transport-Security"] == "max-age=63072000"


def test_in_development_plain_http_is_answered_and_does_not_promise_https() -> None:
    answered = client({"VAULT_ENVIRONMENT": "development"}).get("/who")
    assert answered.status_code == 200
    assert "Strict-Transport-Security" not in answered.headers


@pytest.mark.parametrize(
    ("proxies", "forwarded", "status", "address"),
    [
        ("0", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}, 403, None),
        ("1", {}, 403, None),
        ("1", {"X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.7"}, 403, None),
        ("1", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}, 200, "192.0.2.7"),
        ("1", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.1, 192.0.2.7"}, 200, "192.0.2.7"),
        ("1", {"X-Forwarded-Proto": "https, http"}, 403, None),
        ("2", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}, 403, None),
        (
            "2",
            {"X-Forwarded-Proto": "https, http", "X-Forwarded-For": "192.0.2.7, 10.0.0.1"},
            200,
            "192.0.2.7",
        ),
    ],
)
def test_only_as_many_proxies_are_believed_as_there_are(
    proxies: str, forwarded: dict[str, str], status: int, address: str | None
) -> None:
    headers = {**forwarded, "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
    response = client({"VAULT_TRUSTED_PROXIES": proxies}).get("/who", headers=headers)
    assert response.status_code == status
    if status == 200:
        assert response.get_json() == {"address": address, "scheme": "https", "host": "localhost"}


def test_bundles_are_kept_for_ever_and_other_files_for_an_hour(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "icons").mkdir()
    for name in ("dist/panel-ABC.js", "dist/manifest.json", "icons/vault.svg"):
        (tmp_path / name).write_text("x")
    asked = client({"VAULT_ENVIRONMENT": "development"}, tmp_path)
    caching = {}
    for path in ("dist/panel-ABC.js", "dist/manifest.json", "icons/vault.svg", "dist/absent.js"):
        with asked.get(f"/static/{path}") as response:
            caching[path] = response.headers["Cache-Control"]
    assert caching == {
        "dist/panel-ABC.js": "public, max-age=31536000, immutable",
        "dist/manifest.json": "public, max-age=3600",
        "icons/vault.svg": "public, max-age=3600",
        "dist/absent.js": "no-store",
    }
    with asked.get("/static/icons/vault.svg") as icon:
        assert icon.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        # An SVG opened by itself is a document: it runs nothing and is framed by nobody.
        assert directives(icon)["default-src"] == ["'none'"]


def test_the_bridge_of_a_sandbox_site_is_allowed_for_that_site(door: Door, environ: dict[str, str]) -> None:
    settings = ConnectSettings.from_env(
        {**environ, "CONNECT_BRIDGE_URL": "{baseUrl}/atlassian-connect/all.js"}
    )
    policy = SecurityHeaders(settings).page_policy("http://localhost:8091")
    assert "script-src 'self' http://localhost:8091;" in policy
    assert policy.endswith(" http://localhost:8091")
