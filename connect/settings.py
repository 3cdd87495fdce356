"""Settings from the environment: one frozen object a layer, one error that names every problem at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from connect.origins import AllowedHosts, Origin

_Value = TypeVar("_Value")

INSTALL_KEYS_URLS = (
    "https://asap-distribution.us-west-2.prod.atl-asap.net",
    "https://connect-install-keys.atlassian.com",
)
AUTHORIZATION_URL = "https://oauth-2-authorization-server.services.atlassian.com"
BRIDGE_URL = "https://connect-cdn.atl-paas.net/all.js"
# Jira accepts add-on keys of this shape, up to this length (@forge/manifest says the same of connect.key).
_APP_KEY = re.compile(r"[A-Za-z0-9._-]{1,90}")


class SettingsError(Exception):
    """Some settings are missing or cannot be used.

    `problems` maps each environment key to what is wrong with it. The message names all of them, and
    repeats no value, because a value may be a secret.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        lines = "\n".join(f"  {key}: {problem}" for key, problem in sorted(self.problems.items()))
        super().__init__(f"Some settings are missing or cannot be used:\n{lines}")


class Reader:
    """Reads typed values from an environment, collecting problems instead of stopping at the first.

    A blank value counts as absent. After a problem the methods return a placeholder, so settings read from a
    reader count only once `finish()` has returned. `defaults` maps every key asked for so far to its
    default as text, or to None where it is required: documentation is tested against it.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: dict[str, str] = {}
        self.defaults: dict[str, str | None] = {}

    def problem(self, key: str, message: str) -> None:
        """Note what is wrong with a key; its first problem is kept."""
        self.problems.setdefault(key, message)

    def finish(self) -> None:
        """Raise `SettingsError` naming every problem, if there is one."""
        if self.problems:
            raise SettingsError(self.problems)

    def text(self, key: str, default: str | None = None) -> str:
        """The value without surrounding blanks; a missing one without default is a problem."""
        self.defaults[key] = default
        value = self._environ.get(key, "").strip()
        if value:
            return value
        if default is None:
            self.problem(key, "missing")
            return ""
        return default

    def optional(self, key: str) -> str | None:
        """The value, or None when it is absent."""
        return self.text(key, "") or None

    def words(self, key: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """A list whose items stand between commas or blanks; order is kept, repetitions go."""
        joined = self.text(key, None if default is None else " ".join(default))
        return tuple(dict.fromkeys(re.split(r"[\s,]+", joined.strip(" ,\t\n")))) if joined else ()

    def integer(self, key: str, default: int | None = None, *, minimum: int = 0, maximum: int = 2**31) -> int:
        """A whole number between `minimum` and `maximum`, both allowed."""
        value = self.text(key, None if default is None else str(default))
        if not value:
            return minimum
        if not re.fullmatch(r"[0-9]{1,10}", value) or not minimum <= int(value) <= maximum:
            self.problem(key, f"must be a whole number from {minimum} to {maximum}")
            return minimum
        return int(value)

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """One of `choices`, as it is written there."""
        value = self.text(key, default)
        if value and value not in choices:
            self.problem(key, f"must be one of {', '.join(choices)}")
            return choices[0]
        return value or choices[0]

    def checked(self, key: str, make: Callable[[], _Value], otherwise: _Value) -> _Value:
        """What `make` returns; its ValueError becomes the key's problem, and `otherwise` the placeholder."""
        try:
            return make()
        except ValueError as error:
            self.problem(key, str(error))
            return otherwise


