"""What Atlassian runs beside the sites: the key server of signed installs and the token server."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from sandbox import tokens
from sandbox.faults import Faults
from sandbox.lifecycle import InstallKey
from sandbox.model import Addon, AddonState, World

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ACT_AS_USER = "ACT_AS_USER"
CLIENT_PREFIX = "urn:atlassian:connect:clientid:"
ACCOUNT_PREFIX = "urn:atlassian:connect:useraccountid:"
ACCESS_TOKEN_SECONDS = 900


class RefusedGrant(Exception):
    """The token server gives no token. ``code`` is OAuth's (``invalid_grant``, ``invalid_client``, ...)."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(frozen=True)
class AccessToken:
    """Lets an add-on act as one user on one site, within the scopes asked for."""

    site: str
    addon_key: str
    account_id: str
    scopes: frozenset[str]
    expires_at: float


@dataclass
class Cloud:
    """The services shared by all sites. ``url`` is set when its server is bound."""

    install_key: InstallKey
    worlds: Mapping[str, World]
    url: str = ""
    faults: Faults = field(default_factory=Faults)
    _tokens: dict[str, AccessToken] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def public_key(self, kid: str) -> str | None:
        """The public key of that id as PEM, or None."""
        return tokens.public_pem(self.install_key.private) if kid == self.install_key.kid else None

    def grant(self, assertion: str, scope: str | None) -> tuple[str, AccessToken]:
        """An access token for a JWT bearer assertion. Raises RefusedGrant.

        The assertion names the OAuth client, the account and the site; it is signed with that site's shared
        secret, and the add-on needs the scope ACT_AS_USER.
        """
        try:
            client_id = tokens.unverified_issuer(assertion).removeprefix(CLIENT_PREFIX)
            world, addon = self._client(client_id)
            claims = tokens.verify(assertion, addon.shared_secret, audience=self.url)
        except tokens.BadToken as error:
            raise RefusedGrant("invalid_grant", str(error)) from error
        if claims.get("tnt") != world.base_url:
            raise RefusedGrant("invalid_grant", "The tnt claim names another site.")
        subject = str(claims.get("sub", ""))
        if not subject.startswith(ACCOUNT_PREFIX):
            raise RefusedGrant("invalid_grant", f"The sub claim must begin with {ACCOUNT_PREFIX}.")
        account_id = subject.removeprefix(ACCOUNT_PREFIX)
        return self._issue(world, addon, account_id, scope)

    def access(self, token: str) -> AccessToken | None:
        """What an access token allows, or None when it is unknown or has expired."""
        with self._lock:
            found = self._tokens.get(token)
        return found if found is not None and found.expires_at > time.time() else None

    def forget_tokens(self) -> None:
        """Invalidate all access tokens, as an incident at Atlassian would."""
        with self._lock:
            self._tokens.clear()

    def _client(self, client_id: str) -> tuple[World, Addon]:
        for world in self.worlds.values():
            for addon in world.addons.values():
                if addon.oauth_client_id == client_id and addon.state is AddonState.ENABLED:
                    return world, addon
        raise RefusedGrant("invalid_client", "No installed add-on has this OAuth client id.")

    def _issue(
        self, world: World, addon: Addon, account_id: str, scope: str | None
    ) -> tuple[str, AccessToken]:
        if ACT_AS_USER not in addon.scopes:
            raise RefusedGrant(
                "unauthorized_client", "The descriptor does not ask for the scope ACT_AS_USER."
            )
        user = world.users.get(account_id)
        if user is None or not user.active or not user.licensed:
            raise RefusedGrant("invalid_grant", "The user does not exist or cannot use this site.")
        wanted = frozenset(scope.split()) if scope else addon.scopes - {ACT_AS_USER}
        if not wanted <= addon.scopes:
            raise RefusedGrant("invalid_scope", "The descriptor does not ask for all of these scopes.")
        token = secrets.token_urlsafe(48)
        granted = AccessToken(world.name, addon.key, account_id, wanted, time.time() + ACCESS_TOKEN_SECONDS)
        with self._lock:
            present = time.time()
            self._tokens = {text: old for text, old in self._tokens.items() if old.expires_at > present}
            self._tokens[token] = granted
        return token, granted
