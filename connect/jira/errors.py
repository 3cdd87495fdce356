"""What can go wrong with Jira: it does not answer, or it says no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connect.errors import Unavailable, VaultError

#: Jira's own words are passed on up to this length.
LONGEST_MESSAGE = 500


class JiraUnavailable(Unavailable):
    """Jira did not answer; please try again.

    A time-out, a dropped connection, an answer that makes no sense, or 429 and 5xx for longer than the
    caller's patience. `Retry-After` is among the headers when Jira gave one.
    """

    code = "jira_unavailable"


class JiraRefused(VaultError):
    """Jira refused this.

    `jira_status` is Jira's HTTP status, `jira_message` what it said, bounded and printable.
    """

    code = "jira_refused"
    status = 403

    def __init__(self, jira_status: int, jira_message: str) -> None:
        self.jira_status = jira_status
        self.jira_message = printable(jira_message)
        super().__init__(f"Jira refused this ({jira_status}): {self.jira_message}")


def message_of(body: Any, otherwise: str) -> str:
    """What Jira says in an error's JSON: `errorMessages`, `errors` by field, or OAuth's description."""
    if not isinstance(body, Mapping):
        return otherwise
    said = [each for each in _listed(body.get("errorMessages")) if isinstance(each, str)]
    errors = body.get("errors")
    if isinstance(errors, Mapping):
        said += [f"{field}: {text}" for field, text in errors.items() if isinstance(text, str)]
    said += [body[name] for name in ("error_description", "message") if isinstance(body.get(name), str)]
    return "; ".join(text.strip() for text in said if text.strip()) or otherwise


def printable(text: str) -> str:
    """`text` on one line, shortened to what may be shown and logged."""
    line = "".join(sign if sign.isprintable() else " " for sign in text[: LONGEST_MESSAGE * 2])
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
