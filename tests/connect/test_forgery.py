"""What a forger tries, over HTTP. Runs against any app behind the guard: see `Door`.

To run it against another app, import these tests into a module that has a `door` fixture of its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import jwt
import pytest

from connect import qsh
from tests.connect.doors import REMOVE, Door, KnownSite, hs256, segment

STRANGER = KnownSite(
    "99999999-cccc-4ccc-8ccc-999999999999", "stranger-" + "c" * 40, "https://stranger.atlassian.net"
)


# --- The honest way in, without which no refusal below would mean anything ---


def test_a_page_opens_for_a_token_made_for_it(door: Door) -> None:
    assert door.knock("GET", door.page, door.request_token("GET", door.page)).status_code == 200


def test_a_page_opens_for_a_token_in_its_address(door: Door) -> None:
    token = door.request_token("GET", door.page)
    assert door.knock("GET", f"{door.page}&jwt={token}").status_code == 200


def test_the_api_answers_to_a_context_token(door: Door) -> None:
    assert door.admits(door.acme)
    assert door.admits(door.globex)


def test_a_site_can_be_disabled_enabled_uninstalled_and_installed_again(door: Door) -> None:
    for event, admitted in (
        ("disabled", False),
        ("enabled", True),
        ("uninstalled", False),
        ("installed", True),
        ("enabled", True),
    ):
        assert door.tell(event).status_code == 204
        assert door.admits() is admitted
    assert door.admits(door.globex)


# --- One kind of token in another's place (CVE-2021-26073, -26074, -26077) ---


def test_a_context_token_opens_no_page(door: Door) -> None:
    door.assert_refused(door.knock("GET", door.page, door.context_token()), "qsh_wrong")


def test_a_context_token_delivers_no_webhook(door: Door) -> None:
    door.assert_refused(door.knock("POST", door.hook, door.context_token(), {}), "qsh_wrong")


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("installed", "algorithm_wrong"),
        ("uninstalled", "algorithm_wrong"),
        ("enabled", "qsh_wrong"),
        ("disabled", "qsh_wrong"),
    ],
)
def test_a_context_token_tells_nothing_of_a_lifecycle(door: Door, event: str, code: str) -> None:
    door.assert_refused(door.knock("POST", f"/{event}", door.context_token(), door.callback(event)), code)
    assert door.admits()


def test_a_page_token_is_no_context_token(door: Door) -> None:
    door.assert_refused(door.knock("GET", door.api, door.request_token("GET", door.page)), "qsh_wrong")


def test_even_the_requests_own_hash_is_no_context_token(door: Door) -> None:
    door.assert_refused(door.knock("GET", door.api, door.request_token("GET", door.api)), "qsh_wrong")


@pytest.mark.parametrize("event", ["installed", "uninstalled"])
def test_a_sites_own_token_installs_and_uninstalls_nothing(door: Door, event: str) -> None:
    token = door.request_token("POST", f"/{event}", aud=[door.base_url])
    door.assert_refused(door.knock("POST", f"/{event}", token, door.callback(event)), "algorithm_wrong")
    assert door.admits()


@pytest.mark.parametrize("event", ["enabled", "disabled"])
def test_an_install_token_neither_enables_nor_disables(door: Door, event: str) -> None:
    token = door.install_token(f"/{event}")
    door.assert_refused(door.knock("POST", f"/{event}", token, door.callback(event)), "algorithm_wrong")
    assert door.admits()


def test_a_token_for_another_request_opens_no_page(door: Door) -> None:
    for method, target in (
        ("POST", door.page),
        ("GET", door.page + "&more=1"),
        ("GET", door.page.partition("?")[0]),
        ("GET", "/elsewhere?" + door.page.partition("?")[2]),
    ):
        door.assert_refused(door.knock("GET", door.page, door.request_token(method, target)), "qsh_wrong")


# --- Claims that are missing or make no sense ---


@pytest.mark.parametrize("claim", ["iss", "qsh", "exp", "iat"])
@pytest.mark.parametrize("missing", [REMOVE, None])
def test_no_claim_may_be_missing(door: Door, claim: str, missing: Any) -> None:
    changed = {claim: missing}
    door.assert_refused(door.knock("GET", door.api, door.context_token(**changed)), "claim_missing")
    page = door.request_token("GET", door.page, **changed)
    door.assert_refused(door.knock("GET", door.page, page), "claim_missing")
    install = door.install_token("/installed", **changed)
    response = door.knock("POST", "/installed", install, door.callback("installed"))
    door.assert_refused(response, "claim_missing")


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        *(
            (claim, value)
            for claim in ("exp", "iat", "nbf")
            for value in ("soon", "9999999999", True, [1], -1, {})
        ),
        *((claim, 10**18) for claim in ("exp", "iat", "nbf")),
        *(
            (claim, value)
            for claim in ("qsh", "sub")
            for value in ("", 7, True, ["context-qsh"], {}, "x" * 5000)
        ),
        ("sub", "line\nbreak"),
        ("sub", "nul\x00"),
        ("aud", 7),
        ("aud", [7]),
        ("aud", {"a": 1}),
    ],
)
def test_a_claim_of_the_wrong_kind_is_refused(door: Door, claim: str, value: Any) -> None:
    claims = door.claims(door.acme, "context-qsh", **{claim: value})
    token = hs256(claims, door.acme.secret)
    door.assert_refused(door.knock("GET", door.api, token), "claim_malformed")


@pytest.mark.parametrize("issuer", ["", 7, True, [], {}, "a\x00b", "i" * 5000])
def test_an_issuer_of_the_wrong_kind_is_refused(door: Door, issuer: Any) -> None:
    token = hs256(door.claims(door.acme, "context-qsh", iss=issuer), door.acme.secret)
    door.assert_refused(door.knock("GET", door.api, token), "claim_malformed")


@pytest.mark.parametrize("raw", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 5000])
def test_a_number_that_is_none_is_refused(door: Door, raw: str) -> None:
    text = json.dumps(door.claims(door.acme, "context-qsh", exp="@")).replace('"@"', raw)
    token = hs256(text.encode(), door.acme.secret)
    door.assert_refused(door.knock("GET", door.api, token), "token_malformed")


def test_a_token_without_a_user_is_for_no_page_and_no_api(door: Door) -> None:
    door.assert_refused(door.knock("GET", door.api, door.context_token(sub=REMOVE)), "user_missing")
    page = door.request_token("GET", door.page, sub=REMOVE)
    door.assert_refused(door.knock("GET", door.page, page), "user_missing")


# --- Time ---


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": -35}, "token_expired"),
        ({"exp": -3600}, "token_expired"),
        ({"iat": 40}, "token_premature"),
        ({"nbf": 40}, "token_premature"),
    ],
)
def test_a_token_outside_its_time_is_refused(door: Door, changes: dict[str, int], code: str) -> None:
    token = door.context_token(**{claim: int(time.time()) + seconds for claim, seconds in changes.items()})
    door.assert_refused(door.knock("GET", door.api, token), code)


@pytest.mark.parametrize("changes", [{"exp": -20}, {"iat": 20}, {"nbf": 20}])
def test_clocks_may_differ_by_half_a_minute(door: Door, changes: dict[str, int]) -> None:
    token = door.context_token(**{claim: int(time.time()) + seconds for claim, seconds in changes.items()})
    assert door.knock("GET", door.api, token).status_code == 200


def test_an_expired_install_token_installs_nothing(door: Door) -> None:
    token = door.install_token("/installed", exp=int(time.time()) - 35)
    door.assert_refused(door.knock("POST", "/installed", token, door.callback("installed")), "token_expired")


# --- Signatures ---


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "", "RS256", "HS512", "ES256", None, 7, ["HS256"]]
)
def test_the_header_does_not_choose_the_algorithm(door: Door, algorithm: Any) -> None:
    claims = segment(door.claims(door.acme, "context-qsh"))
    honest = door.context_token().rsplit(".", 1)[1]
    for signature in (honest, "AA"):
        token = f"{segment({'alg': algorithm, 'typ': 'JWT'})}.{claims}.{signature}"
        door.assert_refused(door.knock("GET", door.api, token), "algorithm_wrong")


def test_an_unsigned_token_is_refused(door: Door) -> None:
    claims = segment(door.claims(door.acme, "context-qsh"))
    for header in ({"alg": "none"}, {"alg": "HS256"}):
        door.assert_refused(door.knock("GET", door.api, f"{segment(header)}.{claims}."), "token_malformed")


def test_a_stronger_algorithm_under_the_right_secret_is_refused_too(door: Door) -> None:
    claims = door.claims(door.acme, "context-qsh")
    token = jwt.encode(claims, door.acme.secret + "d" * 64, algorithm="HS512")
    door.assert_refused(door.knock("GET", door.api, token), "algorithm_wrong")


@pytest.mark.parametrize(
    "header", [{"crit": ["exp"], "exp": 1}, {"crit": []}, {"b64": False, "crit": ["b64"]}]
)
def test_a_header_with_extensions_is_refused(door: Door, header: dict[str, Any]) -> None:
    token = hs256(door.claims(door.acme, "context-qsh"), door.acme.secret, **header)
    door.assert_refused(door.knock("GET", door.api, token), "token_malformed")


def test_an_rsa_public_key_is_no_shared_secret(door: Door) -> None:
    """RS/HS confusion: the public key, which all the world knows, as the secret of an HS256 token."""
    claims = door.claims(door.acme, qsh.request_hash("POST", "/installed"), aud=[door.base_url], sub=REMOVE)
    token = hs256(claims, door.atlassian.pem, kid=door.atlassian.kid)
    door.assert_refused(
        door.knock("POST", "/installed", token, door.callback("installed")), "algorithm_wrong"
    )
    token = hs256(claims, door.atlassian.pem, kid=door.atlassian.kid, alg="RS256")
    door.assert_refused(
        door.knock("POST", "/installed", token, door.callback("installed")), "signature_wrong"
    )


def test_another_sites_secret_does_not_sign_for_this_one(door: Door) -> None:
    token = hs256(door.claims(door.acme, "context-qsh"), door.globex.secret)
    door.assert_refused(door.knock("GET", door.api, token), "signature_wrong")


def test_a_changed_claim_breaks_the_signature(door: Door) -> None:
    header, _, signature = door.context_token().split(".")
    claims = segment(door.claims(door.acme, "context-qsh", sub="somebody-else"))
    door.assert_refused(door.knock("GET", door.api, f"{header}.{claims}.{signature}"), "signature_wrong")


@pytest.mark.parametrize(
    "issuer", [STRANGER.client_key, "com.worklogvault.jira", "urn:atlassian:connect:clientid:x"]
)
def test_an_issuer_that_is_no_site_is_refused(door: Door, issuer: str) -> None:
    token = hs256(door.claims(door.acme, "context-qsh", iss=issuer), door.acme.secret)
    door.assert_refused(door.knock("GET", door.api, token), "issuer_unknown")


def test_what_the_app_signs_for_jira_does_not_come_back_as_a_callers_token(door: Door) -> None:
    claims = door.claims(door.acme, "context-qsh", iss=door.app_key, aud=[door.acme.client_key])
    door.assert_refused(door.knock("GET", door.api, hs256(claims, door.acme.secret)), "issuer_unknown")


@pytest.mark.parametrize("audience", ["11111111-aaaa-4aaa-8aaa-111111111111", ["11111111-aaaa"], ["x", "y"]])
def test_a_site_tokens_audience_is_not_relied_upon(door: Door, audience: Any) -> None:
    assert door.knock("GET", door.api, door.context_token(aud=audience)).status_code == 200


# --- Where the token stands ---


def test_a_request_without_a_token_is_refused(door: Door) -> None:
    for method, target in (
        ("GET", door.page),
        ("GET", door.api),
        ("POST", door.hook),
        ("POST", "/installed"),
    ):
        door.assert_refused(door.knock(method, target), "token_missing")


def test_two_tokens_are_none(door: Door) -> None:
    token = door.request_token("GET", door.page)
    response = door.knock("GET", f"{door.page}&jwt={token}", token)
    door.assert_refused(response, "token_doubled")
    door.assert_refused(door.knock("GET", f"{door.page}&jwt={token}&jwt={token}"), "token_doubled")
    door.assert_refused(door.knock("GET", f"{door.page}&%6Awt=x&jwt={token}"), "token_doubled")


@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "", "JWTX"])
def test_another_scheme_is_no_token(door: Door, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {door.context_token()}".strip()}
    door.assert_refused(door.knock("GET", door.api, headers=headers), "token_missing")


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "..",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "a" * 20_000,
        f"{segment({'alg': 'HS256'})}.{segment([1])}.AA",
        f"{segment({'alg': 'HS256'})}.{segment('text')}.AA",
        f"{segment([1])}.{segment({})}.AA",
        f"{segment(b'{')}.{segment({})}.AA",
        f"{segment({'alg': 'HS256'})}.{segment(b'[' * 5000)}.AA",
        f"{segment({'alg': 'HS256'})}.{segment(bytes(range(200, 256)))}.AA",
        f"{segment({'alg': 'HS256'})}.{segment(b'null')}.AA",
        "ünïcödé.ünïcödé.ünïcödé",
        "eyJhbGciOiJIUzI1NiJ9.e30=.AA==",
        "a/b.c+d.e",
        "%00.%00.%00",
    ],
)
def test_what_is_no_token_at_all_is_refused_like_any_other(door: Door, token: str) -> None:
    header = token.encode().decode("latin-1")
    for method, target in (("GET", door.api), ("POST", "/installed")):
        door.assert_refused(door.knock(method, target, header), "token_malformed")
    door.assert_refused(door.knock("GET", f"{door.page}&jwt={quote(token)}"), "token_malformed")


def test_a_token_with_padding_or_line_breaks_is_refused(door: Door) -> None:
    token = door.context_token()
    for spoiled in (token + "=", token + "%0A", "%20" + token, token.replace(".", ".%0D", 1)):
        door.assert_refused(door.knock("GET", f"{door.page}&jwt={spoiled}"), "token_malformed")


# --- Installing ---


@pytest.mark.parametrize(
    "kid",
    [
        "../x",
        "x/../../y",
        "..",
        "/etc/passwd",
        "a//b",
        "a/",
        "a.",
        "./a",
        "a/./b",
        "a?b",
        "a#b",
        "a%2e%2e",
        "a\\b",
        "a b",
        "a\n",
        "@evil.example",
        "http://evil.example/key",
        "ü",
        "k" * 300,
        7,
        ["x"],
    ],
)
def test_a_key_id_names_nothing_but_a_key(door: Door, kid: Any) -> None:
    claims = door.claims(door.acme, qsh.request_hash("POST", "/installed"), aud=[door.base_url])
    token = f"{segment({'alg': 'RS256', 'kid': kid})}.{segment(claims)}.AA"
    door.assert_refused(door.knock("POST", "/installed", token, door.callback("installed")), "kid_malformed")


def test_an_install_token_names_its_key(door: Door) -> None:
    claims = door.claims(door.acme, qsh.request_hash("POST", "/installed"), aud=[door.base_url])
    token = f"{segment({'alg': 'RS256'})}.{segment(claims)}.AA"
    door.assert_refused(door.knock("POST", "/installed", token, door.callback("installed")), "kid_malformed")


def test_an_unknown_key_id_is_refused(door: Door) -> None:
    token = door.install_token("/installed", kid="00000000-0000-4000-8000-000000000000")
    door.assert_refused(door.knock("POST", "/installed", token, door.callback("installed")), "key_unknown")


AUDIENCES: list[Callable[[str], Any]] = [
    lambda base: REMOVE,
    lambda base: [],
    lambda base: "",
    lambda base: [base + "/"],
    lambda base: [base + ".evil.example"],
    lambda base: [base[:-1]],
    lambda base: [base.upper()],
    lambda base: [base + "@evil.example"],
    lambda base: ["https://evil.example/?" + base],
    lambda base: [base.replace("://", "://evil.example/")],
    lambda base: "*",
]


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("event", ["installed", "uninstalled"])
def test_an_install_token_for_another_app_is_refused(
    door: Door, audience: Callable[[str], Any], event: str
) -> None:
    token = door.install_token(f"/{event}", aud=audience(door.base_url))
    door.assert_refused(door.knock("POST", f"/{event}", token, door.callback(event)), "audience_wrong")
    assert door.admits()


@pytest.mark.parametrize("event", ["installed", "uninstalled"])
def test_an_install_token_speaks_for_its_own_site_alone(door: Door, event: str) -> None:
    """The administrator of one site replays a valid install token with another site's key in the body."""
    token = door.install_token(f"/{event}", door.globex)
    body = door.callback(event, door.acme, sharedSecret="m" * 64)
    door.assert_refused(door.knock("POST", f"/{event}", token, body), "issuer_foreign")
    assert door.admits(door.acme)
    assert door.admits(door.globex)


