"""Runs every test and says at the end what ran: `python -m tests.run`, or `make test`."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser() -> str:
    """The path of a Chromium: one that is there, else Debian's, installed when root. Exits with advice."""
    if named := os.environ.get("VAULT_TEST_BROWSER"):
        return named
    for _ in range(2):
        for name in BROWSERS:
            if found := shutil.which(name):
                return found
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            break
        print("Installing Chromium from Debian's packages ...", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    sys.exit("The browser tests need Chromium: apt-get install chromium (or set VAULT_TEST_BROWSER to one).")


def main() -> int:
    """Run TypeScript's tests, then Python's; 0 when all passed."""
    environ = {**os.environ, "VAULT_TEST_BROWSER": browser()}
    steps = {
        "TypeScript": ["npx", "--no-install", "vitest", "run"],
        "Python, PostgreSQL, browser": [sys.executable, "-m", "pytest"],
    }
    results = []
    for name, command in steps.items():
        began = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
        results.append((name, code, time.monotonic() - began))
    for name, code, seconds in results:
        print(f"{name}: {'passed' if code == 0 else 'FAILED'} in {seconds:.0f} s")
    return max(code for _, code, _ in results)


if __name__ == "__main__":
    sys.exit(main())
