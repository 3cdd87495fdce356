"""What an event can say was done."""

from __future__ import annotations

import re
from enum import StrEnum

_GRAMMAR = re.compile(r"[a-z]+(_[a-z]+)*:[a-z]+(_[a-z]+)*")


class EventAction(StrEnum):
    """The base of every layer's actions; a member that breaks the grammar fails when its class is made.

    Grammar: `noun:verb`, each of them lower-case words joined by `_`. The noun is the kind of the target, in
    the singular; the verb is the infinitive: `installation:install`, `worklog:amend`, `team:grant_role`. A
    retired action stays, marked as such, because old events carry it.
    """

    def __init__(self, value: str) -> None:
        if not _GRAMMAR.fullmatch(value):
            raise ValueError(f"{value!r} is not noun:verb")


class TenancyAction(EventAction):
    """What this layer itself writes down."""

    INSTALLED = "installation:install"
    ENABLED = "installation:enable"
    DISABLED = "installation:disable"
    UNINSTALLED = "installation:uninstall"
    ERASED = "installation:erase"
    KEY_CREATED = "data_key:create"
    KEY_REWRAPPED = "data_key:rewrap"
    KEY_DESTROYED = "data_key:destroy"
    REQUEST_REFUSED = "request:refuse"
    ISSUE_DELETED = "issue:delete"
