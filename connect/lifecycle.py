"""Connect's lifecycle callbacks: what Jira tells the app about a site, and what of it is believed.

A token never covers the body, so everything in the body is the site's own claim: it must name the site that
signed, this app and this event, and an address that can be Jira's (jira.md section 2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from connect.errors import FieldProblem, InvalidInput, MalformedBody, Reason, Unauthenticated
from connect.ports import Installed
from connect.principals import InstallationState
from connect.settings import ConnectSettings
from connect.tokens import SHORTEST_SECRET

#: A callback's body; Jira's are about 1 KB.
LARGEST_BODY = 64 * 1024

_CLIENT_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_SECRET = re.compile(rf"[!-~]{{{SHORTEST_SECRET},1024}}")
_OAUTH_CLIENT_ID = re.compile(r"[!-~]{1,512}")


class LifecycleEvent(StrEnum):
    """Jira's names for the four callbacks.

    Atlassian signs `installed` and `uninstalled` (RS256), the site signs the other two with its secret.
    """

    INSTALLED = "installed"
    UNINSTALLED = "uninstalled"
    ENABLED = "enabled"
    DISABLED = "disabled"


#: Whose tokens are believed for the callbacks that a site signs itself. Jira sends `disabled` and
#: `uninstalled` in parallel, so a late `disabled` of a site that is gone is no forgery; it changes nothing.
SITE_SIGNED: Mapping[LifecycleEvent, frozenset[InstallationState]] = {
    LifecycleEvent.ENABLED: frozenset({InstallationState.ENABLED, InstallationState.DISABLED}),
    LifecycleEvent.DISABLED: frozenset(InstallationState),
}


class CallbackRefused(InvalidInput):
    """The callback does not say what it must say."""

    code = "callback_invalid"


class AppKeyForeign(CallbackRefused):
    """The callback is about another app."""

    code = "app_key_foreign"


class EventTypeWrong(CallbackRefused):
    """The callback is about another event than this address is for."""

    code = "event_type_wrong"


class BaseUrlRefused(CallbackRefused):
    """The callback names an address that cannot be a Jira site's."""

    code = "base_url_refused"


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback that may be acted on. `installed` is set for that event alone."""

    event: LifecycleEvent
    client_key: str
    installed: Installed | None


def read(event: LifecycleEvent, body: bytes, signer: str, settings: ConnectSettings) -> Callback:
    """The callback in `body`, which a verified token of `signer` came with.

    Raises MalformedBody when it is no JSON object, Unauthenticated when it names another site than the one
    that signed, CallbackRefused when it is about another app or event, or lacks something.
    """
    claims = _json_object(body)
    if claims.get("clientKey") != signer:
        raise Unauthenticated(Reason.ISSUER_FOREIGN, "the body names another site than the token")
    if claims.get("key") != settings.app_key:
        raise AppKeyForeign(fields=[FieldProblem("key", f"must be {settings.app_key}")])
    if claims.get("eventType") != event:
        raise EventTypeWrong(fields=[FieldProblem("eventType", f"must be {event}")])
    installed = _installed(claims, settings) if event is LifecycleEvent.INSTALLED else None
    return Callback(event, signer, installed)


def _installed(claims: Mapping[str, Any], settings: ConnectSettings) -> Installed:
    oauth_client_id = claims.get("oauthClientId")
    problems = [
        FieldProblem(name, message)
        for name, value, pattern, message in (
            ("clientKey", claims["clientKey"], _CLIENT_KEY, "must be letters, digits and . _ : - only"),
            ("sharedSecret", claims.get("sharedSecret"), _SECRET, "must be 32 to 1024 printable characters"),
            ("oauthClientId", oauth_client_id, _OAUTH_CLIENT_ID, "must be printable characters"),
        )
        if not (value is None and name == "oauthClientId")
        and not (isinstance(value, str) and pattern.fullmatch(value))
    ]
    if claims.get("productType") != "jira":
        problems.append(FieldProblem("productType", "must be jira"))
    if problems:
        raise CallbackRefused(fields=problems)
    return Installed(
        client_key=claims["clientKey"],
        shared_secret=claims["sharedSecret"],
        base_url=_base_url(claims, settings),
        oauth_client_id=oauth_client_id,
        product_type="jira",
    )


def _base_url(claims: Mapping[str, Any], settings: ConnectSettings) -> str:
    try:
        return str(settings.site_origin(str(claims.get("baseUrl", ""))))
    except ValueError as error:
        raise BaseUrlRefused(fields=[FieldProblem("baseUrl", str(error))]) from error


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        claims = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedBody from error
    if not isinstance(claims, dict):
        raise MalformedBody("The body is not a JSON object.")
    return claims