@pytest.mark.parametrize("event", ["enabled", "disabled"])
def test_a_site_enables_and_disables_itself_alone(door: Door, event: str) -> None:
    token = door.request_token("POST", f"/{event}", door.globex)
    response = door.knock("POST", f"/{event}", token, door.callback(event, door.acme))
    door.assert_refused(response, "issuer_foreign")
    assert door.admits(door.acme)
    assert door.admits(door.globex)


@pytest.mark.parametrize("event", ["installed", "uninstalled", "enabled", "disabled"])
@pytest.mark.parametrize("client_key", [REMOVE, None, "", 7, ["11111111-aaaa-4aaa-8aaa-111111111111"]])
def test_a_callback_names_its_site(door: Door, event: str, client_key: Any) -> None:
    atlassian_signs = event in {"installed", "uninstalled"}
    target = f"/{event}"
    token = door.install_token(target) if atlassian_signs else door.request_token("POST", target)
    response = door.knock("POST", target, token, door.callback(event, clientKey=client_key))
    door.assert_refused(response, "issuer_foreign")
    assert door.admits()


def test_an_install_token_is_good_for_its_own_address_alone(door: Door) -> None:
    for signed_for, sent_to in (("installed", "uninstalled"), ("uninstalled", "installed")):
        token = door.install_token(f"/{signed_for}")
        response = door.knock("POST", f"/{sent_to}", token, door.callback(sent_to))
        door.assert_refused(response, "qsh_wrong")
    token = door.install_token("/installed", qsh="context-qsh")
    door.assert_refused(door.knock("POST", "/installed", token, door.callback("installed")), "qsh_wrong")
    assert door.admits()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"key": "com.example.other"}, "app_key_foreign", "key"),
        ({"key": REMOVE}, "app_key_foreign", "key"),
        ({"eventType": "uninstalled"}, "event_type_wrong", "eventType"),
        ({"eventType": REMOVE}, "event_type_wrong", "eventType"),
        ({"productType": "confluence"}, "callback_invalid", "productType"),
        ({"sharedSecret": REMOVE}, "callback_invalid", "sharedSecret"),
        ({"sharedSecret": ""}, "callback_invalid", "sharedSecret"),
        ({"sharedSecret": "short"}, "callback_invalid", "sharedSecret"),
        ({"sharedSecret": ["s" * 64]}, "callback_invalid", "sharedSecret"),
        ({"oauthClientId": 7}, "callback_invalid", "oauthClientId"),
        ({"baseUrl": REMOVE}, "base_url_refused", "baseUrl"),
        ({"baseUrl": 7}, "base_url_refused", "baseUrl"),
        ({"baseUrl": "https://evil.example"}, "base_url_refused", "baseUrl"),
        ({"baseUrl": "https://atlassian.net"}, "base_url_refused", "baseUrl"),
        ({"baseUrl": "https://evilatlassian.net"}, "base_url_refused", "baseUrl"),
        ({"baseUrl": "https://acme.atlassian.net.evil.example"}, "base_url_refused", "baseUrl"),
        ({"baseUrl": "https://acme.atlassian.net@evil.example"}, "base_url_refused", "baseUrl"),
        ({"baseUrl": "https://evil.example\\.atlassian.net"}, "base_url_refused", "baseUrl"),
        ({"baseUrl": "https://evil.example/.atlassian.net"}, "base_url_refused", "baseUrl"),
        ({"baseUrl": "https://acme.atlassian.net:8443"}, "base_url_refused", "baseUrl"),
        ({"baseUrl": "https://acme.atlassian.net/path"}, "base_url_refused", "baseUrl"),
        ({"baseUrl": "ftp://acme.atlassian.net"}, "base_url_refused", "baseUrl"),
        ({"baseUrl": "//acme.atlassian.net"}, "base_url_refused", "baseUrl"),
    ],
)
def test_an_installation_that_cannot_be_is_refused(
    door: Door, changes: dict[str, Any], code: str, field: str
) -> None:
    token = door.install_token("/installed")
    response = door.knock("POST", "/installed", token, door.callback("installed", **changes))
    assert response.status_code == 422
    problem = response.get_json()
    assert problem["code"] == code
    assert [error["field"] for error in problem["errors"]] == [field]
    assert door.last_refusal() in {None, code}
    assert door.admits()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 3000])
