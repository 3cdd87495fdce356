"""Webhook payloads, reduced to ids."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connect import webhooks
from connect.errors import InvalidInput, MalformedBody
from connect.webhooks import ISSUE_EVENTS, WORKLOG_EVENTS

WORKLOG = {
    "timestamp": 1_800_000_000_123,
    "webhookEvent": "worklog_updated",
    "worklog": {"id": "30001", "issueId": "10001", "comment": "not looked at"},
}
ISSUE = {
    "timestamp": 1_800_000_000_123,
    "webhookEvent": "jira:issue_deleted",
    "issue": {"id": "10001", "key": "A-1"},
}


def dumped(payload: Any, **changes: Any) -> bytes:
    return json.dumps({**payload, **changes}).encode()


def test_a_work_logs_webhook_names_it_and_its_issue() -> None:
    delivery = webhooks.read(dumped(WORKLOG), "w-1", WORKLOG_EVENTS)
    assert (delivery.identifier, delivery.event) == ("w-1", "worklog_updated")
    assert (delivery.worklog_id, delivery.issue_id) == (30001, 10001)
    assert delivery.timestamp == datetime(2027, 1, 15, 8, 0, 0, 123000, UTC)


def test_an_issues_webhook_names_the_issue() -> None:
    delivery = webhooks.read(dumped(ISSUE, issue={"id": 10001}), "w-2", ISSUE_EVENTS)
    assert (delivery.worklog_id, delivery.issue_id) == (None, 10001)


@pytest.mark.parametrize("identifier", [None, "", "x" * 201, "two words", "ü"])
def test_without_a_usable_identifier_the_bodys_digest_takes_its_place(identifier: str | None) -> None:
    one = webhooks.read(dumped(WORKLOG), identifier, WORKLOG_EVENTS).identifier
    again = webhooks.read(dumped(WORKLOG), identifier, WORKLOG_EVENTS).identifier
    other = webhooks.read(dumped(WORKLOG, timestamp=1), identifier, WORKLOG_EVENTS).identifier
    assert one == again != other
    assert one.startswith("sha256:")


@pytest.mark.parametrize(
    ("payload", "events", "field"),
    [
        ({**WORKLOG, "webhookEvent": "jira:issue_deleted"}, WORKLOG_EVENTS, "webhookEvent"),
        ({**WORKLOG, "webhookEvent": None}, WORKLOG_EVENTS, "webhookEvent"),
        ({**WORKLOG, "webhookEvent": ["worklog_updated"]}, WORKLOG_EVENTS, "webhookEvent"),
        ({**WORKLOG, "worklog": None}, WORKLOG_EVENTS, "worklog.issueId"),
        ({**WORKLOG, "worklog": {"issueId": "1"}}, WORKLOG_EVENTS, "worklog.id"),
        *(
            ({**WORKLOG, "worklog": {"id": bad, "issueId": "1"}}, WORKLOG_EVENTS, "worklog.id")
            for bad in ("x", "", -1, "1.0", 1.5, True, None, [1], "9" * 19, "1\n", "\u0661")
        ),
        ({**ISSUE, "issue": {"key": "A-1"}}, ISSUE_EVENTS, "issue.id"),
        *(
            ({**WORKLOG, "timestamp": bad}, WORKLOG_EVENTS, "timestamp")
            for bad in (None, "1", 1.5, True, -1, 10**17)
        ),
    ],
)
def test_a_payload_that_makes_no_sense_names_the_field(
    payload: Any, events: frozenset[str], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        webhooks.read(json.dumps(payload).encode(), "w-1", events)
    assert [each.field for each in caught.value.fields] == [field]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"7"])
def test_a_body_that_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        webhooks.read(body, "w-1", WORKLOG_EVENTS)
