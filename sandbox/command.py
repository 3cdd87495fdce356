"""The command line: run the sandbox until Ctrl-C."""

import os
import signal
import threading
from pathlib import Path
from types import FrameType

import click

from sandbox import seed as seeding
from sandbox.lifecycle import InstallFailed
from sandbox.server import PortTaken, Sandbox, ports_from_env
from sandbox.snapshot import UnreadableSnapshot

_DEFAULT_ADDON = "http://localhost:8080"
#: ``--install`` without a URL.
_UNNAMED = "$SANDBOX_ADDON_URL"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--snapshot",
    "snapshot_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Remember the sites in this file: issues, work logs, installed apps and their secrets. "
    "It is written shortly after every change and at the end. Without it, all is forgotten.",
)
@click.option(
    "--install",
    "addon_url",
    metavar="URL",
    is_flag=False,
    flag_value=_UNNAMED,
    default=None,
    help="Wait until the app at URL is healthy (GET /healthz), then install it into every site, unless it is "
    "installed and still knows the site. Without URL: $SANDBOX_ADDON_URL, else " + _DEFAULT_ADDON + ".",
)
@click.option(
    "--seed", is_flag=True, help="After installing, fill the app with the demo's teams and work logs."
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on. Links always say localhost."
)
def main(snapshot_file: Path | None, addon_url: str | None, seed: bool, host: str) -> None:
    """Jira Cloud in a box: two sites (acme, globex) to install an app into, and the cloud behind them.

    Everybody in the sites has the API token "sandbox". The ports are those of SANDBOX_PORT_ACME (8091),
    SANDBOX_PORT_GLOBEX (8092) and SANDBOX_PORT_CLOUD (8090); 0 is any free port. The control API, which
    switches faults on and hands out tokens, is described in sandbox/README.md.
    """
    stopping = _stop_signal()
    try:
        with Sandbox(ports=ports_from_env(os.environ), host=host, snapshot_file=snapshot_file) as sandbox:
            _introduce(sandbox)
            if addon_url is not None:
                _fill(sandbox, _resolved(addon_url), stopping, seed)
            stopping.wait()
            click.echo("sandbox: stopping")
    except (PortTaken, UnreadableSnapshot, InstallFailed, seeding.SeedFailed, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _resolved(addon_url: str) -> str:
    return os.environ.get("SANDBOX_ADDON_URL", _DEFAULT_ADDON) if addon_url == _UNNAMED else addon_url


def _stop_signal() -> threading.Event:
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopping


def _introduce(sandbox: Sandbox) -> None:
    for name, site in sandbox.sites.items():
        click.echo(f"sandbox: {name:<8} {site.base_url}")
    click.echo(f"sandbox: {'cloud':<8} {sandbox.cloud_url} (control API: {sandbox.cloud_url}/control/)")


def _install(sandbox: Sandbox, addon_url: str, stopping: threading.Event) -> None:
    click.echo(f"sandbox: waiting for the app at {addon_url}")
    for name, outcome in sandbox.ensure_installed(addon_url, stopping).items():
        click.echo(f"sandbox: {name:<8} {outcome}")


def _fill(sandbox: Sandbox, addon_url: str, stopping: threading.Event, seed: bool) -> None:
    _install(sandbox, addon_url, stopping)
    if seed:
        for line in seeding.sow(sandbox, addon_url):
            click.echo(f"sandbox: {line}")
    click.echo(f"\nReady. The app is at {addon_url}; open an issue in Jira and switch people there:")
    for name, site in sandbox.sites.items():
        click.echo(f"  {name:<8} {site.base_url}/browse/SEC-1")
