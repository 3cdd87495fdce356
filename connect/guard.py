"""The door: every route says how its requests are signed, and silence means refused.

    @signed(qsh=Qsh.CONTEXT)          the app's own code in the iframe
    @signed(qsh=Qsh.REQUEST)          pages and webhooks: the token was made for this very request
    @lifecycle_signed(event)          Connect's lifecycle callbacks
    @unsigned(reason="...")           nothing to protect, and why

The declaration stands on a view function, on a method of a MethodView, or on the whole class; on a view with
other decorators it is the outermost. Addresses that no route has (404, 405) need no token: there is nothing
behind them.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from flask import Flask, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from connect import lifecycle, qsh, tokens
from connect.errors import Reason, TooLarge, Unauthenticated, Unavailable, VaultError
from connect.keys import InstallKeys, KeysUnavailable
from connect.lifecycle import Callback, LifecycleEvent
from connect.ports import Installations, Refusal, Refusals, RequestFacts
from connect.principals import Credentials, Principal
from connect.qsh import Qsh
from connect.settings import ConnectSettings
from connect.verification import Verifier

__all__ = [
    "Guard",
    "LifecycleEvent",
    "Qsh",
    "current_callback",
    "current_facts",
    "current_principal",
    "lifecycle_signed",
    "limited_body",
    "signed",
    "unsigned",
]

_View = TypeVar("_View", bound=Callable[..., Any])
_DECLARATION = "__vault_access__"
_AUTHORIZATION = re.compile(r"JWT +([^ ]+) *", re.IGNORECASE)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Signed:
    qsh: Qsh
    user: bool


@dataclass(frozen=True, slots=True)
class _LifecycleSigned:
    event: LifecycleEvent


@dataclass(frozen=True, slots=True)
class _Unsigned:
    reason: str


_Access = _Signed | _LifecycleSigned | _Unsigned


def signed(*, qsh: Qsh, user: bool = True) -> Callable[[_View], _View]:
    """The route needs a token of an enabled site, for exactly `qsh`; the view finds `current_principal()`.

    With `user=False` a token may speak for the site alone: webhooks. `account_id` is None then.
    """
    return _declared(_Signed(qsh, user))


def lifecycle_signed(event: LifecycleEvent) -> Callable[[_View], _View]:
    """The route is Connect's callback for `event`, signed as Jira signs it.

    The view finds `current_callback()`. The body is checked with the token: it names the site that signed,
    this app and this event.
    """
    return _declared(_LifecycleSigned(event))


def unsigned(*, reason: str) -> Callable[[_View], _View]:
    """The route answers anybody. `reason` says why nothing is lost by that."""
    return _declared(_Unsigned(reason))


def _declared(access: _Access) -> Callable[[_View], _View]:
    def declare(view: _View) -> _View:
        setattr(view, _DECLARATION, access)
        return view

    return declare


def current_principal() -> Principal:
    """Who is calling, verified. Raises LookupError on a route that is not `signed`: a mistake in the code."""
    principal = g.get("vault_principal")
    if not isinstance(principal, Principal):
        raise LookupError("this route declares no signature, so it has no principal")
    return principal


def current_callback() -> Callback:
    """The verified lifecycle callback. Raises LookupError on a route that is not `lifecycle_signed`."""
    callback = g.get("vault_callback")
    if not isinstance(callback, Callback):
        raise LookupError("this route is no lifecycle callback")
    return callback


def current_facts() -> RequestFacts:
    """What the event log may know of this request; made once a request."""
    facts = g.get("vault_facts")
    if not isinstance(facts, RequestFacts):
        facts = g.vault_facts = RequestFacts(
            request_id=uuid.uuid4().hex,
            source_address=request.remote_addr or "",
            method=request.method,
            path=_printable(request.path[:500]),
        )
    return facts


def _printable(text: str) -> str:
    # A path may hold any character, encoded; a log line and a text column may not.
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def limited_body(largest: int) -> bytes:
    """The request's body; raises TooLarge when it has more than `largest` bytes."""
    request.max_content_length = largest
    try:
        return request.get_data()
    except RequestEntityTooLarge as error:
        raise TooLarge(f"The body is larger than {largest} bytes.") from error


