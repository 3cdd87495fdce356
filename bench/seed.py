"""A PostgreSQL full of work logs: made once, kept for the next run."""

from __future__ import annotations

import base64
import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from rich.console import Console
from rich.progress import track
from sqlalchemy.engine import make_url

from bench import world
from connect.ports import Installed, RequestFacts
from tenancy.actors import Actor, ActorKind
from tenancy.database import Database
from tenancy.embedded import DATABASE, EmbeddedPostgres
from tenancy.encryption import Cipher
from tenancy.identifiers import new_id
from tenancy.installations import Installations
from tenancy.migrations.upgrade import head, upgrade
from tenancy.settings import TenancySettings
from worklogs.entries import entries
from worklogs.policy import LEAD_PERMISSIONS, MEMBER_PERMISSIONS, Permission

#: Counts up when what is seeded changes; an older cluster is then seeded anew.
VERSION = 1

#: As a small production server has it: every commit that should be on the disk is waited for.
SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
}

_PHRASES = (
    "Reviewed the incident's timeline with legal.",
    "Checked the access logs of the affected hosts.",
    "Rotated credentials.",
    "Call about the terms of the severance.",
    "Interviewed a witness, wrote the summary.",
    "Patched the gateway and verified that the backups restore.",
    "Drafted the disclosure, waiting for comments.",
)
#: The columns of a seeded work log with their types, which a binary COPY must name.
_COLUMNS = {
    "instance_key": "text",
    "id": "uuid",
    "team_id": "uuid",
    "issue_id": "int8",
    "author_account_id": "text",
    "started_at": "timestamptz",
    "utc_offset_minutes": "int2",
    "started_on": "date",
    "seconds": "int4",
    "description_sealed": "bytea",
    "version": "int4",
    "created_at": "timestamptz",
    "created_by": "text",
    "updated_at": "timestamptz",
}
_YEAR = timedelta(days=365)
#: Work on one issue takes a fortnight.
_ACTIVE = timedelta(days=14)
_FACTS = RequestFacts("bench", "127.0.0.1", "POST", "/installed")


@dataclass(frozen=True, slots=True)
class Seeded:
    """A running, seeded database: how the app reaches it, and how the superuser does."""

    postgres: EmbeddedPostgres
    tenants: int
    environ: dict[str, str]

    @property
    def admin_url(self) -> str:
        """The superuser's URL, for looking past every policy."""
        return self.postgres.admin_url(DATABASE)

    @property
    def postmaster(self) -> int:
        """The process id of PostgreSQL's first process, whose children are the others."""
        return int((self.postgres.data_dir / "cluster" / "postmaster.pid").read_text().split()[0])


@contextmanager
def seeded(directory: Path, tenants: int, console: Console) -> Iterator[Seeded]:
    """Run PostgreSQL in `directory` with `tenants` sites of `world.WORKLOGS` work logs each.

    What an earlier run seeded is used again if it is the same; its events are dropped, so that every run
    begins alike.
    """
    directory.mkdir(parents=True, exist_ok=True)
    marker = directory / "seeded.json"
    with EmbeddedPostgres(directory, SETTINGS) as postgres:
        environ = _environ(postgres, directory)
        wanted = {"version": VERSION, "schema": head(), "tenants": tenants}
        if not marker.exists() or json.loads(marker.read_text()) != wanted:
            marker.unlink(missing_ok=True)
            postgres.drop_database(DATABASE)
            postgres.create_database(DATABASE)
            _fill(postgres, environ, tenants, console)
            marker.write_text(json.dumps(wanted))
        with psycopg.connect(postgres.admin_url(DATABASE), autocommit=True) as connection:
            console.print("Tidying the tables ...")
            connection.execute("truncate vault.event")
            connection.execute("vacuum analyze")
            connection.execute("checkpoint")
        yield Seeded(postgres, tenants, environ)


def _environ(postgres: EmbeddedPostgres, directory: Path) -> dict[str, str]:
    key = directory / "key-encryption-keys"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(f"bench:{base64.b64encode(os.urandom(32)).decode()}\n")
    urls = postgres.urls()
    return {
        "DATABASE_URL": urls.app,
        "DATABASE_OWNER_URL": urls.owner,
        "VAULT_KEY_ENCRYPTION_KEYS": key.read_text().strip(),
    }


def _fill(postgres: EmbeddedPostgres, environ: dict[str, str], tenants: int, console: Console) -> None:
    upgrade(make_url(postgres.urls().owner).set(drivername="postgresql+psycopg"))
    database = Database(TenancySettings.from_env(environ))
    try:
        with psycopg.connect(postgres.admin_url(DATABASE)) as connection:
            sites = range(1, tenants + 1)
            words = f"Seeding {tenants} sites, {tenants * world.WORKLOGS:,} work logs"
            for tenant in track(sites, words, console=console):
                _fill_site(connection, tenant, _install(database, tenant))
                connection.commit()
    finally:
        database.dispose()