def test_a_callback_that_is_no_json_object_is_refused(door: Door, body: bytes) -> None:
    response = door.knock("POST", "/installed", door.install_token("/installed"), body)
    assert (response.status_code, response.get_json()["code"]) == (400, "malformed_json")
    assert door.last_refusal() in {None, "malformed_json"}


def test_a_callback_of_unbearable_length_is_refused(door: Door) -> None:
    body = door.callback("installed", description="x" * 100_000)
    response = door.knock("POST", "/installed", door.install_token("/installed"), body)
    assert (response.status_code, response.get_json()["code"]) == (413, "too_large")


# --- What was once true ---


def test_after_a_new_secret_the_old_one_opens_nothing(door: Door) -> None:
    renewed = KnownSite(door.acme.client_key, "renewed-" + "r" * 40, door.acme.base_url)
    assert door.tell("installed", renewed).status_code == 204
    door.assert_refused(door.knock("GET", door.api, door.context_token(door.acme)), "signature_wrong")
    assert door.admits(renewed)


def test_a_disabled_sites_tokens_open_nothing(door: Door) -> None:
    page = door.request_token("GET", door.page)
    assert door.tell("disabled").status_code == 204
    door.assert_refused(door.knock("GET", door.page, page), "installation_disabled")
    door.assert_refused(door.knock("GET", door.api, door.context_token()), "installation_disabled")
    door.assert_refused(
        door.knock("POST", door.hook, door.request_token("POST", door.hook), {}), "installation_disabled"
    )


@pytest.mark.parametrize("order", [("disabled", "uninstalled"), ("uninstalled", "disabled")])
def test_disabled_and_uninstalled_arrive_in_any_order(door: Door, order: tuple[str, str]) -> None:
    assert [door.tell(event).status_code for event in order] == [204, 204]
    assert not door.admits()
    door.assert_refused(door.tell("enabled"), "installation_uninstalled")
    assert not door.admits()
    assert door.admits(door.globex)


def test_every_callback_may_come_twice(door: Door) -> None:
    for event in ("disabled", "enabled", "uninstalled", "installed"):
        assert [door.tell(event).status_code for _ in range(2)] == [204, 204]


def test_uninstalling_a_site_that_nobody_knows_is_no_error(door: Door) -> None:
    assert door.tell("uninstalled", STRANGER).status_code == 204
