"""Jira's webhooks, reduced to the ids in them.

Their shape is not documented and they arrive more than once and in any order (jira.md section 4), so they
only say *that* something changed; what it is now is read through REST.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from connect.errors import FieldProblem, InvalidInput, MalformedBody
from connect.ports import WebhookDelivery

#: An issue's webhook carries all its fields.
LARGEST_BODY = 2 * 1024 * 1024
IDENTIFIER_HEADER = "X-Atlassian-Webhook-Identifier"
WORKLOG_EVENTS = frozenset({"worklog_created", "worklog_updated", "worklog_deleted"})
ISSUE_EVENTS = frozenset({"jira:issue_deleted"})

_IDENTIFIER = re.compile(r"[!-~]{1,200}")
_ID = re.compile(r"[0-9]{1,18}")


def read(body: bytes, identifier: str | None, events: Collection[str]) -> WebhookDelivery:
    """The delivery in `body`, whose event must be one of `events`; `identifier` is what its header said.

    Without a usable identifier the body's digest takes its place: a repetition has the same body. Raises
    MalformedBody when it is no JSON object, InvalidInput naming the field that is not as it must be.
    """
    payload = _json_object(body)
    event = payload.get("webhookEvent")
    if not isinstance(event, str) or event not in events:
        raise InvalidInput(
            fields=[FieldProblem("webhookEvent", f"must be one of {', '.join(sorted(events))}")]
        )
    about_worklog = event in WORKLOG_EVENTS
    return WebhookDelivery(
        identifier=_identifier(identifier, body),
        event=event,
        issue_id=_id(payload, "worklog", "issueId") if about_worklog else _id(payload, "issue", "id"),
        worklog_id=_id(payload, "worklog", "id") if about_worklog else None,
        timestamp=_timestamp(payload),
    )


def _identifier(given: str | None, body: bytes) -> str:
    if given and _IDENTIFIER.fullmatch(given):
        return given
    return "sha256:" + hashlib.sha256(body).hexdigest()


def _id(payload: Mapping[str, Any], section: str, name: str) -> int:
    part = payload.get(section)
    value = part.get(name) if isinstance(part, dict) else None
    # Jira writes ids as text in some payloads and as numbers in others.
    digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not _ID.fullmatch(digits):
        raise InvalidInput(fields=[FieldProblem(f"{section}.{name}", "must be a whole number")])
    return int(digits)


def _timestamp(payload: Mapping[str, Any]) -> datetime:
    value = payload.get("timestamp")
    # Milliseconds; the bound is the year 9999, where datetime ends.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 253_402_300_800_000:
        raise InvalidInput(fields=[FieldProblem("timestamp", "must be milliseconds since 1970")])
    return datetime.fromtimestamp(value / 1000, UTC)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedBody from error
    if not isinstance(payload, dict):
        raise MalformedBody("The body is not a JSON object.")
    return payload
