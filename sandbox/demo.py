"""`make run`: everything on one machine, under one supervisor. `python -m sandbox.demo`."""

import base64
import contextlib
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

import click
import psycopg
import requests

DATA = Path(".data")
_PAUSE_SECONDS = 0.2
KEY_FILE = DATA / "key-encryption-keys"


def environment() -> dict[str, str]:
    """The demo's settings; ports and addresses can be changed by environment, see README.md."""
    ports = {
        "VAULT_PORT": "8080",
        "SANDBOX_PORT_CLOUD": "8090",
        "SANDBOX_PORT_ACME": "8091",
        "SANDBOX_PORT_GLOBEX": "8092",
    }
    at = {name: os.environ.get(name, default) for name, default in ports.items()}
    app = f"http://localhost:{at['VAULT_PORT']}"
    cloud = f"http://localhost:{at['SANDBOX_PORT_CLOUD']}"
    sites = f"localhost:{at['SANDBOX_PORT_ACME']} localhost:{at['SANDBOX_PORT_GLOBEX']}"
    return {
        **at,
        **_database_urls(),
        "VAULT_ENVIRONMENT": "development",
        "VAULT_BIND": f"127.0.0.1:{at['VAULT_PORT']}",
        "VAULT_BASE_URLS": app,
        "VAULT_KEY_ENCRYPTION_KEYS": _key_encryption_keys(),
        "CONNECT_ALLOWED_HOSTS": sites,
        "CONNECT_INSTALL_KEYS_URLS": f"{cloud}/install-keys",
        "CONNECT_AUTHORIZATION_URL": cloud,
        "CONNECT_BRIDGE_URL": "{baseUrl}/atlassian-connect/all.js",
        "SANDBOX_ADDON_URL": app,
    }


def _database_urls() -> dict[str, str]:
    """The embedded database's addresses, unless the environment names another database."""
    if "DATABASE_URL" in os.environ:
        return {}
    command = [sys.executable, "-m", "tenancy.embedded", "--data", str(DATA / "postgres"), "--urls"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in printed.splitlines())


def _key_encryption_keys() -> str:
    """A key of this demo's own, made once: without it the data in .data cannot be opened."""
    if not KEY_FILE.exists():
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        KEY_FILE.touch(mode=0o600)
        KEY_FILE.write_text(f"demo:{key}\n")
    return KEY_FILE.read_text().strip()


def wait_for_database(url: str) -> None:
    """Return when the database takes connections."""
    while True:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url):
            return
        time.sleep(_PAUSE_SECONDS)


def wait_for_app(url: str) -> None:
    """Return when the app says that it is well."""
    while True:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{url}/healthz", timeout=5).ok:
                return
        time.sleep(_PAUSE_SECONDS)


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Run the demo: PostgreSQL, the app with its worker, and two Jira sites that have it, until Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    DATA.mkdir(exist_ok=True)
    settings = environment()
    # An own database replaces the embedded one.
    embedded = "DATABASE_URL" in settings
    processes = ["database", "web", "worker", "jira"][0 if embedded else 1 :]
    command = [str(Path(sys.executable).parent / "honcho"), "start", *processes]
    # honcho takes this process's place, so that Ctrl-C and SIGTERM reach it and it stops the others.
    os.execve(command[0], command, {**os.environ, **settings, "PYTHONUNBUFFERED": "1"})  # noqa: S606


@main.command()
@click.argument("what", type=click.Choice(["database", "app"]))
def wait(what: str) -> None:
    """Wait until the demo's database or app is ready."""
    if what == "database":
        wait_for_database(os.environ["DATABASE_URL"])
    else:
        wait_for_app(os.environ["SANDBOX_ADDON_URL"])


if __name__ == "__main__":
    main()
