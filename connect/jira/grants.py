"""Tokens with which the app acts as a user: the JWT bearer grant (RFC 7523), as Atlassian has it."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from connect import tokens
from connect.jira.errors import JiraRefused, JiraUnavailable
from connect.jira.transport import Call, Transport
from connect.principals import Installation

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: An assertion's life in seconds, as Atlassian's own library has it.
ASSERTION_LIFE = 60
#: A token is given up this many seconds before its end, so that none ends on its way.
EARLY = 30
#: How many tokens are kept; the one not used for longest goes.
KEPT = 4096

# It goes into a header.
_TOKEN = re.compile(r"[!-~]{1,8192}")
_Key = tuple[str, str, str, str]


class UserGrants:
    """Gets and keeps users' access tokens, each for one site, secret, user and set of scopes.

    The secret is part of the key, so a reinstalled or rotated site starts without tokens. Safe for threads.
    """

    def __init__(
        self, transport: Transport, authorization_url: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._transport = transport
        self._server = authorization_url
        self._clock = clock
        self._kept: OrderedDict[_Key, tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def token(self, installation: Installation, account_id: str, scopes: tuple[str, ...]) -> str:
        """An access token for this user. Raises JiraRefused when there is none to be had, JiraUnavailable."""
        key = _key(installation, account_id, scopes)
        with self._lock:
            token, ends = self._kept.get(key, ("", 0.0))
            if self._clock() < ends:
                self._kept.move_to_end(key)
                return token
        token, ends = self._granted(installation, account_id, scopes)
        with self._lock:
            self._kept[key] = token, ends
            self._kept.move_to_end(key)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return token

    def forget(self, installation: Installation, account_id: str, scopes: tuple[str, ...]) -> bool:
        """Drop a token that Jira did not take; whether there was one."""
        with self._lock:
            return self._kept.pop(_key(installation, account_id, scopes), None) is not None

    def _granted(
        self, installation: Installation, account_id: str, scopes: tuple[str, ...]
    ) -> tuple[str, float]:
        now = self._clock()
        form = {
            "grant_type": GRANT,
            "assertion": self._assertion(installation, account_id, int(now)),
            "scope": " ".join(scopes),
        }
        answer = self._transport.send(Call("POST", "/oauth2/token", form=form), self._server, None)
        token, life = _token_and_life(answer)
        return token, now + life - EARLY

    def _assertion(self, installation: Installation, account_id: str, now: int) -> str:
        if installation.oauth_client_id is None:
            raise JiraRefused(403, "this site does not let the app act as its users")
        claims = {
            "iss": f"urn:atlassian:connect:clientid:{installation.oauth_client_id}",
            "sub": f"urn:atlassian:connect:useraccountid:{account_id}",
            "tnt": installation.base_url,
            "aud": self._server,
            "iat": now,
            "exp": now + ASSERTION_LIFE,
        }
        return tokens.sign_shared(claims, installation.shared_secret)


def _key(installation: Installation, account_id: str, scopes: tuple[str, ...]) -> _Key:
    secret = hashlib.sha256(installation.shared_secret.encode()).hexdigest()
    return installation.client_key, secret, account_id, " ".join(scopes)


def _token_and_life(answer: Any) -> tuple[str, float]:
    token = answer.get("access_token") if isinstance(answer, dict) else None
    life = answer.get("expires_in") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise JiraUnavailable("The authorization server's answer holds no token.")
    return token, float(life) if isinstance(life, int | float) and life > 0 else 0.0
