"""The sandbox as a whole: two sites and the cloud, each a threaded server on its own port, in one process.

with Sandbox() as sandbox:
    sandbox.install("http://localhost:8080")
    acme = sandbox.site("acme")
    token = acme.context_token("member", "SEC-1")
"""

import logging
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox import lifecycle, snapshot, tokens, world
from sandbox.cloud import Cloud
from sandbox.cloud_app import create_cloud_app
from sandbox.lifecycle import InstallKey
from sandbox.model import Addon, stable_id
from sandbox.site import Site, create_site
from sandbox.site_app import create_site_app
from sandbox.webhooks import RETRY_DELAYS

CLOUD = "cloud"
DEFAULT_PORTS = {"acme": 8091, "globex": 8092, CLOUD: 8090}
PORT_VARIABLES = {name: f"SANDBOX_PORT_{name.upper()}" for name in DEFAULT_PORTS}
#: How long the sandbox waits after a change before it writes the snapshot.
SAVE_INTERVAL_SECONDS = 1.0

_log = logging.getLogger("sandbox")


class PortTaken(Exception):
    """Another program listens there; the message names the variable that changes the port."""


def ports_from_env(environ: Mapping[str, str]) -> dict[str, int]:
    """The ports of ``SANDBOX_PORT_ACME``, ``_GLOBEX`` and ``_CLOUD``; 0 is any free one. ValueError names the
    variable that is no port."""
    ports = {}
    for name, variable in PORT_VARIABLES.items():
        text = environ.get(variable, str(DEFAULT_PORTS[name]))
        if not text.isdecimal() or int(text) > 65535:
            raise ValueError(f"{variable} must be a port number, not {text!r}")
        ports[name] = int(text)
    return ports


