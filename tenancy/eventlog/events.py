"""Writing one event, in the transaction of the act it tells of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from connect.errors import VaultError
from tenancy.actors import Actor
from tenancy.driver import Statement, driver_of
from tenancy.eventlog.actions import EventAction
from tenancy.identifiers import new_id

#: Bounds of what a caller could have written, in characters.
_SHORT, _LONG = 200, 500

_CONTENT = frozenset(
    word + plural
    for word in ("description", "comment", "token", "secret", "password", "jwt")
    for plural in ("", "s")
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")

# `at` is not ours to say: the column's default is the database's clock, and the app may not write it.
# A hot statement: every read of a work log writes an event.
_INSERT = Statement.of(
    "event",
    """\
insert into vault.event (instance_key, id, actor_kind, actor_account, action, target_kind, target_id, related,
  outcome, reason, request_id, source_address, changes)
values (%(instance_key)s, %(id)s, %(actor_kind)s, %(actor_account)s, %(action)s, %(target_kind)s,
  %(target_id)s, %(related)s, %(outcome)s, %(reason)s, %(request_id)s, %(source_address)s, %(changes)s)""",
)


class ContentInEventLog(VaultError):
    """The event log keeps the act, never the content: no description, comment, token or secret."""

    code = "content_in_event_log"


class Outcome(StrEnum):
    """How the act ended (domain.md E1)."""

    ALLOWED = "allowed"
    DENIED = "denied"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Target:
    """What was acted on: a kind (`worklog`, `team`) and its id, None where there is none yet."""

    kind: str
    id: UUID | str | int | None


def record(
    session: Session,
    actor: Actor,
    action: EventAction,
    target: Target | None = None,
    *,
    outcome: Outcome = Outcome.ALLOWED,
    reason: str | None = None,
    changes: Mapping[str, Any] | None = None,
    related: Sequence[UUID | str] = (),
    with_commit: bool = False,
) -> UUID:
    """Write one event into the session's transaction and return its id.

    With `with_commit` it travels with the transaction's commit: for reads, which do nothing else after it.

    `reason` is a stable code or a sentence, `changes` the before and after of settings and permissions,
    `related` the ids of rows the act touched besides its target (the work logs that a read returned). Texts
    that a caller could have written are cut to a bound. Raises ContentInEventLog when `changes` has a key
    that names content (domain.md E1).
    """
    if changes is not None:
        _refuse_content(changes)
    event_id = new_id()
    driver = driver_of(session)
    write = driver.run_at_commit if with_commit else driver.run
    write(
        _INSERT,
        {
            "instance_key": actor.instance_key,
            "id": event_id,
            "actor_kind": actor.kind.value,
            "actor_account": actor.account_id,
            "action": action.value,
            "target_kind": None if target is None else target.kind,
            "target_id": None if target is None or target.id is None else _cut(str(target.id), _SHORT),
            "related": "{" + ",".join(map(str, related)) + "}",
            "outcome": outcome.value,
            "reason": _cut(reason, _LONG),
            "request_id": _cut(actor.request_id, _SHORT),
            "source_address": _cut(actor.source_address, _SHORT),
            "changes": None if changes is None else json.dumps(dict(changes)),
        },
    )
    return event_id


def _cut(text: str | None, length: int) -> str | None:
    if text is None:
        return None
    # PostgreSQL's text holds neither half a surrogate nor the zero character.
    return text[:length].encode(errors="replace").decode().replace("\0", "?")


def _refuse_content(changes: Any) -> None:
    if isinstance(changes, Mapping):
        for key, value in changes.items():
            if not _CONTENT.isdisjoint(word.lower() for word in _WORD.findall(str(key))):
                raise ContentInEventLog(f"The event log keeps the act, never the content: {key!r}.")
            _refuse_content(value)
    elif isinstance(changes, list | tuple):
        for value in changes:
            _refuse_content(value)
