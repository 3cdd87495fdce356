"""Installing an add-on into a site, and everything that Jira tells it about that.

``installed`` and ``uninstalled`` are signed with the cloud's private key: RS256, ``kid`` in the header, the
descriptor's base URL as audience. ``enabled`` and ``disabled`` are signed with the shared secret. No lock is
held while the add-on is called: it may ask Jira something before it answers.
"""

import secrets
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox import tokens
from sandbox.model import Addon, AddonState, Json, User, World, stable_id

TIMEOUT_SECONDS = 30
TOKEN_LIFETIME_SECONDS = 180


class InstallFailed(Exception):
    """The add-on could not be installed; the message says what it answered."""


@dataclass(frozen=True)
class InstallKey:
    """The private key of the cloud and the id under which its public half is published."""

    kid: str
    private: rsa.RSAPrivateKey


@dataclass(frozen=True)
class Callback:
    """How the add-on took one lifecycle call. ``status`` is None when it did not answer."""

    event: str
    status: int | None
    detail: str

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Order(StrEnum):
    """In which order ``disabled`` and ``uninstalled`` go out; Jira itself sends them at the same moment."""

    PARALLEL = "parallel"
    DISABLED_FIRST = "disabled-first"
    UNINSTALLED_FIRST = "uninstalled-first"


def wait_until_healthy(
    addon_url: str, timeout_seconds: float = 60, stopping: threading.Event | None = None
) -> None:
    """Return once ``{addon_url}/healthz`` answers 200. Raises InstallFailed after the time-out, or once
    ``stopping`` is set."""
    stopping = stopping or threading.Event()
    deadline = time.monotonic() + timeout_seconds
    problem = "no answer"
    while time.monotonic() < deadline and not stopping.is_set():
        try:
            answer = requests.get(f"{addon_url.rstrip('/')}/healthz", timeout=5)
        except requests.RequestException as error:
            problem = str(error)
        else:
            if answer.status_code == 200:
                return
            problem = f"{answer.status_code} {answer.reason}"
        stopping.wait(0.2)
    limit = "before it was stopped" if stopping.is_set() else f"within {timeout_seconds:.0f} s"
    raise InstallFailed(f"{addon_url} was not healthy {limit}: {problem}")


def install(world: World, key: InstallKey, addon_url: str) -> Addon:
    """Install the add-on whose descriptor is at ``addon_url`` (or at ``/atlassian-connect.json`` below it).

    An add-on that is there already is upgraded: new descriptor, same secret. A reinstall brings a new secret
    and the old client key. Raises InstallFailed, and then nothing has changed.
    """
    descriptor_url = _descriptor_url(addon_url)
    descriptor = _fetch_descriptor(descriptor_url)
    with world.lock:
        before = world.addons.get(descriptor["key"])
        fresh = before is None or before.state is AddonState.UNINSTALLED
        secret = secrets.token_urlsafe(48) if before is None or fresh else before.shared_secret
        addon = _record(world, descriptor, descriptor_url, secret)
        _install_user(world, addon)
        # Registered before the call: an add-on may use its secret before it answers.
        world.addons[addon.key] = addon
        world.touch()
    answer = _post(addon, "installed", _body(world, addon, "installed", secret=True), key)
    if not answer.accepted:
        with world.lock:
            if before is None:
                del world.addons[addon.key]
            else:
                world.addons[addon.key] = before
            world.touch()
        raise InstallFailed(f"{addon.key} refused to be installed in {world.name}: {answer.detail}")
    _post(addon, "enabled", _body(world, addon, "enabled"))
    return addon


def knows_us(world: World, addon: Addon) -> bool:
    """Whether the add-on knows the site's address and still accepts our secret; an ``enabled`` call tells."""
    if addon.told_base_url != world.base_url:
        return False
    return _post(addon, "enabled", _body(world, addon, "enabled")).accepted


def rotate_secret(world: World, key: InstallKey, addon: Addon) -> Addon:
    """Give the add-on a new secret by another ``installed``. Raises InstallFailed; the old one then stays."""
    with world.lock:
        before = addon.shared_secret
        addon.shared_secret = secrets.token_urlsafe(48)
        world.touch()
    answer = _post(addon, "installed", _body(world, addon, "installed", secret=True), key)
    if not answer.accepted:
        with world.lock:
            addon.shared_secret = before
            world.touch()
        raise InstallFailed(f"{addon.key} refused its new secret: {answer.detail}")
    return addon


