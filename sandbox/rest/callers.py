"""Who calls: a person (API token or the browser's cookie), an add-on, or an add-on acting as a person."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sandbox import cast, tokens
from sandbox.cloud import AccessToken
from sandbox.model import Addon, AddonState, User, World
from sandbox.rest.errors import ConnectError, JiraError

#: The web UI's cookie: the account id of whoever looks at it.
USER_COOKIE = "sandbox_user"
#: What the host page sends along with ``AP.request``: the add-on on whose behalf it calls.
CLIENT_KEY_HEADER = "AP-Client-Key"


class Scope(StrEnum):
    """Connect's scopes, each including those before it; ``INACCESSIBLE`` is out of every add-on's reach."""

    READ = "READ"
    WRITE = "WRITE"
    DELETE = "DELETE"
    PROJECT_ADMIN = "PROJECT_ADMIN"
    ADMIN = "ADMIN"
    INACCESSIBLE = "INACCESSIBLE"


_RANKS = {scope.value: rank for rank, scope in enumerate(Scope)}


class CallerKind(StrEnum):
    ANONYMOUS = "anonymous"
    PERSON = "person"
    BROWSER = "browser"
    APP = "app"
    IMPERSONATED = "impersonated"


@dataclass(frozen=True)
class Caller:
    """``user`` decides what may be seen and done; ``scopes`` (None: no limit) what the add-on may ask for."""

    kind: CallerKind
    user: User | None = None
    addon: Addon | None = None
    scopes: frozenset[str] | None = None

    def may_use(self, scope: Scope) -> bool:
        if self.scopes is None:
            return True
        best = max((_RANKS[name] for name in self.scopes if name in _RANKS), default=-1)
        return scope is not Scope.INACCESSIBLE and best >= _RANKS[scope.value]

    @property
    def account_id(self) -> str:
        """The caller's account id; nobody's is empty."""
        return self.user.account_id if self.user else ""


@dataclass(frozen=True)
class Credentials:
    """What a request brings along to say who sent it."""

    method: str
    #: The raw request target, still encoded.
    target: str
    authorization: str
    jwt_parameter: str | None
    cookie: str | None
    client_key: str | None


def identify(world: World, access: Callable[[str], AccessToken | None], credentials: Credentials) -> Caller:
    """The caller. Raises a 401 for credentials that are wrong; none at all is an anonymous caller.

    An ``Authorization`` header wins over the cookie, as it does in Jira.
    """
    kind, _, value = credentials.authorization.partition(" ")
    match kind.lower():
        case "jwt":
            return _app(world, value.strip(), credentials)
        case "bearer":
            return _impersonated(world, access(value.strip()))
        case "basic":
            return _person(world, value.strip())
        case "" if credentials.jwt_parameter:
            return _app(world, credentials.jwt_parameter, credentials)
        case "" if credentials.cookie:
            return _browser(world, credentials.cookie, credentials.client_key)
        case "":
            return Caller(CallerKind.ANONYMOUS)
        case _:
            raise _unauthenticated()


def _unauthenticated() -> JiraError:
    return ConnectError(
        401,
        "Client must be authenticated to access this resource.",
        headers={"WWW-Authenticate": 'OAuth realm="Jira"'},
    )


def _app(world: World, token: str, credentials: Credentials) -> Caller:
    try:
        issuer = tokens.unverified_issuer(token)
        addon = world.addons.get(issuer)
        if addon is None or addon.state is not AddonState.ENABLED:
            raise ConnectError(401, f"Could not find an enabled add-on {issuer!r} on this site.")
        claims = tokens.verify(token, addon.shared_secret)
    except tokens.BadToken as error:
        raise ConnectError(401, str(error)) from error
    audience = claims.get("aud")
    if audience is not None and addon.client_key not in (
        [audience] if isinstance(audience, str) else audience
    ):
        raise ConnectError(401, "The token is meant for another site.")
    if claims.get("qsh") != tokens.query_hash(credentials.method, credentials.target):
        raise ConnectError(401, "The query-string hash (qsh) does not fit this request.")
    return Caller(CallerKind.APP, world.users[addon.user_account_id], addon, addon.scopes)


def _impersonated(world: World, granted: AccessToken | None) -> Caller:
    if granted is None or granted.site != world.name:
        raise _unauthenticated()
    addon = world.addons.get(granted.addon_key)
    user = world.users.get(granted.account_id)
    if addon is None or addon.state is not AddonState.ENABLED or user is None or not user.active:
        raise _unauthenticated()
    return Caller(CallerKind.IMPERSONATED, user, addon, granted.scopes)


def _person(world: World, encoded: str) -> Caller:
    try:
        # From the right: newer account ids contain a colon, the token does not.
        name, _, token = base64.b64decode(encoded, validate=True).decode().rpartition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _unauthenticated() from error
    user = next((one for one in world.users.values() if name in (one.email, one.account_id)), None)
    if not name or user is None or not user.active or user.account_type == "app" or token != cast.API_TOKEN:
        raise _unauthenticated()
    return Caller(CallerKind.PERSON, user)


def _browser(world: World, account_id: str, client_key: str | None) -> Caller:
    user = world.users.get(account_id)
    if user is None or not user.active or user.account_type == "app":
        return Caller(CallerKind.ANONYMOUS)
    if client_key is None:
        return Caller(CallerKind.BROWSER, user)
    addon = world.addons.get(client_key)
    if addon is None or addon.state is not AddonState.ENABLED:
        raise ConnectError(403, f"The add-on {client_key!r} is not enabled on this site.")
    return Caller(CallerKind.BROWSER, user, addon, addon.scopes)
