"""The operator's commands of this layer; `app.py` adds them to `worklog-vault`."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click
from psycopg import OperationalError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError as SqlalchemyOperationalError

from connect.errors import VaultError
from connect.principals import InstallationState
from connect.settings import Reader, SettingsError
from tenancy import migrations, overview
from tenancy.encryption import KeyEncryptionKeys
from tenancy.rotation import Rotation
from tenancy.settings import KEY_BYTES, read_key_encryption_keys, read_owner_url


class Operation(click.Command):
    """A command that ends with one clear line, not a traceback, when something is missing or unreachable."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exits with status 1 and the reason on what an operator can set right."""
        try:
            return super().invoke(ctx)
        except (VaultError, SettingsError) as error:
            raise click.ClickException(str(error)) from error
        except (OperationalError, SqlalchemyOperationalError) as error:
            raise click.ClickException(f"The database cannot be reached: {error}") from error


_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs, not a table.")


@click.command(cls=Operation)
@_as_json
def migrate(as_json: bool) -> None:
    """Create the database's tables, or bring them to the newest version.

    Connects with DATABASE_OWNER_URL. Makes the roles vault_owner, vault_app and vault_auditor where they are
    missing and that login may make roles; otherwise it prints what an administrator has to run once. All
    steps are one transaction. Safe to run at every start, and from several machines at once.
    """
    progress = Console(stderr=True)
    with progress.status("Migrating the database ..."):
        applied = migrations.upgrade(_owner_url(), progress.print)
    version = migrations.head()
    if as_json:
        click.echo(json.dumps({"applied": applied, "version": version}))
    elif applied:
        click.echo(f"The database is now at version {version}.")
    else:
        click.echo(f"The database is at version {version} already.")


@click.group()
def tenants() -> None:
    """Look at the Jira sites that have the app, or had it.

    Shows installations and their life, never work logs, teams or people. Connects with DATABASE_OWNER_URL.
    """


@tenants.command(cls=Operation, name="list", short_help="List all sites.")
@click.option("--state", type=click.Choice([*map(str, InstallationState)]), help="Only sites in this state.")
@_as_json
def list_tenants(state: str | None, as_json: bool) -> None:
    """List all sites: address, state, since when, and when an uninstalled one is erased."""
    sites = [site for site in overview.sites(_owner_url()) if state in (None, site.state)]
    if as_json:
        click.echo(_json([asdict(site) for site in sites]))
        return
    _print_table(
        ["Site", "Instance key", "State", "Installed", "Changed", "Erased from"],
        [
            [
                site.base_url,
                site.instance_key,
                site.state,
                site.installed_at,
                site.changed_at,
                site.erased_from,
            ]
            for site in sites
        ],
    )
    click.echo(f"{len(sites)} site{'' if len(sites) == 1 else 's'}")


@tenants.command(cls=Operation, name="show", short_help="Show one site.")
@click.argument("instance_key")
@_as_json
def show_tenant(instance_key: str, as_json: bool) -> None:
    """Show one site, with its data keys and the last events of its installation's life.

    INSTANCE_KEY is the site's client key, as `worklog-vault tenants list` shows it.
    """
    details = overview.details(_owner_url(), instance_key)
    if details is None:
        raise click.ClickException(f"There is no site {instance_key!r}; see `worklog-vault tenants list`.")
    if as_json:
        click.echo(_json(asdict(details)))
        return
    _print_table(["", details.site.base_url], [[name, value] for name, value in asdict(details.site).items()])
    _print_table(
        ["Data key", "Wrapped by", "Created"],
        [[key.id, key.key_encryption_key, key.created_at] for key in details.data_keys],
    )
    _print_table(
        ["At", "Event", "By", "Outcome", "Reason", "From"],
        [list(asdict(event).values()) for event in details.events],
    )


@click.group()
def keys() -> None:
    """Make and rotate the keys that wrap every site's data key (VAULT_KEY_ENCRYPTION_KEYS).

    To rotate: run `keys generate`, put its output first in VAULT_KEY_ENCRYPTION_KEYS and restart all
    processes (while some still run without it: put it last, and first only once all know it); run `keys
    rotate`; then remove the keys that it names as unused.
    """


@keys.command(cls=Operation, short_help="Print a new key.")
@click.option("--name", help="Name of the key; today's date and some letters when left out.")
def generate(name: str | None) -> None:
    """Print a new entry for VAULT_KEY_ENCRYPTION_KEYS, name:base64.

    Keep it as secret as the database's backups: whoever has both can read everything. Without it, nobody can.
    """
    name = name or f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(2)}"
    entry = f"{name}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"
    reader = Reader({"entry": entry})
    read_key_encryption_keys(reader, "entry")
    if reader.problems:
        raise click.BadParameter("letters, digits, '.', '_' and '-', at most 64 of them", param_hint="--name")
    click.echo(entry)


@keys.command(cls=Operation, short_help="Wrap every site's data key under the first key.")
@_as_json
def rotate(as_json: bool) -> None:
    """Wrap every site's data key anew, under the first of VAULT_KEY_ENCRYPTION_KEYS.

    What the data keys sealed stays as it is, and running processes are not disturbed. May be interrupted and
    run again: it goes on where it stopped. Connects with DATABASE_OWNER_URL.
    """
    reader = Reader(os.environ)
    owner_url, entries = read_owner_url(reader), read_key_encryption_keys(reader)
    reader.finish()
    rotation = Rotation(owner_url, KeyEncryptionKeys(entries))
    plan = rotation.plan()
    with Progress(console=Console(stderr=True)) as progress:
        for _ in progress.track(
            rotation.carry_out(plan), total=len(plan.data_keys), description="Wrapping data keys"
        ):
            pass
    unused = rotation.unused()
    if as_json:
        click.echo(json.dumps({"rewrapped": len(plan.data_keys), "first": entries[0].id, "unused": unused}))
        return
    click.echo(f"Data keys wrapped anew: {len(plan.data_keys)}. All are under {entries[0].id!r} now.")
    if unused:
        click.echo(f"No longer needed in VAULT_KEY_ENCRYPTION_KEYS: {', '.join(unused)}")


def _owner_url() -> URL:
    reader = Reader(os.environ)
    url = read_owner_url(reader)
    reader.finish()
    return url


def _json(value: object) -> str:
    return json.dumps(value, default=_plain, indent=2)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(*headings)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    Console().print(table)


def _cell(value: object) -> Text:
    if isinstance(value, datetime):
        return Text(f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
    # Text, not a string, whose square brackets would be markup.
    return Text("" if value is None else str(value))