class Environment(StrEnum):
    """Where the app runs. Development accepts plain HTTP; production does not."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


@dataclass(frozen=True, slots=True)
class ConnectSettings:
    """What this layer needs to know. All addresses come without a trailing slash.

    `base_urls`: where Jira reaches the app; the first is the descriptor's, all are accepted as audience.
    `bridge_url` may hold `{baseUrl}`, see `bridge_for`.
    """

    base_urls: tuple[str, ...]
    app_key: str
    install_keys_urls: tuple[str, ...]
    allowed_hosts: AllowedHosts
    authorization_url: str
    bridge_url: str
    jira_timeout_seconds: int
    environment: Environment
    trusted_proxies: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> ConnectSettings:
        """Read this layer's settings alone; raises `SettingsError` naming every missing or unusable key."""
        reader = Reader(environ)
        settings = cls.read(reader)
        reader.finish()
        return settings

    @classmethod
    def read(cls, reader: Reader) -> ConnectSettings:
        """Read this layer's settings; they count once `reader.finish()` has returned."""
        environment = Environment(
            reader.choice("VAULT_ENVIRONMENT", list(Environment), Environment.PRODUCTION)
        )
        secure = environment is Environment.PRODUCTION
        return cls(
            base_urls=_base_urls(reader, secure=secure),
            app_key=_app_key(reader),
            install_keys_urls=tuple(
                _address(reader, "CONNECT_INSTALL_KEYS_URLS", url, secure=secure)
                for url in reader.words("CONNECT_INSTALL_KEYS_URLS", INSTALL_KEYS_URLS)
            ),
            allowed_hosts=_allowed_hosts(reader),
            authorization_url=_address(
                reader,
                "CONNECT_AUTHORIZATION_URL",
                reader.text("CONNECT_AUTHORIZATION_URL", AUTHORIZATION_URL),
                secure=secure,
            ),
            bridge_url=_bridge_url(reader, secure=secure),
            jira_timeout_seconds=reader.integer("CONNECT_JIRA_TIMEOUT_SECONDS", 10, minimum=1, maximum=60),
            environment=environment,
            trusted_proxies=reader.integer("VAULT_TRUSTED_PROXIES", 0, maximum=10),
        )

    @property
    def production(self) -> bool:
        """Whether plain HTTP is refused."""
        return self.environment is Environment.PRODUCTION

    @property
    def base_path(self) -> str:
        """The path that all base URLs share, `""` or `/something`: Jira's hashes leave it out."""
        return urlsplit(self.base_urls[0]).path

    def bridge_for(self, base_url: str) -> str:
        """Where the pages of one site load Atlassian's bridge script from."""
        return self.bridge_url.replace("{baseUrl}", base_url)

    def site_origin(self, url: str) -> Origin:
        """The origin of a Jira site that this app may serve and call.

        Raises ValueError when the address is not https (development accepts http) on an allowed host, or
        carries more than an origin: Jira Cloud's sites have no path.
        """
        origin = Origin.of(url)
        if url.removesuffix("/").lower() not in (
            str(origin),
            f"{origin.scheme}://{origin.host}:{origin.port}",
        ):
            raise ValueError("has more than scheme, host and port")
        if self.production and origin.scheme != "https":
            raise ValueError("must be https")
        if not self.allowed_hosts.covers(origin):
            raise ValueError("is not on an allowed host")
        return origin


def _address(reader: Reader, key: str, url: str, *, secure: bool) -> str:
    """An absolute address without trailing slash, query or fragment."""

    def checked() -> str:
        origin = Origin.of(url)
        if "?" in url or "#" in url:
            raise ValueError("must be addresses without query and fragment")
        if secure and origin.scheme != "https":
            raise ValueError("must be https, unless VAULT_ENVIRONMENT=development")
        return str(origin) + urlsplit(url).path.rstrip("/")

    return reader.checked(key, checked, "") if url else ""


def _base_urls(reader: Reader, *, secure: bool) -> tuple[str, ...]:
    key = "VAULT_BASE_URLS"
    urls = tuple(_address(reader, key, url, secure=secure) for url in reader.words(key))
    if len({urlsplit(url).path for url in urls}) > 1:
        # A request's hash leaves the base URL's path out, and nothing in it says which one Jira used.
        reader.problem(key, "must all have the same path")
    return urls


def _app_key(reader: Reader) -> str:
    value = reader.text("CONNECT_APP_KEY", "com.worklogvault.jira")
    if not _APP_KEY.fullmatch(value):
        reader.problem("CONNECT_APP_KEY", "must be 1 to 90 letters, digits, dots, hyphens or underscores")
    return value


def _allowed_hosts(reader: Reader) -> AllowedHosts:
    patterns = reader.words("CONNECT_ALLOWED_HOSTS", ("*.atlassian.net", "*.jira.com"))
    return reader.checked("CONNECT_ALLOWED_HOSTS", lambda: AllowedHosts(patterns), AllowedHosts(()))


def _bridge_url(reader: Reader, *, secure: bool) -> str:
    key = "CONNECT_BRIDGE_URL"
    value = reader.text(key, BRIDGE_URL)
    stand_in = "https://site.example" if value.startswith("{baseUrl}/") else ""
    _address(reader, key, value.replace("{baseUrl}", stand_in, 1), secure=secure)
    return value