def _install(database: Database, tenant: int) -> Cipher:
    """Install a site as the lifecycle does, so that secret and data key are sealed for real."""
    key = world.instance_key(tenant)
    Installations(database).install(
        Installed(
            client_key=key,
            shared_secret=world.shared_secret(tenant),
            base_url=f"https://bench-{tenant}.atlassian.net",
            oauth_client_id=f"oauth-{tenant}",
            product_type="jira",
        ),
        _FACTS,
    )
    with database.tenant_session(Actor(key, None, ActorKind.APP)) as session:
        return database.cipher(session)


def _fill_site(connection: psycopg.Connection, tenant: int, cipher: Cipher) -> None:
    site = world.instance_key(tenant)
    connection.execute(
        "insert into vault.site_settings (instance_key, secured_teams) values (%s, true)", [site]
    )
    teams = [_make_team(connection, site, number) for number in range(world.TEAMS)]
    _staff(connection, site, teams)
    # COPY as the superuser: PostgreSQL refuses it where row-level security applies.
    statement = f"copy vault.secured_worklog ({', '.join(_COLUMNS)}) from stdin (format binary)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(_COLUMNS.values()))
        for row in _worklogs(tenant, cipher, [team["id"] for team in teams]):
            copy.write_row(row)


def _make_team(connection: psycopg.Connection, site: str, number: int) -> dict[str, UUID]:
    team, lead = new_id(), world.account(number, 0)
    connection.execute(
        "insert into vault.team (instance_key, id, name, visibility, lead_account_id, created_by)"
        " values (%s, %s, %s, 'secured', %s, %s)",
        [site, team, f"Team {number}", lead, lead],
    )
    roles = {
        "lead": (new_id(), "Lead", LEAD_PERMISSIONS),
        "member": (new_id(), "Member", MEMBER_PERMISSIONS),
        "custom": (new_id(), "Reader", MEMBER_PERMISSIONS | {Permission.VIEW_OTHERS}),
    }
    for kind, (role, name, permissions) in roles.items():
        connection.execute(
            "insert into vault.role (instance_key, id, team_id, name, permissions, kind)"
            " values (%s, %s, %s, %s, %s, %s)",
            [site, role, team, name, [str(each) for each in permissions], kind],
        )
    return {"id": team} | {kind: role for kind, (role, _, _) in roles.items()}


def _staff(connection: psycopg.Connection, site: str, teams: list[dict[str, UUID]]) -> None:
    for number, team in enumerate(teams):
        following = teams[(number + 1) % world.TEAMS]
        for person in range(world.PEOPLE):
            own_role = team["lead"] if person == 0 else team["custom"]
            for where, role in ((team, own_role), (following, following["member"])):
                connection.execute(
                    "insert into vault.membership (instance_key, id, team_id, account_id, role_id, joined_on)"
                    " values (%s, %s, %s, %s, %s, '2020-01-01')",
                    [site, new_id(), where["id"], world.account(number, person), role],
                )


def _worklogs(tenant: int, cipher: Cipher, teams: list[UUID]) -> Iterator[tuple[Any, ...]]:
    """A year of work logs of one site in the order in which they were logged, as they lie on the disk."""
    chance = random.Random(tenant)
    begin = datetime.now(UTC).replace(microsecond=0) - _YEAR
    planned = [
        (begin + (_YEAR - _ACTIVE) * (issue / world.ISSUES) + _ACTIVE * chance.random(), issue, number)
        for issue in range(world.ISSUES)
        for number in range(world.SEEN + world.HIDDEN)
    ]
    zone = timezone(timedelta(hours=1))
    for moment, issue, number in sorted(planned):
        started = moment.replace(second=0, microsecond=0)
        # The hidden ones belong to the team opposite, in which nobody of the issue's own team is.
        team = (issue + (world.TEAMS // 2 if number >= world.SEEN else 0)) % world.TEAMS
        author = world.account(team, chance.randrange(world.PEOPLE))
        worklog_id = new_id()
        text = " ".join(chance.choices(_PHRASES, k=chance.randint(1, 4)))
        yield (
            world.instance_key(tenant),
            worklog_id,
            teams[team],
            world.FIRST_ISSUE + issue,
            author,
            started,
            60,
            started.astimezone(zone).date(),
            900 * chance.randint(1, 32),
            cipher.seal(entries.TABLE, worklog_id, text.encode()),
            1,
            started,
            author,
            started,
        )
