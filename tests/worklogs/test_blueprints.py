"""Bodies that a browser would not send get an answer that says so, never an error of ours."""

from __future__ import annotations

import json

import pytest

from worklogs.blueprints import LARGEST_BODY

UNREADABLE = {
    "arrays without end": "[" * 100_000,
    "objects without end": '{"a":' * 100_000,
    "not a number": '{"timeSpentSeconds": NaN}',
    "infinity": '{"timeSpentSeconds": Infinity}',
    "a number of thousands of digits": '{"timeSpentSeconds": ' + "1" * 5000 + "}",
    "half a surrogate pair as text": r'{"description": "\ud800"}',
    "half a surrogate pair as a name": r'{"\udc00": 1}',
    "bytes that are not UTF-8": b'{"description": "\xff"}',
    "UTF-16": '{"description": "x"}'.encode("utf-16"),
}


@pytest.fixture
def send(house):
    def send(method, path, body):
        token = house.sandbox.site("acme").context_token("member", "SEC-1")
        headers = {"Authorization": f"JWT {token}", "Content-Type": "application/json"}
        return house.app.test_client().open(f"/api/v1{path}", method=method, data=body, headers=headers)

    return send


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_is_no_json_is_a_400(house, send, body):
    answer = send("POST", f"/issues/{house.issue_id()}/worklogs", body)
    assert (answer.status_code, answer.json["code"]) == (400, "malformed_json")


def test_an_endless_body_is_not_read(send):
    answer = send("POST", "/teams", json.dumps({"name": "x" * LARGEST_BODY}))
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_the_longest_description_fits_even_when_all_of_it_is_escaped(house, team, send):
    # An emoji is one character and, escaped, two halves of six bytes each.
    body = {
        "teamId": team.id,
        "started": "2026-11-24T09:00:00+01:00",
        "timeSpent": "1h",
        "description": "\N{GRINNING FACE}" * 32_767,
    }
    answer = send("POST", f"/issues/{house.issue_id()}/worklogs", json.dumps(body))
    assert answer.status_code == 201
    assert answer.json["description"] == body["description"]


def test_no_body_misses_the_fields(send):
    answer = send("POST", "/teams", b"")
    assert answer.status_code == 422
    assert {each["field"] for each in answer.json["errors"]} == {"name", "visibility"}
