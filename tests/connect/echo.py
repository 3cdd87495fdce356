"""A WSGI application behind the proxy middleware; it answers with the canonical form of its request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from connect import qsh
from connect.headers import SecurityHeaders
from connect.settings import ConnectSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def _echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    canonical = qsh.canonical_request(environ["REQUEST_METHOD"], qsh.received_target(environ)).encode()
    start_response("200 OK", [("Content-Length", str(len(canonical)))])
    return [canonical]


def _behind_proxies() -> Flask:
    app = Flask(__name__, static_folder=None)
    app.wsgi_app = _echo  # type: ignore[method-assign,assignment]
    environ = {
        "VAULT_BASE_URLS": "https://vault.example.com",
        "VAULT_TRUSTED_PROXIES": "1",
    }
    SecurityHeaders(ConnectSettings.from_env(environ)).init_app(app)
    return app


application = _behind_proxies()
