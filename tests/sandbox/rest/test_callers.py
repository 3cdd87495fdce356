"""Who may come in, over HTTP: each kind of credentials, good and bad."""

import time

import jwt
import pytest
import requests

from sandbox import cast, tokens

MEMBER = cast.MEMBER.account_id


@pytest.fixture
def as_app(acme, installed):
    """A request of the add-on itself, signed as it should be unless told otherwise."""

    def as_app(
        method, target, *, signed=None, secret=None, algorithm="HS256", in_query=False, claims=None, **options
    ):
        addon = acme.addon()
        now = int(time.time())
        payload = {
            "iss": addon.key,
            "iat": now,
            "exp": now + 180,
            "qsh": tokens.query_hash(method, signed or target),
            **(claims or {}),
        }
        payload = {name: value for name, value in payload.items() if value is not None}
        token = jwt.encode(payload, secret or addon.shared_secret, algorithm=algorithm)
        if in_query:
            joint = "&" if "?" in target else "?"
            return requests.request(
                method, f"{acme.base_url}{target}{joint}jwt={token}", timeout=5, **options
            )
        headers = {"Authorization": f"JWT {token}", **options.pop("headers", {})}
        return requests.request(method, acme.base_url + target, headers=headers, timeout=5, **options)

    return as_app


def browser(site, method, path, *, account=MEMBER, headers=None, **options):
    cookies = {"sandbox_user": account} if account else {}
    url = f"{site.base_url}/rest/api/3{path}"
    return requests.request(method, url, cookies=cookies, headers=headers, timeout=5, **options)


def test_an_app_comes_in_with_its_own_token(as_app, acme):
    myself = as_app("GET", "/rest/api/3/myself").json()
    assert (myself["accountId"], myself["accountType"]) == (acme.addon().user_account_id, "app")
    assert as_app("GET", "/rest/api/3/issue/HR-1").status_code == 200
    assert as_app("GET", "/rest/api/3/myself", in_query=True).status_code == 200


def test_the_hash_covers_the_raw_query(as_app):
    target = "/rest/api/3/user/search?query=Tom%C3%A1s+H&maxResults=5"
    assert len(as_app("GET", target).json()) == 1
    assert as_app("GET", target, signed=target + "&startAt=1").status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "x" * 40},
        {"algorithm": "HS384"},
        {"signed": "/rest/api/3/other"},
        {"claims": {"qsh": None}},
        {"claims": {"qsh": "context-qsh"}},
        {"claims": {"exp": 1}},
        {"claims": {"exp": None}},
        {"claims": {"iat": None}},
        {"claims": {"iss": "com.example.other"}},
        {"claims": {"aud": ["another-client"]}},
    ],
    ids=str,
)
def test_a_wrong_token_of_an_app_is_refused(as_app, wrong):
    answer = as_app("GET", "/rest/api/3/myself", **wrong)
    assert answer.status_code == 401
    assert set(answer.json()) == {"message", "status-code"}


def test_an_audience_that_is_this_site_is_fine(as_app, acme):
    assert as_app("GET", "/rest/api/3/myself", claims={"aud": [acme.addon().client_key]}).status_code == 200


def test_an_old_secret_is_dead_after_a_rotation(as_app, acme):
    old = acme.addon().shared_secret
    acme.rotate_secret()
    assert as_app("GET", "/rest/api/3/myself", secret=old).status_code == 401
    assert as_app("GET", "/rest/api/3/myself").status_code == 200


def test_a_disabled_app_is_refused(as_app, acme):
    acme.disable()
    assert as_app("GET", "/rest/api/3/myself").status_code == 401


def test_scopes_limit_an_app(as_app, acme):
    assert as_app("GET", "/rest/api/3/role").status_code == 403
    assert as_app("GET", "/rest/api/3/group/member?groupname=operations").status_code == 403
    acme.addon().descriptor["scopes"] = ["READ"]
    assert as_app("GET", "/rest/api/3/issue/SEC-1").status_code == 200
    assert as_app("POST", "/rest/api/3/issue/SEC-1/worklog", json={"timeSpent": "1h"}).status_code == 403
    acme.addon().descriptor["scopes"] = ["DELETE"]
    assert as_app("POST", "/rest/api/3/issue/SEC-1/worklog", json={"timeSpent": "1h"}).status_code == 201
    acme.addon().descriptor["scopes"] = ["ADMIN"]
    assert as_app("GET", "/rest/api/3/role").status_code == 200
    acme.addon().descriptor["scopes"] = []
    assert as_app("GET", "/rest/api/3/issue/SEC-1").status_code == 403


