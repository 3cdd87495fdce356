"""The command as a process: it starts, installs, remembers, and stops when asked to."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from sandbox.command import main

pytestmark = pytest.mark.timeout(30)

ROOT = Path(__file__).parents[2]
FREE = {f"SANDBOX_PORT_{name}": "0" for name in ("ACME", "GLOBEX", "CLOUD")}


@pytest.fixture
def start():
    running = []

    def start(*arguments, **environ):
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", *arguments],
            cwd=ROOT,
            env={**os.environ, **FREE, "PYTHONUNBUFFERED": "1", **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(process, text):
    lines = []
    while line := process.stdout.readline():
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError("".join(lines))


def stop(process, sent=signal.SIGTERM):
    process.send_signal(sent)
    output, _ = process.communicate(timeout=10)
    return output


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_installs_once_remembers_and_stops_when_asked(start, addon, tmp_path, sent):
    file = tmp_path / "sandbox.json"
    first = start("--snapshot", str(file), "--install", addon.url)
    lines = read_until(first, "globex   installed")
    assert "acme     installed" in "".join(lines)
    acme, globex = (
        next(line.split()[-1] for line in lines if f"{name:<8} http" in line) for name in ("acme", "globex")
    )
    answer = requests.put(
        f"{acme}/rest/api/3/issue/SEC-1/properties/mark",
        json=1,
        auth=("tomas.herrera@example.com", "sandbox"),
        timeout=5,
    )
    assert answer.status_code == 201
    assert "stopping" in stop(first, sent)
    assert first.returncode == 0
    second = start(
        "--snapshot",
        str(file),
        "--install",
        SANDBOX_ADDON_URL=addon.url,
        SANDBOX_PORT_ACME=acme.rpartition(":")[2],
        SANDBOX_PORT_GLOBEX=globex.rpartition(":")[2],
    )
    stop_lines = read_until(second, "globex   already installed")
    assert any("acme     already installed" in line for line in stop_lines)
    assert '"mark": 1' in file.read_text()


def test_a_change_is_on_disk_soon(start, tmp_path):
    file = tmp_path / "sandbox.json"
    process = start("--snapshot", str(file))
    acme = next(line.split()[-1] for line in read_until(process, "cloud") if "acme" in line)
    requests.put(
        f"{acme}/rest/api/3/issue/SEC-1/properties/mark",
        json=7,
        auth=("tomas.herrera@example.com", "sandbox"),
        timeout=5,
    )
    deadline = time.monotonic() + 10
    while not (file.exists() and '"mark": 7' in file.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_waiting_for_an_app_that_never_comes_can_be_stopped(start):
    process = start("--install", "http://localhost:9")
    read_until(process, "waiting")
    output = stop(process)
    assert "was not healthy before it was stopped" in output


def test_help_tells_a_stranger_what_it_is():
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for word in ("Jira Cloud in a box", "--snapshot", "--install", "--seed", "SANDBOX_PORT_ACME", "8091"):
        assert word in result.output


def test_a_wrong_port_and_a_broken_snapshot_are_explained(start, tmp_path):
    assert "SANDBOX_PORT_ACME" in start(SANDBOX_PORT_ACME="x").communicate(timeout=20)[0]
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    process = start("--snapshot", str(broken))
    assert "Move it away" in process.communicate(timeout=20)[0]
    assert process.returncode == 1
