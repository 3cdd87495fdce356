"""The guard: silence means refused, every refusal is written down, and nothing of a token is."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, g

from connect import guard
from connect.errors import Unavailable
from connect.guard import Guard, Qsh, signed, unsigned
from connect.ports import Refusal, RequestFacts
from connect.settings import ConnectSettings
from tests.connect.doors import Door, KeyServer, MemoryInstallations, SmallApp, segment


def test_a_route_that_says_nothing_is_refused_even_with_a_good_token(door: Door) -> None:
    for token in (door.context_token(), door.request_token("GET", "/silent")):
        door.assert_refused(door.knock("GET", "/silent", token), "route_undeclared")


def test_a_method_that_says_nothing_is_refused_beside_one_that_does(door: Door) -> None:
    door.assert_refused(door.knock("DELETE", door.api, door.context_token()), "route_undeclared")


def test_a_class_may_speak_for_its_methods_and_a_method_for_itself(door: Door) -> None:
    door.assert_refused(door.knock("GET", "/things"), "token_missing")
    assert door.knock("GET", "/things", door.context_token()).status_code == 200
    assert door.knock("POST", "/things").status_code == 200


def test_the_guard_names_the_routes_that_say_nothing(small: SmallApp) -> None:
    assert small.guard.undeclared() == ["DELETE /api/v1/whoami", "GET /silent"]


def test_every_declared_route_refuses_a_request_without_a_token(small: SmallApp, door: Door) -> None:
    asked = 0
    for rule in small.app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            if (method, str(rule)) not in {("GET", "/atlassian-connect.json"), ("POST", "/things")}:
                assert door.knock(method, str(rule)).status_code == 401, f"{method} {rule}"
                asked += 1
    assert asked >= 9


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_the_methods_that_flask_adds_are_guarded_too(door: Door, method: str) -> None:
    for target in (door.page, door.api, "/silent"):
        assert door.knock(method, target).status_code == 401
    assert door.knock("HEAD", door.api, door.context_token()).status_code == 200


def test_an_address_without_a_route_needs_no_token(door: Door) -> None:
    assert door.knock("GET", "/nothing/here").status_code == 404
    assert door.knock("PUT", door.page).status_code == 405


def test_somebody_elses_view_can_be_declared_by_its_endpoint(small: SmallApp, door: Door) -> None:
    assert door.knock("GET", "/silent").status_code == 401
    small.guard.declare_unsigned("silent", reason="a test")
    assert door.knock("GET", "/silent").status_code == 200


def test_a_wrapped_view_keeps_its_declaration_outermost(settings: ConnectSettings) -> None:
    app = Flask("wrapped", static_folder=None)
    Guard(settings, MemoryInstallations(), Recorder()).init_app(app)

    @app.get("/open")
    @unsigned(reason="a test")
    def opened() -> str:
        return "open"

    assert app.test_client().get("/open").status_code == 200


class Recorder:
    """A Refusals port that can be made to fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.rows: list[tuple[Refusal, RequestFacts]] = []

    def record(self, refusal: Refusal, facts: RequestFacts) -> None:
        if self.error:
            raise self.error
        self.rows.append((refusal, facts))


def test_a_refusal_is_written_down_with_its_facts_and_without_its_token(small: SmallApp, door: Door) -> None:
    token = door.request_token("GET", "/panel?issueId=1")
    assert door.knock("GET", f"/panel?issueId=2&jwt={token}").status_code == 401
    ((refusal, facts),) = small.refusals.rows
    assert refusal.code == "qsh_wrong"
    assert refusal.claimed_instance == door.acme.client_key
    assert (facts.method, facts.path, facts.source_address) == ("GET", "/panel", "127.0.0.1")
    assert len(facts.request_id) == 32
    assert token.rsplit(".", 1)[1] not in repr((refusal, facts))


def test_a_claimed_instance_is_known_only_from_a_token_that_can_be_read(small: SmallApp, door: Door) -> None:
    door.knock("GET", door.api, f"{segment({'alg': 'HS256'})}.{segment({'iss': door.acme.client_key})}.AA")
    assert small.refusals.rows[-1][0].claimed_instance is None