@pytest.mark.parametrize("name", [cast.MEMBER.email, cast.MEMBER.account_id, cast.READER.account_id])
def test_a_person_comes_in_with_email_or_account_id_and_the_token(acme, name):
    url = f"{acme.base_url}/rest/api/3/myself"
    assert requests.get(url, auth=(name, "sandbox"), timeout=5).status_code == 200
    assert requests.get(url, auth=(name, "wrong"), timeout=5).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic /w==",
        "Bearer nonsense",
        "JWT",
        "JWT a.b.c",
        "Digest x",
        "Basic OnNhbmRib3g=",
    ],
)
def test_rubbish_is_refused_even_where_nobody_needs_to_log_in(acme, header):
    answer = requests.get(
        f"{acme.base_url}/rest/api/3/serverInfo", headers={"Authorization": header}, timeout=5
    )
    assert answer.status_code == 401


def test_a_closed_account_cannot_come_in(acme):
    url = f"{acme.base_url}/rest/api/3/myself"
    assert requests.get(url, auth=(cast.CLOSED.account_id, "sandbox"), timeout=5).status_code == 401
    assert browser(acme, "GET", "/myself", account=cast.CLOSED.account_id).status_code == 401


def test_nobody_sees_what_is_public_only(acme):
    assert browser(acme, "GET", "/serverInfo", account=None).status_code == 200
    assert browser(acme, "GET", "/myself", account=None).status_code == 401
    assert browser(acme, "GET", "/project", account=None).json() == []
    assert browser(acme, "GET", "/issue/SEC-1", account=None).status_code == 404


def test_the_browsers_cookie_is_enough_and_a_header_wins_over_it(acme):
    assert browser(acme, "GET", "/myself").json()["accountId"] == MEMBER
    answer = requests.get(
        f"{acme.base_url}/rest/api/3/myself",
        cookies={"sandbox_user": MEMBER},
        auth=(cast.LEAD.email, "sandbox"),
        timeout=5,
    )
    assert answer.json()["accountId"] == cast.LEAD.account_id


@pytest.mark.parametrize(
    ("origin", "status"), [(None, 201), ("own", 201), ("http://localhost:8080", 403), ("null", 403)]
)
def test_a_foreign_page_cannot_write_with_the_browsers_cookie(acme, origin, status):
    headers = {"Origin": acme.base_url if origin == "own" else origin} if origin else {}
    answer = browser(acme, "POST", "/issue/SEC-1/worklog", json={"timeSpent": "1h"}, headers=headers)
    assert answer.status_code == status


def test_requests_through_the_bridge_are_the_users_within_the_add_ons_scopes(acme, installed):
    headers = {"AP-Client-Key": acme.addon().key}
    assert browser(acme, "GET", "/myself", headers=headers).json()["accountId"] == MEMBER
    assert browser(acme, "GET", "/role", account=cast.ADMIN.account_id).status_code == 200
    assert browser(acme, "GET", "/role", account=cast.ADMIN.account_id, headers=headers).status_code == 403
    check = {"accountId": cast.LEAD.account_id, "globalPermissions": ["ADMINISTER"]}
    assert browser(acme, "POST", "/permissions/check", json=check, headers=headers).status_code == 403
    assert browser(acme, "GET", "/myself", headers={"AP-Client-Key": "nobody"}).status_code == 403


def test_an_app_may_ask_about_anybodys_permissions(as_app):
    check = {
        "accountId": cast.OUTSIDER.account_id,
        "globalPermissions": ["ADMINISTER", "USER_PICKER"],
        "projectPermissions": [
            {
                "permissions": ["BROWSE_PROJECTS", "WORK_ON_ISSUES"],
                "issues": [10001, 10007, 10011, 99],
                "projects": [10000, 5],
            }
        ],
    }
    answer = as_app("POST", "/rest/api/3/permissions/check", json=check).json()
    assert answer == {
        "globalPermissions": ["USER_PICKER"],
        "projectPermissions": [
            {"permission": "BROWSE_PROJECTS", "issues": [10001, 10011], "projects": [10000]},
            {"permission": "WORK_ON_ISSUES", "issues": [10011], "projects": []},
        ],
    }


def test_what_rest_does_not_have_is_refused_in_json(acme):
    for method, path in (("GET", "/nonsense"), ("PATCH", "/myself")):
        answer = browser(acme, method, path)
        assert answer.json()["status-code"] == answer.status_code in (404, 405)


def test_every_answer_tells_the_rate_limit_and_forbids_storing(acme):
    for answer in (browser(acme, "GET", "/myself"), browser(acme, "GET", "/myself", account=None)):
        assert answer.headers["X-RateLimit-Limit"] == "100"
        assert "no-store" in answer.headers["Cache-Control"]
