"""Turns credentials, which anybody can send, into a principal, whom the app believes."""

from __future__ import annotations

from collections.abc import Callable, Set

from connect import qsh, tokens
from connect.errors import Reason, Unauthenticated
from connect.keys import InstallKeys
from connect.ports import Installations
from connect.principals import Credentials, Installation, InstallationState, Principal
from connect.settings import ConnectSettings

ENABLED_ONLY = frozenset({InstallationState.ENABLED})


class Verifier:
    """Checks tokens against the sites that have the app, and against Atlassian's install keys."""

    def __init__(
        self,
        settings: ConnectSettings,
        installations: Installations,
        keys: InstallKeys,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._installations = installations
        self._keys = keys
        self._clock = clock

    def site(
        self,
        credentials: Credentials,
        accepted: qsh.Qsh,
        states: Set[InstallationState] = ENABLED_ONLY,
    ) -> Principal:
        """The caller whom a site's own token (HS256) speaks for; raises Unauthenticated.

        `account_id` is None when the token names no user.
        """
        token = tokens.take_apart(credentials.token)
        installation = self._installation(token.claimed.issuer)
        expected = qsh.CONTEXT if accepted is qsh.Qsh.CONTEXT else self._request_hash(credentials)
        claims = tokens.verify_shared(token, installation.shared_secret, expected, self._clock())
        if installation.state not in states:
            raise Unauthenticated(_why_not(installation.state), "the site may not call this now")
        return Principal(installation.client_key, claims.subject, installation)

    def install(self, credentials: Credentials) -> str:
        """The client key of the site for which Atlassian signed an install token (RS256).

        Raises Unauthenticated, or KeysUnavailable when the signing key could not be fetched.
        """
        token = tokens.take_apart(credentials.token)
        tokens.require_install_algorithm(token)
        key = self._keys.find(token.key_id)
        claims = tokens.verify_install(
            token, key, self._request_hash(credentials), self._settings.base_urls, self._clock()
        )
        return claims.issuer

    def _installation(self, issuer: str) -> Installation:
        installation = self._installations.find(issuer)
        if installation is None:
            raise Unauthenticated(Reason.ISSUER_UNKNOWN, "no such site has the app")
        return installation

    def _request_hash(self, credentials: Credentials) -> str:
        try:
            return qsh.request_hash(credentials.method, credentials.target, self._settings.base_path)
        except qsh.TargetMalformed as error:
            raise Unauthenticated(Reason.TARGET_MALFORMED, str(error)) from error


def _why_not(state: InstallationState) -> Reason:
    if state is InstallationState.DISABLED:
        return Reason.INSTALLATION_DISABLED
    return Reason.INSTALLATION_UNINSTALLED
