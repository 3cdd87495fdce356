"""The token server, as an app that impersonates a user meets it."""

import time

import jwt
import pytest
import requests

from sandbox import cast
from sandbox.cloud import ACCOUNT_PREFIX, CLIENT_PREFIX, GRANT_TYPE

MEMBER = cast.MEMBER.account_id


@pytest.fixture
def assertion(sandbox, acme, installed):
    """Claims of a good assertion; the test changes what it is about and signs."""

    def make(secret=None, algorithm="HS256", **changes):
        addon = acme.addon()
        now = int(time.time())
        claims = {
            "iss": CLIENT_PREFIX + addon.oauth_client_id,
            "sub": ACCOUNT_PREFIX + MEMBER,
            "tnt": acme.base_url,
            "aud": sandbox.cloud_url,
            "iat": now,
            "exp": now + 60,
        }
        claims |= changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, secret or addon.shared_secret, algorithm=algorithm)

    return make


@pytest.fixture
def ask_for_token(sandbox):
    def ask(assertion, **form):
        data = {"grant_type": GRANT_TYPE, "assertion": assertion, **form}
        return requests.post(f"{sandbox.cloud_url}/oauth2/token", data=data, timeout=5)

    return ask


def as_user(site, token, method, path, **options):
    headers = {"Authorization": f"Bearer {token}"}
    return requests.request(
        method, f"{site.base_url}/rest/api/3{path}", headers=headers, timeout=5, **options
    )


def test_an_app_acts_as_the_user(acme, assertion, ask_for_token):
    answer = ask_for_token(assertion()).json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 900
    assert as_user(acme, answer["access_token"], "GET", "/myself").json()["accountId"] == MEMBER
    logged = as_user(acme, answer["access_token"], "POST", "/issue/SEC-1/worklog", json={"timeSpent": "1h"})
    assert logged.json()["author"]["accountId"] == MEMBER
    assert as_user(acme, answer["access_token"], "GET", "/issue/HR-1").status_code == 404


def test_a_token_is_good_for_its_site_only(globex, assertion, ask_for_token):
    token = ask_for_token(assertion()).json()["access_token"]
    assert as_user(globex, token, "GET", "/myself").status_code == 401


def test_scopes_can_be_narrowed(acme, assertion, ask_for_token):
    answer = ask_for_token(assertion(), scope="READ").json()
    assert answer["scope"] == "READ"
    refused = as_user(acme, answer["access_token"], "POST", "/issue/SEC-1/worklog", json={"timeSpent": "1h"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "wrong" * 10}, "invalid_grant"),
        ({"algorithm": "HS384"}, "invalid_grant"),
        ({"iss": CLIENT_PREFIX + "nobody"}, "invalid_client"),
        ({"sub": MEMBER}, "invalid_grant"),
        ({"sub": ACCOUNT_PREFIX + "stranger"}, "invalid_grant"),
        ({"sub": ACCOUNT_PREFIX + cast.CLOSED.account_id}, "invalid_grant"),
        ({"tnt": "http://localhost:1"}, "invalid_grant"),
        ({"tnt": None}, "invalid_grant"),
        ({"aud": "https://elsewhere.example.com"}, "invalid_grant"),
        ({"aud": None}, "invalid_grant"),
        ({"exp": 1}, "invalid_grant"),
        ({"exp": None}, "invalid_grant"),
    ],
)
def test_a_wrong_assertion_gets_no_token(assertion, ask_for_token, changes, code):
    answer = ask_for_token(assertion(**changes))
    assert answer.status_code == 400
    assert answer.json()["error"] == code


def test_rubbish_gets_no_token(sandbox, ask_for_token, installed):
    assert ask_for_token("rubbish").json()["error"] == "invalid_grant"
    answer = requests.post(f"{sandbox.cloud_url}/oauth2/token", data={"grant_type": "password"}, timeout=5)
    assert answer.json()["error"] == "unsupported_grant_type"


def test_the_scope_act_as_user_is_needed(acme, assertion, ask_for_token):
    acme.addon().descriptor["scopes"] = ["READ"]
    assert ask_for_token(assertion()).json()["error"] == "unauthorized_client"


def test_no_more_scopes_than_the_descriptor_has(assertion, ask_for_token):
    assert ask_for_token(assertion(), scope="READ ADMIN").json()["error"] == "invalid_scope"


def test_tokens_die_with_the_installation_and_when_forgotten(sandbox, acme, assertion, ask_for_token):
    token = ask_for_token(assertion()).json()["access_token"]
    acme.disable()
    assert as_user(acme, token, "GET", "/myself").status_code == 401
    acme.enable()
    assert as_user(acme, token, "GET", "/myself").status_code == 200
    sandbox.cloud.forget_tokens()
    assert as_user(acme, token, "GET", "/myself").status_code == 401


def test_a_disabled_add_on_gets_no_token(acme, assertion, ask_for_token):
    good = assertion()
    acme.disable()
    assert ask_for_token(good).json()["error"] == "invalid_client"
