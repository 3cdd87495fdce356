"""Every error that may reach a caller, and the one shape in which it does (RFC 9457).

The root lives in the lowest layer so that all layers share it; `app.py` alone turns an error into a
response.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing that is wrong with one field: its name as the caller wrote it, and the rule it broke."""

    field: str
    message: str


class VaultError(Exception):
    """Something went wrong in Worklog Vault.

    The first line of a subclass's docstring is the sentence its caller reads, unless `detail` says more.
    `code` is stable and meant for programs, `status` is the HTTP status, `title` the short name of the kind
    (the status's own phrase where absent). `headers` go onto the response as they are.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str | None] = None
    standing_headers: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self,
        detail: str | None = None,
        *,
        fields: Iterable[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.detail: str = detail or self._sentence()
        self.fields: list[FieldProblem] = list(fields)
        self.headers: dict[str, str] = {**self.standing_headers, **(headers or {})}
        super().__init__(self.detail)

    @classmethod
    def _sentence(cls) -> str:
        # `python -OO` drops docstrings; the status's phrase is then all there is to say.
        return (inspect.getdoc(cls) or HTTPStatus(cls.status).phrase).splitlines()[0]

    def as_problem(self) -> dict[str, Any]:
        """The RFC 9457 members: type, title, status, detail, code, and `errors` when fields are to blame."""
        problem: dict[str, Any] = {
            "type": f"urn:worklog-vault:problem:{self.code}",
            "title": self.title or HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.fields:
            problem["errors"] = [{"field": each.field, "message": each.message} for each in self.fields]
        return problem


class Reason(StrEnum):
    """Why a request was not believed. For the log and the event log only, never for the caller.

    Grammar: `noun_state`. The noun is what was looked at, the state what it was found to be.
    """

    TOKEN_MISSING = "token_missing"  # noqa: S105
    TOKEN_DOUBLED = "token_doubled"  # noqa: S105
    TOKEN_MALFORMED = "token_malformed"  # noqa: S105
    TOKEN_EXPIRED = "token_expired"  # noqa: S105
    TOKEN_PREMATURE = "token_premature"  # noqa: S105
    ALGORITHM_WRONG = "algorithm_wrong"
    SIGNATURE_WRONG = "signature_wrong"
    CLAIM_MISSING = "claim_missing"
    CLAIM_MALFORMED = "claim_malformed"
    QSH_WRONG = "qsh_wrong"
    AUDIENCE_WRONG = "audience_wrong"
    ISSUER_UNKNOWN = "issuer_unknown"
    ISSUER_FOREIGN = "issuer_foreign"
    INSTALLATION_DISABLED = "installation_disabled"
    INSTALLATION_UNINSTALLED = "installation_uninstalled"
    USER_MISSING = "user_missing"
    KID_MALFORMED = "kid_malformed"
    KEY_UNKNOWN = "key_unknown"
    TARGET_MALFORMED = "target_malformed"
    ROUTE_UNDECLARED = "route_undeclared"


class Unauthenticated(VaultError):
    """This request carries no valid token for what it asks.

    Every 401 reads the same, so that nobody learns from it which check failed; `reason` and `note` keep
    the truth for the log.
    """

    code = "unauthenticated"
    status = 401
    standing_headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "JWT"}

    def __init__(self, reason: Reason, note: str = "") -> None:
        super().__init__()
        self.reason: Reason = reason
        self.note: str = note


class MalformedBody(VaultError):
    """The body is not JSON that can be read."""

    code = "malformed_json"
    status = 400


class Forbidden(VaultError):
    """You may not do this."""

    code = "forbidden"
    status = 403


class NotFound(VaultError):
    """There is nothing here that you may see.

    Hidden and absent are the same answer, byte for byte (design section 4).
    """

    code = "not_found"
    status = 404


class Conflict(VaultError):
    """This does not fit with how things stand now."""

    code = "conflict"
    status = 409


class TooLarge(VaultError):
    """The body is larger than this address accepts."""

    code = "too_large"
    status = 413


class InvalidInput(VaultError):
    """Some of the input cannot be accepted."""

    code = "invalid_input"
    status = 422


class PreconditionRequired(VaultError):
    """Say which version you changed: send If-Match."""

    code = "precondition_required"
    status = 428


class Unavailable(VaultError):
    """Something this answer depends on is not available right now; please try again."""

    code = "unavailable"
    status = 503