class Sandbox:
    """Jira Cloud in a box. Without ``ports`` every server takes a free one, as tests want it."""

    def __init__(
        self,
        *,
        ports: Mapping[str, int] | None = None,
        host: str = "127.0.0.1",
        snapshot_file: Path | None = None,
        retry_delays: Sequence[float] = RETRY_DELAYS,
    ) -> None:
        self._ports = dict(ports or dict.fromkeys(DEFAULT_PORTS, 0))
        self._host = host
        self._snapshot_file = snapshot_file
        self._saver = _Saver(self)
        self._servers: list[_Server] = []
        memory = snapshot.load(snapshot_file) if snapshot_file else None
        if memory is None:
            key = tokens.new_install_key()
            kid = stable_id("install-key", tokens.public_pem(key))
            worlds = {name: world.build(name) for name in world.SITES}
        else:
            key, kid, worlds = tokens.read_private_pem(memory.install_key), memory.kid, memory.sites
        self.cloud = Cloud(InstallKey(kid, key), worlds)
        self.sites = {
            name: create_site(found, self.cloud.install_key, retry_delays=retry_delays)
            for name, found in worlds.items()
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def site(self, name: str) -> Site:
        """The site ``acme`` or ``globex``. KeyError for another name."""
        return self.sites[name]

    @property
    def cloud_url(self) -> str:
        """Where key server (``/install-keys/{kid}``), token server (``/oauth2/token``), ``/control/`` are."""
        return self.cloud.url

    @property
    def install_keys_url(self) -> str:
        """What an app is configured with to find the public keys; it appends ``/{kid}``."""
        return f"{self.cloud.url}/install-keys"

    def start(self) -> None:
        """Bind all ports and serve. Raises PortTaken, and then nothing runs."""
        apps: dict[str, Any] = {
            CLOUD: create_cloud_app(self),
            **{name: create_site_app(self, site) for name, site in self.sites.items()},
        }
        try:
            for name, app in apps.items():
                self._servers.append(_Server(name, app, self._host, self._ports.get(name, 0)))
        except PortTaken:
            self._close_servers()
            raise
        urls = {server.name: server.url for server in self._servers}
        self.cloud.url = urls[CLOUD]
        for name, site in self.sites.items():
            site.model.base_url = urls[name]
            site.webhooks.start()
        for server in self._servers:
            server.start()
        if self._snapshot_file:
            self._saver.start()

    def stop(self) -> None:
        """Stop serving, and write the snapshot once more."""
        self._close_servers()
        for site in self.sites.values():
            site.webhooks.stop()
        self._saver.stop()
        self.save()

    def install(self, addon_url: str) -> list[Addon]:
        """Install into every site. Raises :class:`~sandbox.lifecycle.InstallFailed`."""
        return [site.install(addon_url) for site in self.sites.values()]

    def ensure_installed(self, addon_url: str, stopping: threading.Event | None = None) -> dict[str, str]:
        """Wait for the add-on, then install it where it is missing or has forgotten the site.

        What happened, by site. Raises :class:`~sandbox.lifecycle.InstallFailed`.
        """
        lifecycle.wait_until_healthy(addon_url, stopping=stopping)
        return {name: self._ensure(site, addon_url) for name, site in self.sites.items()}

    def reset(self) -> None:
        """Every world as on the first day, nothing installed, no faults. The add-ons are not told."""
        for name, site in self.sites.items():
            fresh = world.build(name)
            with site.model.lock:
                site.model.become(fresh)
            site.faults.clear()
            site.webhooks.clear()
            site.limits.enforced = False
        self.cloud.faults.clear()
        self.cloud.forget_tokens()

    def memory(self) -> snapshot.Memory:
        """What the snapshot would hold now."""
        key = self.cloud.install_key
        worlds = {name: site.model for name, site in self.sites.items()}
        return snapshot.Memory(key.kid, tokens.private_pem(key.private), worlds)

    def dump(self) -> str:
        """The snapshot as text, taken while nothing moves."""
        locks = [site.model.lock for site in self.sites.values()]
        for lock in locks:
            lock.acquire()
        try:
            return snapshot.dump(self.memory())
        finally:
            for lock in reversed(locks):
                lock.release()

    def save(self) -> None:
        """Write the snapshot now, when there is a file for it and something has changed."""
        if self._snapshot_file:
            self._saver.save(self._snapshot_file)

    @property
    def snapshot_file(self) -> Path | None:
        return self._snapshot_file

    def _ensure(self, site: Site, addon_url: str) -> str:
        present = [
            addon for addon in site.model.addons.values() if addon.descriptor_url.startswith(addon_url)
        ]
        if any(lifecycle.knows_us(site.model, addon) for addon in present if addon.state == "enabled"):
            return "already installed"
        site.install(addon_url)
        return "installed"

    def _close_servers(self) -> None:
        for server in self._servers:
            server.stop()
        self._servers.clear()


class _Server:
    """One port."""

    def __init__(self, name: str, app: Any, host: str, port: int) -> None:
        self.name = name
        self._socket = _bind(name, host, port)
        bound = self._socket.getsockname()[1]
        self._server: BaseWSGIServer = make_server(
            host, bound, app, threaded=True, request_handler=_Handler, fd=self._socket.fileno()
        )
        self.url = f"http://localhost:{bound}"
        self._thread = threading.Thread(target=self._serve, name=f"sandbox-{name}", daemon=True)
        self._running = False

    def start(self) -> None:
        self._running = True
        self._thread.start()

    def stop(self) -> None:
        if self._running:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._socket.close()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)


class _Handler(WSGIRequestHandler):
    # Headers and body leave in two writes; without this the second waits for an acknowledgement.
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Quiet but for errors: a demo's terminal belongs to the add-on."""
        if type == "error":
            _log.error(message, *args)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        _log.debug("%s %s %s", self.requestline, code, size)


def _bind(name: str, host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        advice = f"Set {PORT_VARIABLES[name]} to another one, or to 0 for any."
        raise PortTaken(f"{name} cannot listen on port {port} ({error.strerror}). {advice}") from error
    listener.listen(128)
    return listener


@dataclass
class _Saved:
    text: str | None = None
    revisions: tuple[int, ...] = ()


class _Saver:
    """Writes the snapshot a moment after something has changed."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._saved = _Saved()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="sandbox-snapshot", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def save(self, path: Path) -> None:
        with self._lock:
            text = self._sandbox.dump()
            if text != self._saved.text:
                snapshot.write(path, text)
                self._saved.text = text

    def _work(self) -> None:
        path = self._sandbox.snapshot_file
        while path is not None and not self._stopping.wait(SAVE_INTERVAL_SECONDS):
            revisions = tuple(site.model.revision for site in self._sandbox.sites.values())
            if revisions != self._saved.revisions:
                self.save(path)
                self._saved.revisions = revisions