class Guard:
    """Stands before every route of an app; see the module's docstring."""

    def __init__(
        self,
        settings: ConnectSettings,
        installations: Installations,
        refusals: Refusals,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._refusals = refusals
        self._verifier = Verifier(settings, installations, InstallKeys(settings), clock)
        self._by_endpoint: dict[str, _Access] = {}
        self._known: dict[tuple[str, str], _Access | None] = {}

    def init_app(self, app: Flask) -> None:
        """Check every request of `app` from now on, before its view and its blueprint see it."""
        self._app = app
        app.before_request(self.check)

    def declare_unsigned(self, endpoint: str, *, reason: str) -> None:
        """As `@unsigned`, for a view that is somebody else's code: `static`, an OpenAPI document."""
        self._by_endpoint[endpoint] = _Unsigned(reason)
        self._known.clear()

    def undeclared(self) -> list[str]:
        """The routes that say nothing and are therefore refused, as `METHOD /rule`."""
        return sorted(
            f"{method} {rule}"
            for rule in self._app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}
            if self._access(rule.endpoint, method) is None
        )

    def check(self) -> None:
        """Let the current request pass or raise. Every refusal is recorded before it is raised."""
        if request.routing_exception is not None or request.endpoint is None:
            return
        try:
            self._check(self._access(request.endpoint, request.method))
        except KeysUnavailable as error:
            self._record(error)
            raise
        except Unavailable:
            raise  # Nobody was disbelieved: the installations could not be read.
        except VaultError as error:
            self._record(error)
            raise

    def _check(self, access: _Access | None) -> None:
        match access:
            case _Unsigned():
                return
            case _Signed():
                principal = self._verifier.site(_credentials(), access.qsh)
                if access.user and principal.account_id is None:
                    raise Unauthenticated(Reason.USER_MISSING, "the token names no user")
                g.vault_principal = principal
            case _LifecycleSigned():
                g.vault_callback = self._callback(access.event)
            case _:
                raise Unauthenticated(Reason.ROUTE_UNDECLARED, "the route does not say how it is signed")

    def _callback(self, event: LifecycleEvent) -> Callback:
        states = lifecycle.SITE_SIGNED.get(event)
        if states is None:
            signer = self._verifier.install(_credentials())
        else:
            signer = self._verifier.site(_credentials(), Qsh.REQUEST, states).instance_key
        return lifecycle.read(event, limited_body(lifecycle.LARGEST_BODY), signer, self._settings)

    def _access(self, endpoint: str, method: str) -> _Access | None:
        key = (endpoint, method)
        if key not in self._known:
            self._known[key] = self._by_endpoint.get(endpoint) or _declaration(
                self._app.view_functions[endpoint], method
            )
        return self._known[key]

    def _record(self, error: VaultError) -> None:
        refusal = _refusal(error)
        _log.info("request refused", code=refusal.code, detail=refusal.detail, path=current_facts().path)
        try:
            self._refusals.record(refusal, current_facts())
        except Exception:
            # The caller is refused all the same, and must not learn that the event log is down.
            _log.exception("a refusal could not be recorded", code=refusal.code)


def _declaration(view: Callable[..., Any], method: str) -> _Access | None:
    view_class = getattr(view, "view_class", None)
    handlers: list[Any] = [view]
    if view_class is not None:
        handler = getattr(view_class, method.lower(), None)
        if handler is None and method == "HEAD":
            handler = getattr(view_class, "get", None)  # As MethodView.dispatch_request does.
        handlers = [handler, view_class]
    for each in handlers:
        access = getattr(each, _DECLARATION, None)
        if isinstance(access, _Access):
            return access
    return None


def _credentials() -> Credentials:
    """The one token of the current request; raises Unauthenticated when there is none, or more than one."""
    try:
        target = qsh.received_target(request.environ)
        query = qsh.split_target(target)[1]
    except qsh.TargetMalformed as error:
        raise Unauthenticated(Reason.TARGET_MALFORMED, str(error)) from error
    found = [value for name, value in qsh.parameters(query) if name == "jwt"]
    header = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
    if header:
        found.append(header[1])
    if len(found) != 1:
        reason = Reason.TOKEN_DOUBLED if found else Reason.TOKEN_MISSING
        raise Unauthenticated(reason, f"{len(found)} tokens")
    return Credentials(found[0], request.method, target)


def _refusal(error: VaultError) -> Refusal:
    if isinstance(error, Unauthenticated):
        return Refusal(error.reason, error.note, _claimed_instance())
    fields = "; ".join(f"{each.field} {each.message}" for each in error.fields)
    return Refusal(error.code, fields or error.detail, _claimed_instance())


def _claimed_instance() -> str | None:
    try:
        return tokens.take_apart(_credentials().token).claimed.issuer
    except Unauthenticated:
        return None
