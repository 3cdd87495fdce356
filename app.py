"""Joins the layers: as a web application, as a worker, and as the command `worklog-vault`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import click
import orjson
import structlog
from flask import Flask, Response
from gunicorn.app.base import BaseApplication
from werkzeug.exceptions import HTTPException

from connect import errors, guard, views
from connect.guard import Guard
from connect.headers import SecurityHeaders
from connect.jira import Jira
from connect.settings import ConnectSettings, Reader, SettingsError
from tenancy import commands, isolation, jobs
from tenancy.database import Database
from tenancy.installations import Installations
from tenancy.refusals import Refusals
from tenancy.settings import TenancySettings
from tenancy.webhooks import Webhooks
from worklogs import api, pages, services
from worklogs.blueprints import LARGEST_BODY

STATIC = Path(__file__).parent / "static"
_log = structlog.get_logger("app")

# JSON lines for machines. Tracebacks without local variables: those can hold secrets (domain.md S4).
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper("iso", utc=True),
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
        structlog.processors.JSONRenderer(),
    ],
    wrapper_class=structlog.make_filtering_bound_logger("info"),
    cache_logger_on_first_use=True,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of all layers."""

    connect: ConnectSettings
    tenancy: TenancySettings

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read them all; raises one SettingsError that names every missing or unusable key."""
        reader = Reader(environ)
        settings = cls(ConnectSettings.read(reader), TenancySettings.read(reader))
        reader.finish()
        return settings


class _Application(Flask):
    """Flask without what every request would pay for and none needs."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func`: no view here is a coroutine, and Flask asks each of them eight times a request."""
        return func


def create_app(settings: Settings) -> Flask:
    """The web application. Raises IsolationMissing when the database does not isolate tenants as it must."""
    app = _Application("worklog-vault", static_folder=str(STATIC), static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY  # Also for routes that read their body themselves.
    database = Database(settings.tenancy)
    isolation.verify(database.engine)
    installations = Installations(database)
    SecurityHeaders(settings.connect).init_app(app)
    door = Guard(settings.connect, installations, Refusals(database))
    door.init_app(app)
    door.declare_unsigned("static", reason="scripts, styles and icons, the same for everybody")
    app.register_blueprint(views.create_blueprint(settings.connect, installations, Webhooks(database)))
    services.provide(
        app,
        services.Services(database, Jira(settings.connect), installations, STATIC / "dist", settings.connect),
    )
    api.init_app(app, door)
    app.register_blueprint(pages.blueprint)
    app.register_error_handler(errors.VaultError, _problem)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _unexpected)
    return app


def _problem(error: errors.VaultError) -> Response:
    if error.status >= 500:
        _log.warning("answered with an error", code=error.code, request_id=guard.current_facts().request_id)
    return _answer(error.as_problem(), error.status, error.headers)


def _http_problem(error: HTTPException) -> Response:
    """Werkzeug's and webargs' refusals, in our shape; bad fields are named."""
    status = error.code or 500
    if status == 404:
        return _problem(errors.NotFound())
    if status == 422 and (fields := list(_field_problems(getattr(error, "data", {}).get("messages", {})))):
        return _problem(errors.InvalidInput(fields=fields))
    if status == 400:
        return _problem(errors.MalformedBody())
    phrase = HTTPStatus(status).phrase
    problem = {
        "type": "about:blank",
        "title": phrase,
        "status": status,
        "detail": error.description or phrase,
        "code": phrase.lower().replace(" ", "_"),
    }
    allowed = {k: v for k, v in error.get_headers() if k == "Allow"}
    return _answer(problem, status, allowed)


def _field_problems(messages: Any) -> list[errors.FieldProblem]:
    """webargs' `{location: {field: [message] | {index: [message]}}}`, flat; `items.2` names an item."""

    def walk(path: str, value: Any) -> list[errors.FieldProblem]:
        if isinstance(value, Mapping):
            return [each for key, inner in value.items() for each in walk(f"{path}.{key}", inner)]
        lines = value if isinstance(value, list) else [value]
        return [errors.FieldProblem(path.removesuffix("._schema"), str(line)) for line in lines]

    by_field = [(f, m) for location in messages.values() for f, m in _items(location)]
    return [each for field, message in by_field for each in walk(str(field), message)]


def _items(location: Any) -> list[tuple[Any, Any]]:
    return list(location.items()) if isinstance(location, Mapping) else [("body", location)]


def _unexpected(error: Exception) -> Response:
    _log.exception("unexpected error", exc_info=error, request_id=guard.current_facts().request_id)
    return _answer(errors.VaultError().as_problem(), 500, {})


def _answer(problem: dict[str, Any], status: int, headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(problem), status, dict(headers), mimetype="application/problem+json")


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with this application: it hands over the raw request target, which the hashes need."""

    def __init__(self, options: Mapping[str, Any], make: Callable[[], Flask]) -> None:
        self._options, self._make = options, make
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._make()


def _settings() -> Settings:
    try:
        return Settings.from_env(os.environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _when_the_database_is_up(make: Callable[[], Any], patience: float) -> Any:
    """What `make` returns, tried again while the database is not up yet."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return make()
        except errors.Unavailable as error:
            if time.monotonic() > deadline:
                raise click.ClickException(f"No database after {patience:.0f} s: {error.detail}") from error
            time.sleep(0.2)


@click.group(commands=[commands.migrate, commands.tenants, commands.keys])
@click.version_option(package_name="worklog-vault")
def main() -> None:
    """Worklog Vault: time tracking for Jira Cloud with work logs that only permitted people can see.

    Settings come from the environment; docs/settings.md lists them. A first start is: keys generate,
    migrate, serve, and beside it: work.
    """


@main.command()
@click.option(
    "--bind", default="127.0.0.1:8080", envvar="VAULT_BIND", show_default=True, help="Address and port."
)
@click.option("--workers", default=2, envvar="VAULT_WEB_WORKERS", show_default=True, help="Processes.")
@click.option(
    "--threads", default=4, envvar="VAULT_WEB_THREADS", show_default=True, help="Threads a process."
)
@click.option("--wait", default=30.0, show_default=True, help="Seconds to wait for the database.")
def serve(bind: str, workers: int, threads: int, wait: float) -> None:
    """Serve the web application: what Jira calls and what people see.

    Refuses to start when the database does not isolate tenants as it must. Put a TLS proxy before it in
    production, and say so with VAULT_TRUSTED_PROXIES.
    """
    settings = _settings()
    options = {
        "bind": bind,
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "proc_name": "worklog-vault",
        "keepalive": 30,
        "limit_request_line": 8190,
        "forwarded_allow_ips": "",
        "control_socket_disable": True,
    }
    _Server(options, lambda: _when_the_database_is_up(lambda: create_app(settings), wait)).run()


@main.command()
def work() -> None:
    """Run background work: housekeeping on schedule. More machines may run it on the same database."""
    jobs.run_worker(_settings().tenancy)


if __name__ == "__main__":
    sys.exit(main())
