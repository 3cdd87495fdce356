"""Tokens with which the app acts as a user."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
import responses

from connect.jira import Jira, JiraRefused, JiraUnavailable, Site, grants
from connect.jira.grants import UserGrants
from connect.jira.transport import Transport
from connect.principals import Installation

SERVER = "https://oauth-2-authorization-server.services.atlassian.com"
READING = ("READ",)


@pytest.fixture
def user_grants(clock: Any) -> UserGrants:
    return UserGrants(Transport(5, 0), SERVER, clock=clock)


def test_the_assertion_is_as_atlassian_documents_it(
    user_grants: UserGrants, installation: Installation, granting: Any, clock: Any
) -> None:
    assert user_grants.token(installation, "acc-1", ("READ", "WRITE")) == "user-token"
    (call,) = granting.calls
    assert call.request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in call.request.headers
    form = parse_qs(call.request.body)
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert form["scope"] == ["READ WRITE"]
    options: Any = {"verify_exp": False, "verify_iat": False}
    assertion = jwt.decode(
        form["assertion"][0],
        installation.shared_secret,
        algorithms=["HS256"],
        audience=SERVER,
        options=options,
    )
    assert assertion == {
        "iss": "urn:atlassian:connect:clientid:oauth-client",
        "sub": "urn:atlassian:connect:useraccountid:acc-1",
        "tnt": "https://acme.atlassian.net",
        "aud": SERVER,
        "iat": int(clock.now),
        "exp": int(clock.now) + 60,
    }


def test_a_token_is_used_again_until_shortly_before_its_end(
    user_grants: UserGrants, installation: Installation, granting: Any, clock: Any
) -> None:
    user_grants.token(installation, "acc-1", READING)
    clock.now += 900 - grants.EARLY - 1
    user_grants.token(installation, "acc-1", READING)
    assert len(granting.calls) == 1
    clock.now += 1
    user_grants.token(installation, "acc-1", READING)
    assert len(granting.calls) == 2


def test_a_token_is_for_one_site_secret_user_and_set_of_scopes(
    user_grants: UserGrants, installation: Installation, granting: Any
) -> None:
    for site, account, scopes in (
        (installation, "acc-1", READING),
        (installation, "acc-2", READING),
        (installation, "acc-1", ("READ", "WRITE")),
        (replace(installation, shared_secret="t" * 64), "acc-1", READING),
        (replace(installation, client_key="site-2"), "acc-1", READING),
    ):
        for _ in range(2):
            user_grants.token(site, account, scopes)
    assert len(granting.calls) == 5


def test_the_number_of_kept_tokens_is_bounded(
    user_grants: UserGrants, installation: Installation, granting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grants, "KEPT", 2)
    for account in ("a", "b", "a", "c"):
        user_grants.token(installation, account, READING)
    assert len(granting.calls) == 3
    user_grants.token(installation, "a", READING)
    assert len(granting.calls) == 3, "the one used last was dropped"
    user_grants.token(installation, "b", READING)
    assert len(granting.calls) == 4


def test_a_site_without_impersonation_is_not_asked_for_any(
    user_grants: UserGrants, installation: Installation, granting: Any
) -> None:
    with pytest.raises(JiraRefused):
        user_grants.token(replace(installation, oauth_client_id=None), "acc-1", READING)
    assert len(granting.calls) == 0


def test_a_refused_grant_says_why(
    user_grants: UserGrants, installation: Installation, canned: responses.RequestsMock
) -> None:
    answer = {"error": "invalid_grant", "error_description": "The user is not active."}
    canned.post(f"{SERVER}/oauth2/token", status=400, json=answer)
    with pytest.raises(JiraRefused) as caught:
        user_grants.token(installation, "acc-1", READING)
    assert caught.value.jira_message == "The user is not active."


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"access_token": None},
        {"access_token": ""},
        {"access_token": "a\r\nX: y"},
        {"access_token": "ü"},
    ],
)
def test_an_answer_without_a_token_is_none(
    user_grants: UserGrants, installation: Installation, canned: responses.RequestsMock, answer: Any
) -> None:
    canned.post(f"{SERVER}/oauth2/token", json=answer)
    with pytest.raises(JiraUnavailable):
        user_grants.token(installation, "acc-1", READING)


@pytest.mark.parametrize("life", [None, 0, -5, "900", True, 20])
def test_a_token_without_a_believable_life_is_used_once(
    user_grants: UserGrants, installation: Installation, canned: responses.RequestsMock, life: Any
) -> None:
    canned.post(f"{SERVER}/oauth2/token", json={"access_token": "t", "expires_in": life})
    for _ in range(2):
        assert user_grants.token(installation, "acc-1", READING) == "t"
    assert len(canned.calls) == 2


def test_a_token_that_jira_does_not_take_any_more_is_replaced_once(
    site: Site, canned: responses.RequestsMock, granting: Any
) -> None:
    issue = "https://acme.atlassian.net/rest/api/3/issue/1"
    answer = {"id": "1", "key": "A-1", "fields": {"summary": "x"}}
    canned.get(issue, json=answer)
    site.as_user("acc-1").issue(1)
    canned.reset()
    canned.add(granting)
    canned.get(issue, status=401)
    canned.get(issue, json=answer)
    assert site.as_user("acc-1").issue(1).key == "A-1"
    canned.reset()
    canned.add(granting)
    canned.get(issue, status=401)
    with pytest.raises(JiraRefused) as caught:
        site.as_user("acc-1").issue(1)
    assert caught.value.jira_status == 401


def test_a_user_token_shows_in_no_repr(
    jira: Jira, site: Site, granting: Any, installation: Installation
) -> None:
    assert installation.shared_secret not in repr(installation)
    assert installation.shared_secret not in repr(site.as_user("acc-1"))
