"""Where the server's processor time goes: py-spy's samples, summed by whose code was running."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

_RATE = 200
_FRAME = re.compile(r"^(?P<function>.*) \((?P<file>[^()]*):(?P<line>\d+)\)$")
#: The innermost frame decides, by the first of these that its file's path contains.
_OWNERS = {
    "site-packages/gunicorn/": "gunicorn",
    "site-packages/werkzeug/": "werkzeug",
    "site-packages/flask/": "flask",
    "site-packages/flask_smorest/": "flask-smorest, webargs, marshmallow",
    "site-packages/webargs/": "flask-smorest, webargs, marshmallow",
    "site-packages/marshmallow/": "flask-smorest, webargs, marshmallow",
    "site-packages/sqlalchemy/": "SQLAlchemy",
    "site-packages/psycopg": "psycopg",
    "site-packages/": "other libraries",
    "connect/": "connect",
    "tenancy/": "tenancy",
    "worklogs/": "worklogs",
    "app.py": "app",
}


class Recorder:
    """py-spy over a process and its children; it samples from entering to leaving."""

    def __init__(self, pid: int, path: Path, seconds: float) -> None:
        self._path = path
        self._command = [
            *(str(Path(sys.executable).parent / "py-spy"), "record", "--pid", str(pid), "--subprocesses"),
            *(
                "--full-filenames",
                "--format",
                "raw",
                "--rate",
                str(_RATE),
                "--duration",
                f"{seconds:.0f}",
                "--gil",
                "--nonblocking",
            ),
            *("--output", str(path)),
        ]

    def __enter__(self) -> Recorder:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGINT)
            self._process.communicate()

    def shares(self) -> dict[str, float]:
        """The share of samples by owner of the innermost frame, largest first."""
        counts: Counter[str] = Counter()
        for line in self._path.read_text().splitlines():
            stack, _, number = line.rpartition(" ")
            counts[_owner(stack.split(";")[-1])] += int(number)
        total = counts.total() or 1
        return {owner: count / total for owner, count in counts.most_common()}


def _owner(frame: str) -> str:
    match = _FRAME.match(frame)
    file = match["file"] if match else frame
    return next((owner for part, owner in _OWNERS.items() if part in file), "Python's library")
