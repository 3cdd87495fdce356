"""A door to knock at: an app behind connect's guard, what its callers know, and a forger's tools.

`Door` holds everything the forgery matrix needs, so the matrix runs against any Flask app: the smallest one
(`small_door` here), and the whole product.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask, Response, jsonify
from flask.testing import FlaskClient
from flask.views import MethodView
from werkzeug.test import TestResponse

from connect import guard, qsh
from connect.errors import VaultError
from connect.guard import Guard, Qsh, signed, unsigned
from connect.headers import SecurityHeaders
from connect.ports import Installed, Refusal, RequestFacts, WebhookDelivery
from connect.principals import Installation, InstallationState, Principal
from connect.settings import ConnectSettings
from connect.views import create_blueprint

ACCOUNT = "5be24ad8b1653240376955d2"
REMOVE: Any = object()


@dataclass(frozen=True)
class KnownSite:
    """What a Jira site knows of itself."""

    client_key: str
    secret: str = field(repr=False)
    base_url: str


ACME = KnownSite(
    "11111111-aaaa-4aaa-8aaa-111111111111", "acme-secret-" + "a" * 40, "https://acme.atlassian.net"
)
GLOBEX = KnownSite(
    "22222222-bbbb-4bbb-8bbb-222222222222", "globex-secret-" + "b" * 40, "https://globex.jira.com"
)


@dataclass
class MemoryInstallations:
    """The Installations port, with the state machine that it promises."""

    rows: dict[str, Installation] = field(default_factory=dict)

    def find(self, client_key: str) -> Installation | None:
        return self.rows.get(client_key)

    def install(self, installed: Installed, facts: RequestFacts) -> None:
        self.rows[installed.client_key] = Installation(
            installed.client_key,
            installed.shared_secret,
            installed.base_url,
            installed.oauth_client_id,
            InstallationState.ENABLED,
            installed.product_type,
        )

    def change_state(self, client_key: str, state: InstallationState, facts: RequestFacts) -> None:
        row = self.rows.get(client_key)
        if row and row.state is not InstallationState.UNINSTALLED:
            self.rows[client_key] = replace(row, state=state)


@dataclass
class MemoryRefusals:
    """The Refusals port."""

    rows: list[tuple[Refusal, RequestFacts]] = field(default_factory=list)

    def record(self, refusal: Refusal, facts: RequestFacts) -> None:
        self.rows.append((refusal, facts))


@dataclass
class MemoryWebhooks:
    """The Webhooks port."""

    rows: dict[tuple[str, str], WebhookDelivery] = field(default_factory=dict)

    def receive(self, principal: Principal, delivery: WebhookDelivery, facts: RequestFacts) -> None:
        self.rows.setdefault((principal.instance_key, delivery.identifier), delivery)


class KeyServer:
    """A server of install keys on a free port, with the private keys to match, and with moods."""

    def __init__(self) -> None:
        self.pems: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.status = 200
        self.delay = 0.0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.asked.append(self.path)
                time.sleep(owner.delay)
                body = owner.pems.get(self.path.removeprefix("/"), b"")
                self.send_response(owner.status if body else 404)
                if owner.status in {301, 302}:
                    self.send_header("Location", "/other")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[KeyServer]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class AtlassianKeys:
    """Atlassian's pair of install keys, as far as we play Atlassian."""

    kid = "0a4c3b7e-5d1f-4c6e-9b1a-1f2e3d4c5b6a"

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def segment(value: Any) -> str:
    """One base64url segment of a token; bytes go in as they are, everything else as JSON."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Door:
    """An app, two sites that have it installed and enabled, and addresses of each kind.

    `page` takes the request's own hash, `api` (a GET) exactly `context-qsh`, `hook` is the work log webhook.
    `last_refusal` tells the code of the newest recorded refusal; None where that cannot be read.
    """

    client: FlaskClient
    app_key: str
    base_url: str
    atlassian: AtlassianKeys
    acme: KnownSite = ACME
    globex: KnownSite = GLOBEX
    page: str = "/panel?issueId=10001&issueKey=ACME-1"
    api: str = "/api/v1/whoami"
    hook: str = "/hooks/worklog"
    last_refusal: Callable[[], str | None] = lambda: None

    # --- What an honest caller does ---

    def claims(self, site: KnownSite, query_hash: str, **changes: Any) -> dict[str, Any]:
        """A site's claims for a user; `changes` replaces claims, or removes those given as REMOVE."""
        now = int(time.time())
        claims = {"iss": site.client_key, "sub": ACCOUNT, "qsh": query_hash, "iat": now, "exp": now + 180}
        return {name: value for name, value in {**claims, **changes}.items() if value is not REMOVE}

    def context_token(self, site: KnownSite | None = None, **changes: Any) -> str:
        """What `AP.context.getToken()` gives."""
        site = site or self.acme
        return hs256(self.claims(site, "context-qsh", **changes), site.secret)

    def request_token(self, method: str, target: str, site: KnownSite | None = None, **changes: Any) -> str:
        """What Jira puts on a request of its own."""
        site = site or self.acme
        return hs256(self.claims(site, qsh.request_hash(method, target), **changes), site.secret)

    def install_token(
        self, target: str, site: KnownSite | None = None, kid: Any = None, **changes: Any
    ) -> str:
        """What Atlassian signs `installed` and `uninstalled` with."""
        site = site or self.acme
        claims = self.claims(site, qsh.request_hash("POST", target), sub=REMOVE, aud=[self.base_url])
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not REMOVE}
        return rs256(claims, self.atlassian.private, kid=kid or self.atlassian.kid)

    def callback(self, event: str, site: KnownSite | None = None, **changes: Any) -> dict[str, Any]:
        """The body of a lifecycle callback."""
        site = site or self.acme
        body = {
            "key": self.app_key,
            "clientKey": site.client_key,
            "sharedSecret": site.secret,
            "baseUrl": site.base_url,
            "productType": "jira",
            "eventType": event,
            "oauthClientId": "eyJob3N0S2V5IjoiYWNtZSJ9",
        }
        return {name: value for name, value in {**body, **changes}.items() if value is not REMOVE}

    def knock(
        self,
        method: str,
        target: str,
        token: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Send a request with the token in its header."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"JWT {token}"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        return self.client.open(
            target, method=method, headers=sent, data=data, content_type="application/json"
        )

    def tell(self, event: str, site: KnownSite | None = None, **changes: Any) -> TestResponse:
        """An honest lifecycle callback."""
        target = f"/{event}"
        atlassian_signs = event in {"installed", "uninstalled"}
        token = (
            self.install_token(target, site) if atlassian_signs else self.request_token("POST", target, site)
        )
        return self.knock("POST", target, token, self.callback(event, site, **changes))

    # --- What a test asks ---

    def admits(self, site: KnownSite | None = None) -> bool:
        """Whether the site's users get in."""
        status = self.knock("GET", self.api, self.context_token(site)).status_code
        assert status in {200, 401}
        return status == 200

    def assert_refused(self, response: TestResponse, code: str) -> None:
        """The one 401 that there is, and the true reason where it can be read."""
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "JWT"
        assert response.mimetype == "application/problem+json"
        assert response.get_json() == {
            "type": "urn:worklog-vault:problem:unauthenticated",
            "title": "Unauthorized",
            "status": 401,
            "detail": "This request carries no valid token for what it asks.",
            "code": "unauthenticated",
        }
        assert self.last_refusal() in {None, code}


