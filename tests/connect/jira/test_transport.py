"""Patience with Jira, and no step outside of the site."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
import responses

from connect.jira import JiraRefused, JiraUnavailable, transport
from connect.jira.transport import ATTEMPTS, Call, SiteLeft, Transport

BASE = "https://acme.atlassian.net"
URL = BASE + "/rest/api/3/thing"
READ = Call("GET", "/rest/api/3/thing")
WRITE = Call("POST", "/rest/api/3/thing", json={"a": 1}, repeatable=False)


class Patience:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Patience:
    return Patience()


@pytest.fixture
def sender(time: Patience) -> Transport:
    return Transport(10, 5, clock=time, sleep=time.sleep)


def send(sender: Transport, call: Call = READ) -> Any:
    return sender.send(call, BASE, lambda method, target: f"JWT for {method} {target}")


def test_a_call_is_authorized_for_exactly_what_is_sent(
    sender: Transport, canned: responses.RequestsMock
) -> None:
    canned.get(URL, json={"ok": True})
    query = {"fields": "a,b", "jql": "summary ~ 'x & y' é~", "empty": ""}
    sent: list[tuple[str, str]] = []

    def authorize(method: str, target: str) -> str:
        sent.append((method, target))
        return "JWT x"

    assert sender.send(Call("GET", "/rest/api/3/thing", query), BASE, authorize) == {"ok": True}
    request = canned.calls[0].request
    assert sent == [("GET", request.path_url)]
    assert (
        request.path_url
        == "/rest/api/3/thing?fields=a%2Cb&jql=summary%20~%20%27x%20%26%20y%27%20%C3%A9~&empty="
    )
    assert request.headers["Authorization"] == "JWT x"


@pytest.mark.parametrize(
    "path", ["@evil.example/rest", ".evil.example/rest", ":8443/rest", ":x@evil.example/"]
)
def test_nothing_is_sent_or_signed_for_another_origin(
    sender: Transport, canned: responses.RequestsMock, path: str
) -> None:
    signed: list[str] = []
    with pytest.raises(SiteLeft):
        sender.send(Call("GET", path), BASE, lambda *_: signed.append("x") or "JWT x")
    assert signed == []
    assert len(canned.calls) == 0


@pytest.mark.parametrize("location", ["https://evil.example/", "http://acme.atlassian.net/", BASE + "/other"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    sender: Transport, canned: responses.RequestsMock, status: int, location: str
) -> None:
    canned.get(URL, status=status, headers={"Location": location})
    with pytest.raises(JiraRefused) as caught:
        send(sender)
    assert caught.value.jira_status == status
    assert len(canned.calls) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_call_that_may_be_repeated_is(
    sender: Transport, canned: responses.RequestsMock, status: int
) -> None:
    canned.get(URL, status=status)
    canned.get(URL, json=[1])
    assert send(sender) == [1]


@pytest.mark.parametrize("error", [requests.ConnectionError("reset"), requests.ReadTimeout("slow")])
def test_a_dropped_connection_is_tried_again(
    sender: Transport, canned: responses.RequestsMock, error: Exception
) -> None:
    canned.get(URL, body=error)
    canned.get(URL, json=[1])
    assert send(sender) == [1]


@pytest.mark.parametrize(
    "failure", [{"status": 503}, {"status": 500}, {"body": requests.ConnectionError("reset")}]
)
def test_a_call_that_must_not_happen_twice_is_sent_once(
    sender: Transport, canned: responses.RequestsMock, failure: dict[str, Any]
) -> None:
    canned.post(URL, **failure)
    with pytest.raises(JiraUnavailable):
        send(sender, WRITE)
    assert len(canned.calls) == 1


def test_even_that_call_is_sent_again_when_jira_says_that_it_did_nothing(
    sender: Transport, canned: responses.RequestsMock
) -> None:
    canned.post(URL, status=429, headers={"Retry-After": "2"})
    canned.post(URL, json={"id": "1"})
    assert send(sender, WRITE) == {"id": "1"}


def test_jira_says_how_long_to_wait(
    sender: Transport, canned: responses.RequestsMock, time: Patience
) -> None:
    canned.get(URL, status=429, headers={"Retry-After": "2"})
    canned.get(URL, status=503, headers={"Retry-After": "1"})
    canned.get(URL, json=[1])
    send(sender)
    assert time.waits == [2, 1]


def test_a_date_is_a_wait_too(sender: Transport, canned: responses.RequestsMock, time: Patience) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=3)
    canned.get(URL, status=429, headers={"Retry-After": format_datetime(soon, usegmt=True)})
    canned.get(URL, json=[1])
    send(sender)
    assert 1 < time.waits[0] <= 3


@pytest.mark.parametrize("value", ["soon", "-1", "1e3", "\uff19", "Mon, 99 Xyz 2026 99:99:99 GMT", ""])
def test_a_wait_that_makes_no_sense_is_our_own(
    sender: Transport, canned: responses.RequestsMock, time: Patience, value: str
) -> None:
    canned.get(URL, status=429, headers={"Retry-After": value.encode().decode("latin-1")})
    canned.get(URL, json=[1])
    send(sender)
    assert 0 < time.waits[0] < 1


def test_a_wait_beyond_our_patience_is_passed_on(
    sender: Transport, canned: responses.RequestsMock, time: Patience
) -> None:
    canned.get(URL, status=429, headers={"Retry-After": "60"})
    with pytest.raises(JiraUnavailable) as caught:
        send(sender)
    assert caught.value.headers == {"Retry-After": "60"}
    assert caught.value.status == 503
    assert time.waits == []


def test_patience_ends(sender: Transport, canned: responses.RequestsMock, time: Patience) -> None:
    canned.get(URL, status=503, headers={"Retry-After": "2"})
    with pytest.raises(JiraUnavailable):
        send(sender)
    assert time.waits == [2, 2]
    assert len(canned.calls) == 3


def test_attempts_end(sender: Transport, canned: responses.RequestsMock, time: Patience) -> None:
    canned.get(URL, status=500)
    with pytest.raises(JiraUnavailable):
        send(sender)
    assert len(canned.calls) == ATTEMPTS
    assert sum(time.waits) < 5
    assert time.waits == sorted(time.waits)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413])
def test_a_refusal_says_what_jira_said(
    sender: Transport, canned: responses.RequestsMock, status: int
) -> None:
    canned.get(URL, status=status, json={"errorMessages": ["No."], "errors": {"started": "Too early."}})
    with pytest.raises(JiraRefused) as caught:
        send(sender)
    assert caught.value.jira_status == status
    assert caught.value.jira_message == "No.; started: Too early."
    assert len(canned.calls) == 1


def test_a_refusal_without_words_has_the_statuss(sender: Transport, canned: responses.RequestsMock) -> None:
    canned.get(URL, status=403, body="<html>")
    with pytest.raises(JiraRefused) as caught:
        send(sender)
    assert caught.value.jira_message == "Forbidden"


@pytest.mark.parametrize("body", ["<html>", "{", "NaN", b"\xff"])
def test_an_answer_that_is_no_json_is_none(
    sender: Transport, canned: responses.RequestsMock, body: str | bytes
) -> None:
    canned.get(URL, body=body)
    with pytest.raises(JiraUnavailable):
        send(sender)


def test_an_answer_without_a_body_is_none(sender: Transport, canned: responses.RequestsMock) -> None:
    canned.get(URL, status=204)
    assert send(sender) is None


def test_an_answer_of_unbearable_length_is_given_up(
    sender: Transport, canned: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 100)
    canned.get(URL, body=b"[" + b"1," * 100 + b"1]")
    with pytest.raises(JiraUnavailable):
        send(sender)


def test_errors_hold_no_token_and_no_address(sender: Transport, canned: responses.RequestsMock) -> None:
    canned.get(URL, body=requests.ConnectionError("https://acme.atlassian.net/?jwt=hunter2"))
    with pytest.raises(JiraUnavailable) as caught:
        send(sender)
    assert "hunter2" not in str(caught.value)
    assert "JWT" not in str(caught.value)


# --- Over real sockets ---


class Site:
    """A real HTTP server that counts its connections and what came over them."""

    def __init__(self) -> None:
        self.connections = 0
        self.cookies: list[str | None] = []
        self.authorizations: list[str | None] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                owner.connections += 1
                super().setup()

            def do_GET(self) -> None:
                owner.cookies.append(self.headers["Cookie"])
                owner.authorizations.append(self.headers["Authorization"])
                self.send_response(200)
                self.send_header("Set-Cookie", "session=1; Path=/")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Site:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def real_site() -> Iterator[Site]:
    with Site() as running:
        yield running


def test_connections_are_used_again_and_cookies_are_not_kept(real_site: Site) -> None:
    sender = Transport(5, 0)
    for _ in range(3):
        assert sender.send(READ, real_site.base, lambda *_: "JWT x") == {}
    assert real_site.connections == 1
    assert real_site.cookies == [None] * 3
    sender.close()


def test_threads_do_not_mix_up_their_authorizations(real_site: Site) -> None:
    sender = Transport(5, 0)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: sender.send(READ, real_site.base, lambda *_: f"JWT {n}"), range(40))
        )
    assert answers == [{}] * 40
    assert sorted(real_site.authorizations, key=str) == sorted((f"JWT {n}" for n in range(40)), key=str)
    sender.close()


def test_a_netrc_file_does_not_replace_the_authorization(
    real_site: Site, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    sender = Transport(5, 0)
    sender.send(READ, real_site.base, lambda *_: "JWT x")
    sender.send(READ, real_site.base, None)
    assert real_site.authorizations == ["JWT x", None]
    sender.close()


def test_a_site_that_never_answers_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base = f"http://127.0.0.1:{silent.getsockname()[1]}"
        sender = Transport(0.2, 0)
        with pytest.raises(JiraUnavailable) as caught:
            sender.send(READ, base, None)
        assert "ReadTimeout" in str(caught.value)
        sender.close()
