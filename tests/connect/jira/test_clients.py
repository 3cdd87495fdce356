"""What the app asks Jira, and every call of it against Jira's own OpenAPI document."""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests
import responses
from jsonschema import ValidationError
from openapi_schema_validator import OAS30Validator

from connect import qsh
from connect.jira import AppClient, Jira, JiraRefused, JiraUnavailable, Permissions, Site, UserClient, clients
from connect.jira.clients import SiteRefused
from connect.principals import Installation

BASE = "https://acme.atlassian.net"
CHECK = f"{BASE}/rest/api/3/permissions/check"
ISSUE = f"{BASE}/rest/api/3/issue/10001"
WORKLOGS = f"{ISSUE}/worklog"
ROOT = Path(__file__).resolve().parents[3]

AN_ISSUE = {
    "id": "10001",
    "key": "SEC-1",
    "fields": {"summary": "Leak", "timespent": 3600, "timeoriginalestimate": None},
}
A_WORKLOG = {
    "id": "30001",
    "issueId": "10001",
    "author": {"accountId": "acc-1", "displayName": "not kept"},
    "comment": {"type": "doc", "version": 1, "content": []},
    "started": "2026-11-24T09:00:00.000+0100",
    "created": "2026-11-24T10:00:00.000+0100",
    "updated": "2026-11-24T10:30:00.000+0100",
    "timeSpentSeconds": 5400,
}


def page(*worklogs: dict[str, Any], total: int | None = None, start: int = 0) -> dict[str, Any]:
    count = len(worklogs) if total is None else total
    return {"startAt": start, "maxResults": 5000, "total": count, "worklogs": list(worklogs)}


# --- As the app ---


def granted(global_: list[str], **issues: list[int]) -> dict[str, Any]:
    grants = [{"permission": name, "issues": ids, "projects": []} for name, ids in issues.items()]
    return {"globalPermissions": global_, "projectPermissions": grants}


def test_the_app_signs_for_the_request_that_it_sends(
    site: Site, canned: responses.RequestsMock, installation: Installation, clock: Any
) -> None:
    canned.post(CHECK, json=granted(["ADMINISTER"]))
    site.as_app().permissions("acc-1", global_permissions=["ADMINISTER"])
    scheme, token = canned.calls[0].request.headers["Authorization"].split()
    assert scheme == "JWT"
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(
        token, installation.shared_secret, algorithms=["HS256"], audience="site-1", options=options
    )
    assert claims == {
        "iss": "com.worklogvault.jira",
        "aud": ["site-1"],
        "iat": int(clock.now),
        "exp": int(clock.now) + 180,
        "qsh": qsh.request_hash("POST", "/rest/api/3/permissions/check"),
    }


def test_each_permission_stands_on_its_own(site: Site, canned: responses.RequestsMock) -> None:
    """With `project: [A, B]`, ACE lets in who holds only A (jira.md section 2)."""
    canned.post(CHECK, json=granted(["ADMINISTER"], BROWSE_PROJECTS=[1, 2], WORK_ON_ISSUES=[2]))
    held = site.as_app().permissions(
        "acc-1",
        global_permissions=["ADMINISTER", "BULK_CHANGE"],
        project_permissions=["BROWSE_PROJECTS", "WORK_ON_ISSUES", "DELETE_ISSUES"],
        issues=[1, 2, 3],
    )
    assert held.global_ == {"ADMINISTER"}
    assert held.on_issue("BROWSE_PROJECTS") == {1, 2}
    assert held.on_issue("WORK_ON_ISSUES") == {2}
    assert held.on_issue("DELETE_ISSUES") == frozenset()
    assert held.on_issue("never asked") == frozenset()


def test_what_was_not_asked_for_is_not_held(site: Site, canned: responses.RequestsMock) -> None:
    canned.post(CHECK, json=granted(["ADMINISTER"], DELETE_ISSUES=[1]))
    held = site.as_app().permissions("acc-1", project_permissions=["BROWSE_PROJECTS"], issues=[1])
    assert held == Permissions(frozenset(), {"BROWSE_PROJECTS": frozenset()})


def test_many_issues_are_asked_about_in_bundles(site: Site, canned: responses.RequestsMock) -> None:
    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        body = json.loads(request.body)
        issues = body["projectPermissions"][0]["issues"]
        assert len(issues) <= 1000
        return 200, {}, json.dumps(granted(body["globalPermissions"], BROWSE_PROJECTS=issues))

    canned.add_callback("POST", CHECK, answer)
    held = site.as_app().permissions(
        "acc-1",
        global_permissions=["ADMINISTER"],
        project_permissions=["BROWSE_PROJECTS"],
        issues=[*range(2500), *range(2500)],
    )
    assert held.on_issue("BROWSE_PROJECTS") == set(range(2500))
    assert held.global_ == {"ADMINISTER"}
    assert len(canned.calls) == 3
    asked = [json.loads(call.request.body)["globalPermissions"] for call in canned.calls]
    assert asked == [["ADMINISTER"], [], []]


