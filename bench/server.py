"""The product, served as in production, behind what looks to it like a TLS proxy."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WORKERS = 2
#: What a TLS proxy adds.
PROXY_HEADERS = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
_PATIENCE = 60


class ServerFailed(RuntimeError):
    """The product does not start; the message ends with its last words."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running `worklog-vault serve`: its port and the process id of gunicorn's master."""

    port: int
    pid: int

    def get(self, target: str, token: str) -> tuple[int, bytes]:
        """Status and body of one request with a token."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", target, headers={**PROXY_HEADERS, "Authorization": f"JWT {token}"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def serving(environ: Mapping[str, str], threads: int, log: Path) -> Iterator[Server]:
    """Serve with two workers on a free port until the block ends. Raises ServerFailed."""
    port = _free_port()
    settings = {
        "VAULT_BASE_URLS": "https://vault.example.com",
        "VAULT_ENVIRONMENT": "production",
        "VAULT_TRUSTED_PROXIES": "1",
        **environ,
    }
    command = [
        *(str(Path(sys.executable).parent / "worklog-vault"), "serve"),
        *("--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS), "--threads", str(threads)),
    ]
    with log.open("w") as words:
        process = subprocess.Popen(command, env={**os.environ, **settings}, stdout=words, stderr=words)
        try:
            server = Server(port, process.pid)
            _wait_until_up(server, process, log)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=_PATIENCE)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_until_up(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if server.get("/atlassian-connect.json", "none")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise ServerFailed("worklog-vault serve did not answer:\n" + log.read_text()[-2000:])