def test_a_path_with_control_characters_is_written_down_printably(small: SmallApp, door: Door) -> None:
    @small.app.get("/files/<name>")
    @signed(qsh=Qsh.CONTEXT)
    def file(name: str) -> str:
        return name

    door.knock("GET", "/files/a%00b%0Ac")
    assert small.refusals.rows[-1][1].path == "/files/a\ufffdb\ufffdc"


def test_a_refusal_that_cannot_be_written_down_is_still_a_refusal(small: SmallApp, door: Door) -> None:
    def fail(*_: Any) -> None:
        raise Unavailable

    small.refusals.record = fail  # type: ignore[method-assign]
    assert door.knock("GET", door.api).status_code == 401


def test_when_the_installations_cannot_be_read_nobody_is_disbelieved(small: SmallApp, door: Door) -> None:
    def fail(*_: Any) -> None:
        raise Unavailable

    small.installations.find = fail  # type: ignore[method-assign]
    assert door.knock("GET", door.api, door.context_token()).status_code == 503
    assert small.refusals.rows == []


def test_when_the_install_keys_cannot_be_had_the_callback_is_refused_for_now(
    small: SmallApp, door: Door, key_server: KeyServer
) -> None:
    key_server.status = 500
    response = door.tell("installed")
    assert (response.status_code, response.get_json()["code"]) == (503, "install_keys_unavailable")
    assert small.refusals.rows[-1][0].code == "install_keys_unavailable"
    key_server.status = 200
    assert door.tell("installed").status_code == 204


def test_a_server_that_hands_over_no_raw_target_lets_nobody_in(door: Door) -> None:
    response = door.client.get(
        "/panel",
        headers={"Authorization": f"JWT {door.request_token('GET', '/panel')}"},
        environ_overrides={"RAW_URI": "", "REQUEST_URI": ""},
    )
    door.assert_refused(response, "target_malformed")


def test_the_decoded_path_does_not_stand_in_for_the_raw_one(door: Door) -> None:
    target = "/panel?issueId=1%2F2&issueKey=A%20B"
    assert door.knock("GET", target, door.request_token("GET", target)).status_code == 200
    # Routed alike, hashed apart.
    spelled = "/%70anel?issueId=1"
    door.assert_refused(
        door.knock("GET", spelled, door.request_token("GET", "/panel?issueId=1")), "qsh_wrong"
    )
    assert door.knock("GET", spelled, door.request_token("GET", spelled)).status_code == 200


def test_the_base_urls_path_is_no_part_of_the_hash(
    door: Door, environ: dict[str, str], small: SmallApp
) -> None:
    app = Flask("based", static_folder=None)
    settings = ConnectSettings.from_env({**environ, "VAULT_BASE_URLS": "https://vault.example.com/app"})
    Guard(settings, small.installations, small.refusals).init_app(app)

    @app.get("/app/panel")
    @signed(qsh=Qsh.REQUEST)
    def panel() -> str:
        return "panel"

    client = app.test_client()
    headers = {"Authorization": f"JWT {door.request_token('GET', '/panel?a=1')}"}
    assert client.get("/app/panel?a=1", headers=headers).status_code == 200


def test_a_scheme_is_spelled_in_any_case(door: Door) -> None:
    headers = {"Authorization": f"jwt {door.context_token()}"}
    assert door.knock("GET", door.api, headers=headers).status_code == 200


def test_the_view_finds_the_principal(door: Door) -> None:
    answer = door.knock("GET", door.api, door.context_token(door.globex, sub="someone")).get_json()
    assert answer == {"site": door.globex.client_key, "account": "someone"}


def test_a_view_without_a_signature_has_no_principal_and_no_callback(small: SmallApp) -> None:
    with small.app.test_request_context("/silent"):
        with pytest.raises(LookupError):
            guard.current_principal()
        with pytest.raises(LookupError):
            guard.current_callback()
        g.vault_principal = "a string is no principal"
        with pytest.raises(LookupError):
            guard.current_principal()


def test_a_request_has_one_set_of_facts(small: SmallApp) -> None:
    with small.app.test_request_context("/panel?jwt=secret"):
        facts = guard.current_facts()
        assert guard.current_facts() is facts
        assert "secret" not in repr(facts)