def hs256(claims: Any, secret: str | bytes, **header: Any) -> str:
    """A token truly signed with a secret, around claims and a header that no library would write."""
    key = secret.encode() if isinstance(secret, str) else secret
    signed = f"{segment({'alg': 'HS256', 'typ': 'JWT', **header})}.{segment(claims)}"
    return f"{signed}.{segment(hmac.digest(key, signed.encode(), 'sha256'))}"


def rs256(claims: Any, key: rsa.RSAPrivateKey, **header: Any) -> str:
    """A token truly signed with a private key, around whatever claims and header."""
    signed = f"{segment({'alg': 'RS256', 'typ': 'JWT', **header})}.{segment(claims)}"
    return f"{signed}.{segment(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


@dataclass
class SmallApp:
    """The smallest app behind the guard, with ports in memory."""

    app: Flask
    guard: Guard
    installations: MemoryInstallations
    refusals: MemoryRefusals
    webhooks: MemoryWebhooks


def small_app(settings: ConnectSettings) -> SmallApp:
    """A page, an API and a silent route behind the guard, beside connect's own routes."""
    app = Flask("small", static_folder=None)
    installations, refusals, webhooks = MemoryInstallations(), MemoryRefusals(), MemoryWebhooks()
    SecurityHeaders(settings).init_app(app)
    door_guard = Guard(settings, installations, refusals)
    door_guard.init_app(app)
    app.register_blueprint(create_blueprint(settings, installations, webhooks))

    @app.errorhandler(VaultError)
    def problem(error: VaultError) -> Response:
        response = jsonify(error.as_problem())
        response.status_code, response.mimetype = error.status, "application/problem+json"
        response.headers.update(error.headers)
        return response

    @app.get("/panel")
    @signed(qsh=Qsh.REQUEST)
    def panel() -> str:
        return f"<p>{guard.current_principal().account_id}</p>"

    class WhoAmI(MethodView):
        @signed(qsh=Qsh.CONTEXT)
        def get(self) -> dict[str, Any]:
            principal = guard.current_principal()
            return {"site": principal.instance_key, "account": principal.account_id}

        def delete(self) -> str:
            return "nobody said how this is signed"

    @signed(qsh=Qsh.CONTEXT)
    class Things(MethodView):
        def get(self) -> str:
            return "a thing"

        @unsigned(reason="a test")
        def post(self) -> str:
            return "anybody's thing"

    app.add_url_rule("/api/v1/whoami", view_func=WhoAmI.as_view("whoami"))
    app.add_url_rule("/things", view_func=Things.as_view("things"))

    @app.get("/silent")
    def silent() -> str:
        return "nobody said how this is signed"

    return SmallApp(app, door_guard, installations, refusals, webhooks)
