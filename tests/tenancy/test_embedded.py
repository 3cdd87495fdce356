"""PostgreSQL in a directory starts, stops, and recovers from whoever held it before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tenancy.embedded import THROWAWAY_SETTINGS, EmbeddedPostgres, EmbeddedPostgresError

REPOSITORY = Path(__file__).parents[2]

Holder = Callable[[], subprocess.Popen[str]]


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vault-pg-") as directory:
        yield Path(directory) / "data"


@pytest.fixture
def holder(data_dir: Path) -> Iterator[Holder]:
    """Starts a process that runs the server, and returns it once the server is ready."""
    processes: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tenancy.embedded", "--data", str(data_dir)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        processes.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("PostgreSQL is ready: postgresql://vault_app@/vault"), line
        return process

    yield start
    for process in processes:
        process.terminate()
        process.communicate(timeout=60)


def ended(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=60)
    return output


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_command_runs_until_it_is_told_to_stop_and_stops_the_server(
    data_dir: Path, holder: Holder, end: signal.Signals
) -> None:
    process = holder()
    process.send_signal(end)

    assert ended(process) == "PostgreSQL has stopped.\n"
    assert process.returncode == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(EmbeddedPostgres(data_dir).urls().app)


def test_a_server_whose_holder_was_killed_is_taken_over_with_its_data(data_dir: Path, holder: Holder) -> None:
    killed = holder()
    server = EmbeddedPostgres(data_dir, THROWAWAY_SETTINGS)
    with psycopg.connect(server.admin_url("vault")) as connection:
        connection.execute("create table kept (n int); insert into kept values (42)")
    killed.kill()
    ended(killed)

    with server, psycopg.connect(server.admin_url("vault")) as connection:
        assert connection.execute("select n from kept").fetchone() == (42,)
        # It runs with our settings, so it is not the old server still.
        assert connection.execute("show fsync").fetchone() == ("off",)


def test_a_second_holder_is_refused_and_told_who_holds(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, THROWAWAY_SETTINGS):
        with pytest.raises(EmbeddedPostgresError, match=f"in use by process {os.getpid()}"):
            EmbeddedPostgres(data_dir).start()
        refused = subprocess.run(
            [sys.executable, "-m", "tenancy.embedded", "--data", str(data_dir)],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
    assert refused.returncode == 1
    assert f"in use by process {os.getpid()}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_server_that_dies_is_started_again(data_dir: Path, holder: Holder) -> None:
    process = holder()
    pid = int((data_dir / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)

    assert process.stdout is not None
    assert "starting it again" in process.stdout.readline()
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(EmbeddedPostgres(data_dir).urls().app).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "it did not come back"
            time.sleep(0.1)
        else:
            break


def test_the_database_and_its_roles_are_made_again_without_harm(postgres: EmbeddedPostgres) -> None:
    postgres.create_database("twice")
    postgres.create_database("twice")
    with psycopg.connect(postgres.urls("twice").app) as connection:
        assert connection.execute("select current_user").fetchone() == ("vault_app",)
    postgres.drop_database("twice")


def test_the_urls_can_be_asked_for_without_starting(data_dir: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "tenancy.embedded", "--data", str(data_dir), "--urls"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    urls = EmbeddedPostgres(data_dir).urls()
    assert printed.stdout.splitlines() == [
        f"DATABASE_URL={urls.app}",
        f"DATABASE_OWNER_URL={urls.owner}",
        f"DATABASE_AUDITOR_URL={urls.auditor}",
    ]
    assert printed.stderr == ""


def test_a_directory_too_long_for_a_socket_works(data_dir: Path) -> None:
    deep = data_dir.parent / ("d" * 60) / ("e" * 60)
    with EmbeddedPostgres(deep, THROWAWAY_SETTINGS) as server:
        server.create_database()
        with psycopg.connect(server.urls().app) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        elsewhere = Path(server.urls().app.partition("host=")[2])
        assert elsewhere.is_dir()
    assert not elsewhere.exists()


def test_a_socket_directory_that_belongs_to_somebody_else_is_not_used(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server = EmbeddedPostgres(data_dir.parent / ("f" * 60) / ("g" * 60))
    somebody = tmp_path / Path(server.urls().app.partition("host=")[2]).name
    somebody.symlink_to(data_dir)
    with pytest.raises(EmbeddedPostgresError, match="belongs to somebody else"):
        server.start()


def test_what_the_server_said_is_in_the_error_when_it_does_not_start(data_dir: Path) -> None:
    broken = EmbeddedPostgres(data_dir, {"shared_buffers": "a lot"})
    with pytest.raises(EmbeddedPostgresError, match="invalid value for parameter"):
        broken.start()
    # And it lets go of the directory.
    with EmbeddedPostgres(data_dir, THROWAWAY_SETTINGS):
        pass


def test_it_listens_on_no_port(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.admin_url()) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