def test_nothing_asked_is_nothing_held_without_a_call(site: Site, canned: responses.RequestsMock) -> None:
    assert site.as_app().permissions("acc-1") == Permissions()
    assert site.as_app().permissions("acc-1", project_permissions=["BROWSE_PROJECTS"]) == Permissions()
    assert site.as_app().permissions("acc-1", issues=[1]) == Permissions()
    assert len(canned.calls) == 0


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"globalPermissions": []}, {"globalPermissions": [], "projectPermissions": [1]}]
)
def test_an_answer_that_makes_no_sense_grants_nothing(
    site: Site, canned: responses.RequestsMock, answer: Any
) -> None:
    canned.post(CHECK, json=answer)
    with pytest.raises(JiraUnavailable):
        site.as_app().permissions("acc-1", global_permissions=["ADMINISTER"])


# --- As a user ---


def test_an_issue_is_read_as_the_user(site: Site, canned: responses.RequestsMock, granting: Any) -> None:
    canned.get(ISSUE, json=AN_ISSUE)
    issue = site.as_user("acc-1").issue(10001)
    assert (issue.id, issue.key, issue.summary) == (10001, "SEC-1", "Leak")
    assert (issue.time_spent_seconds, issue.original_estimate_seconds) == (3600, None)
    assert canned.calls[-1].request.headers["Authorization"] == "Bearer user-token"


def test_an_issue_that_the_user_cannot_see_is_refused(
    site: Site, canned: responses.RequestsMock, granting: Any
) -> None:
    canned.get(ISSUE, status=404, json={"errorMessages": ["Issue does not exist."], "errors": {}})
    with pytest.raises(JiraRefused) as caught:
        site.as_user("acc-1").issue(10001)
    assert (caught.value.jira_status, caught.value.jira_message) == (404, "Issue does not exist.")


def test_work_logs_are_read_with_their_offsets(
    site: Site, canned: responses.RequestsMock, granting: Any
) -> None:
    canned.get(WORKLOGS, json=page(A_WORKLOG))
    (worklog,) = site.as_user("acc-1").worklogs(10001)
    assert (worklog.id, worklog.issue_id, worklog.author_account_id, worklog.seconds) == (
        30001,
        10001,
        "acc-1",
        5400,
    )
    assert worklog.started == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert worklog.started.isoformat() == "2026-11-24T09:00:00+01:00"
    assert worklog.comment == A_WORKLOG["comment"]


@pytest.mark.parametrize(("author", "comment"), [(None, None), ({}, "text"), ({"accountId": None}, [])])
def test_a_work_log_may_lack_its_author_and_its_comment(
    site: Site, canned: responses.RequestsMock, granting: Any, author: Any, comment: Any
) -> None:
    canned.get(WORKLOGS, json=page({**A_WORKLOG, "author": author, "comment": comment}))
    (worklog,) = site.as_user("acc-1").worklogs(10001)
    assert (worklog.author_account_id, worklog.comment) == (None, None)


def test_all_pages_are_read(site: Site, canned: responses.RequestsMock, granting: Any) -> None:
    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        start = int(dict(parse_qsl(urlsplit(request.url).query))["startAt"])
        found = [{**A_WORKLOG, "id": str(start + n)} for n in range(min(2, 5 - start))]
        return 200, {}, json.dumps(page(*found, total=5, start=start))

    canned.add_callback("GET", WORKLOGS, answer)
    assert [each.id for each in site.as_user("acc-1").worklogs(10001)] == [0, 1, 2, 3, 4]


def test_a_page_without_work_logs_is_the_last(
    site: Site, canned: responses.RequestsMock, granting: Any
) -> None:
    canned.get(WORKLOGS, json=page(total=9))
    assert site.as_user("acc-1").worklogs(10001) == []


def test_more_work_logs_than_can_be_told_are_not_half_told(
    site: Site, canned: responses.RequestsMock, granting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "MOST_WORKLOGS", 3)
    canned.get(WORKLOGS, json=page(A_WORKLOG, A_WORKLOG, total=10))
    with pytest.raises(JiraUnavailable):
        site.as_user("acc-1").worklogs(10001)
    assert len([call for call in canned.calls if "/worklog" in str(call.request.url)]) == 2


@pytest.mark.parametrize(
    "spoiled",
    [
        {"started": "2026-11-24T09:00:00.000"},
        {"started": "yesterday"},
        {"started": None},
        {"timeSpentSeconds": None},
        {"id": "x"},
        {"author": [1]},
    ],
)
def test_a_work_log_that_makes_no_sense_is_not_guessed_at(
    site: Site, canned: responses.RequestsMock, granting: Any, spoiled: dict[str, Any]
) -> None:
    canned.get(WORKLOGS, json=page({**A_WORKLOG, **spoiled}))
    with pytest.raises(JiraUnavailable):
        site.as_user("acc-1").worklogs(10001)


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"id": "1"}, {**AN_ISSUE, "fields": None}, {**AN_ISSUE, "id": "x"}]
)
def test_an_issue_that_makes_no_sense_is_not_guessed_at(
    site: Site, canned: responses.RequestsMock, granting: Any, answer: Any
) -> None:
    canned.get(ISSUE, json=answer)
    with pytest.raises(JiraUnavailable):
        site.as_user("acc-1").issue(10001)