def uninstall(world: World, key: InstallKey, addon: Addon, order: Order = Order.PARALLEL) -> list[Callback]:
    """Take the add-on away. It is told, but cannot object."""
    with world.lock:
        addon.state = AddonState.UNINSTALLED
        world.touch()
    disabled = (addon, "disabled", _body(world, addon, "disabled"), None)
    uninstalled = (addon, "uninstalled", _body(world, addon, "uninstalled"), key)
    if order is Order.PARALLEL:
        with ThreadPoolExecutor(max_workers=2) as pool:
            calls = [pool.submit(_post, *disabled), pool.submit(_post, *uninstalled)]
            return [call.result() for call in calls]
    pair = [disabled, uninstalled] if order is Order.DISABLED_FIRST else [uninstalled, disabled]
    return [_post(*call) for call in pair]


def disable(world: World, addon: Addon) -> Callback:
    """Switch the add-on off: no pages, no webhooks, and its tokens are refused."""
    with world.lock:
        addon.state = AddonState.DISABLED
        world.touch()
    return _post(addon, "disabled", _body(world, addon, "disabled"))


def enable(world: World, addon: Addon) -> Callback:
    """Switch it on again."""
    with world.lock:
        addon.state = AddonState.ENABLED
        world.touch()
    return _post(addon, "enabled", _body(world, addon, "enabled"))


def _descriptor_url(addon_url: str) -> str:
    path = urlsplit(addon_url).path
    return addon_url if path.endswith(".json") else f"{addon_url.rstrip('/')}/atlassian-connect.json"


def _fetch_descriptor(url: str) -> Json:
    try:
        answer = requests.get(url, timeout=TIMEOUT_SECONDS, headers={"Accept": "application/json"})
        answer.raise_for_status()
        descriptor = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise InstallFailed(f"There is no descriptor at {url}: {error}") from error
    problems = _problems(descriptor)
    if problems:
        raise InstallFailed(f"The descriptor at {url} cannot be used: {'; '.join(problems)}")
    found: Json = descriptor
    return found


def _problems(descriptor: Any) -> list[str]:
    if not isinstance(descriptor, dict):
        return ["it is not a JSON object"]
    problems = [
        f"{name} is missing" for name in ("key", "baseUrl") if not isinstance(descriptor.get(name), str)
    ]
    if descriptor.get("authentication", {}).get("type") != "jwt":
        problems.append('authentication.type must be "jwt"')
    if "installed" not in descriptor.get("lifecycle", {}):
        problems.append("lifecycle.installed is missing, and with it the shared secret would be lost")
    for migration in ("signed-install", "context-qsh", "gdpr"):
        if descriptor.get("apiMigrations", {}).get(migration) is not True:
            problems.append(f"apiMigrations.{migration} must be true")
    return problems


def _record(world: World, descriptor: Json, descriptor_url: str, secret: str) -> Addon:
    key = str(descriptor["key"])
    return Addon(
        key=key,
        name=str(descriptor.get("name", key)),
        descriptor_url=descriptor_url,
        descriptor=descriptor,
        client_key=stable_id(world.name, "client", key),
        oauth_client_id=stable_id(world.name, "oauth", key).replace("-", ""),
        shared_secret=secret,
        user_account_id=f"557058:{stable_id(world.name, 'app', key)}",
        told_base_url=world.base_url,
    )


def _install_user(world: World, addon: Addon) -> None:
    world.users[addon.user_account_id] = User(
        account_id=addon.user_account_id, display_name=addon.name, account_type="app"
    )


def _body(world: World, addon: Addon, event: str, *, secret: bool = False) -> Json:
    body: Json = {
        "key": addon.key,
        "clientKey": addon.client_key,
        "oauthClientId": addon.oauth_client_id,
        "serverVersion": "100294",
        "pluginsVersion": "1001.0.0",
        "baseUrl": world.base_url,
        "displayUrl": world.base_url,
        "displayUrlServicedeskHelpCenter": world.base_url,
        "productType": "jira",
        "description": f"Atlassian Jira at {world.base_url}",
        "eventType": event,
    }
    return body | {"sharedSecret": addon.shared_secret} if secret else body


def _post(addon: Addon, event: str, body: Mapping[str, Any], key: InstallKey | None = None) -> Callback:
    path = addon.descriptor["lifecycle"].get(event)
    if path is None:
        return Callback(event, 204, "the descriptor does not ask for it")
    target = urljoin("/", path)
    qsh = tokens.query_hash("POST", target)
    if key is None:
        token = tokens.sign(addon.shared_secret, addon.client_key, qsh=qsh, lifetime=TOKEN_LIFETIME_SECONDS)
    else:
        token = tokens.sign_install(
            key.private,
            key.kid,
            issuer=addon.client_key,
            audience=addon.descriptor["baseUrl"],
            qsh=qsh,
            lifetime=TOKEN_LIFETIME_SECONDS,
        )
    try:
        answer = requests.post(
            addon.base_url + target,
            json=body,
            headers={"Authorization": f"JWT {token}"},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        return Callback(event, None, str(error))
    return Callback(event, answer.status_code, f"{answer.status_code} {answer.text[:500]}")