@pytest.mark.parametrize(
    "base_url", ["https://evil.example", "http://acme.atlassian.net", "https://acme.atlassian.net/path", ""]
)
def test_a_site_outside_the_allowed_hosts_is_not_called(
    jira: Jira, installation: Installation, base_url: str
) -> None:
    with pytest.raises(SiteRefused):
        jira.site(replace(installation, base_url=base_url))


# --- Against Jira's OpenAPI document ---

#: One call of each method, with everything that it can send. A new method without a line here fails the test.
ASKED: dict[str, Callable[[Site], object]] = {
    "AppClient.permissions": lambda site: site.as_app().permissions(
        "acc-1", global_permissions=["ADMINISTER"], project_permissions=["BROWSE_PROJECTS"], issues=[1, 2]
    ),
    "UserClient.issue": lambda site: site.as_user("acc-1").issue(10001),
    "UserClient.worklogs": lambda site: site.as_user("acc-1").worklogs(10001),
}


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    """Jira's OpenAPI document."""
    path = Path(
        os.environ.get("VAULT_JIRA_OPENAPI") or ROOT.parent / "shared" / "jira" / "jira-openapi-v3.json"
    )
    if not path.exists():
        pytest.skip("jira-openapi-v3.json is not here: name it in VAULT_JIRA_OPENAPI")
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def operation(openapi: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """The one operation that a request means; a path without braces wins."""
    for template in sorted(openapi["paths"], key=lambda each: each.count("{")):
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in openapi["paths"][template]:
            return openapi["paths"][template][method.lower()]  # type: ignore[no-any-return]
    raise AssertionError(f"Jira documents no {method} {path}")


def check(openapi: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    OAS30Validator({**schema, "components": openapi["components"]}).validate(value)


def typed(schema: dict[str, Any], text: str) -> Any:
    """A parameter's text as the value that its schema speaks of."""
    if schema["type"] == "integer":
        return int(text)
    if schema["type"] == "boolean":
        return {"true": True, "false": False}[text]
    return text.split(",") if schema["type"] == "array" else text


def check_request(openapi: dict[str, Any], request: Any) -> None:
    parts = urlsplit(request.url)
    documented = operation(openapi, request.method, parts.path)
    parameters = {each["name"]: each for each in documented.get("parameters", []) if each["in"] == "query"}
    sent = parse_qsl(parts.query, keep_blank_values=True)
    assert {name for name, _ in sent} <= parameters.keys()
    assert {name for name, each in parameters.items() if each.get("required")} <= {name for name, _ in sent}
    for name, text in sent:
        check(openapi, parameters[name]["schema"], typed(parameters[name]["schema"], text))
    body = documented.get("requestBody")
    assert bool(request.body) is bool(body)
    if body:
        assert request.headers["Content-Type"] == "application/json"
        check(openapi, body["content"]["application/json"]["schema"], json.loads(request.body))


def check_answer(openapi: dict[str, Any], request: Any, answer: Any) -> None:
    documented = operation(openapi, request.method, urlsplit(request.url).path)
    check(openapi, documented["responses"]["200"]["content"]["application/json"]["schema"], answer)


@pytest.mark.parametrize("question", ASKED)
def test_every_call_is_one_that_jira_documents(
    openapi: dict[str, Any], question: str, site: Site, canned: responses.RequestsMock, granting: Any
) -> None:
    answers = {
        CHECK: granted(["ADMINISTER"], BROWSE_PROJECTS=[1]),
        ISSUE: AN_ISSUE,
        WORKLOGS: page(A_WORKLOG),
    }
    for url, answer in answers.items():
        canned.add("POST" if url == CHECK else "GET", url, json=answer)
    ASKED[question](site)
    calls = [call for call in canned.calls if str(call.request.url).startswith(BASE)]
    assert calls
    for call in calls:
        check_request(openapi, call.request)
        # The canned answers are Jira's too, or the tests above would prove nothing.
        check_answer(openapi, call.request, answers[str(call.request.url).partition("?")[0]])


def test_every_method_of_the_clients_is_among_them() -> None:
    methods = {
        f"{client.__name__}.{name}"
        for client in (AppClient, UserClient)
        for name, _ in inspect.getmembers(client, inspect.isfunction)
        if not name.startswith("_")
    }
    assert methods == ASKED.keys()


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/rest/api/3/issue/1/worklogs", None),
        ("GET", "/rest/api/3/issue/1/worklog?startsAt=0", None),
        ("GET", "/rest/api/3/issue/1/worklog?startAt=none", None),
        ("POST", "/rest/api/3/permissions/check", {"accountID": "x"}),
        ("POST", "/rest/api/3/permissions/check", {"projectPermissions": [{"issues": ["1"]}]}),
        ("POST", "/rest/api/3/permissions/check", None),
    ],
)
def test_the_check_finds_calls_that_jira_does_not_document(
    openapi: dict[str, Any], method: str, target: str, body: Any
) -> None:
    request = requests.Request(method, BASE + target, json=body).prepare()
    with pytest.raises((AssertionError, ValueError, ValidationError)):
        check_request(openapi, request)
